package dev.gufo.server.connect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The coding agents that {@code gufo connect} knows, and what each has to be told. */
public enum AgentTool {
    /** Claude Code, which takes environment variables from its settings. */
    CLAUDE("claude", "Claude Code") {
        @Override
        public Path file(Path home) {
            return home.resolve(".claude/settings.json");
        }

        @Override
        public Settings settings(AgentServer server) {
            var variables = new LinkedHashMap<String, Object>();
            variables.put("ANTHROPIC_BASE_URL", server.url());
            variables.put("ANTHROPIC_AUTH_TOKEN", server.key());
            variables.put("ANTHROPIC_MODEL", server.model());
            for (String role : new String[] {"OPUS", "SONNET", "HAIKU"}) {
                variables.put("ANTHROPIC_DEFAULT_" + role + "_MODEL", server.model());
            }
            server.contextTokens().ifPresent(tokens -> {
                variables.put("CLAUDE_CODE_MAX_CONTEXT_TOKENS", Integer.toString(tokens));
                variables.put("CLAUDE_CODE_MAX_OUTPUT_TOKENS", Integer.toString(output(tokens)));
            });
            // Nothing of it reaches this server, and some of it waits for the network.
            variables.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
            return new Settings.Json(Map.of("env", variables));
        }
    },

    /** Codex, which speaks the Responses API and has its settings in TOML. */
    CODEX("codex", "Codex") {
        @Override
        public Path file(Path home) {
            return home.resolve(".codex/config.toml");
        }

        @Override
        public Settings settings(AgentServer server) {
            var toml = new StringBuilder();
            line(toml, "model", server.model());
            line(toml, "model_provider", "gufo");
            server.contextTokens()
                    .ifPresent(tokens -> toml.append("model_context_window = ")
                            .append(tokens)
                            .append('\n'));
            toml.append("web_search = \"disabled\"\n\n[model_providers.gufo]\n");
            line(toml, "name", "Gufo");
            line(toml, "base_url", server.url() + "/v1");
            line(toml, "wire_api", "responses");
            line(toml, "experimental_bearer_token", server.key());
            return new Settings.Text(toml.toString());
        }
    },

    /** opencode, which takes a provider of its own. */
    OPENCODE("opencode", "opencode") {
        @Override
        public Path file(Path home) {
            return home.resolve(".config/opencode/opencode.json");
        }

        @Override
        public Settings settings(AgentServer server) {
            var model = new LinkedHashMap<String, Object>();
            model.put("name", server.model());
            server.contextTokens()
                    .ifPresent(tokens -> model.put("limit", Map.of("context", tokens, "output", output(tokens))));
            var provider = new LinkedHashMap<String, Object>();
            provider.put("npm", "@ai-sdk/openai-compatible");
            provider.put("name", "Gufo");
            provider.put("options", Map.of("baseURL", server.url() + "/v1", "apiKey", server.key()));
            provider.put("models", Map.of(server.model(), model));
            var settings = new LinkedHashMap<String, Object>();
            settings.put("$schema", "https://opencode.ai/config.json");
            settings.put("provider", Map.of("gufo", provider));
            settings.put("model", "gufo/" + server.model());
            return new Settings.Json(settings);
        }
    },

    /** Qwen Code, whose models have their key in a variable. */
    QWEN("qwen", "Qwen Code") {
        @Override
        public Path file(Path home) {
            return home.resolve(".qwen/settings.json");
        }

        @Override
        public Settings settings(AgentServer server) {
            String variable = "GUFO_API_KEY";
            var model = new LinkedHashMap<String, Object>();
            model.put("id", server.model());
            model.put("name", server.model());
            model.put("baseUrl", server.url() + "/v1");
            model.put("envKey", variable);
            server.contextTokens()
                    .ifPresent(tokens -> model.put(
                            "generationConfig",
                            Map.of(
                                    "contextWindowSize",
                                    tokens,
                                    "samplingParams",
                                    Map.of("max_tokens", output(tokens)))));
            var settings = new LinkedHashMap<String, Object>();
            settings.put("env", Map.of(variable, server.key()));
            settings.put("modelProviders", Map.of("openai", List.of(model)));
            settings.put("security", Map.of("auth", Map.of("selectedType", "openai")));
            settings.put("model", Map.of("name", server.model()));
            settings.put("privacy", Map.of("usageStatisticsEnabled", false));
            return new Settings.Json(settings);
        }
    },

