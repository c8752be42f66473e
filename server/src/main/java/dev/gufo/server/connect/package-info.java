/**
 * What points coding agents at a server: {@code gufo connect} writes it, and a running server tells it. Safe for any
 * thread.
 */
@NullMarked
package dev.gufo.server.connect;

import org.jspecify.annotations.NullMarked;
