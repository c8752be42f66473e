package dev.gufo.server.exchange;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.error.StreamFailure;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.PolicyHit;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One request that uses a model, from its body to the end of its answer: what it says, and what it has taken of limits,
 * memory and models. Belongs to the request's thread.
 */
public final class Exchange implements AutoCloseable {
    /**
     * Of texts that are up to so many times too long the tokens are counted to the end, since clients shorten their
     * prompts by the number.
     */
    private static final int COUNTED_TIMES = 4;

    private final Exchanges exchanges;
    private final Client client;
    private final Optional<Context> connection; // of a client that waits
    private final InFlight.Entry entry;
    private @Nullable Reservation reservation; // null until the limits have been asked
    private BodyRoom.@Nullable Hold room; // null until then too
    private @Nullable Fields fields; // null until it is read, and once it is forgotten
    private String wanted = ""; // id of the model that was found for it
    private @Nullable ModelInUse model; // null until it is used
    private @Nullable Account account; // null until it is accepted
    private final List<PolicyHit> found = new ArrayList<>(); // until it is accepted
    private boolean computed;
    private Duration loading = Duration.ZERO;

    private Exchange(Exchanges exchanges, Client client, Optional<Context> connection, InFlight.Entry entry) {
        this.exchanges = exchanges;
        this.client = client;
        this.connection = connection;
        this.entry = entry;
    }

    /** @param usesTokens whether the request uses tokens of a model; one that does not counts as a request only */
    static Exchange enter(Exchanges exchanges, Context ctx, boolean usesTokens) throws IOException {
        var client = new ConnectedClient(ctx, exchanges.accounting());
        var exchange = new Exchange(
                exchanges, client, Optional.of(ctx), exchanges.inFlight().enter());
        boolean entered = false;
        try {
            exchange.takeIn(ctx, usesTokens);
            entered = true;
            return exchange;
        } finally {
            if (!entered) {
                exchange.release();
            }
        }
    }

    private void takeIn(Context ctx, boolean usesTokens) throws IOException {
        reservation = exchanges.accounting().enter(ctx, usesTokens);
        room = exchanges.room().open(client.roomOwner());
        fields = exchanges.body().read(ctx.req(), room);
    }

    /**
     * A request that was taken in before, and is computed now.
     *
     * @param limits what it takes of its caller's
     */
    static Exchange resume(Exchanges exchanges, Client client, String body, Function<Caller, Reservation> limits) {
        var exchange = new Exchange(
                exchanges, client, Optional.empty(), exchanges.inFlight().enter());
        exchange.computed = true; // it counted when it came
        boolean entered = false;
        try {
            exchange.reservation = limits.apply(client.caller());
            exchange.room = exchanges.room().open(client.roomOwner());
            exchange.fields = exchanges.body().parse(body, exchange.room);
            entered = true;
            return exchange;
        } finally {
            if (!entered) {
                exchange.release();
            }
        }
    }

    /** Who gets the answer. */
    public Client client() {
        return client;
    }

    /** Has the stream of a client that waits end like this if the answer fails. */
    public void endsWith(StreamFailure failure) {
        connection.ifPresent(ctx -> failure.attachTo(ctx.req()));
    }

    /** The request and its answer, as the web server has them; only of a client that waits. */
    public Context context() {
        return connection.orElseThrow();
    }

    /** What the body says; not after {@link #forgetBody}. */
    public Fields fields() {
        return requireNonNull(fields);
    }

    /** Who asks. */
    public Caller caller() {
        return client.caller();
    }

    /** Whom the engine's work is for: it takes turns with that of others. */
    public Owner owner() {
        return client.owner();
    }

    /**
     * The model that the request names, or where it names none the first that the caller may use.
     *
     * @throws ApiException if there is no such model for the caller
     */
    public ServedModel named() {
        return wanted(exchanges.models().byId(name(), caller()::allowsModel));
    }

    /**
     * The model that the request names, or where it names none the first that the caller may use for this. What the
     * operator has set for it is then in the request where that says nothing.
     *
     * @throws ApiException if there is no such model for the caller, or it is for something else
     */
    public ServedModel named(ModelRole role) {
        return named(name(), role);
    }

