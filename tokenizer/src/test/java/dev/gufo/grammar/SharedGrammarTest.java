package dev.gufo.grammar;

import static dev.gufo.grammar.Texts.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads match texts with one grammar, which forgets what it knows in between. */
@Timeout(60)
class SharedGrammarTest {
    private static final GrammarLimits FORGETFUL = new GrammarLimits(
            new GrammarLimits.Parsing(1 << 20, 100, 100, 10_000, 50_000),
            new GrammarLimits.Matching(50_000, 2_000_000, 20_000_000, 500_000, 3_000, 2));
    private static final String TEXT =
            "{\"a\": [1, -2.5, {\"b\": null}], \"\u20ac\": {\"c\": [[[\"x\\n\"]]], \"d\": {\"e\": {}}}, \"f\": [true, false]}";
    private static final TokenTrie BYTES = TokenTrie.of(256, id -> new byte[] {(byte) id});

    private static List<BitSet> read(Grammar grammar) {
        List<BitSet> masks = new ArrayList<>();
        Matcher matcher = grammar.matcher();
        for (byte b : utf8(TEXT)) {
            BitSet mask = new BitSet();
            matcher.allowed(BYTES, mask);
            masks.add(mask);
            assertThat(matcher.advance(new byte[] {b})).isTrue();
        }
        assertThat(matcher.isComplete()).isTrue();
        return masks;
    }

    @Test
    void everyThreadSeesTheSame() throws InterruptedException, ExecutionException {
        List<BitSet> expected = read(Grammar.parse(GrammarTest.JSON));
        Grammar shared = Grammar.parse(GrammarTest.JSON, FORGETFUL);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(threads.submit(() -> {
                    for (int round = 0; round < 50; round++) {
                        assertThat(read(shared)).isEqualTo(expected);
                    }
                }));
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
    }
}
