/**
 * {@code /v1/responses}: the Responses API. A request's items become the messages of a conversation, and the answer
 * becomes items again, whole or as the events of a stream. Everything of one request belongs to its virtual thread;
 * what requests share says so.
 */
@NullMarked
package dev.gufo.server.responses;

import org.jspecify.annotations.NullMarked;
