package dev.gufo.server.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RulesTest {
    @TempDir
    private Path folder;

    private Rules rules(String rules) throws IOException {
        return PolicyFiles.read(folder, "{'rules':[" + rules + "]}").rules();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "darn it",
                "DARN",
                "a ｄａｒｎ thing", // full width
                "da\u200Brn", // a zero-width space
                "da\u00ADrn", // a soft hyphen
                "(darn)",
                "Darn!",
                "x\ndarn\ny"
            })
    void aWordIsFoundHoweverItIsWritten(String text) throws Exception {
        assertThat(rules("{'category':'harassment','words':['darn']}").scores(text))
                .containsEntry("harassment", 1.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"darning", "undarn", "d arn", "dar", "", "çdarn", "darn\u0301"})
    void aPartOfAWordIsNotTheWord(String text) throws Exception {
        assertThat(rules("{'category':'harassment','words':['darn']}").scores(text))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            blow up the bridge  | They want to BLOW  up, the\tbridge. | true
            blow up the bridge  | blow up a bridge                     | false
            STRASSE             | die Straße                           | true
            straße              | DIE STRASSE                          | true
            爆弹                | 我要买爆弹吗                          | true
            爆弹                | 爆 裂                                | false
            ΣΟΦΟΣ               | σοφος                                | true
            ﬁre                 | fire                                 | true
            """)
    void phrasesAreFoundInAnyScript(String phrase, String text, boolean found) throws Exception {
        Rules rules = rules("{'category':'illicit','words':['%s']}".formatted(phrase));
        assertThat(rules.scores(text).containsKey("illicit")).isEqualTo(found);
    }

    @Test
    void ofSeveralRulesTheHighestScoreOfACategoryCounts() throws Exception {
        Rules rules = rules(
                "{'category':'hate','score':0.3,'words':['a','b c']},{'category':'hate','score':0.7,'words':['b c']},"
                        + "{'category':'sexual','words':['b']}");
        assertThat(rules.scores("a")).isEqualTo(Map.of("hate", 0.3));
        assertThat(rules.scores("a b c")).isEqualTo(Map.of("hate", 0.7, "sexual", 1.0));
    }

    @Test
    void expressionsMatchWhateverTheCaseUnlessARuleSaysOtherwise() throws Exception {
        Rules rules = rules("{'category':'secrets','patterns':['akia[0-9a-z]{4}\\\\b']},"
                + "{'category':'keys','case_sensitive':true,'patterns':['sk-[a-z]{4}']}");
        assertThat(rules.scores("my AKIA12ZZ here")).containsOnlyKeys("secrets");
        assertThat(rules.scores("my AKIA12ZZZ here")).isEmpty();
        assertThat(rules.scores("SK-ABCD")).isEmpty();
        assertThat(rules.scores("sk-abcd")).containsOnlyKeys("keys");
    }

    @Test
    void listsHaveAPhraseOrAnExpressionOnEachLine() throws Exception {
        Files.writeString(folder.resolve("list.txt"), "\uFEFF# a list\n\nfirst\n  second thing \nre: third[0-9]+\n");
        Rules rules = rules("{'category':'harassment','files':['list.txt']}");
        for (String text : List.of("First.", "a second thing", "third42")) {
            assertThat(rules.scores(text)).as(text).isNotEmpty();
        }
        assertThat(rules.scores("a list, second, third")).isEmpty();
    }

    /** A matcher that tries one way after the other would take for ever. */
    @Test
    void noTextHoldsAThread() throws Exception {
        Rules rules = rules("{'category':'hate','patterns':['(a+)+b$','(a|aa)+c','(.*a){10}x']}");
        assertThat(rules.scores("a".repeat(20_000))).isEmpty();
        assertThat(rules.scores("a".repeat(20_000) + "c")).containsKey("hate");
    }

    @Test
    void readingEndsWhereTheTimeIsOver() {
        var text = new BudgetedText("x".repeat(100_000), System.nanoTime() - 1);
        var pattern = com.google.re2j.Pattern.compile("y");
        assertThatThrownBy(() -> pattern.matcher(text).find()).isInstanceOf(BudgetedText.Spent.class);
    }

    @Test
    void whatIsFoundIsWhatAPlainSearchFinds() throws Exception {
        var random = new Random(7);
        for (int round = 0; round < 300; round++) {
            List<String> phrases = new ArrayList<>();
            var json = new StringBuilder();
            for (int i = 0; i < 3; i++) {
                String phrase = words(random, 1 + random.nextInt(3));
                phrases.add(phrase);
                json.append(i == 0 ? "'" : ",'").append(phrase).append("'");
            }
            String text = words(random, random.nextInt(9));
            boolean expected = phrases.stream().anyMatch(phrase -> (" " + text + " ").contains(" " + phrase + " "));
            assertThat(rules("{'category':'hate','words':[%s]}".formatted(json))
                            .scores(text)
                            .containsKey("hate"))
                    .as("%s in %s", phrases, text)
                    .isEqualTo(expected);
        }
    }

    private static String words(Random random, int count) {
        var words = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            words.add(random.nextBoolean() ? "a" : "b");
        }
        return String.join(" ", words);
    }
}
