package dev.gufo.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Earlier messages as agents send them, from the body of a request to the prompt of a template that refuses them as
 * they are.
 */
@Timeout(60)
class HistoryHttpTest {
    private static final String END = "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
    private static final String HERMES =
            "<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>";
    private static final String TOOLS = """
            "tools": [{"type": "function", "function": {"name": "get_time", "description": null,
             "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": null}}}}}]""";

    /** A template that looks at each message {@code m} before it shows it. */
    private static String looking(String look) {
        return "{% for t in tools or [] %}{{ '(' + t.function.name + t.function.description + ')' }}{% endfor %}"
                + "{% for m in messages %}" + look + "[{{ m.role }}]{{ m.content or '' }}"
                + "{% for c in m.tool_calls or [] %}{% set f = c.function %}" + HERMES + "{% endfor %}" + END;
    }

    private static String refusing(String condition) {
        return looking("{% if " + condition + " %}{{ raise_exception('refused') }}{% endif %}");
    }

    private static String prompt(String template, String request) throws Exception {
        var engine = new ScriptedEngine(4_096, template).answering("Hoo!");
        try (var server = new TestServer(engine)) {
            var response = server.chat(request);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return engine.lastPrompt().text();
        }
    }

    private static String called(String arguments) {
        return """
                {%s, "messages": [
                  {"role": "user", "content": "What time is it?"},
                  {"role": "assistant", "content": null, "tool_calls": [{"id": "call00001", "type": "function",
                    "function": {"name": "get_time" %s}}]},
                  {"role": "tool", "tool_call_id": "call00001", "content": "12:30"}]}""".formatted(TOOLS, arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ", \"arguments\": null",
                ", \"arguments\": \"\"",
                ", \"arguments\": \" \"",
                ", \"arguments\": \"null\""
            })
    void aCallWithoutArgumentsIsShownWithNone(String arguments) throws Exception {
        assertThat(prompt(looking(""), called(arguments)))
                .endsWith("<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>[tool]12:30[assistant]");
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                arguments("{\\\"city\\\": \\\"Par", "{\"city\": \"Par\"}"),
                arguments("[1]", "{\"arguments\": [1]}"),
                arguments("Paris", "{\"arguments\": \"Paris\"}"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void argumentsThatAreNoObjectAreShownAsOne(String given, String shown) throws Exception {
        assertThat(prompt(looking(""), called(", \"arguments\": \"" + given + "\"")))
                .contains("\"arguments\": " + shown + "}</tool_call>");
    }

    private static final String TWO_CALLS = """
            {%s, "messages": [
              {"role": "user", "content": "Here and there?"},
              {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_Ab12Cd34Ef56Gh78", "type": "function", "function": {"name": "get_time", "arguments": "{\\"city\\": \\"Oslo\\"}"}},
                {"id": "toolu_01", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}]},
              {"role": "tool", "tool_call_id": "call_Ab12Cd34Ef56Gh78", "content": "12:30"},
              {"role": "tool", "tool_call_id": "toolu_01", "content": "13:30"}]}""".formatted(TOOLS);

    @Test
    void twoCallsOfATurnBecomeTwoRoundsAndTheModelMayWriteOne() throws Exception {
        String template = refusing("m.tool_calls and m.tool_calls | length > 1");
        assertThat(prompt(template, TWO_CALLS)).endsWith("""
                [assistant]<tool_call>{"name": "get_time", "arguments": {"city": "Oslo"}}</tool_call>[tool]12:30\
                [assistant]<tool_call>{"name": "get_time", "arguments": {}}</tool_call>[tool]13:30[assistant]""");
        String call = "<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>";
        for (String each : List.of(template, looking(""))) {
            var engine = new ScriptedEngine(4_096, each).answering(call);
            try (var server = new TestServer(engine)) {
                assertThat(server.chat(TWO_CALLS).statusCode()).isEqualTo(200);
                var constraint = engine.started.take().request().constraint().orElseThrow();
                assertThat(ToolCallsHttpTest.accepts(constraint, call)).isTrue();
                assertThat(ToolCallsHttpTest.accepts(constraint, call + call)).isEqualTo(!each.equals(template));
            }
        }
    }

    @Test
    void idsOfOtherOriginBecomeNineLettersAndDigitsWhereTheTemplateInsists() throws Exception {
        String shown = prompt(
                looking(
                        "{% for c in m.tool_calls or [] %}({{ c.id }}){% if c.id | length != 9 %}{{ raise_exception('id') }}{% endif %}{% endfor %}"
                                + "{% if m.role == 'tool' %}({{ m.tool_call_id }}){% endif %}"),
                TWO_CALLS);
        assertThat(shown)
                .containsPattern(
                        "\\(([a-zA-Z0-9]{9})\\)\\(([a-zA-Z0-9]{9})\\)\\[assistant].*\\(\\1\\)\\[tool]12:30\\(\\2\\)\\[tool]13:30");
    }

    @Test
    void aDescriptionThatIsNullIsEmpty() throws Exception {
        assertThat(prompt(looking(""), "{" + TOOLS + ", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}"))
                .isEqualTo("(get_time)[user]Hi[assistant]");
    }

    @Test
    void systemMessagesThatATemplateRefusesAreJoinedOrSaidByTheUser() throws Exception {
        String messages = """
                {"messages": [{"role": "system", "content": "One."}, {"role": "developer", "content": "Two."},
                 {"role": "user", "content": "Hi"}, {"role": "system", "content": "Three."}, {"role": "user", "content": "Well?"}]}""";
        assertThat(prompt(looking(""), messages))
                .isEqualTo("[system]One.[system]Two.[user]Hi[system]Three.[user]Well?[assistant]");
        assertThat(prompt(refusing("m.role == 'system' and not loop.first"), messages))
                .isEqualTo("[system]One.\n\nTwo.[user]Hi[user]Three.[user]Well?[assistant]");
        assertThat(prompt(refusing("m.role == 'system' or (loop.previtem and loop.previtem.role == m.role)"), messages))
                .isEqualTo("[user]One.\n\nTwo.\n\nHi\n\nThree.\n\nWell?[assistant]");
        assertThat(prompt("{# developer #}" + looking(""), messages)).contains("[system]Two.");
        assertThat(prompt(looking("{% if m.role == 'developer' %}(dev){% endif %}"), messages))
                .contains("(dev)[developer]Two.");
    }

    @Test
    void anEffortThatTheTemplateRefusesBecomesTheNearestThatItKnows() throws Exception {
        String template = "{% if reasoning_effort is defined and reasoning_effort not in ['low', 'high', 'no_think'] %}"
                + "{{ raise_exception('low, high or no_think') }}{% endif %}({{ reasoning_effort }})" + looking("");
        for (var efforts : List.of(
                List.of("none", "no_think"),
                List.of("minimal", "low"),
                List.of("medium", "high"),
                List.of("xhigh", "high"))) {
            assertThat(prompt(
                            template,
                            "{\"reasoning_effort\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}"
                                    .formatted(efforts.getFirst())))
                    .startsWith("(" + efforts.getLast() + ")");
        }
    }
}
