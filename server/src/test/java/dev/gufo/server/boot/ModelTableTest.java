package dev.gufo.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a settings file says of single models, and their other names. */
class ModelTableTest {
    @TempDir
    private Path folder;

    @Test
    void modelsHaveSettingsAndAliasesHaveDefaults() throws IOException {
        ModelTable table = read("""
                port: 1
                models:
                  owl:
                    ctx-size: auto
                    parallel: 4
                    gpu-layers: 12
                    chat-template: owl.jinja
                    pin: true
                    lora: {night: adapters/night.gguf}
                aliases:
                  bird: {model: owl, parameters: {temperature: 0.5, stop: [x]}, lora: [{id: night}]}
                """);
        ModelTable.OfModel owl = table.of("owl");
        assertThat(owl.contextTokens()).hasValue(0);
        assertThat(owl.sequences()).hasValue(4);
        assertThat(owl.gpuLayers()).hasValue(12);
        assertThat(owl.chatTemplate()).hasValue(folder.resolve("owl.jinja"));
        assertThat(owl.pinned()).isTrue();
        assertThat(owl.lora()).containsEntry("night", folder.resolve("adapters/night.gguf"));
        assertThat(table.of("hawk")).isEqualTo(ModelTable.OfModel.PLAIN);
        ModelTable.Alias bird = table.aliases().get("bird");
        assertThat(bird.model()).isEqualTo("owl");
        assertThat(bird.parameters().toString())
                .isEqualTo("{\"temperature\":0.5,\"stop\":[\"x\"],\"lora\":[{\"id\":\"night\"}]}");
    }

    @Test
    void aFileWithoutTheseSectionsSaysNothing() throws IOException {
        assertThat(read("port: 1\n")).isEqualTo(ModelTable.EMPTY);
        assertThat(read("# nothing\n")).isEqualTo(ModelTable.EMPTY);
        assertThat(read("models:\naliases: {}\n")).isEqualTo(ModelTable.EMPTY);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            models: [owl]                                               | 'models' must be a mapping
            models: {owl: 1}                                            | 'models.owl' must be a mapping
            models: {owl: {ctxsize: 1}}                                 | unknown key 'models.owl.ctxsize'; known are chat-template, ctx-size
            models: {owl: {ctx-size: many}}                             | 'models.owl.ctx-size': 'many' is neither auto nor a number
            models: {owl: {pin: maybe}}                                 | 'models.owl.pin' must be true or false
            models: {owl: {lora: [a]}}                                  | 'models.owl.lora' must be a mapping
            models: {owl: {lora: {a: 1}}}                               | 'models.owl.lora.a' must be a path
            aliases: {bird: {}}                                         | 'aliases.bird.model' must be the id of a model
            aliases: {bird: {model: owl, parameters: 1}}                | 'aliases.bird.parameters' must be a mapping
            aliases: {bird: {model: owl, parameters: {temperature: 9}}} | aliases.bird.parameters: 'temperature' must be a number from 0 to 2
            aliases: {bird: {model: owl, parameters: {model: hawk}}}    | 'model' belongs to requests themselves
            aliases: {bird: {model: owl, parameters: {temprature: 1}}}  | aliases.bird.parameters: there is no field 'temprature'
            aliases: {bird: {model: owl, parameters: {stream_options: {inclde_usage: true}}}} | aliases.bird.parameters: there is no field 'stream_options.inclde_usage'
            aliases: {bird: {model: owl, parameters: {response_format: {tpye: text}}}} | aliases.bird.parameters
            aliases: {bird: {model: owl, lora: [{scale: 1}]}}           | 'lora[0].id' is required
            models: {owl: {}, owl: {}}                                  | not YAML
            """)
    void aMistakeIsNamedWithItsKey(String yaml, String complaint) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("gufo.yaml")
                .hasMessageContaining(complaint);
    }

    private ModelTable read(String yaml) throws IOException {
        return ModelTable.read(Files.writeString(folder.resolve("gufo.yaml"), yaml));
    }
}
