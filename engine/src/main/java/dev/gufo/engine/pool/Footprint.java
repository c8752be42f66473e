package dev.gufo.engine.pool;

import java.util.Map;
import java.util.TreeMap;

/**
 * Bytes of memory by device.
 *
 * @param bytes by the name of the device; never negative
 */
public record Footprint(Map<String, Long> bytes) {
    public static final Footprint NONE = new Footprint(Map.of());

    public Footprint {
        bytes = Map.copyOf(bytes);
        if (bytes.values().stream().anyMatch(each -> each < 0)) {
            throw new IllegalArgumentException("a footprint is never negative: " + bytes);
        }
    }

    /** Both together. */
    public Footprint plus(Footprint other) {
        var sum = new TreeMap<>(bytes);
        other.bytes.forEach((device, more) -> sum.merge(device, more, Long::sum));
        return new Footprint(sum);
    }

    /** What is left of this without {@code other}; nothing where that is more. */
    public Footprint minus(Footprint other) {
        var rest = new TreeMap<String, Long>();
        bytes.forEach((device, all) -> rest.put(device, Math.max(0, all - other.on(device))));
        return new Footprint(rest);
    }

    /** Whether every device of {@code room} has at least as much, also those it does not name. */
    public boolean fitsIn(Footprint room) {
        return bytes.entrySet().stream().allMatch(entry -> entry.getValue() <= room.on(entry.getKey()));
    }

    /** Bytes on one device, 0 if it is not named. */
    public long on(String device) {
        return bytes.getOrDefault(device, 0L);
    }

    /** Bytes on all devices. */
    public long total() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }
}
