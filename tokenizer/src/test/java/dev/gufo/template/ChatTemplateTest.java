package dev.gufo.template;

import static dev.gufo.template.Templates.message;
import static dev.gufo.template.Templates.render;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.template.TemplateException.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Templates of the shapes that models bring, written for this test. */
class ChatTemplateTest {
    private static final List<Map<String, Object>> TALK =
            List.of(message("system", "Be brief."), message("user", "Hi 😀"), message("assistant", "Hello"));

    @Test
    void theFallbackIsChatMl() {
        Map<String, ?> variables = Map.of("messages", TALK, "add_generation_prompt", true);
        String text = ChatTemplate.parse(ChatTemplate.CHATML)
                .render(new TemplateInput(variables, Map.of(), Templates.NOW))
                .text();
        assertThat(text).isEqualTo("""
                <|im_start|>system
                Be brief.<|im_end|>
                <|im_start|>user
                Hi 😀<|im_end|>
                <|im_start|>assistant
                Hello<|im_end|>
                <|im_start|>assistant
                """);
    }

    @Test
    void tagsOnLinesOfTheirOwnLeaveNoTrace() {
        String source = """
                {{ bos_token }}
                {% for message in messages %}
                    {% if message.role == 'user' -%}
                        [U] {{ message.content }}
                    {% else %}
                [{{ message.role | upper }}] {{ message.content }}
                    {% endif %}
                {% endfor %}
                {%- if add_generation_prompt %} [A]{% endif %}
                """;
        assertThat(render(source, Map.of("messages", TALK, "add_generation_prompt", true)))
                .isEqualTo("<s>\n[SYSTEM] Be brief.\n[U] Hi 😀\n[ASSISTANT] Hello\n [A]");
    }

    @Test
    void signsDecideWhatWhitespaceStays() {
        assertThat(render("a\n  {% if true %}\nb\n  {%- endif %}\nc")).isEqualTo("a\nbc");
        assertThat(render("a  {%+ if true %}\n b{% endif +%}\nc")).isEqualTo("a   b\nc");
        assertThat(render("a {{- 1 -}} b\n{#- c -#}\n d")).isEqualTo("a1bd");
        assertThat(render("a\n  {{ 1 }}\nb\n")).isEqualTo("a\n  1\nb");
        assertThat(render("a\r\n  {# c #}\r\nb\n\n")).isEqualTo("a\nb\n");
        assertThat(render("{% raw %}{{ x }}{% endraw %}\n|{%raw-%} {%{%-endraw%}"))
                .isEqualTo("{{ x }}|{%");
    }

    @Test
    void headersInTheMannerOfLlamaWithTheDateAndTools() {
        String source = """
                {%- set tools = tools if tools is defined else none %}
                {%- if messages[0]['role'] == 'system' %}
                    {%- set system = messages[0]['content'] | trim %}
                    {%- set messages = messages[1:] %}
                {%- else %}
                    {%- set system = '' %}
                {%- endif %}
                {{- '<|header|>system<|end_header|>\\n\\nToday: ' ~ strftime_now('%d %b %Y') ~ '\\n\\n' }}
                {%- if tools is not none %}
                    {%- for tool in tools %}
                        {{- tool | tojson(indent=2) }}
                        {{- '\\n' }}
                    {%- endfor %}
                {%- endif %}
                {{- system + '<|eot|>' }}
                {%- for message in messages %}
                    {{- '<|header|>' + message.role + '<|end_header|>\\n\\n' + (message.content or '') | trim + '<|eot|>' }}
                {%- endfor %}
                """;
        Map<String, ?> variables = Map.of("messages", TALK, "tools", List.of(Map.of("name", "é<&>\"")));
        assertThat(render(source, variables)).isEqualTo("""
                <|header|>system<|end_header|>

                Today: 05 Nov 2026

                {
                  "name": "é<&>\\""
                }
                Be brief.<|eot|><|header|>user<|end_header|>

                Hi 😀<|eot|><|header|>assistant<|end_header|>

                Hello<|eot|>""");
    }

    @Test
    void aMacroDescribesNestedParameters() {
        String source = """
                {%- macro shape(schema, depth=0) -%}
                    {%- for name, part in schema | dictsort -%}
                        {{ '  ' * depth ~ name }}:{{ part.type }}{{ '\\n' }}
                        {%- if part.properties is mapping -%}
                            {{ shape(part.properties, depth=depth + 1) }}
                        {%- endif -%}
                    {%- endfor -%}
                {%- endmacro -%}
                {{ shape(schema) }}""";
        Map<String, ?> inner = Map.of("x", Map.of("type", "integer"), "Y", Map.of("type", "string"));
        Map<String, ?> schema =
                Map.of("b", Map.of("type", "object", "properties", inner), "a", Map.of("type", "boolean"));
        assertThat(render(source, Map.of("schema", schema)))
                .isEqualTo("a:boolean\nb:object\n  x:integer\n  Y:string\n");
    }

