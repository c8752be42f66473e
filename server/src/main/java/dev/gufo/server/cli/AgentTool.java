package dev.gufo.server.cli;

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
        Map<String, Object> settings(AgentServer server) {
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
            return Map.of("env", variables);
        }
    };

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

    /** The file that has its settings, in JSON. */
    abstract Path file(Path home);

    /** What is put into that file: maps are merged with those that are there, other values take their place. */
    abstract Map<String, Object> settings(AgentServer server);
}
