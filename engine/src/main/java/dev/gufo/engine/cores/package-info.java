/**
 * The machine's CPU cores: how many there are for this process, which model computes on how many of them, and how many
 * threads pay off while other programs want them too. Files of the kernel and arithmetic, no native code.
 *
 * <p>{@link dev.gufo.engine.cores.CoreShares} belongs to the process that serves and is safe for any thread. The rest
 * belongs to the engine thread that uses it.
 */
@NullMarked
package dev.gufo.engine.cores;

import org.jspecify.annotations.NullMarked;
