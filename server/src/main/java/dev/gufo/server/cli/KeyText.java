package dev.gufo.server.cli;

import dev.gufo.server.access.Limits;
import dev.gufo.server.access.Patterns;
import dev.gufo.server.access.StoredKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Keys for people to read. */
final class KeyText {
    private static final List<String> HEAD =
            List.of("ID", "PREFIX", "NAME", "OWNER", "MODELS", "EXPIRES", "LAST USED", "STATE");

    private KeyText() {}

    /** A line for each key. */
    static String table(List<StoredKey> keys) {
        if (keys.isEmpty()) {
            return "There are no keys.";
        }
        var rows = new ArrayList<List<String>>();
        rows.add(HEAD);
        for (StoredKey key : keys) {
            rows.add(List.of(
                    key.id(),
                    key.prefix(),
                    plain(key.terms().name()),
                    plain(key.terms().owner()),
                    patterns(key.terms().models()),
                    time(key.terms().expires(), "never"),
                    time(key.lastUsed(), "never"),
                    state(key)));
        }
        return TextRows.lines(rows);
    }

    /** A line for each thing that is known of a key. */
    static String sheet(StoredKey key) {
        StoredKey.Terms terms = key.terms();
        String limits = terms.limits().values().isEmpty()
                ? "those of the server"
                : terms.limits().values().entrySet().stream()
                        .map(entry -> entry.getKey().word() + "="
                                + (entry.getValue() == Limits.UNLIMITED ? "unlimited" : entry.getValue()))
                        .collect(Collectors.joining(", "));
        List<List<String>> rows = List.of(
                List.of("id", key.id()),
                List.of("prefix", key.prefix()),
                List.of("name", plain(terms.name())),
                List.of("owner", plain(terms.owner())),
                List.of("state", state(key)),
                List.of("models", patterns(terms.models())),
                List.of("endpoints", patterns(terms.endpoints())),
                List.of("limits", limits),
                List.of("priority", Integer.toString(terms.priority())),
                List.of("cache group", terms.cacheGroup().isEmpty() ? "none" : terms.cacheGroup()),
                List.of("content policy", terms.policy().isEmpty() ? "that of the server" : terms.policy()),
                List.of("created", time(Optional.of(key.created()), "")),
                List.of("expires", time(terms.expires(), "never")),
                List.of("last used", time(key.lastUsed(), "never")));
        return TextRows.lines(rows);
    }

    private static String state(StoredKey key) {
        if (key.revoked().isPresent()) {
            return "revoked " + time(key.revoked(), "");
        }
        String role = key.terms().admin() ? "admin" : "user";
        return key.terms().disabled() ? role + ", disabled" : role;
    }

    private static String patterns(Patterns patterns) {
        return patterns.patterns().isEmpty()
                ? "all"
                : patterns.patterns().stream().map(KeyText::plain).collect(Collectors.joining(" "));
    }

    private static String time(Optional<Instant> time, String otherwise) {
        return time.map(instant -> instant.truncatedTo(ChronoUnit.SECONDS).toString())
                .orElse(otherwise);
    }

    /** Names come from other people: without what would move the cursor. */
    private static String plain(String text) {
        return text.isEmpty() ? "-" : TextRows.plain(text);
    }
}
