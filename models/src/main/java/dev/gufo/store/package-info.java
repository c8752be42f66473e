/** Which models there are: the model directory, files and shards, and what they hold. Any thread. */
@NullMarked
package dev.gufo.store;

import org.jspecify.annotations.NullMarked;
