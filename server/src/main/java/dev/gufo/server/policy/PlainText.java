package dev.gufo.server.policy;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Texts so that what looks alike is alike: NFKC, and without what can't be seen.
 *
 * @see <a href="https://www.unicode.org/reports/tr15/">Unicode Standard Annex 15, normalization forms</a>
 */
final class PlainText {
    /** Written without spaces between words: here each character counts as a word. */
    private static final Set<UnicodeScript> WITHOUT_SPACES = EnumSet.of(
            UnicodeScript.HAN,
            UnicodeScript.HIRAGANA,
            UnicodeScript.KATAKANA,
            UnicodeScript.THAI,
            UnicodeScript.LAO,
            UnicodeScript.KHMER,
            UnicodeScript.MYANMAR,
            UnicodeScript.TIBETAN);

    private PlainText() {}

    /** In NFKC, without format characters such as zero-width spaces and soft hyphens. */
    static String of(String text) {
        boolean plain = true;
        for (int i = 0; i < text.length() && plain; i++) {
            plain = text.charAt(i) < 0x80;
        }
        if (plain) {
            return text;
        }
        String composed = Normalizer.normalize(text, Normalizer.Form.NFKC);
        if (composed.codePoints().noneMatch(PlainText::isInvisible)) {
            return composed;
        }
        var visible = new StringBuilder(composed.length());
        composed.codePoints().filter(c -> !isInvisible(c)).forEach(visible::appendCodePoint);
        return Normalizer.normalize(visible, Normalizer.Form.NFKC); // what stood apart may belong together now
    }

    /** Words of a text that is plain, whatever their case: runs of letters, marks and digits. */
    static List<String> words(String plain) {
        // Up first: of some letters, such as the German sharp s, only the upper case is the same.
        String text =
                Normalizer.normalize(plain.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), Normalizer.Form.NFKC);
        var words = new ArrayList<String>();
        int from = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            int next = i + Character.charCount(codePoint);
            if (isAlone(codePoint)) {
                add(words, text, from, i);
                words.add(text.substring(i, next));
                from = next;
            } else if (!isPart(codePoint)) {
                add(words, text, from, i);
                from = next;
            }
            i = next;
        }
        add(words, text, from, text.length());
        return words;
    }

    private static void add(List<String> words, String text, int from, int to) {
        if (to > from) {
            words.add(text.substring(from, to));
        }
    }

    /** Whether a word may have it. */
    static boolean isPart(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> Character.isLetterOrDigit(codePoint);
        };
    }

    private static boolean isAlone(int codePoint) {
        return codePoint >= 0x80
                && (Character.getType(codePoint) == Character.OTHER_SYMBOL
                        || WITHOUT_SPACES.contains(UnicodeScript.of(codePoint)));
    }

    private static boolean isInvisible(int codePoint) {
        int type = Character.getType(codePoint);
        boolean variation = codePoint >= 0xFE00 && codePoint <= 0xFE0F;
        return type == Character.FORMAT || variation || codePoint == 0x034F;
    }
}
