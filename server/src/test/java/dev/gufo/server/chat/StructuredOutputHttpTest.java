package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Constraint;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Matcher;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a request says about the form of its answer, and the constraint that the engine gets. */
@Timeout(60)
class StructuredOutputHttpTest {
    private static final String PERSON = "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
            + "\"age\":{\"type\":\"integer\",\"minimum\":0}},\"required\":[\"name\"],\"additionalProperties\":false}";

    private final ScriptedEngine engine = new ScriptedEngine().answering("{}");
    private final TestServer server = new TestServer(engine);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void withoutAFormTheAnswerIsFree() throws Exception {
        server.chat(HELLO);
        server.chat(with("\"response_format\":{\"type\":\"text\"}"));
        assertThat(engine.started.take().request().constraint()).isEmpty();
        assertThat(engine.started.take().request().constraint()).isEmpty();
    }

    @Test
    void jsonModeAllowsEveryObject() throws Exception {
        Constraint constraint = constraint("\"response_format\":{\"type\":\"json_object\"}");
        assertThat(constraint.start()).isEqualTo(new Constraint.Start.Now());
        assertThat(allows(constraint, "{\"a\": [1, {\"b\": null}], \"c\": \"🦉\"}"))
                .isTrue();
        assertThat(allows(constraint, "[1]")).isFalse();
        assertThat(allows(constraint, "Hello")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"p\",\"strict\":true,\"schema\":SCHEMA}}",
                "\"response_format\":{\"type\":\"json_object\",\"schema\":SCHEMA}",
                "\"json_schema\":SCHEMA"
            })
    void aSchemaReachesTheEngine(String fields) throws Exception {
        Constraint constraint = constraint(fields.replace("SCHEMA", PERSON));
        assertThat(allows(constraint, "{\"name\": \"Ada\", \"age\": 36}")).isTrue();
        assertThat(allows(constraint, "{\"name\": \"Ada\"}")).isTrue();
        assertThat(allows(constraint, "{\"age\": 36}")).isFalse();
        assertThat(allows(constraint, "{\"name\": \"Ada\", \"age\": -1}")).isFalse();
        assertThat(allows(constraint, "{\"name\": \"Ada\", \"x\": 1}")).isFalse();
    }

    @Test
    void aGrammarOfTheRequestReachesTheEngine() throws Exception {
        Constraint constraint = constraint("\"grammar\":\"root ::= \\\"yes\\\" | \\\"no\\\"\"");
        assertThat(allows(constraint, "yes")).isTrue();
        assertThat(allows(constraint, "maybe")).isFalse();
    }

    @Test
    void theFormHoldsBehindTheReasoning() throws Exception {
        for (String template : new String[] {Templates.THINKING, Templates.OPENED}) {
            var thinking = new ScriptedEngine(4_096, template).answering("{}");
            try (var other = new TestServer(thinking)) {
                other.chat(with("\"json_schema\":" + PERSON));
                Constraint constraint =
                        thinking.started.take().request().constraint().orElseThrow();
                String open = template.equals(Templates.OPENED) ? "" : "<think>";
                assertThat(allows(constraint, open + "Hm.</think>\n{\"name\": \"Ada\"}"))
                        .isTrue();
                assertThat(allows(constraint, open + "Hm.</think>\nHello")).isFalse();
            }
        }
    }

