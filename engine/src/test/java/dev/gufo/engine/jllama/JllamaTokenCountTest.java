package dev.gufo.engine.jllama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.GenerationEvent.Token;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JllamaTokenCountTest {
    private final List<Token> out = new ArrayList<>();

    @Test
    void textBehindTheMostTokensGoesOutWithTheLast() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 200; round++) {
            out.clear();
            int most = random.nextInt(1, 6);
            int given = random.nextInt(0, 12);
            var count = new TokenCount(most, out::add);
            var text = new StringBuilder();
            for (int i = 0; i < given; i++) {
                String piece = random.nextBoolean() ? "" : "p" + i;
                text.append(piece);
                assertThat(count.add(new Token(i, piece.getBytes(StandardCharsets.UTF_8))))
                        .isEqualTo(i < most);
            }
            count.end();
            assertThat(out).hasSize(Math.min(most, given)).hasSize(count.count());
            assertThat(text()).isEqualTo(text.toString());
        }
    }

    @Test
    void aControlTokenGivesWayToText() {
        var count = new TokenCount(1, out::add);
        count.add(control(5));
        count.add(new Token(6, new byte[] {'a'}));
        count.add(control(7));
        count.end();
        assertThat(out).singleElement().satisfies(token -> {
            assertThat(token.id()).isEqualTo(6);
            assertThat(token.control()).isFalse();
        });
        assertThat(text()).isEqualTo("a");
    }

    private static Token control(int id) {
        return new Token(id, new byte[] {'<', '>'}, true, Optional.empty());
    }

    private String text() {
        var text = new ByteArrayOutputStream();
        out.forEach(token -> text.writeBytes(token.piece()));
        return text.toString(StandardCharsets.UTF_8);
    }
}
