/** {@code /v1/completions}: text is continued as it is. Each request stays on its own thread. */
@NullMarked
package dev.gufo.server.completions;

import org.jspecify.annotations.NullMarked;
