package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NonFiniteAdaptersTest {
    private final NonFiniteAdapters tooStrong = new NonFiniteAdapters();

    private static List<AdapterScale> set(AdapterScale... adapters) {
        return List.of(adapters);
    }

    private static AdapterScale adapter(String id, double scale) {
        return new AdapterScale(id, (float) scale);
    }

    private static Sequence sequence(List<GenerationEvent> events, AdapterScale... adapters) {
        var request = GenerationRequest.of(new int[] {1}, 4).build().with(List.of(adapters));
        return new Sequence(request, Optional.empty(), Optional.empty(), Optional.empty(), 8, 0, events::add, () -> {});
    }

    @Test
    void nothingIsTooStrongBeforeItOverflowed() {
        assertThat(tooStrong.isTooStrong(set())).isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 4)))).isFalse();
    }

    @Test
    void theSameAdaptersAreTooStrongIfNoneIsWeaker() {
        tooStrong.add(set(adapter("a", 2), adapter("b", -1)));
        assertThat(tooStrong.isTooStrong(set(adapter("a", 2), adapter("b", -1))))
                .isTrue();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 3), adapter("b", -1.5))))
                .isTrue();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 1.9), adapter("b", -1))))
                .isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 3), adapter("b", -0.9))))
                .isFalse();
    }

    @Test
    void otherSignsAndOtherAdaptersAreTried() {
        tooStrong.add(set(adapter("a", 2), adapter("b", -1)));
        assertThat(tooStrong.isTooStrong(set(adapter("a", 2), adapter("b", 1)))).isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", -2), adapter("b", -1))))
                .isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 2)))).isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 2), adapter("c", -1))))
                .isFalse();
        assertThat(tooStrong.isTooStrong(set(adapter("a", 2), adapter("b", -1), adapter("c", 1))))
                .isFalse();
        assertThat(tooStrong.isTooStrong(set())).isFalse();
    }

    @Test
    void theLastSetsAreRemembered() {
        for (int i = 0; i <= NonFiniteAdapters.MOST; i++) {
            tooStrong.add(set(adapter("" + i, 1)));
        }
        assertThat(tooStrong.isTooStrong(set(adapter("0", 4)))).isFalse();
        for (int i = 1; i <= NonFiniteAdapters.MOST; i++) {
            assertThat(tooStrong.isTooStrong(set(adapter("" + i, 1)))).isTrue();
        }
    }

    @Test
    void everWeakerScalesOfASetTakeOnePlace() {
        tooStrong.add(set(adapter("other", 1)));
        for (int i = 400; i > 0; i--) {
            tooStrong.add(set(adapter("a", i / 100.0)));
        }
        tooStrong.add(set(adapter("a", 4)));
        assertThat(tooStrong.isTooStrong(set(adapter("a", 0.25)))).isTrue();
        assertThat(tooStrong.isTooStrong(set(adapter("other", 1)))).isTrue();
    }

    @Test
    void aWeakSetIsNotBlamedForWhatMayBeThePrompt() {
        tooStrong.add(set(adapter("a", 0.01)));
        assertThat(tooStrong.isTooStrong(set(adapter("a", 1)))).isFalse();
        tooStrong.add(set(adapter("a", 0.01), adapter("b", -1)));
        assertThat(tooStrong.isTooStrong(set(adapter("a", 1), adapter("b", -1))))
                .isTrue();
    }

    @Test
    void whoHasPartOfItsAnswerMayGoOn() {
        tooStrong.add(set(adapter("a", 1)));
        Sequence sequence = sequence(new ArrayList<>(), adapter("a", 1));
        assertThat(tooStrong.isHopeless(sequence)).isTrue();
        sequence.accept(new GenerationEvent.Token(2, new byte[0], false, Optional.empty()), false);
        assertThat(tooStrong.isHopeless(sequence)).isFalse();
        assertThat(tooStrong.isHopeless(sequence(new ArrayList<>()))).isFalse();
    }

    @Test
    void theRefusalNamesTheAdapters() {
        List<GenerationEvent> events = new ArrayList<>();
        NonFiniteAdapters.refuse(sequence(events, adapter("a", 1)));
        assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                        GenerationEvent.Failed.class,
                        failed -> assertThat(failed.cause())
                                .isInstanceOfSatisfying(
                                        EngineException.Refused.class,
                                        refused -> assertThat(refused.refusal())
                                                .isEqualTo(new Refusal.NonFiniteLogits())));
    }
}
