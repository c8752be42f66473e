package dev.gufo.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Text against a plain string with a flag per character. */
class TextTest {
    /** The model: 'T' where the character beside it is trusted. */
    private record Model(String chars, String trust) {
        Model slice(int from, int to) {
            return new Model(chars.substring(from, to), trust.substring(from, to));
        }

        Model plus(Model other) {
            return new Model(chars + other.chars, trust + other.trust);
        }
    }

    private static void assertSame(Text text, Model model) {
        StringBuilder trust = new StringBuilder();
        for (int i = 0; i < text.units(); i++) {
            trust.append(text.trustedAt(i) ? 'T' : 'u');
        }
        assertThat(text.chars()).isEqualTo(model.chars());
        assertThat(trust).hasToString(model.trust());
        StringBuilder joined = new StringBuilder();
        Boolean before = null;
        for (Segment segment : text.segments()) {
            assertThat(segment.text()).isNotEmpty();
            assertThat(segment.trusted()).isNotEqualTo(before);
            before = segment.trusted();
            joined.append((before ? "T" : "u").repeat(segment.text().length()));
        }
        assertThat(joined).hasToString(model.trust());
    }

    @Test
    void slicesAndJoinsKeepEveryCharactersTrust() {
        Random random = new Random(7);
        Text text = Text.EMPTY;
        Model model = new Model("", "");
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(3) > 0) {
                String piece = "abc".substring(random.nextInt(4));
                boolean trusted = random.nextBoolean();
                Text.Builder joined = new Text.Builder();
                joined.append(text);
                joined.append(piece, trusted);
                joined.append(text, 0, Math.min(2, text.units()));
                text = joined.build();
                Model added = new Model(piece, (trusted ? "T" : "u").repeat(piece.length()));
                model = model.plus(added)
                        .plus(model.slice(0, Math.min(2, model.chars().length())));
            } else {
                int from = random.nextInt(text.units() + 1);
                int to = random.nextInt(from, text.units() + 1);
                text = text.slice(from, to);
                model = model.slice(from, to);
            }
            assertSame(text, model);
        }
    }

    @Test
    void lengthsCountCodePoints() {
        Text text = Text.trusted("a😀b");
        assertThat(text.length()).isEqualTo(3);
        assertThat(text.offset(2)).isEqualTo(3);
    }
}
