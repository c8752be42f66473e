package dev.gufo.server.policy;

import dev.gufo.engine.EngineException;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.metrics.PolicyMeters;
import dev.gufo.server.usage.PolicyHit;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps requests and answers to the policies that the operator has set. What is found is told in the ledger, in the
 * metrics and in the log, by category and never with the text. Safe for any thread.
 */
public final class ContentChecks {
    private static final Logger LOG = LoggerFactory.getLogger(ContentChecks.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    private final Optional<PolicyFile> file;
    private final boolean refuses;
    private final Scorer scorer;
    private final PolicyMeters meters;

    /**
     * What the operator sets.
     *
     * @param file the policies, if there are any
     * @param refuses whether what can't be checked is refused; else it passes
     */
    public record Settings(Optional<PolicyFile> file, boolean refuses) {
        /** Nothing is checked. */
        public static final Settings OFF = new Settings(Optional.empty(), true);
    }

    /**
     * A part of a request.
     *
     * @param param the field that has it
     */
    public record Passage(String param, String text) {}

    /** @param guard the model that the file names */
    public ContentChecks(Settings settings, Optional<Guard> guard, PolicyMeters meters) {
        this.file = settings.file();
        this.refuses = settings.refuses();
        this.scorer = new Scorer(file.map(PolicyFile::rules).orElse(Rules.NONE), guard);
        this.meters = meters;
    }

    /** What says without a model what content is, whatever the policies are. */
    public Rules rules() {
        return scorer.rules();
    }

    /**
     * Checks what a client has sent, before anything is computed for it.
     *
     * @param passages asked for only if there is something to check
     * @throws ApiException with {@link Problem.ContentViolation}, or {@link Problem.PolicyUnavailable} if it can't be
     *     checked
     * @throws InterruptedException if the server is being stopped
     */
    public void input(Exchange exchange, Supplier<List<Passage>> passages) throws InterruptedException {
        Optional<Policy> policy = policy(exchange, Direction.INPUT);
        if (policy.isEmpty()) {
            return;
        }
        for (Passage passage : passages.get()) {
            if (!passage.text().isBlank()) {
                check(exchange, policy.get(), passage);
            }
        }
    }

    private void check(Exchange exchange, Policy policy, Passage passage) throws InterruptedException {
        var watch = new Watch(exchange, policy, Direction.INPUT, "");
        Map<String, Double> blocked;
        try {
            blocked = watch.blocked(passage.text());
        } catch (PolicyFailure e) {
            failed(exchange, Direction.INPUT, e);
            return;
        }
        if (!blocked.isEmpty()) {
            exchange.block();
            throw new ApiException(new Problem.ContentViolation(passage.param(), blocked));
        }
    }

    /**
     * What checks the answer to a request.
     *
     * @param asked what the user said last
     * @return empty if nothing is to be checked
     */
    public Optional<OutputCheck> output(Exchange exchange, Supplier<String> asked) {
        Optional<Policy> policy = policy(exchange, Direction.OUTPUT);
        if (policy.isEmpty()) {
            return Optional.empty();
        }
        boolean guarded = scorer.guard().isPresent();
        var watch = new Watch(exchange, policy.get(), Direction.OUTPUT, guarded ? asked.get() : "");
        return Optional.of(
                new OutputCheck(file.orElseThrow().window(), guarded, text -> isAllowed(exchange, watch, text)));
    }

    private boolean isAllowed(Exchange exchange, Watch watch, String text) {
        try {
            return watch.blocked(text).isEmpty();
        } catch (PolicyFailure e) {
            LOG.warn("{}: an answer could not be checked: {}", exchange.client().id(), e.getMessage());
            meters.failed(Direction.OUTPUT.word());
            return !refuses; // the answer has begun: it ends where it is checked
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException.Interrupted();
        }
    }

    /** What a caller's content has to keep to; empty if that is nothing. */
    private Optional<Policy> policy(Exchange exchange, Direction direction) {
        String named = exchange.caller().policy();
        if (named.equals(PolicyFile.OFF) || (named.isEmpty() && file.isEmpty())) {
            return Optional.empty();
        }
        Optional<Policy> policy = file.flatMap(
                known -> Optional.ofNullable(known.policies().get(named.isEmpty() ? PolicyFile.DEFAULT : named)));
        if (policy.isEmpty() && !named.isEmpty()) {
            failed(exchange, direction, new PolicyFailure("there is no policy '%s'".formatted(named)));
        }
        return policy.filter(known -> !known.of(direction).isOff());
    }

    private void failed(Exchange exchange, Direction direction, PolicyFailure failure) {
        LOG.warn("{}: content could not be checked: {}", exchange.client().id(), failure.getMessage());
        LOG.debug("{}: the check failed", exchange.client().id(), failure);
        meters.failed(direction.word());
        if (refuses) {
            throw new ApiException(new Problem.PolicyUnavailable(TRY_AGAIN));
        }
    }

    /** One text, or one answer in parts, under its policy. Belongs to the request's thread. */
    private final class Watch {
        private final Exchange exchange;
        private final Policy policy;
        private final Direction direction;
        private final String asked;
        private Map<String, Double> told = Map.of();

        Watch(Exchange exchange, Policy policy, Direction direction, String asked) {
            this.exchange = exchange;
            this.policy = policy;
            this.direction = direction;
            this.asked = asked;
        }

        /** The scores for which a text is blocked; tells those too for which it is flagged. */
        Map<String, Double> blocked(String text) throws PolicyFailure, InterruptedException {
            Map<String, Double> scores = scorer.rules().scores(text);
            Map<String, Double> blocked = reached(scores, Action.BLOCK);
            if (blocked.isEmpty() && scorer.guard().isPresent()) {
                exchange.computes();
                var question = new Guard.Question(direction, asked, text);
                Scorer.Verdict verdict = scorer.guard().get().verdict(exchange, question);
                scores = Categories.higher(scores, verdict.scores());
                blocked = reached(scores, Action.BLOCK);
            }
            tell(reached(scores, Action.FLAG), Action.FLAG);
            tell(blocked, Action.BLOCK);
            return blocked;
        }

        private Map<String, Double> reached(Map<String, Double> scores, Action action) {
            return policy.of(direction).reached(scores, action);
        }

        /** Of an answer each category once. */
        private void tell(Map<String, Double> scores, Action action) {
            Map<String, Double> fresh = scores.entrySet().stream()
                    .filter(entry -> !told.containsKey(entry.getKey()))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
            if (fresh.isEmpty()) {
                return;
            }
            told = Categories.higher(told, fresh);
            for (String category : new TreeSet<>(fresh.keySet())) {
                meters.hit(direction.word(), category, action.word());
                exchange.found(new PolicyHit(direction.word(), action.word(), category));
            }
            LOG.info(
                    "{}: content policy '{}': {} of key {}: {}: {}",
                    exchange.client().id(),
                    policy.name(),
                    direction.word(),
                    exchange.caller().id(),
                    action.word(),
                    fresh.entrySet().stream()
                            .sorted(Map.Entry.comparingByKey())
                            .map(entry -> String.format(Locale.ROOT, "%s %.3f", entry.getKey(), entry.getValue()))
                            .collect(Collectors.joining(", ")));
        }
    }
}
