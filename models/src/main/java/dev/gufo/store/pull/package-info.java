/**
 * Downloads of models: from a hub that speaks Hugging Face's HTTP API, or from any URL. A file gets its name when all
 * of it is there, has the right hash and is a model that can be loaded; until then it is a hidden part that a later
 * download goes on with.
 */
@NullMarked
package dev.gufo.store.pull;

import org.jspecify.annotations.NullMarked;
