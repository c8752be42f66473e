package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The second engine in the server's own process: what it can't do it says. {@link DemoChatTest} has what it can. */
@Timeout(120)
class SecondEngineTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOOLS =
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_time\",\"parameters\":{\"type\":\"object\"}}}]";

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    @BeforeAll
    static void start() throws IOException {
        // No library of the first engine is needed.
        gufo = RunningGufo.start(
                dataDir, "--engine", "jllama", "--workers", "off", "--natives", dataDir.toString(), "--parallel", "2");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    @Test
    void itAnswers() throws IOException, InterruptedException {
        assertThat(chat("\"temperature\":0").at("/choices/0/message/content").textValue())
                .isEqualTo("Hello! How can I help you today?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"logprobs\":true,\"top_logprobs\":2 | logprobs",
                "\"response_format\":{\"type\":\"json_object\"} | response_format.type",
                "\"grammar\":\"root ::= [a-z]\" | grammar",
                "TOOLS,\"tool_choice\":\"required\" | tool_choice",
            })
    void whatItCanNotDoIsAnErrorThatNamesFieldAndEngine(String fields, String param)
            throws IOException, InterruptedException {
        JsonNode error = chat(fields.replace("TOOLS", TOOLS)).get("error");
        assertThat(error).isNotNull();
        assertThat(error.get("code").textValue()).isEqualTo("unsupported_parameter");
        assertThat(error.get("param").textValue()).isEqualTo(param);
        assertThat(error.get("message").textValue()).contains("jllama", param);
    }

    private static JsonNode chat(String fields) throws IOException, InterruptedException {
        return JSON.readTree(
                gufo.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],%s}".formatted(fields))
                        .body());
    }
}
