package dev.gufo.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Sentences;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SchemaSentencesTest {
    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void everySentenceOfAnySchemaIsJsonThatSatisfiesIt() {
        var random = new Random(20);
        int judged = 0;
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < 520; i++) {
            Object schema = new RandomSchemas(random).next();
            String gbnf;
            try {
                gbnf = JsonSchemaGrammar.of(schema);
            } catch (UnsupportedSchema e) {
                refused.add(e.getMessage());
                continue;
            }
            judged++;
            var judge = new SchemaJudge(schema);
            var sentences = new Sentences(Grammar.parse(gbnf), random);
            for (int length : new int[] {0, 40, 200}) {
                String sentence = sentences.next(length);
                assertThat(judge.faults(sentence))
                        .as("%s for %s", sentence, schema)
                        .isEmpty();
            }
        }
        assertThat(judged).as("judged, refused: %s", refused).isGreaterThan(400);
    }
}
