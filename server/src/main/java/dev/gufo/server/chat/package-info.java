/**
 * {@code POST /v1/chat/completions}: the request and what it means for the engine, and the answer as one JSON object or
 * as a stream of events. Everything of one request belongs to its virtual thread; what requests share says so.
 */
@NullMarked
package dev.gufo.server.chat;

import org.jspecify.annotations.NullMarked;
