package dev.gufo.grammar.strings;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A grammar in Lark's notation as one regular expression, in the form that {@link PatternParser} reads. That works for
 * grammars without recursion. What Lark would skip between tokens ({@code %ignore}), templates and look-arounds are
 * refused.
 *
 * @see <a href="https://lark-parser.readthedocs.io/en/stable/grammar.html">Lark, grammar reference</a>
 */
public final class LarkPattern {
    private static final int MOST_CHARS = 200_000;
    private static final int MOST_REPETITIONS = 10_000;

    /** Lark's own terminals. */
    private static final Map<String, String> COMMON = Map.ofEntries(
            Map.entry("DIGIT", "[0-9]"),
            Map.entry("HEXDIGIT", "[a-fA-F0-9]"),
            Map.entry("INT", "[0-9]+"),
            Map.entry("SIGNED_INT", "[+\\-]?[0-9]+"),
            Map.entry("DECIMAL", "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)"),
            Map.entry("LCASE_LETTER", "[a-z]"),
            Map.entry("UCASE_LETTER", "[A-Z]"),
            Map.entry("LETTER", "[A-Za-z]"),
            Map.entry("WORD", "[A-Za-z]+"),
            Map.entry("CNAME", "[_A-Za-z][_A-Za-z0-9]*"),
            Map.entry("NUMBER", "(?:[0-9]+(?:\\.[0-9]*)?(?:[eE][+\\-]?[0-9]+)?|\\.[0-9]+(?:[eE][+\\-]?[0-9]+)?)"),
            Map.entry("ESCAPED_STRING", "\"(?:[^\"\\\\\\n]|\\\\.)*\""),
            Map.entry("WS_INLINE", "[ \\t]+"),
            Map.entry("WS", "[ \\t\\f\\r\\n]+"),
            Map.entry("CR", "\\r"),
            Map.entry("LF", "\\n"),
            Map.entry("NEWLINE", "(?:\\r?\\n)+"));

    private static final Pattern TOKEN = Pattern.compile("""
            (?<space>[ \\t\\r\\f]+|//[^\\n]*|\\#[^\\n]*)\
            |(?<line>\\n)\
            |(?<string>"(?:[^"\\\\\\n]|\\\\.)*"i?)\
            |(?<regex>/(?!/)(?:[^/\\\\\\n]|\\\\.)+/[a-z]*)\
            |(?<directive>%[a-z]+)\
            |(?<name>[!?]*_*[A-Za-z][A-Za-z_0-9]*)\
            |(?<number>-?[0-9]+)\
            |(?<sign>->|\\.\\.|[:|()\\[\\]?*+~.,{}])""");

    private record Token(String kind, String text) {
        boolean is(String sign) {
            return kind.equals("sign") && text.equals(sign);
        }
    }

    private final Map<String, List<Token>> rules = new LinkedHashMap<>();
    private final Map<String, String> imported = new LinkedHashMap<>();
    private final Map<String, String> done = new LinkedHashMap<>();
    private final Deque<String> within = new ArrayDeque<>();
    private int length;

    private LarkPattern() {}

    /**
     * The expression, which is to match a text from end to end.
     *
     * @throws PatternException if the grammar is malformed, not regular or too large
     */
    public static String of(String grammar) {
        var lark = new LarkPattern();
        lark.statements(tokens(grammar));
        return lark.rule("start");
    }

    private static List<Token> tokens(String grammar) {
        var tokens = new ArrayList<Token>();
        Matcher matcher = TOKEN.matcher(grammar);
        int at = 0;
        while (at < grammar.length()) {
            matcher.region(at, grammar.length());
            if (!matcher.lookingAt()) {
                throw new PatternException("is no Lark grammar at character %d".formatted(at));
            }
            at = matcher.end();
            for (String kind : List.of("line", "string", "regex", "directive", "name", "number", "sign")) {
                if (matcher.group(kind) != null) {
                    tokens.add(new Token(kind, matcher.group(kind)));
                }
            }
        }
        return tokens;
    }