    /** Continue, which has its settings in YAML. */
    CONTINUE("continue", "Continue") {
        @Override
        public Path file(Path home) {
            return home.resolve(".continue/config.yaml");
        }

        @Override
        public Settings settings(AgentServer server) {
            var yaml = new StringBuilder("name: Gufo\nversion: 1.0.0\nschema: v1\nmodels:\n");
            yaml.append("  - name: ").append(quoted(server.model())).append('\n');
            yaml.append("    provider: openai\n");
            yaml.append("    model: ").append(quoted(server.model())).append('\n');
            yaml.append("    apiBase: ").append(quoted(server.url() + "/v1")).append('\n');
            yaml.append("    apiKey: ").append(quoted(server.key())).append('\n');
            yaml.append("    roles: [chat, edit, apply]\n    capabilities: [tool_use]\n");
            server.contextTokens()
                    .ifPresent(tokens -> yaml.append("    defaultCompletionOptions:\n      contextLength: ")
                            .append(tokens)
                            .append("\n      maxTokens: ")
                            .append(output(tokens))
                            .append('\n'));
            return new Settings.Text(yaml.toString());
        }
    },

    /** pi, which takes a provider of its own. */
    PI("pi", "pi") {
        @Override
        public Path file(Path home) {
            return home.resolve(".pi/agent/models.json");
        }

        @Override
        public Settings settings(AgentServer server) {
            var model = new LinkedHashMap<String, Object>();
            model.put("id", server.model());
            server.contextTokens().ifPresent(tokens -> {
                model.put("contextWindow", tokens);
                model.put("maxTokens", output(tokens));
            });
            var provider = new LinkedHashMap<String, Object>();
            provider.put("baseUrl", server.url() + "/v1");
            provider.put("api", "openai-completions");
            provider.put("apiKey", server.key());
            provider.put("models", List.of(model));
            return new Settings.Json(Map.of("providers", Map.of("gufo", provider)));
        }
    },

    /** Cline, which is told by a command of its own. */
    CLINE("cline", "Cline") {
        @Override
        public Path file(Path home) {
            return home.resolve(".cline");
        }

        @Override
        public Settings settings(AgentServer server) {
            return new Settings.Shell("cline auth --provider openai-compatible --apikey %s --modelid %s --baseurl %s%n"
                    .formatted(shell(server.key()), shell(server.model()), shell(server.url() + "/v1")));
        }
    },

    /** Copilot CLI, which takes another provider from its environment. */
    COPILOT("copilot", "Copilot CLI") {
        @Override
        public Path file(Path home) {
            return home.resolve(".copilot");
        }

        @Override
        public Settings settings(AgentServer server) {
            var lines = new StringBuilder();
            export(lines, "COPILOT_PROVIDER_TYPE", "openai");
            export(lines, "COPILOT_PROVIDER_BASE_URL", server.url() + "/v1");
            export(lines, "COPILOT_PROVIDER_API_KEY", server.key());
            export(lines, "COPILOT_MODEL", server.model());
            server.contextTokens().ifPresent(tokens -> {
                export(lines, "COPILOT_PROVIDER_MAX_PROMPT_TOKENS", Integer.toString(tokens - output(tokens)));
                export(lines, "COPILOT_PROVIDER_MAX_OUTPUT_TOKENS", Integer.toString(output(tokens)));
            });
            export(lines, "COPILOT_OFFLINE", "true"); // nothing goes elsewhere
            return new Settings.Shell(lines.toString());
        }
    };

    /** What an agent is told, in the form of its file. */
    public sealed interface Settings {
        /**
         * JSON.
         *
         * @param fields maps are merged with those that are there; of a list, elements take the place of those with the
         *     same {@code id}; other values take the place of what is there
         */
        record Json(Map<String, Object> fields) implements Settings {}

        /** A whole file in another form, which is written only where there is none. */
        record Text(String content) implements Settings {}

        /** Lines for a shell, which are only printed: no file of the agent's has them. */
        record Shell(String lines) implements Settings {}

        /** As it stands in a file, or is typed. */
        default String text() {
            return switch (this) {
                case Json(Map<String, Object> fields) ->
                    new ObjectMapper().<ObjectNode>valueToTree(fields).toPrettyString() + "\n";
                case Text(String content) -> content;
                case Shell(String lines) -> lines;
            };
        }
    }

    /** What an answer may have of a context. */
    private static int output(int contextTokens) {
        return Math.max(1, contextTokens / 4);
    }

    /** A YAML or TOML string; both have JSON's escapes. */
    private static String quoted(String value) {
        return TextNode.valueOf(value).toString();
    }

    private static void export(StringBuilder lines, String name, String value) {
        lines.append("export ").append(name).append('=').append(shell(value)).append('\n');
    }

    private static String shell(String value) {
        return value.matches("[A-Za-z0-9_./:@%+=-]+") ? value : "'" + value.replace("'", "'\\''") + "'";
    }

    /** A TOML line. */
    private static void line(StringBuilder toml, String name, String value) {
        toml.append(name).append(" = ").append(quoted(value)).append('\n');
    }

    private final String word;
    private final String title;

    AgentTool(String word, String title) {
        this.word = word;
        this.title = title;
    }

    /** What it is called on the command line. */
    public String word() {
        return word;
    }

    /** What its makers call it. */
    public String title() {
        return title;
    }

    /** The file that has its settings. */
    public abstract Path file(Path home);

    /** What is put into that file. */
    public abstract Settings settings(AgentServer server);
}
