/**
 * Imports models from ONNX files into GGUF files, while Gufo is built: nothing of it runs in a server, and the
 * libraries that it reads with are not shipped. One thread.
 */
@NullMarked
package dev.gufo.onnx;

import org.jspecify.annotations.NullMarked;
