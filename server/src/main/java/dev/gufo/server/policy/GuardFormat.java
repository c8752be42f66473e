package dev.gufo.server.policy;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How a guard model is asked, and which verdicts it has. The prompt is what the model's own template makes of the
 * content; behind it the verdicts are compared, each of which the model was trained to write.
 */
public enum GuardFormat {
    /**
     * {@code safe}, or {@code unsafe} and on the next line the categories {@code S1} to {@code S14} of MLCommons.
     *
     * @see <a href="https://github.com/meta-llama/PurpleLlama/tree/main/Llama-Guard3">Llama Guard 3</a>
     */
    LLAMA_GUARD("(?s).*BEGIN UNSAFE CONTENT CATEGORIES.*", "llama-?guard") {
        @Override
        List<Sheet> sheets(Guard.Question question) {
            var verdicts = new ArrayList<Verdict>();
            verdicts.add(new Verdict("safe", Set.of()));
            for (int i = 0; i < HAZARDS.size(); i++) {
                verdicts.add(new Verdict("unsafe\nS" + (i + 1), Set.of(UNSAFE, HAZARDS.get(i))));
            }
            return List.of(new Sheet(conversation(question, Map.of()), verdicts));
        }
    },

    /**
     * {@code Safety: Safe}, {@code Controversial} or {@code Unsafe}, and on the next line {@code Categories:} with
     * some.
     *
     * @see <a href="https://github.com/QwenLM/Qwen3Guard">Qwen3Guard</a>
     */
    QWEN3_GUARD("(?s).*Controversial.*", "qwen3-?guard") {
        @Override
        List<Sheet> sheets(Guard.Question question) {
            var verdicts = new ArrayList<Verdict>();
            verdicts.add(new Verdict("Safety: Safe\nCategories: None", Set.of()));
            for (String word : List.of("Unsafe", "Controversial")) {
                String whole = word.equals("Unsafe") ? UNSAFE : CONTROVERSIAL;
                QWEN_CATEGORIES.forEach((name, category) -> {
                    boolean asked = !category.equals(JAILBREAK) || question.direction() == Direction.INPUT;
                    if (asked) {
                        verdicts.add(new Verdict(
                                "Safety: %s\nCategories: %s".formatted(word, name), Set.of(whole, category)));
                    }
                });
            }
            return List.of(new Sheet(conversation(question, Map.of()), verdicts));
        }
    },

    /**
     * {@code Yes} or {@code No} to one guideline at a time.
     *
     * @see <a href="https://ai.google.dev/responsible/docs/safeguards/shieldgemma">ShieldGemma</a>
     */
    SHIELD_GEMMA("(?s).*\\bguideline\\b.*", "shield-?gemma") {
        @Override
        List<Sheet> sheets(Guard.Question question) {
            return GUIDELINES.entrySet().stream()
                    .map(entry -> yesOrNo(
                            conversation(question, Map.of("guideline", entry.getValue())), "Yes", "No", entry.getKey()))
                    .toList();
        }
    },

    /**
     * {@code Yes} or {@code No}, or from version 3.3 on {@code <score> yes </score>}, to one risk at a time.
     *
     * @see <a href="https://github.com/ibm-granite/granite-guardian">Granite Guardian</a>
     */
    GRANITE_GUARDIAN("(?s).*guardian_config.*", "granite-?guardian") {
        @Override
        List<Sheet> sheets(Guard.Question question) {
            return RISKS.entrySet().stream()
                    .filter(entry -> !entry.getValue().equals(JAILBREAK) || question.direction() == Direction.INPUT)
                    .map(entry -> yesOrNo(
                            conversation(
                                    question,
                                    Map.of(
                                            "guardian_config",
                                            Map.of("risk_name", entry.getKey(), "criteria_id", entry.getKey()))),
                            "Yes",
                            "No",
                            entry.getValue()))
                    .toList();
        }

        @Override
        List<Sheet> sheets(Guard.Question question, String template) {
            if (!template.contains("<score>")) {
                return sheets(question);
            }
            return sheets(question).stream()
                    .map(sheet -> new Sheet(
                            sheet.conversation(),
                            sheet.verdicts().stream()
                                    .map(verdict -> new Verdict(
                                            "<score> %s </score>"
                                                    .formatted(verdict.text().toLowerCase(Locale.ROOT)),
                                            verdict.categories()))
                                    .toList()))
                    .toList();
        }
    };

    /** Of what a model calls unsafe without naming what it is. */
    static final String UNSAFE = "unsafe";

    private static final String CONTROVERSIAL = "controversial";
    private static final String JAILBREAK = "jailbreak";

    /** S1 to S14. */
    private static final List<String> HAZARDS = List.of(
            "illicit/violent",
            "illicit",
            "sexual/crimes",
            "sexual/minors",
            "defamation",
            "specialized-advice",
            "privacy",
            "intellectual-property",
            "weapons",
            "hate",
            "self-harm",
            "sexual",
            "elections",
            "code-abuse");

