package dev.gufo.server.access;

import java.time.Instant;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A key as it is kept, without the key itself.
 *
 * @param id {@code key_…}, never used again
 * @param prefix the visible start of the key
 * @param created when, to the millisecond, as all times here
 * @param lastUsed within a few seconds
 * @param revoked since when it is no longer valid, which is for good
 */
public record StoredKey(
        String id, String prefix, Terms terms, Instant created, Optional<Instant> lastUsed, Optional<Instant> revoked) {
    public static final int DEFAULT_PRIORITY = 5;
    public static final int HIGHEST_PRIORITY = 10;
    private static final int LONGEST_NAME = 200;
    private static final Pattern POLICY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final Instant LATEST_END = Instant.parse("9999-12-31T23:59:59Z");

    /**
     * What an administrator decides.
     *
     * @param name for people, 1 to 200 characters; need not be unique
     * @param owner who has it, up to 200 characters
     * @param models ids of models it may use
     * @param endpoints paths it may call
     * @param expires when it stops being valid
     * @param limits what differs from the server's defaults
     * @param priority 1 to 10; a key of priority 10 gets ten times the share of one of priority 1
     * @param cacheGroup keys of the same group share computed prompts; up to 200 characters, none for a key by itself
     * @param policy name of its content policy: up to 64 letters, digits and dashes; {@code ""} for the server's
     *     default, {@code off} for none
     * @param admin whether it may call {@code /admin}
     * @param disabled whether it is refused for now
     */
    public record Terms(
            String name,
            String owner,
            Patterns models,
            Patterns endpoints,
            Optional<Instant> expires,
            Limits limits,
            int priority,
            String cacheGroup,
            String policy,
            boolean admin,
            boolean disabled) {
        public Terms {
            name = name.strip();
            owner = owner.strip();
            require(!name.isEmpty() && name.length() <= LONGEST_NAME, "name must have 1 to 200 characters");
            require(owner.length() <= LONGEST_NAME, "owner must have at most 200 characters");
            cacheGroup = cacheGroup.strip();
            require(cacheGroup.length() <= LONGEST_NAME, "cache_group must have at most 200 characters");
            policy = policy.strip();
            require(
                    policy.isEmpty() || POLICY.matcher(policy).matches(),
                    "policy must be the name of a policy, off, or empty");
            require(priority >= 1 && priority <= HIGHEST_PRIORITY, "priority must be 1 to 10");
            require(
                    expires.stream().allMatch(end -> end.isAfter(Instant.EPOCH) && end.isBefore(LATEST_END)),
                    "a key expires between 1970 and 9999, or never");
        }

        /** A key with this name that may use everything within the defaults, for ever, as a user. */
        public static Terms named(String name) {
            return new Terms(
                    name,
                    "",
                    Patterns.ALL,
                    Patterns.ALL,
                    Optional.empty(),
                    Limits.NONE,
                    DEFAULT_PRIORITY,
                    "",
                    "",
                    false,
                    false);
        }

        /** The same but for its name. */
        public Terms withName(String name) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its owner. */
        public Terms withOwner(String owner) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its models. */
        public Terms withModels(Patterns models) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its endpoints. */
        public Terms withEndpoints(Patterns endpoints) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its end. */
        public Terms withExpires(Optional<Instant> expires) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its limits. */
        public Terms withLimits(UnaryOperator<Limits> change) {
            return new Terms(
                    name,
                    owner,
                    models,
                    endpoints,
                    expires,
                    change.apply(limits),
                    priority,
                    cacheGroup,
                    policy,
                    admin,
                    disabled);
        }

        /** The same but for its priority. */
        public Terms withPriority(int priority) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for whom it shares computed prompts with. */
        public Terms withCacheGroup(String cacheGroup) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its content policy. */
        public Terms withPolicy(String policy) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its right to administer. */
        public Terms withAdmin(boolean admin) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        /** The same but for its being disabled. */
        public Terms withDisabled(boolean disabled) {
            return new Terms(
                    name, owner, models, endpoints, expires, limits, priority, cacheGroup, policy, admin, disabled);
        }

        private static void require(boolean holds, String message) {
            if (!holds) {
                throw new IllegalArgumentException(message);
            }
        }
    }

    /** Why it is refused at this time; empty if it is good. */
    public Optional<String> refusal(Instant now) {
        if (revoked.isPresent()) {
            return Optional.of("This API key was revoked.");
        }
        if (terms.disabled()) {
            return Optional.of("This API key is disabled.");
        }
        return terms.expires().filter(end -> !now.isBefore(end)).map("This API key expired at %s."::formatted);
    }
}