    /** A statement goes on in the next line if that begins with a bar, or if a bracket is open. */
    private void statements(List<Token> tokens) {
        var statement = new ArrayList<Token>();
        int depth = 0;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.is("(") || token.is("[")) {
                depth++;
            } else if (token.is(")") || token.is("]")) {
                depth--;
            }
            if (!token.kind().equals("line")) {
                statement.add(token);
            } else if (depth <= 0 && !barFollows(tokens, i)) {
                statement(statement);
                statement = new ArrayList<>();
            }
        }
        statement(statement);
    }

    private static boolean barFollows(List<Token> tokens, int line) {
        int next = line;
        while (next < tokens.size() && tokens.get(next).kind().equals("line")) {
            next++;
        }
        return next < tokens.size() && tokens.get(next).is("|");
    }

    private void statement(List<Token> statement) {
        if (statement.isEmpty()) {
            return;
        }
        Token first = statement.getFirst();
        if (first.kind().equals("directive")) {
            directive(statement);
            return;
        }
        int colon = 1;
        if (statement.size() > 2 && statement.get(1).is(".")) {
            colon = 3; // a priority, which says nothing about what is allowed
        }
        if (!first.kind().equals("name")
                || statement.size() <= colon
                || !statement.get(colon).is(":")) {
            throw new PatternException("has a statement that is no rule");
        }
        rules.put(plain(first.text()), List.copyOf(statement.subList(colon + 1, statement.size())));
    }

    private static String plain(String name) {
        return name.replaceAll("^[!?]+", "");
    }

    private void directive(List<Token> statement) {
        if (!statement.getFirst().text().equals("%import")) {
            throw new PatternException("has '%s', which is not supported"
                    .formatted(statement.getFirst().text()));
        }
        List<String> names = statement.stream()
                .filter(token -> token.kind().equals("name"))
                .map(Token::text)
                .toList();
        if (names.size() < 2 || !names.getFirst().equals("common")) {
            throw new PatternException("imports what is not supported");
        }
        boolean renamed = statement.stream().anyMatch(token -> token.is("->"));
        List<String> terminals = names.subList(1, names.size());
        if (renamed && terminals.size() == 2) {
            imported.put(terminals.get(1), terminals.get(0));
        } else {
            terminals.forEach(name -> imported.put(name, name));
        }
    }

    private String rule(String name) {
        String known = done.get(name);
        if (known == null) {
            List<Token> rule = rules.get(name);
            known = rule == null ? common(name) : ofRule(name, rule);
            done.put(name, known);
        }
        length += known.length();
        if (length > MOST_CHARS) {
            throw new PatternException("is a grammar that takes more than %d characters".formatted(MOST_CHARS));
        }
        return known;
    }

    private String ofRule(String name, List<Token> rule) {
        if (within.contains(name)) {
            throw new PatternException("is a grammar with recursion, in '%s'".formatted(name));
        }
        within.push(name);
        var parser = new Expansions(requireNonNull(rules.get(name)));
        String pattern = parser.all();
        within.pop();
        return "(?:" + pattern + ")";
    }

    private String common(String name) {
        String pattern = COMMON.get(imported.getOrDefault(name, ""));
        if (pattern == null) {
            throw new PatternException("is a grammar without a rule '%s'".formatted(name));
        }
        return "(?:" + pattern + ")";
    }

    /** What stands behind the colon of a rule. */
    private final class Expansions {
        private final List<Token> tokens;
        private int position;

        Expansions(List<Token> tokens) {
            this.tokens = tokens;
        }

        String all() {
            String pattern = choice();
            if (position < tokens.size()) {
                throw new PatternException("is a grammar with '%s' where nothing fits"
                        .formatted(tokens.get(position).text()));
            }
            return pattern;
        }

        private Token next() {
            if (position == tokens.size()) {
                throw new PatternException("is a grammar with a rule that ends in the middle");
            }
            return tokens.get(position++);
        }

        private boolean skip(String sign) {
            boolean here = position < tokens.size() && tokens.get(position).is(sign);
            position += here ? 1 : 0;
            return here;
        }

        private String choice() {
            var pattern = new StringBuilder();
            do {
                pattern.append(pattern.isEmpty() ? "" : "|").append(sequence());
                if (skip("->")) {
                    Token _ = next(); // an alias is for trees
                }
            } while (skip("|"));
            return pattern.toString();
        }

        private String sequence() {
            var pattern = new StringBuilder("(?:");
            while (position < tokens.size() && !ends(tokens.get(position))) {
                pattern.append(repeated(atom()));
            }
            return pattern.append(")").toString();
        }

        private static boolean ends(Token token) {
            return List.of("|", ")", "]", "->").stream().anyMatch(token::is);
        }

        private String atom() {
            Token token = next();
            return switch (token.kind()) {
                case "string" -> string(token.text());
                case "regex" -> regex(token.text());
                case "name" -> rule(plain(token.text()));
                default -> {
                    if (token.is("(")) {
                        yield bracket(")", "");
                    }
                    if (token.is("[")) {
                        yield bracket("]", "?");
                    }
                    throw new PatternException(
                            "is a grammar with '%s', which is not supported".formatted(token.text()));
                }
            };
        }

        private String bracket(String end, String quantifier) {
            String inside = "(?:" + choice() + ")" + quantifier;
            if (!skip(end)) {
                throw new PatternException("is a grammar with a bracket that does not close");
            }
            return inside;
        }

        private String string(String token) {
            boolean anyCase = token.endsWith("i");
            String text = unescaped(token.substring(1, token.length() - (anyCase ? 2 : 1)));
            if (skip("..")) {
                Token last = next();
                if (!last.kind().equals("string")) {
                    throw new PatternException("is a grammar with a range that has no end");
                }
                String end = unescaped(last.text().substring(1, last.text().length() - 1));
                return "[" + literal(text, false) + "-" + literal(end, false) + "]";
            }
            return "(?:" + literal(text, anyCase) + ")";
        }

        private String repeated(String atom) {
            for (String sign : List.of("?", "*", "+")) {
                if (skip(sign)) {
                    return "(?:" + atom + ")" + sign;
                }
            }
            if (!skip("~")) {
                return atom;
            }
            int least = number();
            int most = skip("..") ? number() : least;
            return "(?:%s){%d,%d}".formatted(atom, least, most);
        }

        private int number() {
            Token token = next();
            if (!token.text().matches("[0-9]{1,5}") || Integer.parseInt(token.text()) > MOST_REPETITIONS) {
                throw new PatternException("is a grammar with a repetition that is not supported");
            }
            return Integer.parseInt(token.text());
        }
    }

    private static String regex(String token) {
        int end = token.lastIndexOf('/');
        if (end < token.length() - 1) {
            throw new PatternException("is a grammar with flags of an expression, which are not supported");
        }
        return "(?:" + token.substring(1, end).replace("\\/", "/") + ")";
    }

    private static String unescaped(String text) {
        var plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                char next = text.charAt(++i);
                plain.append(
                        switch (next) {
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            case 't' -> '\t';
                            default -> next;
                        });
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    private static String literal(String text, boolean anyCase) {
        var pattern = new StringBuilder();
        text.codePoints().forEach(c -> {
            int other = Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c);
            if (anyCase && other != c) {
                pattern.append('[').appendCodePoint(c).appendCodePoint(other).append(']');
            } else if (c == '\n') {
                pattern.append("\\n");
            } else if (c < 0x80 && !Character.isLetterOrDigit(c)) {
                pattern.append("\\x%02x".formatted(c));
            } else {
                pattern.appendCodePoint(c);
            }
        });
        return pattern.toString();
    }
}
