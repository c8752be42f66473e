package dev.gufo.engine.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Texts of many kinds: plain, long, punctuated, in other scripts and with odd characters. */
public final class Sentences {
    private static final List<String> FIXED = List.of(
            "The owl hunts at night.",
            "Gufo means owl in Italian.",
            "hello",
            "A",
            "!",
            "...",
            "3.14159 + 2.71828 = 5.85987",
            "The price rose from $1,299.99 to €1.450,00 (about 8 %).",
            "e-mail: someone@example.org, see https://example.org/a?b=c#d",
            "Don't, won't, can't; it's o'clock!",
            "naïve café résumé Ångström Zürich façade",
            "NAÏVE CAFÉ RÉSUMÉ ÅNGSTRÖM ZÜRICH FAÇADE",
            "Straße, Grüße, Übermut",
            "İstanbul ve Iğdır",
            "Привет, как дела?",
            "Καλημέρα κόσμε",
            "今日は天気がいいですね。",
            "北京是中国的首都",
            "안녕하세요 세계",
            "مرحبا بالعالم",
            "שלום עולם",
            "नमस्ते दुनिया",
            "สวัสดีชาวโลก",
            "🦉 flies 🌙 over the 🏠",
            "👩‍👩‍👧‍👦 family",
            "tabs\tand\nnewlines\r\nand  double   spaces",
            "zero​width and soft­hyphen and no break",
            "snake_case camelCase SCREAMING_CASE kebab-case",
            "for (int i = 0; i < n; i++) { sum += a[i] * b[i]; }",
            "{\"json\": [1, 2, {\"deep\": null}]}",
            "SELECT * FROM owls WHERE name LIKE 'U%' ORDER BY age DESC;",
            "antidisestablishmentarianism floccinaucinihilipilification",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "x² + y² = z², ∑ αᵢ ≤ ∞, ½ of ¾",
            "“Curly quotes” – dashes — and… ellipsis",
            "ﬁne ligatures ﬂow",
            "ＦＵＬＬＷＩＤＴＨ　ｔｅｘｔ",
            "##not a heading ##ing",
            "[CLS",
            "trademark™ copyright© registered® §7 ¶3 †");

    private static final String[] WORDS =
            ("the a of owl night mouse forest moon river quickly silent feather hunts sees "
                            + "because although seven hundred Tuesday London whisper engine vector distance meaning language "
                            + "unbelievable reconsideration microscope, however; yes! no? maybe - perhaps (indeed) Ünïcödé 42 1,000 ")
                    .split(" ");

    private Sentences() {}

    /** The fixed ones, then random ones of up to 300 words. */
    public static List<String> varied(int count) {
        SplittableRandom random = new SplittableRandom(7);
        List<String> sentences = new ArrayList<>(FIXED);
        while (sentences.size() < count) {
            int words = random.nextInt(25) == 0 ? random.nextInt(100, 300) : random.nextInt(1, 40);
            StringBuilder sentence = new StringBuilder();
            for (int i = 0; i < words; i++) {
                sentence.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
            }
            sentences.add(sentence.append(random.nextBoolean() ? "." : "").toString());
        }
        return sentences.subList(0, count);
    }
}
