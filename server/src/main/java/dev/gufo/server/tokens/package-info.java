/** {@code /v1/tokenize} and {@code /v1/detokenize}: text as token ids and back. */
package dev.gufo.server.tokens;