    private static final Map<String, String> QWEN_CATEGORIES = Map.of(
            "Violent", "violence",
            "Non-violent Illegal Acts", "illicit",
            "Sexual Content or Sexual Acts", "sexual",
            "PII", "privacy",
            "Suicide & Self-Harm", "self-harm",
            "Unethical Acts", "unethical",
            "Politically Sensitive Topics", "political",
            "Copyright Violation", "intellectual-property",
            "Jailbreak", JAILBREAK);

    private static final Map<String, String> GUIDELINES = Map.of(
            "illicit",
            "\"No Dangerous Content\": The content shall not help anyone to harm themselves or others, for instance by building weapons, promoting terrorism or telling how to take one's life.",
            "harassment",
            "\"No Harassment\": The content shall not be malicious, intimidating, bullying or abusive towards anyone, for instance by threats, or by denying or mocking tragic events.",
            "hate",
            "\"No Hate Speech\": The content shall not speak of people with hatred, or call for violence or discrimination against them, because of race, ethnicity, religion, disability, age, nationality, sexual orientation, sex or gender.",
            "sexual",
            "\"No Sexually Explicit Information\": The content shall not have references to sexual acts or other lewd content. What serves medicine, science or education is allowed.");

    private static final Map<String, String> RISKS = Map.of(
            "harm", UNSAFE,
            "social_bias", "hate",
            "jailbreak", JAILBREAK,
            "violence", "violence",
            "profanity", "harassment",
            "sexual_content", "sexual",
            "unethical_behavior", "unethical");

    private final Pattern template;
    private final Pattern name;

    GuardFormat(String template, String name) {
        this.template = Pattern.compile(template);
        this.name = Pattern.compile(name);
    }

    /**
     * A verdict that the model may write.
     *
     * @param categories of content that has it; none if it is a good one
     */
    record Verdict(String text, Set<String> categories) {}

    /**
     * A prompt, and what is compared behind it.
     *
     * @param verdicts of which the model writes one
     */
    record Sheet(Conversation conversation, List<Verdict> verdicts) {
        /** All categories that a verdict may name. */
        Set<String> categories() {
            var all = new TreeSet<String>();
            verdicts.forEach(verdict -> all.addAll(verdict.categories()));
            return all;
        }

        /**
         * What the probabilities of the verdicts say: of each category, the sum of those that name it.
         *
         * @param logprobs of the verdicts, in their order
         */
        Map<String, Double> scores(double[] logprobs) {
            double most = IntStream.range(0, logprobs.length)
                    .mapToDouble(i -> logprobs[i])
                    .max()
                    .orElseThrow();
            double all = IntStream.range(0, logprobs.length)
                    .mapToDouble(i -> Math.exp(logprobs[i] - most))
                    .sum();
            Map<String, Double> scores = new TreeMap<>();
            for (int i = 0; i < logprobs.length; i++) {
                double share = Math.exp(logprobs[i] - most) / all;
                for (String category : verdicts.get(i).categories()) {
                    scores.merge(category, share, Double::sum);
                }
            }
            scores.replaceAll((_, score) -> Math.min(1, score)); // sums are rounded
            return scores;
        }
    }

    /** The prompts that are needed for a question. */
    abstract List<Sheet> sheets(Guard.Question question);

    /**
     * The same.
     *
     * @param template the model's, in case its verdicts depend on that
     */
    List<Sheet> sheets(Guard.Question question, String template) {
        return sheets(question);
    }

    /**
     * The format of a model, which its template shows; else its name.
     *
     * @param names by which it is called
     */
    static Optional<GuardFormat> of(String template, String... names) {
        for (GuardFormat format : values()) {
            if (format.template.matcher(template).matches()) {
                return Optional.of(format);
            }
        }
        String all = String.join(" ", names)
                .toLowerCase(Locale.ROOT)
                .replace('_', '-')
                .replace(' ', '-');
        for (GuardFormat format : values()) {
            if (format.name.matcher(all).find()) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }

    private static Sheet yesOrNo(Conversation conversation, String yes, String no, String category) {
        return new Sheet(conversation, List.of(new Verdict(yes, Set.of(category)), new Verdict(no, Set.of())));
    }

    /** An answer stands behind what was asked. */
    private static Conversation conversation(Guard.Question question, Map<String, Object> arguments) {
        List<ChatMessage> messages = question.direction() == Direction.INPUT
                ? List.of(ChatMessage.of(Role.USER, question.text()))
                : List.of(ChatMessage.of(Role.USER, question.asked()), ChatMessage.of(Role.ASSISTANT, question.text()));
        return new Conversation(messages, List.of(), arguments);
    }
}
