package dev.gufo.chat;

import static dev.gufo.chat.TemplateProbe.CALLED;
import static dev.gufo.chat.TemplateProbe.CALL_ID;
import static dev.gufo.chat.TemplateProbe.QUESTION;
import static dev.gufo.chat.TemplateProbe.RESULT;
import static dev.gufo.chat.TemplateProbe.VALUE;
import static dev.gufo.chat.TemplateProbe.assistant;
import static dev.gufo.chat.TemplateProbe.calls;
import static dev.gufo.chat.TemplateProbe.result;
import static dev.gufo.chat.TemplateProbe.text;
import static dev.gufo.chat.TemplateProbe.user;

import dev.gufo.chat.ChatFormat.CallArguments;
import dev.gufo.chat.ChatFormat.CallContent;
import dev.gufo.chat.TemplateRules.CallIds;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds out what a template takes by rendering conversations that some refuse. */
final class RuleDetector {
    private static final String FIRST = "Probe first.";
    private static final String SECOND = "Probe second.";
    private static final String OTHER_ID = "probe0002";
    private static final String FOREIGN_ID = "call_Probe0123456789abcdef";
    /** A role that no template knows. */
    private static final String NO_ROLE = "probe_role";

    /** What templates call the efforts, in {@link ReasoningEffort}'s order. */
    private static final List<List<String>> EFFORTS = List.of(
            List.of("no_think", "none", "off"),
            List.of("minimal"),
            List.of("low"),
            List.of("medium"),
            List.of("high"),
            List.of("xhigh", "max"));

    private final TemplateProbe probe;
    private final boolean takesSystem;
    private final CallArguments arguments;
    private final CallContent content;

    RuleDetector(TemplateProbe probe, boolean takesSystem, CallArguments arguments, CallContent content) {
        this.probe = probe;
        this.takesSystem = takesSystem;
        this.arguments = arguments;
        this.content = content;
    }

    /** @param showsCalls whether a call was seen in what the template writes */
    TemplateRules detect(boolean showsCalls) {
        return new TemplateRules(
                callRules(showsCalls),
                systemRules(),
                neighbours(),
                probe.shows(List.of(assistant(FIRST), user(QUESTION)), false, FIRST, QUESTION),
                probe.noToolsAsNone(),
                efforts());
    }

    private TemplateRules.Calls callRules(boolean shown) {
        return new TemplateRules.Calls(
                shown,
                probe.shows(List.of(user(QUESTION), assistant(FIRST), result(CALL_ID, RESULT)), false, FIRST, RESULT),
                !shown || severalCalls(),
                shown ? betweenResultAndUser() : Optional.empty(),
                shown ? callIds() : CallIds.ANY);
    }

    private TemplateRules.SystemMessages systemRules() {
        return new TemplateRules.SystemMessages(
                developer(),
                takesSystem
                        && probe.shows(
                                List.of(text("system", FIRST), text("system", SECOND), user(QUESTION)),
                                false,
                                FIRST,
                                SECOND),
                takesSystem && laterSystem(),
                takesSystem && probe.shows(List.of(text("system", FIRST)), false, FIRST));
    }

    /** A template that writes out whatever role it is given does not know this one. */
    private boolean developer() {
        Optional<String> developer = probe.render(List.of(text("developer", FIRST), user(QUESTION)), false, Map.of());
        Optional<String> echoed = probe.render(List.of(text(NO_ROLE, FIRST), user(QUESTION)), false, Map.of())
                .map(text -> text.replace(NO_ROLE, "developer"));
        return developer.filter(text -> text.contains(FIRST)).isPresent() && !developer.equals(echoed);
    }

    private boolean laterSystem() {
        return probe.shows(List.of(text("system", FIRST), user(QUESTION), text("system", SECOND)), false, FIRST, SECOND)
                && probe.shows(
                        List.of(
                                text("system", FIRST),
                                user(QUESTION),
                                text("system", SECOND),
                                assistant("Probe answer."),
                                text("system", "Probe third."),
                                user(QUESTION)),
                        false,
                        FIRST,
                        SECOND,
                        "Probe third.");
    }

    private boolean neighbours() {
        return probe.shows(List.of(user(FIRST), user(SECOND)), false, FIRST, SECOND)
                && probe.shows(
                        List.of(user(QUESTION), assistant(FIRST), assistant(SECOND), user(QUESTION)),
                        false,
                        FIRST,
                        SECOND);
    }

    private boolean severalCalls() {
        return probe.shows(
                List.of(
                        user(QUESTION),
                        calls(arguments, content, CALL_ID, OTHER_ID),
                        result(CALL_ID, RESULT + 1),
                        result(OTHER_ID, RESULT + 2)),
                true,
                VALUE + 1,
                VALUE + 2,
                RESULT + 1,
                RESULT + 2);
    }

    /**
     * Some templates want the assistant to speak before the user does again, and some of those want it to say
     * something.
     */
    private Optional<String> betweenResultAndUser() {
        var messages = new ArrayList<>(
                List.of(user(QUESTION), calls(arguments, content, CALL_ID), result(CALL_ID, RESULT), user(SECOND)));
        if (probe.shows(messages, true, RESULT, SECOND)) {
            return Optional.empty();
        }
        messages.add(messages.size() - 1, assistant(""));
        for (String said : List.of("", "OK.")) {
            messages.set(messages.size() - 2, assistant(said));
            if (probe.shows(messages, true, RESULT, SECOND)) {
                return Optional.of(said);
            }
        }
        return Optional.empty();
    }

    private CallIds callIds() {
        Optional<String> own = answered(CALL_ID);
        String numbered = "functions." + CALLED + ":0";
        if (own.filter(text -> text.contains(numbered)).isPresent()) {
            return CallIds.NUMBERED_IN_TURN;
        }
        if (answered(numbered)
                .filter(text -> text.contains("<|tool_call_begin|>" + numbered))
                .isPresent()) {
            return CallIds.NUMBERED;
        }
        return own.isPresent() && answered(FOREIGN_ID).isEmpty() ? CallIds.NINE_CHARACTERS : CallIds.ANY;
    }

    private Optional<String> answered(String id) {
        return probe.render(List.of(user(QUESTION), calls(arguments, content, id), result(id, RESULT)), true, Map.of());
    }

    private Map<ReasoningEffort, String> efforts() {
        var known = new ArrayList<Optional<String>>();
        boolean refuses = false;
        for (List<String> words : EFFORTS) {
            Optional<String> accepted = words.stream().filter(this::takesEffort).findFirst();
            known.add(accepted);
            refuses |= accepted.isEmpty();
        }
        if (!refuses || known.stream().allMatch(Optional::isEmpty)) {
            return TemplateRules.anyEffort();
        }
        var words = new EnumMap<ReasoningEffort, String>(ReasoningEffort.class);
        for (ReasoningEffort effort : ReasoningEffort.values()) {
            words.put(effort, nearest(known, List.of(ReasoningEffort.values()).indexOf(effort)));
        }
        return words;
    }

    /** Of two that are equally near the higher one. */
    private static String nearest(List<Optional<String>> known, int wanted) {
        for (int distance = 0; distance < known.size(); distance++) {
            for (int at : new int[] {wanted + distance, wanted - distance}) {
                if (at >= 0 && at < known.size() && known.get(at).isPresent()) {
                    return known.get(at).get();
                }
            }
        }
        throw new AssertionError("no effort is known");
    }

    private boolean takesEffort(String word) {
        return probe.render(List.of(user(QUESTION)), false, Map.of("enable_thinking", true, "reasoning_effort", word))
                .isPresent();
    }
}
