/**
 * HTTP without models: connections and their deadlines, bodies within a bounded room, JSON fields in and JSON bytes
 * out, streams of events.
 */
@NullMarked
package dev.gufo.server.http;

import org.jspecify.annotations.NullMarked;
