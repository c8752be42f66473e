/**
 * GGUF model files: reading them, every field checked before native code sees the file, and writing them. Immutable
 * once read; any thread.
 */
@NullMarked
package dev.gufo.gguf;

import org.jspecify.annotations.NullMarked;
