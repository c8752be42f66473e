package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenderCommandTest {
    private static final String TEMPLATE = """
            {{ bos_token }}{% for message in messages %}
            <{{ message.role }}>{{ message.content }}{{ eos_token }}
            {% endfor %}
            {% if tools %}{{ tools | tojson }}{% endif %}
            {% if add_generation_prompt %}<assistant>{% endif %}
            """;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void everyKeyIsAVariableAndNothingIsAddedToThePrompt() throws IOException {
        int status = render(TEMPLATE, """
                {"messages": [{"role": "user", "content": "{{ 1 }} grün 🦉"}], "tools": [{"a": 1.0, "b": null}],
                 "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true}""");
        assertThat(out()).isEqualTo("<s><user>{{ 1 }} grün 🦉</s>\n[{\"a\": 1.0, \"b\": null}]<assistant>");
        assertThat(err()).isEmpty();
        assertThat(status).isZero();
    }

    @Test
    void whitespaceAtBothEndsStays() throws IOException {
        assertThat(render("\n  {{ x }} \n\n", "{\"x\": \"y\"}")).isZero();
        assertThat(out()).isEqualTo("\n  y \n");
    }

    @Test
    void nowFixesTheClock() throws IOException {
        assertThat(render("{{ strftime_now('%Y-%m-%d %H:%M') }}", "{\"now\": \"2026-11-21T12:30:00\"}"))
                .isZero();
        assertThat(out()).isEqualTo("2026-11-21 12:30");
    }

    @Test
    void aTemplatesRefusalGoesToStandardErrorWithStatusOne() throws IOException {
        int status = render("begun{{ raise_exception('Roles must alternate!') }}", "{}");
        assertThat(status).isEqualTo(1);
        assertThat(out()).isEmpty();
        assertThat(err()).isEqualTo("gufo: Roles must alternate!\n");
    }

    @Test
    void aTemplateThatIsNoneIsToldWithItsLineAndStatusOne() throws IOException {
        assertThat(render("a\n{% if %}", "{}")).isEqualTo(1);
        assertThat(err()).contains("line 2");
        assertThat(out()).isEmpty();
    }

    @Test
    void filesThatCannotBeMeantAreUsageErrors() throws IOException {
        assertThat(render("x", "[1]")).isEqualTo(2);
        assertThat(render("x", "null")).isEqualTo(2);
        assertThat(render("x", "{\"a\": ")).isEqualTo(2);
        assertThat(render("x", "{} {}")).isEqualTo(2);
        assertThat(render("x", "{\"now\": \"noon\"}")).isEqualTo(2);
        assertThat(run("render", "--template", "/nowhere.jinja", "--conversation", "/nowhere.json"))
                .isEqualTo(2);
        assertThat(run("render", "--template", "/nowhere.jinja")).isEqualTo(2);
        assertThat(out()).isEmpty();
        assertThat(err())
                .contains(
                        "now is no local date",
                        "/nowhere.json can't be read: there is no such file",
                        "Missing required option");
    }

    private int render(String template, String conversation) throws IOException {
        Path templateFile = Files.writeString(folder.resolve("template.jinja"), template);
        Path conversationFile = Files.writeString(folder.resolve("conversation.json"), conversation);
        return run("render", "--template", templateFile.toString(), "--conversation", conversationFile.toString());
    }

    private int run(String... arguments) {
        return GufoCommand.run(
                arguments,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.US_ASCII), // as on a terminal without a locale
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
