package dev.gufo.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Matchers and random grammars, left-recursive, ambiguous and matching the empty text, against sets of texts. */
@Timeout(120)
class RandomGrammarTest {
    private static final GrammarLimits FORGETFUL = new GrammarLimits(
            new GrammarLimits.Parsing(1 << 20, 100, 100, 10_000, 50_000),
            new GrammarLimits.Matching(50_000, 2_000_000, 20_000_000, 500_000, 50, 2));

    private final Random random = new Random(20_261_121);

    @Test
    void exactlyTheSentencesAndTheirBeginningsAreMatched() {
        int matched = 0;
        for (int i = 0; i < 1_500; i++) {
            RandomGrammar oracle = new RandomGrammar(random);
            String gbnf = oracle.toString();
            if (!oracle.isBeginning(1)) {
                assertThatThrownBy(() -> Grammar.parse(gbnf)).as(gbnf).isInstanceOf(GrammarException.class);
                continue;
            }
            compare(oracle, Grammar.parse(gbnf));
            matched++;
        }
        assertThat(matched).as("grammars with sentences").isGreaterThan(1_000);
    }

    @Test
    void aGrammarThatForgetsAllTheTimeMatchesTheSame() {
        for (int i = 0; i < 500; i++) {
            RandomGrammar oracle = new RandomGrammar(random);
            if (oracle.isBeginning(1)) {
                compare(oracle, Grammar.parse(oracle.toString(), FORGETFUL));
            }
        }
    }

    private static void compare(RandomGrammar oracle, Grammar grammar) {
        Matcher[] matchers = new Matcher[RandomGrammar.TEXTS];
        matchers[1] = grammar.matcher();
        for (int text = 1; text < RandomGrammar.TEXTS; text++) {
            if (text > 1 && matchers[text >> 1] != null) {
                Matcher matcher = matchers[text >> 1].copy();
                byte[] letter = RandomGrammar.bytes(2 | (text & 1));
                boolean accepted = matcher.accepts(letter);
                assertThat(matcher.advance(letter)).isEqualTo(accepted);
                matchers[text] = accepted ? matcher : null;
            }
            Matcher matcher = matchers[text];
            String what = "%s after %s".formatted(oracle, Texts.string(RandomGrammar.bytes(text)));
            assertThat(matcher != null).as(what).isEqualTo(oracle.isBeginning(text));
            assertThat(matcher != null && matcher.isComplete()).as(what).isEqualTo(oracle.isSentence(text));
            if (matcher != null) {
                var next = new BitSet();
                matcher.nextBytes(next);
                for (int b = 0; b < 256; b++) {
                    assertThat(next.get(b)).as(what).isEqualTo(matcher.accepts(new byte[] {(byte) b}));
                }
            }
            if (matcher != null && 2 * text < RandomGrammar.TEXTS) {
                assertThat(matcher.canGoOn())
                        .as(what)
                        .isEqualTo(oracle.isBeginning(2 * text) || oracle.isBeginning(2 * text + 1));
            }
        }
    }

    @Test
    void theAllowedTokensAreThoseAccepted() {
        for (int i = 0; i < 500; i++) {
            RandomGrammar oracle = new RandomGrammar(random);
            if (!oracle.isBeginning(1)) {
                continue;
            }
            byte[][] pieces = new byte[random.nextInt(40)][];
            for (int id = 0; id < pieces.length; id++) {
                pieces[id] =
                        RandomGrammar.bytes(1 + random.nextInt(random.nextBoolean() ? 15 : RandomGrammar.TEXTS - 1));
            }
            TokenTrie trie = TokenTrie.of(pieces.length, id -> pieces[id]);
            Matcher matcher = Grammar.parse(oracle.toString(), random.nextBoolean() ? FORGETFUL : GrammarLimits.DEFAULT)
                    .matcher();
            do {
                BitSet expected = new BitSet();
                for (int id = 0; id < pieces.length; id++) {
                    expected.set(id, matcher.accepts(pieces[id]));
                }
                for (int again = 0; again < 2; again++) {
                    BitSet allowed = new BitSet();
                    matcher.allowed(trie, allowed);
                    assertThat(allowed).as(oracle::toString).isEqualTo(expected);
                }
            } while (random.nextInt(8) > 0 && matcher.advance(RandomGrammar.bytes(2 | random.nextInt(2))));
        }
    }
}
