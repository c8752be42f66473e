/**
 * Anthropic's Messages API: {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}, the request and what
 * it means for the engine, and the answer as one JSON object or as a stream of events. Everything of one request
 * belongs to its virtual thread; what requests share says so.
 *
 * @see <a href="https://docs.anthropic.com/en/api/messages">Anthropic's API reference, messages</a>
 */
@NullMarked
package dev.gufo.server.messages;

import org.jspecify.annotations.NullMarked;
