/** Which models there are: the model directory, files and shards, and what they hold. Any thread. */
package dev.gufo.store;
