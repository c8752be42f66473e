package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ToolGrammar.Trigger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How calls are written: known in a rendering, read from a reply, prescribed by a grammar. Immutable. */
interface CallForm {
    /**
     * Whether a template wrote a call like this.
     *
     * @param turn what it rendered for an assistant's message that only calls {@code name}
     */
    boolean recognizes(String turn, String name);

    /**
     * Whether a template that shows no calls tells that they are written like this.
     *
     * @param prompt what it rendered for a question with a tool
     */
    default boolean toldBy(String prompt) {
        return false;
    }

    /** What stands around reasoning, for forms that tell it; else it is found in the template. */
    default Optional<ReasoningMarks> reasoning() {
        return Optional.empty();
    }

    /** Where calls begin in a reply. */
    List<Opening> openings();

    /**
     * Whether text that may become a call, and does not go on, is the beginning of one and no content.
     *
     * @param rest the text from an opening on
     */
    default boolean begins(String rest) {
        return openings().stream().anyMatch(opening -> !opening.onlyFirst() && rest.startsWith(opening.mark()));
    }

    /** Marks around content, which are no part of it. */
    default List<String> contentMarks() {
        return List.of();
    }

    /** What stands before content in a reply that has only content; {@code ""} if nothing does. */
    default String contentHead() {
        return "";
    }

    /** A parser for the calls from one opening on. */
    CallParser parser(Calls calls);

    /** A call as the model would write it. */
    String write(String name, String arguments);

    /**
     * The arguments of an earlier call as a template has to be given them so that what it shows is read back as these
     * arguments.
     */
    default Map<String, Object> shown(ToolDefinition tool, Map<String, Object> arguments) {
        return arguments;
    }

    /** An expression for all calls of a reply, whose rules are put into {@code grammar}. */
    String grammar(CallGrammar grammar);

    /** An expression for content that matches {@code rule}, with the marks around it. */
    default String content(String rule) {
        return rule;
    }

    /** The texts with which the grammar can begin. */
    default List<Trigger> triggers() {
        return ToolGrammar.at(openings());
    }

    /** The same where they depend on the tools that may be called. */
    default List<Trigger> triggers(List<ToolDefinition> tools) {
        return triggers();
    }
}
