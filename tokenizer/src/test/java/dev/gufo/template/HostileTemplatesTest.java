package dev.gufo.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random and mutated templates with random input: a rendering or a {@link TemplateException}, and nothing else, ever.
 */
@Timeout(300)
class HostileTemplatesTest {
    private static final TemplateLimits LIMITS = new TemplateLimits(20_000, 60, 300, 200_000, 1 << 20, 4_096);

    private static final String[] ATOMS = {
        "x",
        "y",
        "zz",
        "messages",
        "1",
        "-1",
        "0",
        "2.5",
        "1e308",
        "''",
        "'a b'",
        "'é😀'",
        "'%s{}'",
        "none",
        "true",
        "[]",
        "{}",
        "[1,'b']",
        "{'k':1}",
        "(1,)",
        "range(3)",
        "loop",
        "ns",
        "m",
        "10 ** 40",
        "loop.index",
        "x[0]",
        "messages[0].content"
    };
    private static final String[] METHODS = {
        "upper",
        "title",
        "strip",
        "split",
        "rsplit",
        "splitlines",
        "replace",
        "join",
        "format",
        "center",
        "zfill",
        "find",
        "count",
        "index",
        "startswith",
        "partition",
        "expandtabs",
        "items",
        "get",
        "keys",
        "removeprefix",
        "swapcase",
        "casefold"
    };
    private static final String[] FILTERS = {
        "abs",
        "attr",
        "batch",
        "capitalize",
        "center",
        "default",
        "dictsort",
        "e",
        "filesizeformat",
        "first",
        "float",
        "format",
        "groupby",
        "indent",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "map",
        "max",
        "min",
        "pprint",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "safe",
        "select",
        "selectattr",
        "slice",
        "sort",
        "string",
        "striptags",
        "sum",
        "title",
        "tojson",
        "trim",
        "truncate",
        "unique",
        "upper",
        "urlencode",
        "wordcount",
        "wordwrap",
        "xmlattr"
    };
    private static final String[] OPERATORS = {
        "+", "-", "*", "/", "//", "%", "**", "~", "==", "<", ">=", "in", "not in", "and", "or", "is", "is not", "if",
        ","
    };
    private static final String[] TAGS = {
        "if x",
        "elif y",
        "else",
        "endif",
        "for a in x",
        "for a, b in x.items()",
        "for x in y recursive",
        "endfor",
        "set x = y",
        "set ns.x = x",
        "set x",
        "endset",
        "macro m(a, b=x)",
        "endmacro",
        "call m(1)",
        "endcall",
        "filter upper",
        "endfilter",
        "with x = y",
        "endwith",
        "break",
        "continue",
        "raw",
        "endraw",
        "generation"
    };

    private final Random random = new Random(20_261_105);

    @Test
    void randomExpressionsRenderOrFailCleanly() {
        int rendered = 0;
        for (int i = 0; i < 20_000; i++) {
            rendered += survives("{% set ns = namespace(q=x) %}{{ " + expression(4) + " }}") ? 1 : 0;
        }
        assertThat(rendered).as("templates that got through").isGreaterThan(2_000);
    }

    @Test
    void randomStatementsRenderOrFailCleanly() {
        for (int i = 0; i < 20_000; i++) {
            StringBuilder source = new StringBuilder();
            for (int j = random.nextInt(12); j >= 0; j--) {
                source.append(
                        random.nextBoolean()
                                ? "{{ " + expression(2) + " }}"
                                : "{%" + sign() + " " + pick(TAGS) + " " + sign() + "%}");
                source.append(pick("", " ", "\n", "text", "{", "{#", "#}", "}}"));
            }
            survives(source.toString());
        }
    }

