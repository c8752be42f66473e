package dev.gufo.server.policy;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.exchange.Generations;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Questions to a guard model that is loaded, as tokens, and the answers to them. All verdicts on a text go on from one
 * prompt, which is computed once. Belongs to the request's thread.
 */
final class GuardSheets {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final int SHORTEST = 64;
    /** Of a text, what its prompt has to have. */
    private static final int BEGINNING = 32;

    private final Engine engine;
    private final ModelInfo info;
    private final ServedModel served;
    private final GuardModels.Form form;
    private final GuardModels.Renderer renderer;
    private final Owner owner;
    private final List<Prepared> sheets = new ArrayList<>();
    private int questions;

    /**
     * @param question number of the question
     * @param verdicts tokens of each
     */
    private record Prepared(int question, GuardFormat.Sheet sheet, int[] prompt, List<int[]> verdicts) {}

    GuardSheets(ServedModel served, Engine engine, GuardModels.Form form, GuardModels.Renderer renderer, Owner owner) {
        this.served = served;
        this.engine = engine;
        this.info = engine.model();
        this.form = form;
        this.renderer = renderer;
        this.owner = owner;
    }

    /**
     * Takes a further question. A text that does not fit the model is asked about in parts.
     *
     * @throws PolicyFailure if even a short text does not fit
     */
    void add(Guard.Question question) throws PolicyFailure {
        add(question, questions);
        questions++;
    }

    private void add(Guard.Question question, int number) throws PolicyFailure {
        var prepared = new ArrayList<Prepared>();
        for (GuardFormat.Sheet sheet : form.format().sheets(question, form.template())) {
            Rendering prompt = prompt(sheet.conversation(), question);
            List<Rendering> texts = new ArrayList<>();
            texts.add(prompt);
            sheet.verdicts().forEach(verdict -> texts.add(new Rendering(List.of(new Segment(verdict.text(), false)))));
            int[] tokens = tokenized(List.of(texts.getFirst()), Framing.PROMPT).getFirst();
            List<int[]> verdicts = tokenized(texts.subList(1, texts.size()), Framing.NONE);
            int longest =
                    verdicts.stream().mapToInt(verdict -> verdict.length).max().orElseThrow();
            if (tokens.length + longest + 1 > info.contextTokens()) {
                addHalves(question, number);
                return;
            }
            if (tokens.length == 0 || verdicts.stream().anyMatch(verdict -> verdict.length == 0)) {
                throw new PolicyFailure("the guard model's vocabulary can't write its verdicts");
            }
            prepared.add(new Prepared(number, sheet, tokens, verdicts));
        }
        sheets.addAll(prepared);
    }

    /** Some templates take a message as a list of parts, and leave out what is none. */
    private Rendering prompt(Conversation conversation, Guard.Question question) throws PolicyFailure {
        Rendering prompt = renderer.render(served, info, conversation);
        if (has(prompt, question)) {
            return prompt;
        }
        List<ChatMessage> inParts = conversation.messages().stream()
                .map(message -> new ChatMessage(
                        message.role(),
                        Optional.empty(),
                        List.of(),
                        Map.of(
                                "content",
                                List.of(Map.of(
                                        "type",
                                        "text",
                                        "text",
                                        message.content().orElse(""))))))
                .toList();
        Rendering other =
                renderer.render(served, info, new Conversation(inParts, List.of(), conversation.templateArguments()));
        if (!has(other, question)) {
            throw new PolicyFailure("the guard model's template leaves the text out");
        }
        return other;
    }

    private static boolean has(Rendering prompt, Guard.Question question) {
        String text = question.text().strip();
        String beginning = text.substring(0, Math.min(text.length(), BEGINNING));
        return prompt.text().contains(beginning.lines().findFirst().orElse("").strip());
    }

    private void addHalves(Guard.Question question, int number) throws PolicyFailure {
        String text = question.text();
        if (text.length() < SHORTEST) {
            throw new PolicyFailure(
                    "the guard model's context of %d tokens is too small".formatted(info.contextTokens()));
        }
        int middle = text.length() / 2;
        int space = text.lastIndexOf(' ', middle);
        int cut = space > text.length() / 4 ? space : middle;
        cut -= Character.isLowSurrogate(text.charAt(cut)) ? 1 : 0;
        for (String half : List.of(text.substring(0, cut), text.substring(cut))) {
            if (!half.isBlank()) {
                add(new Guard.Question(question.direction(), question.asked(), half), number);
            }
        }
    }

