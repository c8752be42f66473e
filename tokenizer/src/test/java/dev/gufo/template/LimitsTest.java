package dev.gufo.template;

import static dev.gufo.template.Templates.render;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.template.TemplateException.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LimitsTest {
    /** The stack that {@link TemplateLimits#depth} promises to be enough, and then some for what calls. */
    private static final long STACK_BYTES = 576 * 1024;

    private static Throwable failureOnASmallStack(String source, Map<String, ?> variables) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(null, () -> render(source, variables), "small stack", STACK_BYTES);
        thread.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
        thread.start();
        thread.join();
        return failure.get();
    }

    private static void assertLimit(Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        refusal -> assertThat(refusal.kind())
                                .as(refusal.getMessage())
                                .isEqualTo(Kind.LIMIT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=2) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=1) %}{% for i in range(99) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}",
                "{{ 'a' * 999999999 }}",
                "{{ [1] * 999999999 }}",
                "{{ 'a' | center(999999999) }}",
                "{{ 'a'.ljust(999999999) }}",
                "{{ '%999999999d' % 1 }}",
                "{{ '%.99999f' % 1.5 }}",
                "{{ '{:999999999}'.format(1) }}",
                "{{ '%9999999999999d' % 1 }}",
                "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
                "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
                "{{ 'a' | indent('b' * 99999999) }}",
                "{{ [1] | tojson(indent=999999999) }}",
                "{{ 10 ** (10 ** 10) }}",
                "{{ (-2) ** 99999999999 }}",
                "{{ range(100001) }}",
                "{{ range(10 ** 30) }}",
                "{{ [1] | batch(999999999, 0) | list }}",
                "{{ [1] | slice(999999999) | list }}",
                "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
                "{% macro m(n=m()) %}{% endmacro %}{{ m() }}",
                "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}"
            })
    void nothingGrowsOrRunsWithoutBound(String source) throws InterruptedException {
        assertLimit(failureOnASmallStack(source, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1+",
                "not ",
                "-",
                "(((",
                "[",
                "{1:",
                "x.a",
                "|upper",
                "1 if x else ",
                "x is in ",
                "f(",
                "f[",
                "x or "
            })
    void noSourceIsNestedTooDeepForTheStack(String piece) throws InterruptedException {
        String expression = piece.startsWith("|") || piece.equals("x.a")
                ? "x" + piece.replace("x.", ".").repeat(20_000)
                : piece.repeat(20_000) + "x";
        Throwable failure = failureOnASmallStack("{{ " + expression + " }}", Map.of("x", "y"));
        assertThat(failure).isInstanceOf(TemplateException.class);
    }

    @Test
    void statementsAreNestedOnlySoDeep() throws InterruptedException {
        assertLimit(failureOnASmallStack("{% if x %}".repeat(20_000), Map.of()));
        assertThat(render("{% for a in 'b' %}".repeat(50) + "x" + "{% endfor %}".repeat(50)))
                .isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{ x }}", "{{ x | tojson }}", "{{ x == y }}", "a"})
    void inputMayNotBeNestedTooDeepForTheStack(String source) throws InterruptedException {
        assertLimit(failureOnASmallStack(source, Map.of("x", nested(10_000), "y", nested(10_000))));
    }

    private static Object nested(int depth) {
        Object value = 1;
        for (int i = 0; i < depth; i++) {
            value = i % 2 == 0 ? List.of(value) : Map.of("k", value);
        }
        return value;
    }

    @Test
    void inputThatContainsItselfIsRefused() throws InterruptedException {
        List<Object> list = new ArrayList<>();
        list.add(list);
        Map<String, Object> map = new HashMap<>();
        map.put("m", map);
        assertLimit(failureOnASmallStack("a", Map.of("x", list)));
        assertLimit(failureOnASmallStack("a", Map.of("x", map)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ns.x }}",
                "{{ ns.x | tojson }}",
                "{{ ns.x == ns.y }}",
                "{{ ns.x < ns.y }}",
                "{{ [ns.x, ns.y] | sort }}",
                "{{ ns.x in [ns.y] }}",
                "{{ '%r' % [ns.x] }}",
                "{{ ns.x | pprint }}"
            })
    void whatATemplateNestsIsWalkedOnlySoDeep(String use) throws InterruptedException {
        for (String wrap : List.of("[%s]", "{'k': %s}", "(%s,)")) {
            String source = "{% set ns = namespace(x=1, y=1) %}{% for i in range(9999) %}{% set ns.x = "
                    + wrap.formatted("ns.x") + " %}{% set ns.y = " + wrap.formatted("ns.y") + " %}{% endfor %}" + use;
            assertThat(failureOnASmallStack(source, Map.of())).as(source).isInstanceOf(TemplateException.class);
        }
    }

    @Test
    void lazyFiltersLieOnEachOtherOnlySoDeep() throws InterruptedException {
        for (String filter :
                List.of("ns.x | map('string')", "[ns.x] | map('list')", "ns.x | select", "ns.x | unique")) {
            String source = "{% set ns = namespace(x='ab') %}{% for i in range(9999) %}{% set ns.x = " + filter
                    + " %}{% endfor %}{{ ns.x | list }}";
            assertLimit(failureOnASmallStack(source, Map.of()));
        }
    }

    @Test
    void aNamespaceThatContainsItselfPrintsAndComparesInFiniteTime() {
        assertThat(
                        render(
                                "{% set ns = namespace(a=1) %}{% set ns.me = [ns] %}{{ ns }}{{ ns == ns }}{{ ns.me == ns.me }}"))
                .isEqualTo("<Namespace {'a': 1, 'me': [<Namespace {...}>]}>TrueTrue");
    }

    @Test
    void hugeSourcesAndNumbersAreRefused() {
        assertThatThrownBy(() -> ChatTemplate.parse(" ".repeat(2_000_000))).satisfies(LimitsTest::assertLimit);
        assertThatThrownBy(() -> render("a", Map.of("x", BigInteger.TWO.pow(100_000))))
                .satisfies(LimitsTest::assertLimit);
    }

    @Test
    void longConversationsStayFarBelowTheLimits() {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            messages.add(Templates.message("user", "words and more words ".repeat(200)));
        }
        String source =
                "{% set ns = namespace(all='') %}{% for m in messages %}{% if '<think>' in m.content %}t{% endif %}"
                        + "{{ m.content | trim | replace('more', 'less') }}{{ m.content.split('and')[-1].strip() }}{% endfor %}";
        assertThat(render(source, Map.of("messages", messages))).hasSizeGreaterThan(2_000_000);
    }

    @Test
    void variablesOfOtherTypesAreRefused() {
        assertThatThrownBy(() -> render("a", Map.of("x", new Object())))
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.RUNTIME));
    }
}
