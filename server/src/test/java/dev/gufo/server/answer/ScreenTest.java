package dev.gufo.server.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.server.policy.OutputCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScreenTest {
    private static final Pattern BAD = Pattern.compile("\\bbad\\b");
    private static final int WINDOW = 64;

    private final Random random = new Random(11);

    private static Screen screen(boolean costly) {
        return new Screen(
                new OutputCheck(WINDOW, costly, text -> !BAD.matcher(text).find()), "");
    }

    /** What passes of a text that comes in pieces of any length. */
    private String passed(Screen screen, String text) {
        var passed = new StringBuilder();
        for (int at = 0; at < text.length() && !screen.blocked(); ) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(9));
            screen.accept(new ReplyDelta.Content(text.substring(at, end)), at)
                    .forEach(delta -> passed.append(((ReplyDelta.Content) delta).text()));
            at = end;
        }
        screen.finish().forEach(delta -> passed.append(((ReplyDelta.Content) delta).text()));
        return passed.toString();
    }

    /** Words that hold a bad one, and seldom the bad one itself. */
    private String text(int words) {
        var text = new ArrayList<String>();
        List<String> harmless = List.of("badly", "a", "forbade", "and", "ba", "d", "bad_", "\uD83E\uDD89");
        for (int i = 0; i < words; i++) {
            text.add(random.nextInt(words) == 0 ? "bad" : harmless.get(random.nextInt(harmless.size())));
        }
        return String.join(" ", text);
    }

    @Test
    void nothingThatIsBadPassesInPartAndAllElsePasses() {
        for (int round = 0; round < 2_000; round++) {
            String text = text(1 + random.nextInt(120));
            Screen screen = screen(random.nextBoolean());
            String passed = passed(screen, text);
            var bad = BAD.matcher(text);
            if (bad.find()) {
                assertThat(screen.blocked()).as(text).isTrue();
                assertThat(passed.length()).as(text).isLessThanOrEqualTo(bad.start());
                assertThat(text).startsWith(passed);
            } else {
                assertThat(screen.blocked()).as(text).isFalse();
                assertThat(passed).isEqualTo(text);
            }
        }
    }

    @Test
    void textPassesWhileTheReplyGoesOn() {
        Screen screen = screen(false);
        int passed = 0;
        for (int i = 0; i < 100; i++) {
            passed += screen.accept(new ReplyDelta.Content("ten chars "), i * 10L).stream()
                    .mapToInt(delta -> ((ReplyDelta.Content) delta).text().length())
                    .sum();
        }
        assertThat(passed).isBetween(1_000 - 2 * WINDOW - 48, 1_000 - WINDOW);
        assertThat(screen.passedBytes()).isLessThanOrEqualTo(passed);
    }

    @Test
    void callsKeepTheirOrderAndTheirParts() {
        Screen screen = screen(false);
        List<ReplyDelta> given = new ArrayList<>();
        for (int call = 0; call < 20; call++) {
            given.add(new ReplyDelta.Reasoning("I think so."));
            given.add(new ReplyDelta.Content("Now I call."));
            given.add(new ReplyDelta.CallBegin(call, "id" + call, "some_function"));
            given.add(new ReplyDelta.CallArguments(call, "{\"a\":"));
            given.add(new ReplyDelta.CallArguments(call, "1}"));
            given.add(new ReplyDelta.CallEnd(call));
        }
        var passed = new PendingDeltas();
        for (ReplyDelta delta : given) {
            screen.accept(delta, 0).forEach(passed::add);
        }
        screen.finish().forEach(passed::add);
        var expected = new PendingDeltas();
        given.forEach(expected::add);
        assertThat(passed.take()).isEqualTo(expected.take());
    }

    @Test
    void aWordThatWasBegunBeforeIsSeen() {
        var screen = new Screen(
                new OutputCheck(WINDOW, false, text -> !BAD.matcher(text).find()), "That is b");
        assertThat(passed(screen, "ad of you")).isEmpty();
        assertThat(screen.blocked()).isTrue();
    }
}