    @Test
    void aNamespaceRemembersAcrossIterationsAndAPlainNameDoesNot() {
        String source = "{% set ns = namespace(last=0) %}{% set plain = 0 %}"
                + "{% for m in messages %}{% set ns.last = loop.index %}{% set plain = 9 %}{% endfor %}"
                + "{{ ns.last }} {{ plain }}";
        assertThat(render(source, Map.of("messages", TALK))).isEqualTo("3 0");
    }

    @Test
    void loopsKnowWhereTheyStand() {
        assertThat(render("{% for x in 'abc' %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.previtem }}{{ x }}"
                        + "{{ loop.nextitem }}{{ ',' if not loop.last }}{% endfor %}"))
                .isEqualTo("03ab,12abc,21bc");
        assertThat(render("{% for x in range(9) if x is odd %}{{ x }}{{ loop.length }}{% if x > 3 %}{% break %}"
                        + "{% endif %}{% else %}none{% endfor %}"))
                .isEqualTo("143454");
        assertThat(render("{% for x in [[1,[2]],3] recursive %}{{ loop.depth }}"
                        + "{{ '(' ~ loop(x) ~ ')' if x is iterable else x }}{% endfor %}"))
                .isEqualTo("1(212(32))13");
        assertThat(render("{% for x in [] %}a{% else %}b{% endfor %}")).isEqualTo("b");
    }

    @Test
    void blocksCanBeCapturedFilteredAndPassedToMacros() {
        assertThat(render("{% set x %} a{{ 1 }} {% endset %}[{{ x }}]{% set y | trim %} b {% endset %}[{{ y }}]"))
                .isEqualTo("[ a1 ][b]");
        assertThat(render("{% filter upper | replace('A', 'o') %}banana{% endfilter %}"))
                .isEqualTo("BoNoNo");
        assertThat(render("{% macro box(a, b='-') %}{{ b }}{{ caller(a) }}{{ b }}{% endmacro %}"
                        + "{% call(v) box(1, b='|') %}<{{ v }}>{% endcall %}"))
                .isEqualTo("|<1>|");
        assertThat(render("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}"))
                .isEqualTo("(1, 2){'k': 3}");
        assertThat(render("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}"))
                .isEqualTo("3False");
    }

    @Test
    void aTemplateRefusesWithItsOwnWords() {
        assertThatThrownBy(() -> render("line\n{{ raise_exception('Only ' ~ 2 ~ ' roles') }}"))
                .isInstanceOfSatisfying(TemplateException.class, refusal -> {
                    assertThat(refusal.kind()).isEqualTo(Kind.RAISED);
                    assertThat(refusal.detail()).isEqualTo("Only 2 roles");
                    assertThat(refusal.line()).isEqualTo(2);
                });
    }

    @Test
    void whatIsNoTemplateFailsWhenItIsParsedWithItsLine() {
        for (String broken : List.of(
                "\n{{ }}",
                "\n{% if x %}",
                "\n{{ x | nofilter }}",
                "\n{{ x is notest }}",
                "\n{% frob %}",
                "\n{{ 'a }}",
                "\n{{ (1] }}",
                "\n{% include 'x' %}",
                "\n{% break %}",
                "\n{% generation %}{% endgeneration %}",
                "\n{% set none = 1 %}")) {
            assertThatThrownBy(() -> ChatTemplate.parse(broken))
                    .as(broken)
                    .isInstanceOfSatisfying(TemplateException.class, failure -> {
                        assertThat(failure.kind()).isEqualTo(Kind.SYNTAX);
                        assertThat(failure.line()).isEqualTo(2);
                    });
        }
    }

    @Test
    void anUnknownFilterInABranchFailsOnlyWhenItRuns() {
        assertThat(render("{% if false %}{{ 1 | nofilter }}{% endif %}{{ 2 if true else 3 | nofilter }}"))
                .isEqualTo("2");
        assertThatThrownBy(() -> render("{% if true %}{{ 1 | nofilter }}{% endif %}"))
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.RUNTIME));
    }

    @Test
    void generationBlocksRenderAsTheirBodyWhereTheDialectHasThem() {
        ChatTemplate template = ChatTemplate.parse(
                "a{% generation %}b{{ 1 }}{% endgeneration %}c", Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
        assertThat(template.render(new TemplateInput(Map.of(), Map.of(), Templates.NOW))
                        .text())
                .isEqualTo("ab1c");
    }

    @Test
    void trustedVariablesWinOverTheRequests() {
        assertThat(render("{{ bos_token }}", Map.of("bos_token", "mine"))).isEqualTo("<s>");
    }
}
