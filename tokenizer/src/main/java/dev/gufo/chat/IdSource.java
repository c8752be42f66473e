package dev.gufo.chat;

import java.util.random.RandomGenerator;

/** Gives each tool call an id that no other call of the conversation has. */
@FunctionalInterface
public interface IdSource {
    /** The next id. */
    String next();

    /**
     * Ids of random letters and digits, in the form that the templates of this format accept: Mistral's want nine
     * characters.
     *
     * @param random at least 50 bits of it enter each id; it is used by the thread that calls {@link #next}
     */
    static IdSource random(ChatFormat format, RandomGenerator random) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        boolean nine = format.tools() == ToolSyntax.MISTRAL
                || format.tools() == ToolSyntax.MISTRAL_NAMED
                || format.rules().calls().ids() == TemplateRules.CallIds.NINE_CHARACTERS;
        return () -> {
            StringBuilder id = new StringBuilder(nine ? "" : "call_");
            for (int i = 0; i < (nine ? 9 : 24); i++) {
                id.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            return id.toString();
        };
    }
}
