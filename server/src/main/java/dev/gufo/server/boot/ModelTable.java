package dev.gufo.server.boot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gufo.engine.AdapterSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * What a settings file says of single models, and their other names.
 *
 * @param models by the id of a model
 * @param aliases by the name that clients use
 */
public record ModelTable(Map<String, OfModel> models, Map<String, Alias> aliases) {
    /** The keys of a settings file that are not options. */
    public static final Set<String> SECTIONS = Set.of("models", "aliases");

    public static final ModelTable EMPTY = new ModelTable(Map.of(), Map.of());

    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory()).enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    /**
     * Settings of one model, over those of all.
     *
     * @param contextTokens 0 for auto
     * @param sequences as in {@link dev.gufo.engine.EngineSettings}
     * @param gpuLayers as in {@link dev.gufo.engine.EngineSettings}
     * @param chatTemplate a Jinja template instead of the file's own
     * @param draftModel file of a small model that guesses its tokens
     * @param pinned whether it is loaded at the start and stays
     * @param lora files of adapters, by the id that requests choose them with
     */
    public record OfModel(
            OptionalInt contextTokens,
            OptionalInt sequences,
            OptionalInt gpuLayers,
            Optional<Path> chatTemplate,
            Optional<Path> draftModel,
            boolean pinned,
            Map<String, Path> lora) {
        static final OfModel PLAIN = new OfModel(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Map.of());

        /**
         * The adapters that are loaded with it.
         *
         * @param id the model's, for messages
         * @throws UsageException if one of them can't be called so
         */
        public List<AdapterSource> adapters(String id) {
            try {
                return lora.entrySet().stream()
                        .map(entry -> new AdapterSource(entry.getKey(), entry.getValue()))
                        .toList();
            } catch (IllegalArgumentException e) {
                throw new UsageException("models.%s.lora: %s".formatted(id, e.getMessage()));
            }
        }
    }

    /**
     * Another name for a model.
     *
     * @param model its id
     * @param chatTemplate a Jinja template instead of the model's
     * @param parameters fields of requests that do not have them
     */
    record Alias(String model, Optional<Path> chatTemplate, ObjectNode parameters) {}

    /** What is said of a model; nothing if it is not named. */
    public OfModel of(String id) {
        return models.getOrDefault(id, OfModel.PLAIN);
    }

    /**
     * Reads both sections; paths in them begin at the file's folder.
     *
     * @throws UsageException with one sentence that names file and key, if anything is not as it should be
     */
    public static ModelTable read(Path file) {
        try {
            JsonNode root = YAML.readTree(Files.readString(file));
            if (root == null || !root.isObject()) {
                return EMPTY; // nothing but comments: everything else was refused before
            }
            var reader = new Section(file, "", root);
            return new ModelTable(
                    reader.entries("models", ModelTable::model), reader.entries("aliases", ModelTable::alias));
        } catch (JsonProcessingException e) {
            throw new UsageException("%s: not YAML: %s"
                    .formatted(file, e.getOriginalMessage().lines().findFirst().orElse("")));
        } catch (IOException e) {
            throw new UsageException("%s can't be read: %s".formatted(file, Reasons.of(e)));
        }
    }

    private static OfModel model(Section section) {
        section.requireKnown(
                Set.of("ctx-size", "parallel", "gpu-layers", "chat-template", "draft-model", "pin", "lora"));
        return new OfModel(
                section.number("ctx-size", new Converters.NumberOrAuto()::convert),
                section.number("parallel", new Converters.Sequences()::convert),
                section.number("gpu-layers", new Converters.GpuLayers()::convert),
                section.path("chat-template"),
                section.path("draft-model"),
                section.flag("pin"),
                section.entries("lora", Section::asPath));
    }

    private static Alias alias(Section section) {
        section.requireKnown(Set.of("model", "chat-template", "parameters", "lora"));
        String model = section.text("model").orElseThrow(() -> section.wrong("model", "the id of a model"));
        ObjectNode parameters = section.object("parameters");
        section.node("lora").ifPresent(sets -> parameters.set("lora", sets));
        try {
            AliasParameters.requireReadable(parameters);
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s: %s: %s".formatted(section.file(), section.at("parameters"), e.getMessage()));
        }
        return new Alias(model, section.path("chat-template"), parameters);
    }

    /**
     * A part of the file.
     *
     * @param key where it is, for messages
     */
    private record Section(Path file, String key, JsonNode value) {
        String at(String name) {
            return key.isEmpty() ? name : key + "." + name;
        }

        UsageException wrong(String name, String expected) {
            return new UsageException("%s: '%s' must be %s".formatted(file, at(name), expected));
        }

        Optional<JsonNode> node(String name) {
            return Optional.ofNullable(value.get(name)).filter(node -> !node.isNull());
        }

        void requireKnown(Set<String> names) {
            if (!value.isObject()) {
                throw new UsageException("%s: '%s' must be a mapping".formatted(file, key));
            }
            value.fieldNames().forEachRemaining(name -> {
                if (!names.contains(name)) {
                    throw new UsageException("%s: unknown key '%s'; known are %s"
                            .formatted(file, at(name), String.join(", ", new java.util.TreeSet<>(names))));
                }
            });
        }

        Optional<String> text(String name) {
            return node(name).map(node -> {
                if (!node.isValueNode() || node.asText().isBlank()) {
                    throw wrong(name, "a text");
                }
                return node.asText();
            });
        }

        OptionalInt number(String name, Function<String, Integer> reader) {
            Optional<Integer> number = text(name).map(text -> {
                try {
                    return reader.apply(text);
                } catch (picocli.CommandLine.TypeConversionException e) {
                    throw new UsageException("%s: '%s': %s".formatted(file, at(name), e.getMessage()));
                }
            });
            return number.map(OptionalInt::of).orElse(OptionalInt.empty());
        }

        boolean flag(String name) {
            return node(name)
                    .map(node -> {
                        if (!node.isBoolean()) {
                            throw wrong(name, "true or false");
                        }
                        return node.booleanValue();
                    })
                    .orElse(false);
        }

        Optional<Path> path(String name) {
            return text(name).map(text -> file.toAbsolutePath().resolveSibling(text));
        }

        Path asPath() {
            if (!value.isTextual()) {
                throw new UsageException("%s: '%s' must be a path".formatted(file, key));
            }
            return file.toAbsolutePath().resolveSibling(value.textValue());
        }

        ObjectNode object(String name) {
            return node(name)
                    .map(node -> {
                        if (!(node instanceof ObjectNode object)) {
                            throw wrong(name, "a mapping of request fields to values");
                        }
                        return object;
                    })
                    .orElseGet(YAML::createObjectNode);
        }

        <T> Map<String, T> entries(String name, Function<Section, T> reader) {
            var entries = new LinkedHashMap<String, T>();
            node(name).ifPresent(node -> {
                if (!node.isObject()) {
                    throw wrong(name, "a mapping");
                }
                node.properties()
                        .forEach(entry -> entries.put(
                                entry.getKey(),
                                reader.apply(new Section(file, at(name) + "." + entry.getKey(), entry.getValue()))));
            });
            return entries;
        }
    }
}
