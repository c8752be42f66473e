package dev.gufo.server.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Words and regular expressions that say what a text is about, without a model. Safe for any thread.
 *
 * <p>Regular expressions are those of RE2, which match in a time in proportion to the text's length, whatever the text
 * is. What they have no time for on a very long text is a failure.
 */
public final class Rules {
    private static final Logger LOG = LoggerFactory.getLogger(Rules.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    /** None. */
    static final Rules NONE = new Rules(new Phrases(), List.of(), Set.of());

    private static final int MOST_RULES = 1_000;
    private static final int MOST_PHRASES = 1_000_000;
    private static final int MOST_PATTERNS = 1_000;
    private static final int LONGEST_PATTERN = 1_000;
    private static final int LARGEST_PROGRAM = 4_000;
    private static final long LARGEST_FILE = 32 << 20;
    private static final String PATTERN_LINE = "re:";
    private static final Set<String> FIELDS =
            Set.of("category", "score", "words", "patterns", "files", "case_sensitive");

    private final Phrases phrases;
    private final List<Expression> expressions;
    private final Set<String> categories;

    private record Expression(Pattern pattern, String category, double score) {}

    private Rules(Phrases phrases, List<Expression> expressions, Set<String> categories) {
        this.phrases = phrases;
        this.expressions = expressions;
        this.categories = categories;
    }

    /** What they find. */
    Set<String> categories() {
        return categories;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return categories.isEmpty();
    }

    /**
     * What is found in a text.
     *
     * @return by category the highest score; none that is 0
     * @throws PolicyFailure if there is no time to find out
     */
    Map<String, Double> scores(String text) throws PolicyFailure {
        if (isEmpty()) {
            return Map.of();
        }
        String plain = PlainText.of(text);
        var found = new TreeMap<>(phrases.scores(plain));
        BudgetedText budgeted = BudgetedText.of(plain);
        try {
            for (Expression each : expressions) {
                boolean higher = found.getOrDefault(each.category(), 0.0) < each.score();
                if (higher && each.pattern().matcher(budgeted).find()) {
                    found.put(each.category(), each.score());
                }
            }
        } catch (BudgetedText.Spent e) {
            throw new PolicyFailure("the regular expressions took too long on %d characters".formatted(plain.length()));
        }
        return found;
    }

    /**
     * The same, and what was looked for.
     *
     * @throws ApiException with {@link Problem.PolicyUnavailable} if there is no time to find out
     */
    public Scorer.Verdict verdict(String text) {
        try {
            return new Scorer.Verdict(scores(text), categories);
        } catch (PolicyFailure e) {
            LOG.warn("{}", e.getMessage());
            throw new ApiException(new Problem.PolicyUnavailable(TRY_AGAIN));
        }
    }

    /**
     * Reads {@code rules} of a policy file, and the lists that they name.
     *
     * @param folder from which lists are named
     * @throws ApiException with the path of the first field that is wrong
     */
    static Rules read(Fields policy, Path folder) {
        Optional<JsonNode> array = policy.array("rules", MOST_RULES);
        if (array.isEmpty()) {
            return NONE;
        }
        var reader = new Reader(folder);
        for (int i = 0; i < array.get().size(); i++) {
            reader.rule(Fields.element(array.get(), i, policy.at("rules")));
        }
        return new Rules(reader.phrases, List.copyOf(reader.expressions), Set.copyOf(reader.categories));
    }

    /** Collects what a file says. */
    private static final class Reader {
        private final Path folder;
        private final Phrases phrases = new Phrases();
        private final List<Expression> expressions = new ArrayList<>();
        private final Set<String> categories = new HashSet<>();
        private int count;

        Reader(Path folder) {
            this.folder = folder;
        }

        /** A rule being read. */
        private record Rule(String category, double score, int flags) {}

        void rule(Fields fields) {
            PolicyFile.requireKnown(fields, FIELDS);
            String at = fields.at("category");
            String category = fields.text("category").orElseThrow(() -> Fields.missing(at));
            if (!Categories.isName(category)) {
                throw ApiException.invalid(
                        at,
                        "'%s' must be lower-case letters, digits and dashes, with at most one slash.".formatted(at));
            }
            categories.add(category);
            double score = PolicyFile.decimal(fields, "score", 0.001, 1).orElse(1.0);
            boolean sensitive = fields.flag("case_sensitive").orElse(false);
            var rule = new Rule(category, score, sensitive ? 0 : Pattern.CASE_INSENSITIVE);
            int before = count;
            strings(fields, "words", MOST_PHRASES).forEach(word -> phrase(rule, word, fields.at("words")));
            strings(fields, "patterns", MOST_PATTERNS).forEach(text -> pattern(rule, text, fields.at("patterns")));
            strings(fields, "files", MOST_RULES).forEach(name -> file(rule, name, fields.at("files")));
            if (count == before) {
                throw ApiException.invalid(
                        fields.path(), "'%s' has no words, patterns or files.".formatted(fields.path()));
            }
        }

        private static List<String> strings(Fields fields, String name, int most) {
            var texts = new ArrayList<String>();
            fields.array(name, most).ifPresent(array -> {
                for (int i = 0; i < array.size(); i++) {
                    if (!array.get(i).isTextual()) {
                        throw Fields.wrong("%s[%d]".formatted(fields.at(name), i), "a string", array.get(i));
                    }
                    texts.add(array.get(i).textValue());
                }
            });
            return texts;
        }

        private void phrase(Rule rule, String phrase, String at) {
            try {
                phrases.add(phrase, rule.category(), rule.score());
            } catch (IllegalArgumentException e) {
                throw ApiException.invalid(at, "Invalid '%s': %s.".formatted(at, e.getMessage()));
            }
            if (++count > MOST_PHRASES) {
                throw ApiException.invalid(at, "There may be %d words and phrases.".formatted(MOST_PHRASES));
            }
        }

        private void pattern(Rule rule, String text, String at) {
            if (text.isEmpty() || text.length() > LONGEST_PATTERN) {
                throw ApiException.invalid(
                        at,
                        "A regular expression must have 1 to %d characters, one of '%s' has %d."
                                .formatted(LONGEST_PATTERN, at, text.length()));
            }
            Pattern pattern;
            try {
                pattern = Pattern.compile(text, rule.flags());
            } catch (PatternSyntaxException e) {
                throw ApiException.invalid(
                        at, "A regular expression of '%s' is wrong: %s.".formatted(at, e.getMessage()));
            }
            if (pattern.programSize() > LARGEST_PROGRAM) {
                throw ApiException.invalid(at, "A regular expression of '%s' repeats too much.".formatted(at));
            }
            if (pattern.matcher("").find()) {
                throw ApiException.invalid(at, "A regular expression of '%s' matches every text.".formatted(at));
            }
            expressions.add(new Expression(pattern, rule.category(), rule.score()));
            count++;
            if (expressions.size() > MOST_PATTERNS) {
                throw ApiException.invalid(at, "There may be %d regular expressions.".formatted(MOST_PATTERNS));
            }
        }

        /** A phrase on each line, or behind {@code re:} a regular expression; what begins with # is no phrase. */
        private void file(Rule rule, String name, String at) {
            Path file = folder.resolve(name);
            try {
                if (Files.size(file) > LARGEST_FILE) {
                    throw ApiException.invalid(at, "%s is larger than %d bytes.".formatted(file, LARGEST_FILE));
                }
                List<String> lines = Files.readAllLines(file);
                for (int i = 0; i < lines.size(); i++) {
                    String line = lines.get(i).replace("\uFEFF", "").strip();
                    String place = "%s (%s, line %d)".formatted(at, file, i + 1);
                    if (line.startsWith(PATTERN_LINE)) {
                        pattern(rule, line.substring(PATTERN_LINE.length()).strip(), place);
                    } else if (!line.isEmpty() && !line.startsWith("#")) {
                        phrase(rule, line, place);
                    }
                }
            } catch (CharacterCodingException e) {
                throw ApiException.invalid(at, "%s is not UTF-8.".formatted(file));
            } catch (IOException e) {
                throw ApiException.invalid(at, "%s can't be read.".formatted(file));
            }
        }
    }
}