    private List<int[]> tokenized(List<Rendering> texts, Framing framing) {
        return engine.tokenize(texts, framing, owner, info.contextTokens());
    }

    /** Of all prompts. */
    int promptTokens() {
        return sheets.stream().mapToInt(sheet -> sheet.prompt().length).sum();
    }

    /** Of all verdicts, at most. */
    int verdictTokens() {
        return sheets.stream()
                .flatMap(sheet -> sheet.verdicts().stream())
                .mapToInt(verdict -> verdict.length + 1) // the end of an answer is one more
                .sum();
    }

    /**
     * Has the model compute all verdicts, and settles the account.
     *
     * @return in the order of the questions
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     */
    List<Scorer.Verdict> verdicts(Account account) throws InterruptedException {
        long begin = System.nanoTime();
        var used = new Used();
        Status status = Status.FAILED;
        try {
            var verdicts = new ArrayList<Scorer.Verdict>();
            for (int i = 0; i < questions; i++) {
                verdicts.add(new Scorer.Verdict(Map.of(), new TreeSet<>()));
            }
            for (Prepared sheet : sheets) {
                Map<String, Double> scores = sheet.sheet().scores(logprobs(sheet, account, used));
                var verdict = new Scorer.Verdict(scores, sheet.sheet().categories());
                verdicts.set(sheet.question(), Scorer.Verdict.both(verdicts.get(sheet.question()), verdict));
            }
            status = Status.COMPLETED;
            return verdicts;
        } finally {
            account.progress(used.completion);
            account.settle(new Outcome(
                    status,
                    status == Status.COMPLETED ? "stop" : "",
                    used.prompt,
                    used.cached,
                    used.completion,
                    0,
                    used.queued,
                    Duration.ofNanos(System.nanoTime() - begin),
                    Duration.ZERO,
                    false));
        }
    }

    private static final class Used {
        private int prompt;
        private int cached;
        private int completion;
        private Duration queued = Duration.ZERO;
    }

    /** Of each verdict of a sheet. */
    private double[] logprobs(Prepared sheet, Account account, Used used) throws InterruptedException {
        List<GenerationRequest> requests = sheet.verdicts().stream()
                .map(verdict -> GenerationRequest.of(sheet.prompt(), verdict.length + 1)
                        .forced(verdict)
                        .cacheScope(GuardModels.SCOPE)
                        .owner(owner)
                        .topLogprobs(0)
                        .build())
                .toList();
        double[] logprobs = new double[requests.size()];
        int[] read = new int[requests.size()];
        boolean started = false;
        try (Generations generations = Generations.start(engine, requests)) {
            for (int open = requests.size(); open > 0; ) {
                Optional<Generations.Event> next = generations.next(LOOK);
                if (next.isEmpty()) {
                    continue;
                }
                int at = next.get().choice();
                switch (next.get().event()) {
                    case GenerationEvent.Started(int cached, Duration queued, var _) -> {
                        if (!started) {
                            started = true;
                            used.prompt += sheet.prompt().length;
                            used.cached += Math.min(cached, sheet.prompt().length);
                            used.queued = used.queued.plus(queued);
                            account.started(queued, sheet.prompt().length, Math.min(cached, sheet.prompt().length));
                        }
                    }
                    case GenerationEvent.Token token -> {
                        used.completion++;
                        // The end behind a verdict is left out: a verdict may name further categories.
                        if (read[at]++ < sheet.verdicts().get(at).length) {
                            logprobs[at] +=
                                    token.logprobs().map(Logprobs::chosen).orElseThrow();
                        }
                    }
                    case GenerationEvent.Finished _ -> open--;
                    case GenerationEvent.Failed(var cause) -> throw cause;
                    case GenerationEvent.Prompt _, GenerationEvent.Prefilled _ -> {}
                }
            }
        }
        return logprobs;
    }
}