    /**
     * The model with this id, for a request whose body does not name it: else as {@link #named(ModelRole)}.
     *
     * @throws ApiException if there is no such model for the caller, or it is for something else
     */
    public ServedModel named(String id, ModelRole role) {
        ServedModel named = wanted(exchanges.models().byId(id, role, caller()::allowsModel));
        named.requireRole(role);
        DefaultParameters.fill(requireNonNull(fields), named.profile().parameters());
        return named;
    }

    /**
     * A model that the operator has set for this, whether or not the caller may name it.
     *
     * @throws ApiException if there is no such model, or it is for something else
     */
    public ServedModel ofOperator(String id, ModelRole role) {
        ServedModel model = exchanges.models().byId(id, role, _ -> true);
        model.requireRole(role);
        return model;
    }

    private String name() {
        return requireNonNull(fields).text("model").orElse("");
    }

    private ServedModel wanted(ServedModel named) {
        wanted = named.id();
        return named;
    }

    /**
     * That model, loaded and ready until the exchange ends. What the texts will use at least is taken of the key's
     * limits first.
     *
     * @param heartbeat if the answer is a stream, what it says while the model is being loaded
     * @param texts that the model will read; none if the request uses no tokens
     * @throws ApiException if it can't be loaded, or the caller has no room for the request
     */
    public ModelInUse use(ServedModel named, Optional<Heartbeat> heartbeat, Supplier<Stream<String>> texts)
            throws IOException, InterruptedException {
        long atLeast = TokenEstimate.atLeast(texts.get());
        if (atLeast > 0) {
            exchanges.accounting().expect(requireNonNull(reservation), atLeast);
        }
        long begin = System.nanoTime();
        boolean loaded = named.residence().residency() instanceof Residency.Loaded;
        model = exchanges.modelWait().await(client, named, heartbeat, requireNonNull(room));
        loading = loaded ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - begin);
        digest().ifPresent(digest -> client.header("x-model-digest", digest));
        return model;
    }

    /** The digest of its model's file, if it is known by now. */
    public Optional<String> digest() {
        return exchanges.models().digest(requireNonNull(model).model()).map("sha256:"::concat);
    }

    /**
     * Where the answer is kept in case the same is asked for again: by the same caller, with the same body, of the same
     * model's file with the same settings, with the same prompts. What depends on the hour changes a prompt.
     *
     * @param prompts tokens that the model reads
     * @param most tokens of each answer
     * @return empty if answers are not kept, the digest of the model's file is not known yet, or the client waits at no
     *     connection
     */
    public Optional<AnswerCache.Place> place(List<int[]> prompts, List<Integer> most) {
        Optional<String> digest = digest();
        if (exchanges.answers().isEmpty() || digest.isEmpty() || connection.isEmpty()) {
            return Optional.empty();
        }
        ModelInUse used = requireNonNull(model);
        var key = new AnswerKey()
                .text(caller().id())
                .text(caller().policy())
                .text(connection.get().path())
                .text(used.id())
                .text(digest.get())
                .text(used.engine().model().fingerprint())
                .json(fields().node());
        prompts.forEach(key::tokens);
        key.text(most.toString());
        return Optional.of(exchanges.answers().get().place(key.toString()));
    }

    /** How long it waited for its model to be loaded. */
    public Duration loading() {
        return loading;
    }

    /** The tokens of one text: {@link #tokenize(List, Framing, IntFunction, int)}. */
    public int[] tokenize(Rendering text, Framing framing, String field, int most) {
        return tokenize(List.of(text), framing, _ -> field, most).getFirst();
    }

    /**
     * The tokens of texts of which each has to fit the model. One that can't is refused by its length, before anything
     * is tokenized or in the middle.
     *
     * @param field whose text it is, by its number in the list
     * @param most tokens that fit; a text with a few times as many comes back whole, to be refused with its number
     * @return as many as there are texts
     * @throws ApiException with {@link Problem.TextTooLong}
     */
    public List<int[]> tokenize(List<Rendering> texts, Framing framing, IntFunction<String> field, int most) {
        for (int i = 0; i < texts.size(); i++) {
            requireFits(texts.get(i).segments().stream().map(Segment::text), field.apply(i), most);
        }
        computed |= !texts.isEmpty();
        int counted = (int) Math.min((long) most * COUNTED_TIMES, Integer.MAX_VALUE);
        List<int[]> tokens = engine().tokenize(texts, framing, owner(), counted);
        if (!tokens.isEmpty() && tokens.getLast().length > counted) {
            throw new ApiException(new Problem.TextTooLong(field.apply(tokens.size() - 1), counted, most));
        }
        return tokens;
    }

    /** The tokens of a text of any length, all of them. */
    public int[] tokenizeAll(Rendering text, Framing framing) {
        computed = true;
        return engine().tokenize(List.of(text), framing, owner(), Integer.MAX_VALUE)
                .getFirst();
    }

    /**
     * Refuses texts which have more tokens than fit, whatever they are: every token stands for so many bytes at most.
     *
     * @throws ApiException with {@link Problem.TextTooLong}
     */
    public void requireFits(Stream<String> texts, String field, int most) {
        ModelInfo info = engine().model();
        long bytes = texts.mapToLong(String::length).sum(); // in UTF-8 no fewer
        if (info.longestTokenBytes() > 0 && bytes / info.longestTokenBytes() > most) {
            throw new ApiException(new Problem.TextTooLong(field, bytes / info.longestTokenBytes(), most));
        }
    }

    private Engine engine() {
        return requireNonNull(model).engine();
    }

    /** Most tokens that the caller may have in one answer. */
    public int maxTokens() {
        return exchanges.accounting().maxTokens(client.caller());
    }

    /** Logs the prompt as the model reads it, if the operator wants that. */
    public void logPrompt(Supplier<String> text) {
        client.prompt(text);
    }

    /**
     * Gives back the room that the body took, because it has been understood and nobody holds it any more.
     *
     * @param kept bytes that are still held because of it
     */
    public void forgetBody(long kept) {
        fields = null;
        requireNonNull(room).keep(kept);
    }

    /**
     * Takes memory for the answer.
     *
     * @throws ApiException with {@link Problem.NoRoom} if there is none now, {@link Problem.BodyTooCostly} if there
     *     never will be
     */
    public void takeRoom(long bytes) {
        requireNonNull(room).take(bytes);
    }

    /** Whether there was memory for a further part of the answer, which then is taken. */
    public boolean hasRoom(long bytes) {
        return requireNonNull(room).tryTake(bytes);
    }

    /**
     * Accepts the request: see {@link dev.gufo.server.accounting.Accounting#open}.
     *
     * @return to be settled and closed by the caller, whatever happens
     */
    public Account open(Work work) throws InterruptedException {
        String digest = model == null ? "" : digest().orElse("");
        Account accepted = client.open(
                requireNonNull(reservation),
                new Work(work.model(), digest, work.stream(), work.promptTokens(), work.maxOutputTokens()));
        found.forEach(accepted::found);
        account = accepted;
        return accepted;
    }

    /** Notes what the operator's content policy found in the request or in its answer: its row in the ledger has it. */
    public void found(PolicyHit hit) {
        if (account == null) {
            found.add(hit);
        } else {
            account.found(hit);
        }
    }

    /**
     * Notes that the request is refused because of what it says. It has its row in the ledger, uses nothing, and counts
     * as a request: who tries again and again meets the key's limits.
     *
     * @throws ApiException if that can't be noted
     */
    public void block() throws InterruptedException {
        computed = true;
        boolean stream = requireNonNull(fields).node().path("stream").asBoolean();
        try (Account blocked = open(new Work(wanted, stream, 0, 0))) {
            blocked.settle(Outcome.blocked());
        }
    }

    /** Notes that the request is computed for by other means than tokenizing, so that it counts. */
    public void computes() {
        computed = true;
    }

    /**
     * Lets go of all that it has taken, and of the key's limits if nothing was computed for it: a mistake costs
     * nothing.
     */
    @Override
    public void close() {
        if (!computed) {
            requireNonNull(reservation).withdraw();
        }
        release();
    }

    /** Closes what there is of all that, the last taken first. */
    private void release() {
        try (InFlight.Entry _ = entry;
                Reservation _ = reservation;
                BodyRoom.Hold _ = room) {
            if (model != null) {
                model.close();
            }
        }
    }
}
