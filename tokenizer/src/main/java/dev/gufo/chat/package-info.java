/**
 * Between messages and text, both ways: a conversation as templates see it, and what a model's generated text means -
 * content, reasoning and calls of tools, in the format that its template shows. Records are immutable; a
 * {@code ReplyReader} belongs to the thread that reads the reply.
 */
@NullMarked
package dev.gufo.chat;

import org.jspecify.annotations.NullMarked;