    @Test
    void mutatedTemplatesRenderOrFailCleanly() {
        String source = "{% macro m(a, b=1) %}{{ a ~ b }}{% endmacro %}{% set ns = namespace(s='') %}"
                + "{% for p in messages if p.role != 'x' %}{% if loop.first %}{{ m(p.content | trim, b=[1, 2][::-1]) }}"
                + "{% elif p is mapping %}{{ '%s' % p.role }}{% else %}{{ p | tojson(indent=2) }}{% endif %}"
                + "{% set ns.s = ns.s + p.role[0:2] %}{% endfor %}{{ ns.s.split('u') }}{# end #}";
        assertThat(survives(source)).isTrue();
        for (int i = 0; i < 30_000; i++) {
            StringBuilder mutant = new StringBuilder(source);
            for (int j = random.nextInt(4); j >= 0; j--) {
                int at = random.nextInt(mutant.length());
                int end = Math.min(mutant.length(), at + random.nextInt(8));
                switch (random.nextInt(3)) {
                    case 0 -> mutant.delete(at, end);
                    case 1 -> mutant.insert(at, mutant.substring(at, end));
                    default ->
                        mutant.insert(
                                at,
                                pick(
                                        "{%",
                                        "%}", "{{", "}}", "'", "\\", "(", "]", "|", ".", "-", "😀", "\u0000", "x",
                                        "9"));
                }
            }
            survives(mutant.toString());
        }
    }

    /** Whether it rendered; a TemplateException is fine too, anything else fails the test. */
    private boolean survives(String source) {
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("x", value(3));
        variables.put("y", value(3));
        variables.put("messages", List.of(Templates.message("user", value(1)), Templates.message("u😀", "c")));
        try {
            ChatTemplate template = ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, LIMITS);
            Rendering rendering = template.render(new TemplateInput(variables, Map.of(), Templates.NOW));
            assertThat(rendering.text().length()).isLessThanOrEqualTo(LIMITS.textChars());
            return true;
        } catch (TemplateException expected) {
            assertThat(expected.getMessage()).isNotBlank();
            return false;
        } catch (RuntimeException | StackOverflowError bug) {
            throw new AssertionError("on template: " + source + "\nwith: " + variables, bug);
        }
    }

    private String sign() {
        return pick("", "", "-", "+");
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String expression(int depth) {
        if (depth == 0 || random.nextInt(5) == 0) {
            return pick(ATOMS);
        }
        return switch (random.nextInt(7)) {
            case 0, 1 -> "(%s %s %s)".formatted(expression(depth - 1), pick(OPERATORS), expression(depth - 1));
            case 2 -> "(%s).%s(%s)".formatted(expression(depth - 1), pick(METHODS), arguments(depth));
            case 3, 4 -> "(%s) | %s(%s)".formatted(expression(depth - 1), pick(FILTERS), arguments(depth));
            case 5 ->
                "(%s)[%s]".formatted(expression(depth - 1), pick("0", "-1", ":2", "::-1", "1:", expression(depth - 1)));
            default -> "(%s if %s)".formatted(expression(depth - 1), expression(depth - 1));
        };
    }

    private String arguments(int depth) {
        List<String> arguments = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            arguments.add(
                    random.nextInt(4) == 0
                            ? pick("'upper'", "attribute='k'", "*x", "**y", "reverse=true", "99999")
                            : expression(depth - 1));
        }
        return String.join(", ", arguments);
    }

    private Object value(int depth) {
        return switch (random.nextInt(depth == 0 ? 6 : 9)) {
            case 0 -> random.nextInt(-3, 100);
            case 1 -> pick("", "a", "user text <|im_end|>", " b\n\nc ", "é😀\u0000", "%d {0} {", "12", "\ud83d");
            case 2 -> random.nextBoolean();
            case 3 -> null;
            case 4 -> random.nextBoolean() ? Double.NaN : random.nextGaussian() * 1e18;
            case 5 -> random.nextLong();
            case 6 -> Arrays.asList(value(depth - 1), value(depth - 1));
            case 7 -> new LinkedHashMap<>(Map.of("k", List.of(1), "role", "user", "content", "hi"));
            default -> List.of();
        };
    }
}
