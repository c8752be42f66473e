/** {@code /v1/tokenize} and {@code /v1/detokenize}: text as token ids and back. */
@NullMarked
package dev.gufo.server.tokens;

import org.jspecify.annotations.NullMarked;