    @Test
    void withToolsAModelThatReasonsThinksAndThenCallsOrWritesTheForm() throws Exception {
        String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}],";
        for (String start : new String[] {"", "<think>\n"}) {
            var thinking = new ScriptedEngine(4_096, Templates.HERMES + "{% set marks = '<think></think>' %}" + start)
                    .answering((start.isEmpty() ? "<think>" : "") + "Hm.</think>\n\n{\"name\": \"Ada\"}");
            try (var other = new TestServer(thinking)) {
                ChatReply reply = ChatReply.one(other, with(tools + "\"json_schema\":" + PERSON));
                assertThat(reply.reasoning()).isEqualTo("Hm.");
                assertThat(reply.content()).isEqualTo("{\"name\": \"Ada\"}");
                Constraint constraint =
                        thinking.started.take().request().constraint().orElseThrow();
                String thought = (start.isEmpty() ? "<think>" : "") + "Hm, {.</think>\n\n";
                String call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";
                assertThat(allows(constraint, thought + "{\"name\": \"Ada\"}")).isTrue();
                assertThat(allows(constraint, thought + call)).isTrue();
                assertThat(allows(constraint, thought + "Hello")).isFalse();
                assertThat(allows(constraint, "{\"name\": \"Ada\"}")).isEqualTo(start.isEmpty());
            }
        }
    }

    @Test
    void aReplyInChannelsIsKeptToTheFormFromItsFirstToken() throws Exception {
        var harmony = new ScriptedEngine(4_096, Templates.HARMONY)
                .answering("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>"
                        + "{\"name\": \"Ada\"}");
        try (var other = new TestServer(harmony)) {
            ChatReply reply = ChatReply.one(other, with("\"json_schema\":" + PERSON));
            assertThat(reply.reasoning()).isEqualTo("Hm.");
            assertThat(reply.content()).isEqualTo("{\"name\": \"Ada\"}");
            Constraint constraint =
                    harmony.started.take().request().constraint().orElseThrow();
            assertThat(constraint.start()).isEqualTo(new Constraint.Start.Now());
            String json = "{\"name\": \"Ada\"}";
            for (String head : List.of(
                    "<|channel|>final<|message|>",
                    "<|channel|>final <|constrain|>json<|message|>",
                    "<|channel|>analysis<|message|>a <b><|end|><|start|>assistant<|channel|>final<|message|>")) {
                assertThat(allows(constraint, head + json)).as(head).isTrue();
                assertThat(allows(constraint, head + "Ada")).as(head).isFalse();
            }
            assertThat(allows(constraint, json)).isFalse();
            assertThat(allows(constraint, "<|channel|>commentary<|message|>" + json))
                    .isFalse();
        }
    }

    @Test
    void anAnswerThatIsBegunGoesOnFromItsText() throws Exception {
        for (String template : new String[] {"", Templates.OPENED, Templates.HARMONY}) {
            var continuing = new ScriptedEngine(4_096, template).answering(" \"Ada\"}");
            try (var other = new TestServer(continuing)) {
                ChatReply reply = ChatReply.one(other, begun("{\\\"name\\\":"));
                assertThat(reply.content()).isEqualTo(" \"Ada\"}");
                Constraint constraint =
                        continuing.started.take().request().constraint().orElseThrow();
                assertThat(constraint.start()).isEqualTo(new Constraint.Start.Behind("{\"name\":"));
                assertThat(allows(constraint, "{\"name\": \"Ada\"}")).isTrue();
                assertThat(continuing.lastPrompt().text()).endsWith("{\"name\":");
            }
        }
    }

    @Test
    void aBeginningThatTheFormDoesNotAllowIsRefused() throws Exception {
        var response = server.chat(begun("Here it is: "));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).at("/error/param").textValue()).isEqualTo("messages");
        assertThat(json(response).at("/error/message").textValue()).contains("'json_schema'");
    }

    private static String begun(String text) {
        return "{\"json_schema\":" + PERSON + ",\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"},"
                + "{\"role\":\"assistant\",\"content\":\"" + text + "\"}]}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"json_schema\":{\"type\":\"string\",\"pattern\":\"(?=a)b\"}|json_schema|pattern",
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"properties\":{\"a\":{\"type\":\"array\",\"uniqueItems\":true}}}}}|response_format.json_schema.schema|'uniqueItems' at /properties/a",
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"p\"}}|response_format.json_schema.schema|is missing",
                "\"response_format\":{\"type\":\"json_schema\"}|response_format.json_schema|is missing",
                "\"response_format\":{\"type\":\"xml\"}|response_format.type|'json_schema'",
                "\"json_schema\":[1]|json_schema|a JSON schema",
                "\"grammar\":\"root ::= nothing\"|grammar|nothing",
                "\"grammar\":\"root ::= (\"|grammar|grammar",
                "\"grammar\":\"root ::= [a]\",\"json_schema\":{}|grammar|Only one of",
            })
    void whatCantBeHonouredIsRefusedWithItsField(String fields, String param, String message) throws Exception {
        var response = server.chat(with(fields));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).at("/error/param").textValue()).isEqualTo(param);
        assertThat(json(response).at("/error/message").textValue()).contains(message);
    }

    @Test
    void textCompletionsTakeTheSameForms() throws Exception {
        assertThat(server.post("/v1/completions", "{\"prompt\":\"A person: \",\"json_schema\":" + PERSON + "}")
                        .statusCode())
                .isEqualTo(200);
        Constraint constraint = engine.started.take().request().constraint().orElseThrow();
        assertThat(allows(constraint, "{\"name\": \"Ada\"}")).isTrue();
        assertThat(allows(constraint, "Ada")).isFalse();
    }

    private static String with(String fields) {
        return "{" + fields + "," + HELLO.substring(1);
    }

    private Constraint constraint(String fields) throws Exception {
        var response = server.chat(with(fields));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return engine.started.take().request().constraint().orElseThrow();
    }

    private static boolean allows(Constraint constraint, String text) {
        Matcher matcher = Grammar.parse(constraint.grammar()).matcher();
        return matcher.advance(text.getBytes(StandardCharsets.UTF_8)) && matcher.isComplete();
    }
}
