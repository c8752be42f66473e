/**
 * The command line: what a person types, environment and settings file, and the life of a server process from its first
 * line to its orderly end. Commands run on the main thread.
 */
@NullMarked
package dev.gufo.server.cli;

import org.jspecify.annotations.NullMarked;
