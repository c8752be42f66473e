package dev.gufo.server.policy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.gufo.chat.Conversation;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.pool.Lease;
import dev.gufo.engine.pool.Ticket;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import dev.gufo.template.Rendering;
import dev.gufo.template.TemplateException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Asks guard models. Safe for any thread; a question belongs to its request's. */
public final class GuardModels {
    /** Whose computed prompts a guard uses: what it has been asked is nobody's. */
    static final String SCOPE = "content policy";

    /** What the ledger calls it. */
    private static final String ENDPOINT = "content-policy";

    private static final int MOST_KNOWN = 10_000;
    private static final int LONGEST_ASKED = 2_000;
    private static final int HIGHEST = 10;

    private final ServedModels models;
    private final Accounting accounting;
    private final Renderer renderer;
    private final Duration patience;
    private final InstantSource clock;

    /** Makes a prompt of a conversation. */
    @FunctionalInterface
    public interface Renderer {
        Rendering render(ServedModel model, ModelInfo info, Conversation conversation);
    }

    /** @param patience how long it is waited for a guard that has to be loaded */
    public GuardModels(
            ServedModels models, Accounting accounting, Renderer renderer, Duration patience, InstantSource clock) {
        this.models = models;
        this.accounting = accounting;
        this.renderer = renderer;
        this.patience = patience;
        this.clock = clock;
    }

    /**
     * What a model says about texts that a caller asks about, on the caller's account.
     *
     * @param model in use by the exchange
     * @param texts none blank
     * @return in the order of the texts
     * @throws ApiException if the model is no guard, or a text can't be asked about
     * @throws EngineException if the engine refuses or loses it
     */
    public List<Scorer.Verdict> ask(Exchange exchange, ModelInUse model, List<String> texts)
            throws InterruptedException {
        Form form = form(model.model(), model.engine().model())
                .orElseThrow(() -> new ApiException(new Problem.WrongRole(
                        model.id(), "is no guard model", "name one of those that docs/api/moderations.md lists")));
        exchange.computes();
        var sheets = new GuardSheets(model.model(), model.engine(), form, renderer, exchange.owner());
        try {
            for (String text : texts) {
                sheets.add(new Guard.Question(Direction.INPUT, "", text));
            }
        } catch (PolicyFailure e) {
            throw ApiException.invalid("model", "The model can't be asked: %s.".formatted(e.getMessage()));
        }
        var work = new Work(model.id(), false, sheets.promptTokens(), sheets.verdictTokens());
        try (Account account = exchange.open(work)) {
            return sheets.verdicts(account);
        }
    }

    /** What policies ask: the model with this id, on the server's own account. */
    public Guard guard(String id) {
        return new OfPolicies(id);
    }

    /**
     * How a model is asked.
     *
     * @param template its own, or the one that the operator gives it
     */
    record Form(GuardFormat format, String template) {}

    private static Optional<Form> form(ServedModel model, ModelInfo info) {
        String template = model.profile().chatTemplate().orElse(info.chatTemplate());
        String file = model.file().map(StoredModel::id).orElse("");
        return GuardFormat.of(template, model.id(), file, info.description()).map(format -> new Form(format, template));
    }

    /** Remembers what it was told of a text, by its hash: a conversation is sent again with each of its turns. */
    private final class OfPolicies implements Guard {
        private final String id;
        private final Cache<String, Scorer.Verdict> known =
                Caffeine.newBuilder().maximumSize(MOST_KNOWN).build();

        OfPolicies(String id) {
            this.id = id;
        }

        @Override
        public Scorer.Verdict verdict(Exchange exchange, Question question) throws PolicyFailure, InterruptedException {
            String asked = question.asked();
            var cut = new Question(
                    question.direction(),
                    asked.length() <= LONGEST_ASKED ? asked : asked.substring(asked.length() - LONGEST_ASKED),
                    question.text());
            try {
                ServedModel served = models.byId(id, ModelRole.CHAT, _ -> true);
                try (Ticket ticket = served.residence().request();
                        Lease lease = ticket.await(patience)
                                .orElseThrow(() -> new PolicyFailure(
                                        "the guard model '%s' was not loaded in time".formatted(id)))) {
                    return verdict(exchange, served, lease.engine(), cut);
                }
            } catch (EngineException.Interrupted e) {
                throw e;
            } catch (ApiException | EngineException | TemplateException e) {
                throw new PolicyFailure("the guard model '%s' did not answer: %s".formatted(id, e.getMessage()), e);
            }
        }

        private Scorer.Verdict verdict(Exchange exchange, ServedModel served, Engine engine, Question question)
                throws PolicyFailure, InterruptedException {
            if (!(engine.status() instanceof EngineStatus.Ready)) {
                throw new PolicyFailure("the guard model '%s' is not ready".formatted(id));
            }
            ModelInfo info = engine.model();
            String key = hash(info.fingerprint(), question);
            Scorer.Verdict before = known.getIfPresent(key);
            if (before != null) {
                return before;
            }
            Form form = form(served, info)
                    .orElseThrow(() -> new PolicyFailure("the model '%s' is no guard model".formatted(id)));
            var owner = new Owner(SCOPE + " of " + exchange.caller().id(), HIGHEST);
            var sheets = new GuardSheets(served, engine, form, renderer, owner);
            sheets.add(question);
            Scorer.Verdict verdict;
            try (Account account = open(exchange, served, sheets)) {
                verdict = sheets.verdicts(account).getFirst();
            }
            known.put(key, verdict);
            return verdict;
        }

        private Account open(Exchange exchange, ServedModel served, GuardSheets sheets) throws InterruptedException {
            var caller = new Caller.ContentPolicy();
            Reservation reservation = accounting.resume(caller);
            String digest = models.digest(served).map("sha256:"::concat).orElse("");
            var work = new Work(served.id(), digest, false, sheets.promptTokens(), sheets.verdictTokens());
            return accounting.open(caller, exchange.client().id(), ENDPOINT, clock.instant(), reservation, work);
        }

        private static String hash(String model, Question question) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                for (String part : List.of(model, question.direction().word(), question.asked(), question.text())) {
                    digest.update(part.getBytes(StandardCharsets.UTF_8));
                    digest.update((byte) 0xFF); // no UTF-8 has it
                }
                return HexFormat.of().formatHex(digest.digest());
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every JDK has SHA-256", e);
            }
        }
    }
}
