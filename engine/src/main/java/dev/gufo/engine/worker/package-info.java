/**
 * A model in a process of its own: the child's life, the frames between it and the server, and the
 * {@link dev.gufo.engine.Engine} that speaks them.
 *
 * <p>In the server's process each model has one thread, the {@link dev.gufo.engine.worker.Supervisor}'s: it starts the
 * child, reads its frames, and starts the next one when it is gone. Request threads only post frames and park. In the
 * worker's process the I/O thread reads frames and drains the backlog, tokenizer threads tokenize, and the engine has
 * its own thread, which posts one frame per step. {@link dev.gufo.engine.worker.Connection#post} never waits on either
 * side.
 *
 * <p>A child that gives no sign of life is killed and replaced like one that died:
 * {@link dev.gufo.engine.worker.LifeSigns}.
 *
 * <p>No child outlives its server: the server's end of the socket is closed by the kernel however the server ends, and
 * a worker that reads the end of its socket halts at once, whatever its other threads are doing. So the server needs no
 * shutdown hook for its children.
 */
@NullMarked
package dev.gufo.engine.worker;

import org.jspecify.annotations.NullMarked;
