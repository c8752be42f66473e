package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KvSlotsTest {
    private static final int CONTEXT = 64;
    private static final List<KvScope> SCOPES = List.of(
            new KvScope("b", List.of()),
            new KvScope("a", List.of(new AdapterScale("x", 1))),
            new KvScope("a", List.of()));

    @Test
    void aPromptTakesTheFreeSlotWithItsLongestPrefix() {
        KvSlots slots = new KvSlots(2, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        run(slots, 5, 6, 7, 8);
        assertThat(slots.place(new int[] {5, 6, 7, 9}, KvScope.COMMON)).contains(new KvSlots.Placement(1, 3, -1));
    }

    @Test
    void theLastTokenOfAPromptIsAlwaysComputedAgain() {
        KvSlots slots = new KvSlots(1, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        assertThat(slots.place(new int[] {1, 2, 3}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isEqualTo(2);
    }

    @Test
    void aPromptWithoutAnythingInCommonTakesTheSlotThatWasUsedLeastRecently() {
        KvSlots slots = new KvSlots(2, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        run(slots, 5, 6, 7, 8);
        assertThat(slots.place(new int[] {9, 9}, KvScope.COMMON)).contains(new KvSlots.Placement(0, 0, -1));
    }

    @Test
    void aLongStateIsNotGivenUpForAShortPrefixOfIt() {
        KvSlots slots = new KvSlots(2, 4_096, true, 0);
        int[] conversation = new int[1_000];
        Arrays.setAll(conversation, i -> i);
        run(slots, conversation);
        int[] other = Arrays.copyOf(conversation, 200);
        other[199] = -1;
        assertThat(slots.place(other, KvScope.COMMON)).contains(new KvSlots.Placement(1, 199, 0));
    }

    @Test
    void aModelThatCannotTakeTokensBackReusesWholeStatesOnly() {
        KvSlots slots = new KvSlots(1, CONTEXT, false, 0);
        run(slots, 1, 2, 3, 4);
        assertThat(slots.place(new int[] {1, 2, 9}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isZero();
        assertThat(slots.place(new int[] {1, 2, 3, 4, 9}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isEqualTo(4);
    }

    @Test
    void aPromptIsPlacedBesideThoseThatAreComputedSoThatOnePassServesAll() {
        KvSlots slots = new KvSlots(5, CONTEXT, true, 0);
        slots.occupy(2, sequence(KvScope.COMMON, 1, 2));
        assertThat(slots.place(new int[] {7, 8}, KvScope.COMMON).orElseThrow().slot())
                .isIn(1, 3);
    }

    @Test
    void aPrefixThatLiesFarFromThoseThatAreComputedIsCopiedToThem() {
        KvSlots slots = new KvSlots(5, 256, true, 0);
        int[] conversation = new int[100];
        Arrays.setAll(conversation, i -> i);
        run(slots, conversation); // in slot 0
        slots.occupy(4, sequence(KvScope.COMMON, 1, 2));
        assertThat(slots.place(conversation, KvScope.COMMON)).contains(new KvSlots.Placement(3, 99, 0));
    }

    @Test
    void noSlotIsFreeWhenAllHaveOwners() {
        KvSlots slots = new KvSlots(1, CONTEXT, true, 0);
        slots.occupy(0, sequence(KvScope.COMMON, 1, 2));
        assertThat(slots.place(new int[] {1, 2}, KvScope.COMMON)).isEmpty();
    }

    @Test
    void whatWasComputedWithAnAdapterIsForThoseWithTheSameAtTheSameScale() {
        KvSlots slots = new KvSlots(2, CONTEXT, true, 0);
        KvScope adapted = new KvScope("", List.of(new AdapterScale("pirate", 1)));
        Sequence sequence = sequence(adapted, 1, 2, 3, 4);
        slots.occupy(0, sequence);
        sequence.start(0, 0);
        sequence.advance(4);
        slots.release(0);
        int[] prompt = {1, 2, 3, 9};
        assertThat(slots.place(prompt, adapted)).contains(new KvSlots.Placement(0, 3, -1));
        assertThat(slots.place(prompt, KvScope.COMMON).orElseThrow().cached()).isZero();
        KvScope weaker = new KvScope("", List.of(new AdapterScale("pirate", 0.5f)));
        assertThat(slots.place(prompt, weaker).orElseThrow().cached()).isZero();
    }

    @Test
    void aPromptIsPlacedBesideThoseWithItsAdapters() {
        KvSlots slots = new KvSlots(5, CONTEXT, true, 0);
        KvScope adapted = new KvScope("", List.of(new AdapterScale("pirate", 1)));
        slots.occupy(0, sequence(KvScope.COMMON, 1, 2));
        slots.occupy(3, sequence(adapted, 1, 2));
        assertThat(slots.place(new int[] {7, 8}, adapted).orElseThrow().slot()).isIn(2, 4);
        assertThat(slots.place(new int[] {7, 8}, KvScope.COMMON).orElseThrow().slot())
                .isEqualTo(1);
    }

    @Test
    void aTokenToThrowAwayMayGoWhereItCanBeTakenBack() {
        KvSlots rewinding = new KvSlots(2, CONTEXT, true, 1);
        rewinding.occupy(0, sequence(KvScope.COMMON, 1, 2));
        assertThat(rewinding.canFill(0)).isTrue();
        KvSlots recurrent = new KvSlots(2, CONTEXT, false, 1);
        recurrent.occupy(0, sequence(KvScope.COMMON, 1, 2));
        assertThat(recurrent.canFill(0)).isFalse();
        assertThat(recurrent.canFill(1)).isTrue();
    }

    /** Two tokens and few scopes, so that prefixes are shared all the time. */
    @Test
    void whatIsSaidToBeCachedIsInTheSlotAndOfTheSameScope() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            KvSlots slots = new KvSlots(3, CONTEXT, true, 0);
            List<List<Integer>> memory = new ArrayList<>(List.of(List.of(), List.of(), List.of()));
            KvScope[] scopes = {KvScope.COMMON, KvScope.COMMON, KvScope.COMMON};
            List<Sequence> running = new ArrayList<>();
            for (int step = 0; step < 100; step++) {
                int[] prompt = random.ints(random.nextInt(1, 50), 0, 2).toArray();
                KvScope scope = SCOPES.get(Math.min(random.nextInt(6), 2));
                Optional<KvSlots.Placement> placed = slots.place(prompt, scope);
                assertThat(placed.isEmpty()).isEqualTo(running.size() == 3);
                if (placed.isPresent() && random.nextBoolean()) {
                    KvSlots.Placement place = placed.get();
                    int source = place.copyFrom() >= 0 ? place.copyFrom() : place.slot();
                    List<Integer> prefix =
                            Arrays.stream(prompt).limit(place.cached()).boxed().toList();
                    assertThat(memory.get(source).stream().limit(place.cached()).toList())
                            .isEqualTo(prefix);
                    assertThat(place.cached() == 0 || scopes[source].equals(scope))
                            .isTrue();
                    assertThat(place.cached()).isLessThan(prompt.length);
                    assertThat(running).noneMatch(other -> other.slot() == place.slot());
                    Sequence sequence = sequence(scope, prompt);
                    slots.clear(place.slot());
                    slots.occupy(place.slot(), sequence);
                    sequence.start(place.slot(), place.cached());
                    sequence.advance(random.nextInt(sequence.pending() + 1));
                    memory.set(place.slot(), computed(sequence));
                    scopes[place.slot()] = scope;
                    running.add(sequence);
                } else if (!running.isEmpty()) {
                    slots.release(running.remove(random.nextInt(running.size())).slot());
                }
            }
        }
    }

    private static List<Integer> computed(Sequence sequence) {
        return Arrays.stream(sequence.tokens())
                .limit(sequence.computed())
                .boxed()
                .toList();
    }

    private static void run(KvSlots slots, int... prompt) {
        KvSlots.Placement place = slots.place(prompt, KvScope.COMMON).orElseThrow();
        Sequence sequence = sequence(KvScope.COMMON, prompt);
        slots.occupy(place.slot(), sequence);
        sequence.start(place.slot(), 0);
        sequence.advance(prompt.length);
        slots.release(place.slot());
    }

    private static Sequence sequence(KvScope scope, int... prompt) {
        var request = new GenerationRequest(prompt, 1, false, Sampling.LLAMA_CPP_DEFAULTS, scope.name())
                .with(scope.adapters());
        return new Sequence(request, Optional.empty(), Optional.empty(), CONTEXT, event -> {}, () -> {});
    }
}
