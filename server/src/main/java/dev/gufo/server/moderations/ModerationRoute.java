package dev.gufo.server.moderations;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.policy.Categories;
import dev.gufo.server.policy.GuardModels;
import dev.gufo.server.policy.Rules;
import dev.gufo.server.policy.Scorer.Verdict;
import dev.gufo.store.ModelRole;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * {@code POST /v1/moderations}, as OpenAI's: by the operator's rules, by a guard model, or both. Safe for any thread;
 * each request stays on its own.
 */
public final class ModerationRoute {
    /** What is asked for if rules alone are to say it. */
    static final String RULES = "rules";

    private static final Verdict NOTHING = new Verdict(Map.of(), Set.of());

    private final Exchanges exchanges;
    private final Rules rules;
    private final GuardModels guards;
    private final Optional<String> guard;
    private final UnaryOperator<String> ids;

    /**
     * @param guard id of the model that is asked where a request names none
     * @param ids makes a new id that begins with a prefix
     */
    public ModerationRoute(
            Exchanges exchanges, Rules rules, GuardModels guards, Optional<String> guard, UnaryOperator<String> ids) {
        this.exchanges = exchanges;
        this.rules = rules;
        this.guards = guards;
        this.guard = guard;
        this.ids = ids;
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void moderate(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** Answers a request that was read. Throws as {@link #moderate}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        ModerationRequest request = ModerationRequest.read(exchange.fields());
        Optional<String> model = model(request.model());
        boolean byRules = request.model().isEmpty() || request.model().equals(RULES);
        List<Verdict> verdicts = byRules
                ? byRules(request)
                : request.inputs().stream().map(_ -> NOTHING).toList();
        if (model.isPresent()) {
            verdicts = both(verdicts, byModel(exchange, model.get(), request));
        }
        exchange.computes();
        write(exchange.client().object(), model.orElse(RULES), verdicts);
    }

    /**
     * The model that a request needs which names one like this; empty if the rules alone answer it.
     *
     * @param name {@code ""} if it names none
     * @throws ApiException if there is no such model for the caller, or nothing that could answer
     */
    public Optional<ServedModel> needed(Caller caller, String name) {
        String meant = ModerationRequest.meant(name);
        Optional<String> id = model(meant);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        ServedModel model =
                exchanges.models().byId(id.get(), ModelRole.CHAT, each -> meant.isEmpty() || caller.allowsModel(each));
        model.requireRole(ModelRole.CHAT);
        return Optional.of(model);
    }

    /**
     * The guard model that is asked, if one is.
     *
     * @param meant {@code ""} for what the operator has set
     */
    private Optional<String> model(String meant) {
        boolean unnamed = meant.isEmpty();
        Optional<String> model = unnamed ? guard : Optional.of(meant).filter(name -> !name.equals(RULES));
        if (model.isEmpty() && rules.isEmpty()) {
            throw new ApiException(unnamed ? new Problem.NoModel() : new Problem.ModelNotFound(meant));
        }
        return model;
    }

    private List<Verdict> byRules(ModerationRequest request) {
        return request.inputs().stream()
                .map(parts -> parts.stream().map(rules::verdict).reduce(NOTHING, Verdict::both))
                .toList();
    }

    private List<Verdict> byModel(Exchange exchange, String id, ModerationRequest request)
            throws IOException, InterruptedException {
        List<String> texts =
                request.inputs().stream().map(parts -> String.join("\n", parts)).toList();
        boolean named = !request.model().isEmpty();
        ModelInUse model = exchange.use(
                named ? exchange.named(id, ModelRole.CHAT) : exchange.ofOperator(id, ModelRole.CHAT),
                Optional.empty(),
                () -> texts.stream());
        model.requireRole(ModelRole.CHAT);
        List<String> asked = texts.stream().filter(text -> !text.isBlank()).toList();
        List<Verdict> told = asked.isEmpty() ? List.of() : guards.ask(exchange, model, asked);
        var all = new ArrayList<Verdict>();
        int next = 0;
        for (String text : texts) {
            all.add(text.isBlank() ? NOTHING : told.get(next++));
        }
        return all;
    }

    private static List<Verdict> both(List<Verdict> one, List<Verdict> other) {
        var both = new ArrayList<Verdict>();
        for (int i = 0; i < one.size(); i++) {
            both.add(Verdict.both(one.get(i), other.get(i)));
        }
        return both;
    }

    private void write(OutputStream out, String model, List<Verdict> verdicts) throws IOException {
        var json = new JsonBytes()
                .raw("{\"id\":")
                .string(ids.apply("modr-"))
                .raw(",\"model\":")
                .string(model)
                .raw(",\"results\":[");
        String separator = "";
        for (Verdict verdict : verdicts) {
            write(json.raw(separator), verdict);
            json.drainIfLong(out);
            separator = ",";
        }
        json.raw("]}").drainTo(out);
    }

    /** With OpenAI's categories in any case: its clients count on them. */
    private static void write(JsonBytes json, Verdict verdict) {
        List<String> categories = Stream.concat(
                        Categories.OPENAI.stream(),
                        new TreeSet<>(verdict.looked())
                                .stream().filter(category -> !Categories.OPENAI.contains(category)))
                .toList();
        boolean flagged = verdict.scores().values().stream().anyMatch(ModerationRoute::isHigh);
        json.raw("{\"flagged\":").raw(Boolean.toString(flagged)).raw(",\"categories\":{");
        String separator = "";
        for (String category : categories) {
            json.raw(separator).string(category).raw(":").raw(Boolean.toString(isHigh(score(verdict, category))));
            separator = ",";
        }
        json.raw("},\"category_scores\":{");
        separator = "";
        for (String category : categories) {
            json.raw(separator).string(category).raw(":").raw(Double.toString(score(verdict, category)));
            separator = ",";
        }
        json.raw("},\"category_applied_input_types\":{");
        separator = "";
        for (String category : categories) {
            boolean looked = verdict.looked().contains(category);
            json.raw(separator).string(category).raw(looked ? ":[\"text\"]" : ":[]");
            separator = ",";
        }
        json.raw("}}");
    }

    private static double score(Verdict verdict, String category) {
        return verdict.scores().getOrDefault(category, 0.0);
    }

    private static boolean isHigh(double score) {
        return score >= Categories.THRESHOLD;
    }
}
