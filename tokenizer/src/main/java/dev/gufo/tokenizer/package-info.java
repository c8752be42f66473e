/** Text as token ids and back, without a model: OpenAI's encodings. Safe for any thread. */
@NullMarked
package dev.gufo.tokenizer;

import org.jspecify.annotations.NullMarked;
