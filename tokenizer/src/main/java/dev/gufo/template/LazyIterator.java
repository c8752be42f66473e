package dev.gufo.template;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** An iterator that computes each item when it is asked for, as Python's generators do. */
abstract class LazyIterator implements Iterator<Value> {
    private final Machine machine;
    private Value next;
    private boolean ended;

    LazyIterator(Machine machine) {
        this.machine = machine;
    }

    /** The next item, null if there is none. Is not called again after that. */
    abstract Value advance();

    @Override
    public final boolean hasNext() {
        if (next == null && !ended) {
            machine.charge(1);
            next = advance();
            ended = next == null;
        }
        return !ended;
    }

    @Override
    public final Value next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Value item = next;
        next = null;
        return item;
    }
}
