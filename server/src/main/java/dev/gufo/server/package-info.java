/**
 * The HTTP server: its settings, its models, and one page that lists every route. Each request runs on one virtual
 * thread from its first byte to its last.
 */
@NullMarked
package dev.gufo.server;

import org.jspecify.annotations.NullMarked;
