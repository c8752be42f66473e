package dev.gufo.server.boot;

import java.util.ArrayDeque;

/**
 * A process of a test that makes what lives for some collections and dies then, and prints how large its heap became in
 * MiB. Its argument says whether the heap is watched.
 */
final class GrowingProcess {
    private static final int KEPT = 8_000; // KiB
    private static final int MADE = 600_000;

    private GrowingProcess() {}

    /** Returns when all is made. */
    public static void main(String[] arguments) {
        if (arguments[0].equals("watched")) {
            HeapWatch.start();
        }
        long most = 0;
        var kept = new ArrayDeque<byte[]>();
        for (int i = 0; i < MADE; i++) {
            kept.add(new byte[1_024]);
            if (kept.size() > KEPT) {
                kept.remove();
            }
            most = Math.max(most, Runtime.getRuntime().totalMemory());
        }
        System.out.println(most >> 20);
    }
}
