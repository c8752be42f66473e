package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateLimits;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations as clients send them, shown by templates that refuse them as they are. */
class HistoryTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 2, 3, 4);
    private static final String TOOLS = "{% if tools %}{{ tools | tojson }}{% endif %}";
    private static final String CALLS = "{% for c in m.tool_calls or [] %}{% set f = c.function %}"
            + "<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>{% endfor %}";
    private static final String TEXT_CALLS = "{% for c in m.tool_calls or [] %}{% set f = c.function %}<tool_call>{{"
            + " '{\"name\": \"' + f.name + '\", \"arguments\": ' + f.arguments + '}' }}</tool_call>{% endfor %}";
    private static final List<Map<String, Object>> OFFERED = List.of(
            Map.of("type", "function", "function", Map.of("name", "look", "parameters", Map.of("type", "object"))));

    /**
     * One that refuses a message if {@code condition} holds, with {@code m} for the message and {@code loop} around it.
     */
    private static String refusing(String condition) {
        return turns("{% if " + condition + " %}{{ raise_exception('refused') }}{% endif %}", CALLS);
    }

    private static String turns(String before, String calls) {
        return TOOLS + "{% for m in messages %}" + before + "[{{ m.role }}]{{ m.content or '' }}" + calls
                + "{% endfor %}";
    }

    private static ChatFormat format(String template) {
        return ChatFormat.detect(parse(template), Map.of("bos_token", "", "eos_token", ""));
    }

    private static ChatTemplate parse(String template) {
        return ChatTemplate.parse(template, Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
    }

    private static String shown(String template, ChatMessage... messages) {
        return shown(template, List.of(), messages);
    }

    private static String shown(String template, List<Map<String, Object>> tools, ChatMessage... messages) {
        ChatFormat format = format(template);
        var conversation = new Conversation(List.of(messages), tools, Map.of());
        return parse(template)
                .render(format.adapt(conversation).input("", "", format.rules().noToolsAsNone(), NOW))
                .text();
    }

    private static ChatMessage system(String text) {
        return ChatMessage.of(Role.SYSTEM, text);
    }

    private static ChatMessage user(String text) {
        return ChatMessage.of(Role.USER, text);
    }

    private static ChatMessage assistant(String text) {
        return ChatMessage.of(Role.ASSISTANT, text);
    }

    private static ChatMessage calls(ToolCall... calls) {
        return new ChatMessage(Role.ASSISTANT, Optional.empty(), Arrays.asList(calls), Map.of());
    }

    private static ChatMessage result(String id, String text) {
        return new ChatMessage(Role.TOOL, Optional.of(text), List.of(), Map.of("tool_call_id", id));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | {}",
                "~ \n ~ | {}",
                "null | {}",
                "~\"\"~ | {}",
                "{\"a\": 1} | {\"a\": 1}",
                "\"{\\\"a\\\": 1}\" | {\"a\": 1}",
                "{\"a\": 1, \"b\": [true, \"Zü | {\"a\": 1, \"b\": [true, \"Zü\"]}",
                "{\"a\": 1, \"b\" | {\"a\": 1}",
                "{\"a\": \"x\\ | {\"a\": \"x\"}",
                "{\"a\": \"x\\u12 | {\"a\": \"x\"}",
                "{\"a\": tr | {}",
                "{ | {}",
                "[1, 2] | {\"arguments\": [1, 2]}",
                "Oslo | {\"arguments\": \"Oslo\"}",
                "\"Oslo\" | {\"arguments\": \"Oslo\"}",
            })
    void argumentsOfAnyKindAreShownAsAnObject(String arguments, String expected) {
        assertThat(shown(turns("", CALLS), user("Hi"), calls(new ToolCall("1", "look", arguments)), result("1", "ok")))
                .contains("<tool_call>{\"name\": \"look\", \"arguments\": " + expected + "}</tool_call>");
    }

    @Test
    void aTemplateThatTakesTextsGetsCutArgumentsAsTheyAreAndAnEmptyObjectForNone() {
        String template = turns("", TEXT_CALLS);
        assertThat(format(template).callArguments()).isEqualTo(ChatFormat.CallArguments.TEXT);
        assertThat(shown(template, user("Hi"), calls(new ToolCall("1", "look", "{\"a\": \"b"))))
                .contains("\"arguments\": {\"a\": \"b}");
        assertThat(shown(template, user("Hi"), calls(new ToolCall("1", "look", " "))))
                .contains("\"arguments\": {}}");
    }

    @Test
    void callsOfOneTurnGoInOneAfterTheOtherWhereATemplateShowsOne() {
        String template = refusing("m.tool_calls and m.tool_calls | length != 1");
        assertThat(format(template).rules().calls().several()).isFalse();
        String shown = shown(
                template,
                OFFERED,
                user("Look twice."),
                new ChatMessage(
                        Role.ASSISTANT,
                        Optional.of("Well."),
                        List.of(new ToolCall("a", "look", Map.of("n", 1)), new ToolCall("b", "look", Map.of("n", 2))),
                        Map.of()),
                result("b", "second"),
                result("a", "first"));
        assertThat(shown).endsWith("""
            [user]Look twice.\
            [assistant]Well.<tool_call>{"name": "look", "arguments": {"n": 1}}</tool_call>[tool]first\
            [assistant]<tool_call>{"name": "look", "arguments": {"n": 2}}</tool_call>[tool]second\
            """);
    }

    @Test
    void whereATemplateShowsOneCallTheModelMayWriteOne() {
        ChatFormat one = format(refusing("m.tool_calls and m.tool_calls | length != 1"));
        ChatFormat several = format(turns("", CALLS));
        String call = "<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>";
        for (ChatFormat format : List.of(one, several)) {
            ToolGrammar grammar = ToolGrammar.of(
                    format,
                    Replies.TOOLS,
                    ToolGrammar.Choice.AUTO,
                    true,
                    false,
                    (_, root, _) -> root + " ::= \"{}\"\n");
            assertThat(OutputCorpusTest.matches(grammar, call)).isTrue();
            assertThat(OutputCorpusTest.matches(grammar, call + call)).isEqualTo(format.equals(several));
        }
    }

    @Test
    void foreignIdsBecomeSuchAsTheTemplateTakesAndCallAndResultKeepTheSame() {
        String template = turns(
                "{% for c in m.tool_calls or [] %}({{ c.id }}){% if c.id | length != 9 %}{{ raise_exception('id') }}{%"
                        + " endif %}{% endfor %}{% if m.role == 'tool' %}({{ m.tool_call_id }}){% if m.tool_call_id |"
                        + " length != 9 %}{{ raise_exception('id') }}{% endif %}{% endif %}",
                CALLS);
        assertThat(format(template).rules().calls().ids()).isEqualTo(TemplateRules.CallIds.NINE_CHARACTERS);
        ChatMessage[] history = {
            user("Hi"),
            calls(new ToolCall("call_Ab12Cd34Ef56Gh78", "look", Map.of()), new ToolCall("tooluse-1", "look", Map.of())),
            result("call_Ab12Cd34Ef56Gh78", "one"),
            result("tooluse-1", "two"),
            calls(new ToolCall("abcdefghi", "look", Map.of())),
            result("abcdefghi", "three"),
            calls(new ToolCall("", "look", Map.of())),
            result("", "four"),
            result("lost", "five")
        };
        String shown = shown(template, history);
        List<String> ids = Pattern.compile("\\(([a-zA-Z0-9]{9})\\)")
                .matcher(shown)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(ids).hasSize(9);
        assertThat(ids.subList(0, 2)).isEqualTo(ids.subList(2, 4)).doesNotHaveDuplicates();
        assertThat(ids.subList(4, 6)).containsOnly("abcdefghi");
        assertThat(ids.get(6)).isEqualTo(ids.get(7)).isNotEqualTo(ids.get(8));
        String beginning = shown(template, Arrays.copyOf(history, 4));
        assertThat(shown).startsWith(beginning);
    }

    @Test
    void kimisIdsAreNumberedThroughTheConversationOrInEachTurnAsTheTemplateDoes() {
        String marks = "<|tool_calls_section_begin|>{% for c in m.tool_calls %}<|tool_call_begin|>ID"
                + "<|tool_call_argument_begin|>{{ c.function.arguments | tojson }}<|tool_call_end|>{% endfor %}"
                + "<|tool_calls_section_end|>";
        String template = TOOLS + "{% for m in messages %}[{{ m.role }}]{% if m.tool_calls %}" + marks
                + "{% elif m.role == 'tool' %}({{ m.tool_call_id }}){{ m.content }}{% else %}{{ m.content }}{% endif"
                + " %}{% endfor %}";
        ChatMessage[] history = {
            user("Hi"),
            calls(new ToolCall("x", "look", Map.of())),
            result("x", "one"),
            calls(new ToolCall("y", "look", Map.of()), new ToolCall("z", "touch", Map.of())),
            result("y", "two"),
            result("z", "three")
        };
        String given = template.replace("ID", "{{ c.id }}");
        assertThat(format(given).tools()).isEqualTo(ToolSyntax.KIMI);
        assertThat(shown(given, history))
                .contains("<|tool_call_begin|>functions.touch:2<|tool_call_argument_begin|>")
                .contains("(functions.look:0)one", "(functions.look:1)two", "(functions.touch:2)three");
        String counted = template.replace("ID", "functions.{{ c.function.name }}:{{ loop.index0 }}");
        assertThat(format(counted).tools()).isEqualTo(ToolSyntax.KIMI);
        assertThat(shown(counted, history))
                .contains("(functions.look:0)one", "(functions.look:0)two", "(functions.touch:1)three");
    }

    @Test
    void aResultKnowsTheNameOfItsCall() {
        assertThat(shown(
                        turns("{% if m.role == 'tool' %}({{ m.name }}){% endif %}", CALLS),
                        user("Hi"),
                        calls(new ToolCall("1", "look", Map.of())),
                        result("1", "ok")))
                .contains("(look)[tool]ok");
    }

    @Test
    void aDescriptionOrAKeywordThatIsNullIsShownAsIfItWereNotThere() {
        var city = new LinkedHashMap<String, Object>(Map.of("type", "string"));
        city.put("description", null);
        city.put("default", null);
        var function = new LinkedHashMap<String, Object>(
                Map.of("name", "look", "parameters", Map.of("type", "object", "properties", Map.of("city", city))));
        function.put("description", null);
        String shown = shown(
                "{% for t in tools or [] %}{{ t.function.name + ': ' + t.function.description }}"
                        + "{{ t.function.parameters.properties | tojson }}{% endfor %}"
                        + "{% for m in messages %}{{ m.content or '' }}" + CALLS + "{% endfor %}",
                List.of(Map.of("type", "function", "function", function)),
                user("Hi"));
        assertThat(shown).startsWith("look: {\"city\": {").contains("\"type\": \"string\"", "\"default\": null");
        assertThat(shown).doesNotContain("\"description\"");
    }

    static Stream<Arguments> orders() {
        List<ChatMessage> agent = List.of(
                system("One."),
                ChatMessage.of(Role.DEVELOPER, "Two."),
                user("A"),
                system("Three."),
                assistant("B"),
                assistant("C"),
                user("D"),
                user("E"));
        String alternating = "{% set ns = namespace(last='') %}"
                + turns(
                        "{% if m.role == ns.last and m.role != 'tool' %}{{ raise_exception('alternate') }}{% endif %}"
                                + "{% set ns.last = m.role %}",
                        "");
        return Stream.of(
                arguments(
                        "a template that takes everything",
                        turns("", ""),
                        agent,
                        "[system]One.[system]Two.[user]A[system]Three.[assistant]B[assistant]C[user]D[user]E"),
                arguments(
                        "one that knows the developer",
                        turns("{% if m.role == 'developer' %}(dev){% endif %}", ""),
                        agent,
                        "[system]One.(dev)[developer]Two.[user]A[system]Three.[assistant]B[assistant]C[user]D[user]E"),
                arguments(
                        "one that only speaks of a developer",
                        "{# written by a developer #}" + turns("", ""),
                        agent.subList(0, 3),
                        "[system]One.[system]Two.[user]A"),
                arguments(
                        "system messages first only",
                        refusing("m.role == 'system' and not loop.first"),
                        agent,
                        "[system]One.\n\nTwo.[user]A[user]Three.[assistant]B[assistant]C[user]D[user]E"),
                arguments(
                        "later system messages are left out",
                        "{% for m in messages %}{% if m.role != 'system' or loop.first %}[{{ m.role }}]{{ m.content"
                                + " }}{% endif %}{% endfor %}",
                        agent,
                        "[system]One.\n\nTwo.[user]A[user]Three.[assistant]B[assistant]C[user]D[user]E"),
                arguments(
                        "roles alternate",
                        alternating,
                        agent,
                        "[system]One.\n\nTwo.[user]A[system]Three.[assistant]B\n\nC[user]D\n\nE"),
                arguments(
                        "no system role at all, and roles alternate",
                        alternating.replace(
                                "{% if m.role ==",
                                "{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{% if m.role =="),
                        agent,
                        "[user]One.\n\nTwo.\n\nA\n\nThree.[assistant]B\n\nC[user]D\n\nE"),
                arguments(
                        "a question is wanted",
                        "{% if not messages | selectattr('role', 'equalto', 'user') | list %}{{ raise_exception('no"
                                + " question') }}{% endif %}"
                                + turns("", ""),
                        List.of(system("One."), system("Two.")),
                        "[system]One.[user]Two."),
                arguments(
                        "the user speaks first",
                        refusing("loop.first and m.role == 'assistant'"),
                        List.of(assistant("Hello."), user("Hi")),
                        "[user][assistant]Hello.[user]Hi"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("orders")
    void rolesAreBroughtIntoAnOrderThatTheTemplateTakes(
            String situation, String template, List<ChatMessage> messages, String expected) {
        assertThat(shown(template, messages.toArray(ChatMessage[]::new)))
                .as(situation)
                .isEqualTo(expected);
    }

    @Test
    void theAssistantSpeaksBetweenAResultAndTheUserWhereItMust() {
        String template = "{% set ns = namespace(last='') %}"
                + turns(
                        "{% if m.role == 'user' and ns.last == 'tool' %}{{ raise_exception('alternate') }}{% endif"
                                + " %}{% if m.role == 'assistant' and not m.tool_calls and not m.content %}{{"
                                + " raise_exception('say something') }}{% endif %}{% set ns.last = m.role %}",
                        CALLS);
        assertThat(shown(
                        template,
                        user("Hi"),
                        calls(new ToolCall("1", "look", Map.of())),
                        result("1", "ok"),
                        user("Stop.")))
                .endsWith("[tool]ok[assistant]OK.[user]Stop.");
    }

    @Test
    void aTemplateThatCantDoWithoutAListOfToolsGetsAnEmptyOne() {
        assertThat(shown("{% for t in tools %}{{ t.function.name }}{% endfor %}" + turns("", CALLS), user("Hi")))
                .isEqualTo("[user]Hi");
    }

    @ParameterizedTest
    @CsvSource({"none,no_think", "minimal,low", "low,low", "medium,high", "high,high", "xhigh,high"})
    void anEffortThatATemplateRefusesBecomesTheNearestThatItKnows(String effort, String expected) {
        ChatFormat format =
                format("{% if reasoning_effort is defined and reasoning_effort not in ['low', 'high', 'no_think'] %}"
                        + "{{ raise_exception('low, high or no_think') }}{% endif %}" + turns("", ""));
        assertThat(effort(format, ReasoningEffort.of(effort).orElseThrow())).isEqualTo(expected);
        assertThat(effort(format, effort))
                .as("a template argument stays as it is")
                .isEqualTo(effort);
    }

    @Test
    void whereNoEffortIsRefusedEachKeepsItsWordAndNoneIsALowOne() {
        ChatFormat format = format(turns("", ""));
        assertThat(effort(format, ReasoningEffort.XHIGH)).isEqualTo("xhigh");
        assertThat(effort(format, ReasoningEffort.NONE)).isEqualTo("low");
    }

    private static Object effort(ChatFormat format, Object effort) {
        return format.adapt(new Conversation(List.of(user("Hi")), List.of(), Map.of("reasoning_effort", effort)))
                .templateArguments()
                .get("reasoning_effort");
    }
}
