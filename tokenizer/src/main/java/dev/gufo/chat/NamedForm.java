package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls as a name between marks, followed by the arguments as a JSON object.
 *
 * @param section mark before the first call; {@code ""} if there is none
 * @param open mark before each name
 * @param nameEnd mark between name and arguments
 * @param close mark behind each call; {@code ""} if there is none
 * @param sectionEnd mark behind the last call; {@code ""} if there is none
 */
record NamedForm(String section, String open, String nameEnd, String close, String sectionEnd) implements CallForm {
    private static final String NUMBERED = "functions.";

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(open) + "(" + Pattern.quote(NUMBERED) + ")?" + Pattern.quote(name)
                        + "(:\\d+)?" + Pattern.quote(nameEnd) + "\\s*\\{")
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        var openings = new ArrayList<Opening>();
        if (!section.isEmpty()) {
            openings.add(new Opening(section, false));
        }
        openings.add(new Opening(open, false));
        return openings;
    }

    @Override
    public CallParser parser(Calls calls) {
        return new NamedCalls(this, calls);
    }
}
