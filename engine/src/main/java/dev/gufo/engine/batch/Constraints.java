package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarException;
import dev.gufo.grammar.GrammarLimits;
import dev.gufo.grammar.TokenTrie;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link TextConstraint}s for one vocabulary. Safe for any thread: grammars are compiled by the thread that asks
 * and outside of the lock, so that a costly one holds up no other; the trie of the vocabulary is built when the first
 * constraint comes.
 *
 * <p>Invariant: the grammars that are in use, and those kept because they were used lately, take at most
 * {@link Room#bytes} with their texts, and what was found out about all of them at most {@link Room#cells}. So whatever
 * is asked for, the process does not run out of memory.
 */
final class Constraints {
    private static final int KEPT_GRAMMARS = 32;
    private static final byte[] NO_TEXT = {};
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /**
     * How much memory may go into grammars.
     *
     * @param bytes for grammars and their texts
     * @param cells words of about 16 bytes for what was found out about grammars
     * @param retainedCells as many for what answers hold on to
     */
    record Room(long bytes, int cells, int retainedCells) {
        /** About 96, 128 and 64 MiB of a worker's heap, {@link dev.gufo.engine.plan.ProcessMemory#HEAP_BYTES}. */
        static final Room DEFAULT = new Room(96L << 20, 8 << 20, 4 << 20);
    }

    /**
     * A grammar with what the vocabulary makes of it; {@code users} is guarded by the monitor of its
     * {@link Constraints}.
     */
    static final class Compiled {
        private final String text;
        private final Grammar grammar;
        private final BitSet barred;
        private int users;

        private Compiled(String text, Grammar grammar, BitSet barred) {
            this.text = text;
            this.grammar = grammar;
            this.barred = barred;
        }

        Grammar grammar() {
            return grammar;
        }

        /**
         * Control tokens that the grammar does not name, which are marks and no text, and tokens that the model's file
         * forbids.
         */
        BitSet barred() {
            return barred;
        }

        /** The text counts once more for each user, whose request holds it. */
        private long bytes() {
            return grammar.bytes() + barred.size() / Byte.SIZE + textBytes();
        }

        private long textBytes() {
            return 2L * text.length();
        }
    }

    private final Vocabulary vocabulary;
    private final Room room;
    private final GrammarLimits limits;
    private final Map<String, Compiled> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private @Nullable TokenTrie trie; // null until needed; guarded by trieLock
    private final Object trieLock = new Object();

    /** @param sequences most answers at once */
    Constraints(Vocabulary vocabulary, int sequences, Room room) {
        this.vocabulary = vocabulary;
        this.room = room;
        GrammarLimits usual = GrammarLimits.DEFAULT;
        this.limits =
                usual.withRetainedCells(Math.min(usual.matching().retainedCells(), room.retainedCells() / sequences));
    }

    /**
     * A constraint for one answer, to be closed with it.
     *
     * @param ignoreEnd whether the answer goes on for as long as the grammar does
     * @throws EngineException.Refused if the grammar is malformed or too large, if it does not take the text that the
     *     answer goes on with, or if those in use leave no room for it
     */
    TextConstraint of(Constraint constraint, boolean ignoreEnd) {
        TokenTrie pieces = trie();
        Compiled known = use(constraint.grammar());
        Compiled compiled = known == null ? keep(compile(constraint.grammar())) : known;
        try {
            return new TextConstraint(this, compiled, constraint.start(), vocabulary, pieces, ignoreEnd);
        } catch (EngineException.Refused e) {
            release(compiled);
            throw e;
        }
    }

    private TokenTrie trie() {
        synchronized (trieLock) {
            if (trie == null) {
                trie = TokenTrie.of(
                        vocabulary.size(), token -> vocabulary.isEnd(token) ? NO_TEXT : vocabulary.piece(token));
            }
            return trie;
        }
    }

    private Compiled compile(String gbnf) {
        try {
            return new Compiled(gbnf, Grammar.parse(gbnf, limits), barred(gbnf));
        } catch (GrammarException e) {
            throw new EngineException.Refused(new Refusal.ConstraintFailed(requireNonNull(e.getMessage())));
        }
    }

    private BitSet barred(String gbnf) {
        BitSet barred = new BitSet(vocabulary.size());
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.isControl(token)) {
                String name = new String(vocabulary.piece(token), StandardCharsets.UTF_8);
                barred.set(token, name.isEmpty() || !gbnf.contains(name));
            }
        }
        barred.or(vocabulary.suppressedTokens());
        return barred;
    }

    /** A grammar that is here, with one user more; null if it is not. */
    private synchronized @Nullable Compiled use(String gbnf) {
        Compiled known = grammars.get(gbnf);
        return known == null ? null : taken(known);
    }

    /** Another thread may have compiled the same meanwhile. */
    private synchronized Compiled keep(Compiled fresh) {
        Compiled known = grammars.putIfAbsent(fresh.text, fresh);
        bytes += known == null ? fresh.bytes() : 0;
        return taken(known == null ? fresh : known);
    }

    private Compiled taken(Compiled compiled) {
        compiled.users++;
        bytes += compiled.textBytes();
        dropUnused(grammars.size());
        if (bytes > room.bytes()) {
            release(compiled);
            throw new EngineException.Refused(
                    new Refusal.NotReady("the grammars of other requests leave no room for this one", RETRY_AFTER));
        }
        return compiled;
    }

    /** Notes that a grammar has one user less. */
    synchronized void release(Compiled compiled) {
        compiled.users--;
        bytes -= compiled.textBytes();
        dropUnused(KEPT_GRAMMARS);
    }

    /** Drops those not used for longest until there is room and at most {@code kept} are here. */
    private void dropUnused(int kept) {
        Iterator<Compiled> eldestFirst = grammars.values().iterator();
        while ((bytes > room.bytes() || grammars.size() > kept) && eldestFirst.hasNext()) {
            Compiled compiled = eldestFirst.next();
            if (compiled.users == 0) {
                bytes -= compiled.bytes();
                eldestFirst.remove();
            }
        }
    }

    /**
     * Forgets what was found out about grammars, about those that take most first, until it takes less than half of its
     * room.
     */
    synchronized void settle() {
        long cells = 0;
        for (Compiled compiled : grammars.values()) {
            cells += compiled.grammar.rememberedCells();
        }
        if (cells <= room.cells()) {
            return;
        }
        var largestFirst = grammars.values().stream()
                .map(Compiled::grammar)
                .sorted(Comparator.comparingInt(Grammar::rememberedCells).reversed())
                .iterator();
        while (cells > room.cells() / 2 && largestFirst.hasNext()) {
            Grammar grammar = largestFirst.next();
            cells -= grammar.rememberedCells();
            grammar.forget();
        }
    }

    /** What the grammars that are here take, in bytes. */
    synchronized long bytes() {
        return bytes;
    }

    /** How many grammars are here. */
    synchronized int size() {
        return grammars.size();
    }
}
