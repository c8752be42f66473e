package dev.gufo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.GenerationRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same dialogue has the same prompt and the same usage, whichever API it comes through. */
@Timeout(300)
class OneConversationHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Object> SCHEMA =
            Map.of("type", "object", "properties", Map.of("city", Map.of("type", "string", "description", "Wo? 🦉")));

    /** A part of a dialogue that has no form yet. */
    private sealed interface Part {
        record Rules(String text) implements Part {}

        record User(String text) implements Part {}

        record Assistant(String text, String thought, List<Call> calls) implements Part {}

        record Result(String id, String text, boolean error) implements Part {}
    }

    private record Call(String id, Map<String, Object> input) {}

    private static Part said(String text) {
        return new Part.Assistant(text, "", List.of());
    }

    /** The name, whether tools are offered, and the parts; the first may be the system's. */
    private record Dialogue(String name, boolean tools, List<Part> parts) {
        Dialogue(String name, boolean tools, Part... parts) {
            this(name, tools, List.of(parts));
        }
    }

    private static final List<Dialogue> DIALOGUES = List.of(
            new Dialogue("a question", false, new Part.User("Hello 🦉")),
            new Dialogue("a system text", false, new Part.Rules("Be brief.\nBe kind."), new Part.User("Grüß Gott")),
            new Dialogue(
                    "several turns",
                    false,
                    new Part.User("A"),
                    said("B"),
                    new Part.User("C"),
                    said("D"),
                    new Part.User("E")),
            new Dialogue(
                    "a later system text",
                    false,
                    new Part.Rules("One."),
                    new Part.User("Hi"),
                    new Part.Rules("Two."),
                    said("Yes?"),
                    new Part.User("Go on")),
            new Dialogue("two users", false, new Part.Rules("One."), new Part.User("A"), new Part.User("B")),
            new Dialogue("tools that are not called", true, new Part.User("Hi")),
            new Dialogue(
                    "a call, its result and a thought",
                    true,
                    new Part.Rules("S"),
                    new Part.User("Time?"),
                    new Part.Assistant("", "Ask.", List.of(new Call("toolu_01Ab", Map.of("city", "Oslo")))),
                    new Part.Result("toolu_01Ab", "12:30", false)),
            new Dialogue(
                    "parallel calls, an error and a dropped thought",
                    true,
                    new Part.User("Time?"),
                    new Part.Assistant(
                            "Let me see.",
                            "",
                            List.of(
                                    new Call("call_0000000000000001", Map.of("city", "Oslo")),
                                    new Call("call_0000000000000002", Map.of()))),
                    new Part.Result("call_0000000000000001", "12:30 🦉", false),
                    new Part.Result("call_0000000000000002", "error: no such city", true),
                    said("It is 12:30."),
                    new Part.User("Danke")),
            new Dialogue(
                    "thoughts of an earlier turn and of this one",
                    true,
                    new Part.Rules("S"),
                    new Part.User("Time?"),
                    new Part.Assistant("", "Which city?", List.of(new Call("call_a", Map.of("city", "Oslo")))),
                    new Part.Result("call_a", "12:30", false),
                    new Part.Assistant("Half past twelve.", "That was easy.", List.of()),
                    new Part.User("And in Rome?"),
                    new Part.Assistant(
                            "I look.", "Again.", List.of(new Call("fc-1", Map.of("city", "Roma", "exact", true)))),
                    new Part.Result("fc-1", "", false)),
            new Dialogue(
                    "letters of all kinds",
                    true,
                    new Part.Rules("Łódź — “quotes”, \ttabs\nand \\ backslashes"),
                    new Part.User("👩‍👩‍👧 e\u0301 שלום \u200fمرحبا 漢字 <|im_end|> {{ x }}"),
                    new Part.Assistant(
                            "",
                            "ﬁ ≠ fi",
                            List.of(
                                    new Call("toolu_ä", Map.of("city", "São Paulo 🦉 \"q\" \n")),
                                    new Call("toolu_b", Map.of("city", List.of(1, 2.5, "x"))))),
                    new Part.Result("toolu_ä", "{\"t\": \"½ \\u00e9\"}", false),
                    new Part.Result("toolu_b", "\uD83E\uDD89 failed", true)));

    /** A way in: where a dialogue goes, in which form, and what the answer says of its usage. */
    private enum Face {
        CHAT("/v1/chat/completions", "/v1/chat/completions/input_tokens") {
            @Override
            String form(Dialogue dialogue) {
                return chat(dialogue);
            }

            @Override
            Used used(JsonNode usage) {
                return new Used(
                        usage.path("prompt_tokens").intValue(),
                        usage.at("/prompt_tokens_details/cached_tokens").intValue(),
                        usage.path("completion_tokens").intValue());
            }
        },
        MESSAGES("/v1/messages", "/v1/messages/count_tokens") {
            @Override
            String form(Dialogue dialogue) {
                return messages(dialogue);
            }

            @Override
            Used used(JsonNode usage) {
                int cached = usage.path("cache_read_input_tokens").intValue();
                return new Used(
                        usage.path("input_tokens").intValue()
                                + cached
                                + usage.path("cache_creation_input_tokens").intValue(),
                        cached,
                        usage.path("output_tokens").intValue());
            }
        },
        RESPONSES("/v1/responses", "/v1/responses/input_tokens") {
            @Override
            String form(Dialogue dialogue) {
                return responses(dialogue);
            }

            @Override
            Used used(JsonNode usage) {
                return new Used(
                        usage.path("input_tokens").intValue(),
                        usage.at("/input_tokens_details/cached_tokens").intValue(),
                        usage.path("output_tokens").intValue());
            }
        };

        private final String path;
        private final String counting;

        Face(String path, String counting) {
            this.path = path;
            this.counting = counting;
        }

        abstract String form(Dialogue dialogue);

        abstract Used used(JsonNode usage);
    }

    private record Used(int prompt, int cached, int output) {}

    /** What becomes of a dialogue: the prompt as the engine gets it, in whose cache it is, and its usage. */
    private record Seen(int status, String prompt, List<Integer> tokens, String cache, Used used) {}

    private static String chat(Dialogue dialogue) {
        ObjectNode body = JSON.createObjectNode().put("max_tokens", 8);
        ArrayNode messages = body.putArray("messages");
        for (Part part : dialogue.parts()) {
            ObjectNode message = messages.addObject();
            switch (part) {
                case Part.Rules(String text) -> message.put("role", "system").put("content", text);
                case Part.User(String text) -> message.put("role", "user").put("content", text);
                case Part.Result(String id, String text, boolean _) ->
                    message.put("role", "tool").put("tool_call_id", id).put("content", text);
                case Part.Assistant(String text, String thought, List<Call> calls) -> {
                    message.put("role", "assistant").put("content", text.isEmpty() ? null : text);
                    if (!thought.isEmpty()) {
                        message.put("reasoning_content", thought);
                    }
                    for (Call call : calls) {
                        message.withArray("tool_calls")
                                .addObject()
                                .put("id", call.id())
                                .put("type", "function")
                                .putObject("function")
                                .put("name", "get_time")
                                .put("arguments", JSON.valueToTree(call.input()).toString());
                    }
                }
            }
        }
        if (dialogue.tools()) {
            ObjectNode function =
                    body.putArray("tools").addObject().put("type", "function").putObject("function");
            function.put("name", "get_time")
                    .put("description", "Tells the time.")
                    .set("parameters", JSON.valueToTree(SCHEMA));
        }
        return body.toString();
    }

    private static String messages(Dialogue dialogue) {
        ObjectNode body = JSON.createObjectNode().put("max_tokens", 8);
        List<Part> parts = dialogue.parts();
        if (parts.getFirst() instanceof Part.Rules(String text)) {
            body.putArray("system")
                    .addObject()
                    .put("type", "text")
                    .put("text", text)
                    .putObject("cache_control")
                    .put("type", "ephemeral");
            parts = parts.subList(1, parts.size());
        }
        ArrayNode messages = body.putArray("messages");
        ArrayNode results = null;
        for (Part part : parts) {
            if (part instanceof Part.Result(String id, String text, boolean error)) {
                results = results == null
                        ? messages.addObject().put("role", "user").putArray("content")
                        : results;
                results.addObject()
                        .put("type", "tool_result")
                        .put("tool_use_id", id)
                        .put("is_error", error)
                        .putArray("content")
                        .addObject()
                        .put("type", "text")
                        .put("text", text);
                continue;
            }
            results = null;
            ObjectNode message = messages.addObject();
            switch (part) {
                case Part.Rules(String text) -> message.put("role", "system").put("content", text);
                case Part.User(String text) ->
                    message.put("role", "user")
                            .putArray("content")
                            .addObject()
                            .put("type", "text")
                            .put("text", text);
                case Part.Assistant(String text, String thought, List<Call> calls) -> {
                    ArrayNode blocks = message.put("role", "assistant").putArray("content");
                    if (!thought.isEmpty()) {
                        blocks.addObject()
                                .put("type", "thinking")
                                .put("thinking", thought)
                                .put("signature", "any");
                    }
                    if (!text.isEmpty()) {
                        blocks.addObject().put("type", "text").put("text", text);
                    }
                    for (Call call : calls) {
                        blocks.addObject()
                                .put("type", "tool_use")
                                .put("id", call.id())
                                .put("name", "get_time")
                                .set("input", JSON.valueToTree(call.input()));
                    }
                }
                case Part.Result _ -> throw new AssertionError("told above");
            }
        }
        if (dialogue.tools()) {
            body.putArray("tools")
                    .addObject()
                    .put("name", "get_time")
                    .put("description", "Tells the time.")
                    .set("input_schema", JSON.valueToTree(SCHEMA));
        }
        return body.toString();
    }

    private static String responses(Dialogue dialogue) {
        ObjectNode body = JSON.createObjectNode().put("max_output_tokens", 8);
        List<Part> parts = dialogue.parts();
        if (parts.getFirst() instanceof Part.Rules(String text)) {
            body.put("instructions", text);
            parts = parts.subList(1, parts.size());
        }
        ArrayNode items = body.putArray("input");
        for (Part part : parts) {
            switch (part) {
                case Part.Rules(String text) ->
                    items.addObject().put("role", "system").put("content", text);
                case Part.User(String text) ->
                    items.addObject()
                            .put("type", "message")
                            .put("role", "user")
                            .putArray("content")
                            .addObject()
                            .put("type", "input_text")
                            .put("text", text);
                case Part.Result(String id, String text, boolean _) ->
                    items.addObject()
                            .put("type", "function_call_output")
                            .put("call_id", id)
                            .put("output", text);
                case Part.Assistant(String text, String thought, List<Call> calls) -> {
                    if (!thought.isEmpty()) {
                        items.addObject().put("type", "reasoning").set("content", texts("reasoning_text", thought));
                    }
                    if (!text.isEmpty()) {
                        items.addObject()
                                .put("type", "message")
                                .put("role", "assistant")
                                .set("content", texts("output_text", text));
                    }
                    for (Call call : calls) {
                        items.addObject()
                                .put("type", "function_call")
                                .put("call_id", call.id())
                                .put("name", "get_time")
                                .put("arguments", JSON.valueToTree(call.input()).toString());
                    }
                }
            }
        }
        if (dialogue.tools()) {
            body.putArray("tools")
                    .addObject()
                    .put("type", "function")
                    .put("name", "get_time")
                    .put("description", "Tells the time.")
                    .set("parameters", JSON.valueToTree(SCHEMA));
        }
        return body.toString();
    }

    private static ArrayNode texts(String type, String text) {
        ArrayNode parts = JSON.createArrayNode();
        parts.addObject().put("type", type).put("text", text);
        return parts;
    }

    private static Seen seen(ScriptedEngine engine, TestServer server, Face face, Dialogue dialogue) throws Exception {
        String body = face.form(dialogue);
        HttpResponse<String> response = server.post(face.path, body);
        if (response.statusCode() != 200) { // a template that refuses the dialogue
            return new Seen(response.statusCode(), "", List.of(), "", new Used(0, 0, 0));
        }
        GenerationRequest request = engine.started.remove().request();
        String prompt = engine.lastPrompt().text();
        Used used = face.used(TestServer.json(response).path("usage"));
        assertThat(TestServer.json(server.post(face.counting, body))
                        .path("input_tokens")
                        .intValue())
                .as("%s of '%s'", face, dialogue.name())
                .isEqualTo(used.prompt());
        return new Seen(
                200,
                prompt,
                IntStream.of(request.prompt()).boxed().toList(),
                request.cacheScope() + " " + request.adapters(),
                used);
    }

    private static void assertSame(ScriptedEngine engine, TestServer server, Dialogue dialogue) throws Exception {
        Map<Face, Seen> all = new EnumMap<>(Face.class);
        for (Face face : Face.values()) {
            all.put(face, seen(engine, server, face, dialogue));
        }
        for (Face one : Face.values()) {
            for (Face other : Face.values()) {
                assertThat(all.get(other))
                        .as("'%s' through %s and %s", dialogue.name(), one, other)
                        .isEqualTo(all.get(one));
            }
        }
    }

    @Test
    void aDialogueIsTheSameThroughEveryFace() throws Exception {
        String thinks = "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]"
                + "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content or '' }}"
                + "{% for c in m.tool_calls or [] %}({{ c.id }}){% set f = c.function %}"
                + "<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>{% endfor %}"
                + "{% endfor %}[assistant]";
        String strict =
                "{% for m in messages %}{% if m.role == 'system' and not loop.first %}{{ raise_exception('late') }}{% endif %}"
                        + "{% if loop.index0 > 0 and messages[loop.index0 - 1].role == m.role and m.role == 'user' %}{{ raise_exception('two') }}{% endif %}"
                        + "[{{ m.role }}]{{ m.content or '' }}{% for c in m.tool_calls or [] %}{% if c.id | length != 9 %}{{ raise_exception('id') }}{% endif %}"
                        + "({{ c.id }}){{ c.function.name }}{% endfor %}{% endfor %}[assistant]";
        for (String template : List.of("", thinks, strict)) {
            var engine = new ScriptedEngine(60_000, template);
            try (var server = new TestServer(engine)) {
                for (Dialogue dialogue : DIALOGUES) {
                    assertSame(engine, server, dialogue);
                }
            }
        }
    }

    @Test
    void itIsWithRealTemplatesToo() throws Exception {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "none"), "templates");
        assumeTrue(Files.isDirectory(folder), "without the real templates there is nothing to see");
        List<Path> templates = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.toString().endsWith(".jinja")).sorted().forEach(templates::add);
        }
        for (Path template : templates) {
            var engine = new ScriptedEngine(60_000, Files.readString(template));
            try (var server = new TestServer(engine)) {
                for (Dialogue dialogue : DIALOGUES) {
                    assertSame(engine, server, dialogue);
                }
            }
        }
    }

    @Test
    void aLineThatAClientChangesEachTimeIsAConstantUnlessItIsToStay() throws Exception {
        for (boolean stays : new boolean[] {false, true}) {
            var engine = new ScriptedEngine();
            ServerSettings settings =
                    TestServer.settings().with().volatileLines(stays).build();
            try (var server = new TestServer(engine, settings)) {
                var prompts = new ArrayList<String>();
                for (int i = 1; i <= 2; i++) {
                    assertThat(server.post("/v1/messages", billed(i)).statusCode())
                            .isEqualTo(200);
                    prompts.add(engine.lastPrompt().text());
                }
                assertThat(prompts.get(0).equals(prompts.get(1))).isNotEqualTo(stays);
                assertThat(prompts.get(0)).contains("Be brief.").contains("x-anthropic-billing-header: mine");
            }
        }
    }

    private static String billed(int request) {
        return """
                {"max_tokens": 9, "system": [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.%d; cch=%d;"},
                 {"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "x-anthropic-billing-header: mine"}]}""".formatted(request, request);
    }
}
