package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The coding agents that {@code gufo connect} knows, and what each has to be told. */
enum AgentTool {
    /** Claude Code, which takes environment variables from its settings. */
    CLAUDE("claude", "Claude Code") {
        @Override
        Path file(Path home) {
            return home.resolve(".claude/settings.json");
        }

        @Override
        Settings settings(AgentServer server) {
            var variables = new LinkedHashMap<String, Object>();
            variables.put("ANTHROPIC_BASE_URL", server.url());
            variables.put("ANTHROPIC_AUTH_TOKEN", server.key());
            variables.put("ANTHROPIC_MODEL", server.model());
            for (String role : new String[] {"OPUS", "SONNET", "HAIKU"}) {
                variables.put("ANTHROPIC_DEFAULT_" + role + "_MODEL", server.model());
            }
            server.contextTokens().ifPresent(tokens -> {
                variables.put("CLAUDE_CODE_MAX_CONTEXT_TOKENS", Integer.toString(tokens));
                variables.put("CLAUDE_CODE_MAX_OUTPUT_TOKENS", Integer.toString(Math.max(1, tokens / 4)));
            });
            // Nothing of it reaches this server, and some of it waits for the network.
            variables.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
            return new Settings.Json(Map.of("env", variables));
        }
    },

    /** Codex, which speaks the Responses API and has its settings in TOML. */
    CODEX("codex", "Codex") {
        @Override
        Path file(Path home) {
            return home.resolve(".codex/config.toml");
        }

        @Override
        Settings settings(AgentServer server) {
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
    };

    /** What an agent is told, in the form of its file. */
    sealed interface Settings {
        /**
         * JSON.
         *
         * @param fields maps are merged with those that are there, other values take their place
         */
        record Json(Map<String, Object> fields) implements Settings {}

        /** A whole file in another form, which is written only where there is none. */
        record Text(String content) implements Settings {}
    }

    /** A TOML line; a basic string has JSON's escapes. */
    private static void line(StringBuilder toml, String name, String value) {
        toml.append(name)
                .append(" = ")
                .append(TextNode.valueOf(value).toString())
                .append('\n');
    }

    private final String word;
    private final String title;

    AgentTool(String word, String title) {
        this.word = word;
        this.title = title;
    }

    /** What it is called on the command line. */
    String word() {
        return word;
    }

    /** What its makers call it. */
    String title() {
        return title;
    }

    /** The file that has its settings. */
    abstract Path file(Path home);

    /** What is put into that file. */
    abstract Settings settings(AgentServer server);
}
