/**
 * {@code POST /v1/embeddings} and {@code POST /v1/rerank}: texts to vectors, and documents in the order of how well
 * they answer a query. Everything runs on the thread of its request.
 */
@NullMarked
package dev.gufo.server.embeddings;

import org.jspecify.annotations.NullMarked;
