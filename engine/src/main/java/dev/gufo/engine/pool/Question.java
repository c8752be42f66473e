package dev.gufo.engine.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * How can a model come into memory? The state of the pool at one moment, so that planning, which may read files, needs
 * no lock. An answer stays good while no other load is decided: until then, memory only becomes free.
 *
 * @param id the model
 * @param free memory that is not taken
 * @param closing what those have who are being closed: free in a moment
 * @param draining what draining models have, which are closed when their last request has ended
 * @param reachable all that could be free if everybody left but those who stay
 * @param stays which are never evicted, and what they have
 * @param idle which could be evicted at once, least valuable first
 * @param busy which could be evicted when their requests have ended, least valuable first
 * @param impatient whether the model has waited too long to wait for the busy ones to become idle by themselves
 */
record Question(
        String id,
        Footprint free,
        Footprint closing,
        Footprint draining,
        Footprint reachable,
        Map<String, Footprint> stays,
        List<Holder> idle,
        List<Holder> busy,
        boolean impatient) {

    /** Somebody in memory. */
    record Holder(String id, Footprint footprint) {}

    /**
     * The way that evicts the fewest and least valuable.
     *
     * @param plan how the model would be loaded into so much memory
     */
    Verdict answer(Function<Footprint, Planned> plan) {
        Planned now = plan.apply(free);
        boolean fitsNow = fits(now, free);
        if (fitsNow && !now.cramped()) {
            return new Verdict.Load(now);
        }
        Planned best = plan.apply(reachable);
        if (fitsNow && (best.cramped() || !fits(best, reachable))) {
            return new Verdict.Load(now); // others would be evicted for nothing
        }
        if (!fits(best, reachable)) {
            return new Verdict.Refuse(refusal(best));
        }
        return clear(room -> {
            Planned planned = plan.apply(room);
            return fits(planned, room) && (best.cramped() || !planned.cramped());
        });
    }

    private Verdict clear(Predicate<Footprint> enough) {
        Footprint soon = free.plus(closing);
        if (closing.total() > 0 && enough.test(soon)) {
            return new Verdict.Wait();
        }
        List<String> evicted = fewest(idle, soon, enough);
        if (!evicted.isEmpty()) {
            return new Verdict.Evict(evicted);
        }
        Footprint later = soon.plus(draining).plus(sum(idle)); // the idle ones go only when that is of use
        if (!impatient || enough.test(later)) {
            return new Verdict.Wait();
        }
        List<String> draining = fewest(busy, later, enough);
        return draining.isEmpty()
                ? new Verdict.Wait()
                : new Verdict.Drain(draining); // else somebody is still being loaded
    }

    /**
     * Of those from the first on who make enough room together, the ones that are needed; empty if all don't make
     * enough.
     */
    private static List<String> fewest(List<Holder> holders, Footprint room, Predicate<Footprint> enough) {
        List<Holder> chosen = new ArrayList<>();
        for (Holder holder : holders) {
            chosen.add(holder);
            if (enough.test(room.plus(sum(chosen)))) {
                dropUnneeded(chosen, room, enough);
                return chosen.stream().map(Holder::id).toList();
            }
        }
        return List.of();
    }

    /** Keeps whom it can, the most valuable first. The last one is needed: without it there was not enough. */
    private static void dropUnneeded(List<Holder> chosen, Footprint room, Predicate<Footprint> enough) {
        for (int i = chosen.size() - 2; i >= 0; i--) {
            Holder kept = chosen.remove(i);
            if (!enough.test(room.plus(sum(chosen)))) {
                chosen.add(i, kept);
            }
        }
    }

    private static Footprint sum(List<Holder> holders) {
        return holders.stream().map(Holder::footprint).reduce(Footprint.NONE, Footprint::plus);
    }

    /** The plan's word, and the pool's own arithmetic: a reservation never exceeds what is there. */
    private static boolean fits(Planned planned, Footprint room) {
        return planned.fits() && planned.footprint().fitsIn(room);
    }

    /** For clients too, who may not know of other models: it names none. */
    private String refusal(Planned best) {
        String why = best.refusal().isBlank()
                ? "it takes %s, and %s is all there can be".formatted(text(best.footprint()), text(reachable))
                : best.refusal();
        if (stays.isEmpty()) {
            return why;
        }
        Footprint pinned = stays.values().stream().reduce(Footprint.NONE, Footprint::plus);
        return "%s; pinned models that stay: %d, with %s".formatted(why, stays.size(), text(pinned));
    }

    /** For instance {@code 1,024 MiB on CUDA0 and 90 MiB on CPU}. */
    static String text(Footprint footprint) {
        String parts = footprint.bytes().entrySet().stream()
                .filter(entry -> entry.getValue() > 0)
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> String.format(
                        Locale.ROOT, "%,d MiB on %s", Math.ceilDiv(entry.getValue(), 1L << 20), entry.getKey()))
                .collect(Collectors.joining(" and "));
        return parts.isEmpty() ? "no memory" : parts;
    }
}
