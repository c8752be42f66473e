package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.Patterns;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.boot.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code gufo keys create} and {@code update} set, filled by picocli; null where nothing was said. */
final class KeyOptions {
    private static final String UNLIMITED = "unlimited";
    private static final String DEFAULT = "default";

    @Option(names = "--owner", paramLabel = "WHO", description = "Who has the key.")
    @Nullable
    String owner;

    @Option(
            names = "--model",
            paramLabel = "PATTERN",
            description = "A model that the key may use, with * for any characters; repeatable (without: all).")
    @Nullable
    List<String> models;

    @Option(
            names = "--endpoint",
            paramLabel = "PATTERN",
            description = "A path that the key may call, such as /v1/chat/*; repeatable (without: all).")
    @Nullable
    List<String> endpoints;

    @Option(
            names = "--expires",
            paramLabel = "DATE|TIME|never",
            description = "End of validity: 2026-12-31, which is that day's beginning in UTC, or 2026-12-31T18:00:00Z.")
    @Nullable
    String expires;

    @Option(
            names = "--limit",
            paramLabel = "NAME=N",
            description =
                    "A limit of this key: a number, unlimited, or default for that of the server; repeatable. Names:"
                            + " requests-per-minute, requests-per-day, tokens-per-minute, tokens-per-day, concurrent-requests,"
                            + " queued-requests, max-tokens, tokens-per-month.")
    List<String> limits;

    @Option(
            names = "--priority",
            paramLabel = "1..10",
            description = "Share of the model when others wait too: 10 gets ten times what 1 gets (without: 5).")
    @Nullable
    Integer priority;

    @Option(
            names = "--cache-group",
            paramLabel = "NAME",
            description =
                    "Keys with the same name here share computed prompts: who has one can tell from timing what the others"
                            + " asked. '' for none (without: none).")
    @Nullable
    String cacheGroup;

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            description =
                    "The content policy for this key, of those in the server's --policy file; off for none, '' for the default one"
                            + " (without: '').")
    @Nullable
    String policy;

    @Option(
            names = "--admin",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "The key may administer keys.")
    @Nullable
    Boolean admin;

    @Option(
            names = "--disabled",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "The key is refused until it is enabled again.")
    @Nullable
    Boolean disabled;

    /**
     * The same terms but for what was said.
     *
     * @throws UsageException if something can't be meant
     */
    StoredKey.Terms over(StoredKey.Terms terms) {
        try {
            return new StoredKey.Terms(
                    terms.name(),
                    owner == null ? terms.owner() : owner,
                    models == null ? terms.models() : patterns(models),
                    endpoints == null ? terms.endpoints() : patterns(endpoints),
                    expires == null ? terms.expires() : time(expires),
                    limits == null ? terms.limits() : terms.limits().with(limits(limits)),
                    priority == null ? terms.priority() : priority,
                    cacheGroup == null ? terms.cacheGroup() : cacheGroup,
                    policy == null ? terms.policy() : policy,
                    admin == null ? terms.admin() : admin,
                    disabled == null ? terms.disabled() : disabled);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    /**
     * Limits as options write them.
     *
     * @throws UsageException if one is no {@code NAME=NUMBER}
     */
    static Map<Limit, Optional<Long>> limits(List<String> texts) {
        var limits = new EnumMap<Limit, Optional<Long>>(Limit.class);
        for (String text : texts) {
            int equals = text.indexOf('=');
            Limit limit = Limit.named(equals < 0 ? text : text.substring(0, equals))
                    .orElseThrow(() -> new UsageException(
                            "--limit %s: there is no such limit; there are %s".formatted(text, Limit.words())));
            String value = equals < 0 ? "" : text.substring(equals + 1).strip();
            limits.put(limit, value.equals(DEFAULT) ? Optional.empty() : Optional.of(number(text, value)));
        }
        return limits;
    }

    private static long number(String text, String value) {
        if (value.equals(UNLIMITED)) {
            return Limits.UNLIMITED;
        }
        if (!value.matches("\\d{1,15}") || Long.parseLong(value) < 1) {
            throw new UsageException(
                    "--limit %s: a whole number from 1, unlimited or default is expected".formatted(text));
        }
        return Long.parseLong(value);
    }

    /** A star alone is how an update goes back to all. */
    private static Patterns patterns(List<String> texts) {
        return texts.equals(List.of("*")) ? Patterns.ALL : new Patterns(texts);
    }

    private static Optional<Instant> time(String text) {
        if (text.equals("never")) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    text.contains("T")
                            ? Instant.parse(text)
                            : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
        } catch (DateTimeException e) {
            throw new UsageException(
                    "--expires must be a date such as 2026-12-31, a time such as 2026-12-31T18:00:00Z or never, is "
                            + text);
        }
    }
}
