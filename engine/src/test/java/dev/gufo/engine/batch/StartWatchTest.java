package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Constraint.Marks;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.Constraint.Trigger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StartWatchTest {
    private static final Optional<Marks> THINK = Optional.of(new Marks("<think>", "</think>"));

    @Test
    void aTriggerBelongsToTheConstrainedTextAndAnEndMarkDoesNot() {
        assertThat(found(at(THINK, false, new Trigger("<call>", false)), "Sure. <call>{}"))
                .isEqualTo("<call>{}");
        assertThat(found(new Start.After("</think>"), "Well </think>{}")).isEqualTo("{}");
    }

    @Test
    void noTriggerCountsWithinReasoning() {
        Start start = at(THINK, false, new Trigger("<call>", false));
        assertThat(found(start, "<think>or <call>?</think> no")).isNull();
        assertThat(found(start, "<think>or <call>?</think> <call>!")).isEqualTo("<call>!");
        assertThat(found(at(THINK, true, new Trigger("<call>", false)), "or <call>?</think><call>!"))
                .isEqualTo("<call>!");
    }

    @Test
    void someTriggersCountOnlyWhereNothingElseWasSaid() {
        Start start = at(THINK, false, new Trigger("{", true));
        assertThat(found(start, "\n {\"")).isEqualTo("{\"");
        assertThat(found(start, "<think>a</think>\n{")).isEqualTo("{");
        assertThat(found(start, "The set {1}")).isNull();
    }

    @Test
    void whatDoesNotFitBehindATriggerIsFreeText() {
        StartWatch watch = new StartWatch(at(Optional.empty(), false, new Trigger("<c>", false)));
        assertThat(watch.accept(bytes("<c>x"), rest -> !text(rest).contains("x")))
                .isFalse();
        assertThat(watch.accept(bytes(" <c>y"), rest -> text(rest).equals("<c>y")))
                .isTrue();
    }

    private static Start at(Optional<Marks> reasoning, boolean inReasoning, Trigger... triggers) {
        return new Start.AtTrigger(List.of(triggers), reasoning, inReasoning);
    }

    /** The constrained text, which is the same however the text is cut into pieces; null if none begins. */
    private static String found(Start start, String text) {
        String whole = cut(start, text, new Random(0), text.length());
        for (int seed = 0; seed < 50; seed++) {
            String cut = cut(start, text, new Random(seed), 3);
            assertThat(cut).isEqualTo(whole);
        }
        return whole;
    }

    private static String cut(Start start, String text, Random random, int most) {
        StartWatch watch = new StartWatch(start);
        String[] begun = {null};
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(most));
            boolean active = watch.accept(bytes(text.substring(at, end)), rest -> {
                begun[0] = text(rest);
                return true;
            });
            at = end;
            if (active) {
                return begun[0] + text.substring(at);
            }
        }
        return null;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
