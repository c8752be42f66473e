/**
 * The server's own threads, which serve all requests: how they survive a turn that fails, and what ends the process
 * when one is lost.
 */
@NullMarked
package dev.gufo.server.threads;

import org.jspecify.annotations.NullMarked;
