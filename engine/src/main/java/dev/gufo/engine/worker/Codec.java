package dev.gufo.engine.worker;

/** How the values of one type become bytes and come back. Immutable; any thread. */
interface Codec<T> {
    void write(FrameWriter out, T value);

    /**
     * Reads a value.
     *
     * @throws BrokenFrame if the frame ends too early, or these bytes are no such value
     */
    T read(FrameReader in) throws BrokenFrame;

    /** Fewest bytes of a value: how a number of values is checked before anything is allocated for them. */
    int leastBytes();

    /** What writes a value. */
    @FunctionalInterface
    interface Writing<T> {
        void write(FrameWriter out, T value);
    }

    /** What reads a value. */
    @FunctionalInterface
    interface Reading<T> {
        T read(FrameReader in) throws BrokenFrame;
    }

    /** Made of its two halves. */
    static <T> Codec<T> of(int leastBytes, Writing<T> writing, Reading<T> reading) {
        return new Codec<>() {
            @Override
            public void write(FrameWriter out, T value) {
                writing.write(out, value);
            }

            @Override
            public T read(FrameReader in) throws BrokenFrame {
                return reading.read(in);
            }

            @Override
            public int leastBytes() {
                return leastBytes;
            }
        };
    }
}
