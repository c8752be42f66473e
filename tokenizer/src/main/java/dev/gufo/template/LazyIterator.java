package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** An iterator that computes each item when it is asked for, as Python's generators do. */
abstract class LazyIterator implements Iterator<Value> {
    private final Machine machine;
    private @Nullable Value next;
    private boolean ended;

    LazyIterator(Machine machine) {
        this.machine = machine;
    }

    /** The next item; null if there is none. Is not called again after that. */
    abstract @Nullable Value advance();

    @Override
    public final boolean hasNext() {
        if (next == null && !ended) {
            machine.enter(); // one such iterator may lie on top of many others
            next = advance();
            ended = next == null;
            machine.leave();
        }
        return !ended;
    }

    @Override
    public final Value next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Value item = requireNonNull(next);
        next = null;
        return item;
    }
}
