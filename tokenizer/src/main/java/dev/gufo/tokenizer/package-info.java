/** Text as token ids and back, without a model: OpenAI's encodings. Safe for any thread. */
package dev.gufo.tokenizer;
