package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KvSlotsTest {
    private static final int CONTEXT = 64;
    private static final int COPY = 32;
    private static final List<KvScope> SCOPES = List.of(
            new KvScope("b", List.of()),
            new KvScope("a", List.of(new AdapterScale("x", 1))),
            new KvScope("a", List.of()));

    @Test
    void aPromptTakesTheFreeSlotWithItsLongestPrefix() {
        KvSlots slots = slots(2, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        run(slots, 5, 6, 7, 8);
        assertThat(place(slots, new int[] {5, 6, 7, 9}, KvScope.COMMON)).contains(new KvSlots.Placement(1, 3, -1));
    }

    @Test
    void theLastTokenOfAPromptIsAlwaysComputedAgain() {
        KvSlots slots = slots(1, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        assertThat(place(slots, new int[] {1, 2, 3}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isEqualTo(2);
    }

    @Test
    void aPromptWithoutAnythingInCommonTakesTheSlotThatWasUsedLeastRecently() {
        KvSlots slots = slots(2, CONTEXT, true, 0);
        run(slots, 1, 2, 3, 4);
        run(slots, 5, 6, 7, 8);
        assertThat(place(slots, new int[] {9, 9}, KvScope.COMMON)).contains(new KvSlots.Placement(0, 0, -1));
    }

    @Test
    void aLongStateIsNotGivenUpForAShortPrefixOfIt() {
        KvSlots slots = slots(2, 4_096, true, 0);
        int[] conversation = new int[1_000];
        Arrays.setAll(conversation, i -> i);
        run(slots, conversation);
        int[] other = Arrays.copyOf(conversation, 200);
        other[199] = -1;
        assertThat(place(slots, other, KvScope.COMMON)).contains(new KvSlots.Placement(1, 199, 0));
    }

    @Test
    void aModelThatCannotTakeTokensBackReusesWholeStatesOnly() {
        KvSlots slots = slots(1, CONTEXT, false, 0);
        run(slots, 1, 2, 3, 4);
        assertThat(place(slots, new int[] {1, 2, 9}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isZero();
        assertThat(place(slots, new int[] {1, 2, 3, 4, 9}, KvScope.COMMON)
                        .orElseThrow()
                        .cached())
                .isEqualTo(4);
    }

    @Test
    void aPromptIsPlacedBesideThoseThatAreComputedSoThatOnePassServesAll() {
        KvSlots slots = slots(5, CONTEXT, true, 0);
        occupy(slots, 2, sequence(KvScope.COMMON, 1, 2));
        assertThat(place(slots, new int[] {7, 8}, KvScope.COMMON).orElseThrow().slot())
                .isIn(1, 3);
    }

    @Test
    void aPrefixThatLiesFarFromThoseThatAreComputedIsCopiedToThem() {
        KvSlots slots = slots(5, 256, true, 0);
        int[] conversation = new int[100];
        Arrays.setAll(conversation, i -> i);
        run(slots, conversation); // in slot 0
        occupy(slots, 4, sequence(KvScope.COMMON, 1, 2));
        assertThat(place(slots, conversation, KvScope.COMMON)).contains(new KvSlots.Placement(3, 99, 0));
    }

    @Test
    void noSlotIsFreeWhenAllHaveOwners() {
        KvSlots slots = slots(1, CONTEXT, true, 0);
        occupy(slots, 0, sequence(KvScope.COMMON, 1, 2));
        assertThat(place(slots, new int[] {1, 2}, KvScope.COMMON)).isEmpty();
    }

    @Test
    void whatWasComputedWithAnAdapterIsForThoseWithTheSameAtTheSameScale() {
        KvSlots slots = slots(2, CONTEXT, true, 0);
        KvScope adapted = new KvScope("", List.of(new AdapterScale("pirate", 1)));
        Sequence sequence = sequence(adapted, 1, 2, 3, 4);
        occupy(slots, 0, sequence);
        sequence.start(0, 0, Reuse.UNKNOWN);
        sequence.advance(4);
        slots.release(0);
        int[] prompt = {1, 2, 3, 9};
        assertThat(place(slots, prompt, adapted)).contains(new KvSlots.Placement(0, 3, -1));
        assertThat(place(slots, prompt, KvScope.COMMON).orElseThrow().cached()).isZero();
        KvScope weaker = new KvScope("", List.of(new AdapterScale("pirate", 0.5f)));
        assertThat(place(slots, prompt, weaker).orElseThrow().cached()).isZero();
    }

    @Test
    void aPromptIsPlacedBesideThoseWithItsAdapters() {
        KvSlots slots = slots(5, CONTEXT, true, 0);
        KvScope adapted = new KvScope("", List.of(new AdapterScale("pirate", 1)));
        occupy(slots, 0, sequence(KvScope.COMMON, 1, 2));
        occupy(slots, 3, sequence(adapted, 1, 2));
        assertThat(place(slots, new int[] {7, 8}, adapted).orElseThrow().slot()).isIn(2, 4);
        assertThat(place(slots, new int[] {7, 8}, KvScope.COMMON).orElseThrow().slot())
                .isEqualTo(1);
    }

    @Test
    void aPaddingTokenMayGoWhereItCanBeTakenBack() {
        KvSlots rewinding = slots(2, CONTEXT, true, 1);
        occupy(rewinding, 0, sequence(KvScope.COMMON, 1, 2));
        assertThat(rewinding.canPad(0)).isTrue();
        KvSlots recurrent = slots(2, CONTEXT, false, 1);
        occupy(recurrent, 0, sequence(KvScope.COMMON, 1, 2));
        assertThat(recurrent.canPad(0)).isFalse();
        assertThat(recurrent.canPad(1)).isTrue();
    }

    @Test
    void conversationsThatTakeTurnsKeepASlotEach() {
        KvSlots slots = slots(4, 4_096, true, 1);
        int[] a = numbers(0, 1_500);
        int[] b = numbers(0, 3, 7, 1_500); // another one begins with the same three tokens
        List<Integer> cached = new ArrayList<>();
        for (int[] prompt : List.of(a, a, b, a, b, a)) {
            cached.add(run(slots, prompt).cached());
        }
        assertThat(cached.subList(1, 2)).containsExactly(1_499);
        assertThat(cached.subList(3, 6)).containsExactly(1_499, 1_502, 1_499);
    }

    @Test
    void sideRequestsTakeEachOthersSlotAndNotThatOfALongConversation() {
        KvSlots slots = slots(2, 8_192, true, 1);
        int[] conversation = numbers(0, 3_000);
        int home = run(slots, conversation).slot();
        for (int side = 1; side <= 6; side++) {
            assertThat(run(slots, numbers(0, 3, 10_000 * side, 200)).slot()).isNotEqualTo(home);
        }
        assertThat(run(slots, conversation).cached()).isEqualTo(2_999);
    }

    @Test
    void aConversationThatNobodyGoesOnWithIsGivenUpInTheEnd() {
        KvSlots slots = slots(2, 8_192, true, 1);
        int home = run(slots, numbers(0, 3_000)).slot();
        List<Integer> taken = new ArrayList<>();
        for (int other = 1; other <= 60; other++) {
            taken.add(run(slots, numbers(10_000 * other, 200)).slot());
        }
        assertThat(taken).contains(home);
    }

    @Test
    void anAnswerThatTheConversationNowHasInOtherWordsIsNotKept() {
        KvSlots slots = slots(2, 8_192, true, 1);
        Sequence first = sequence(KvScope.COMMON, numbers(0, 1_000));
        occupy(slots, 0, first);
        first.start(0, 0, Reuse.UNKNOWN);
        first.advance(1_000);
        for (int i = 0; i < 40; i++) { // its answer
            first.accept(new GenerationEvent.Token(-i, new byte[0]), false);
            first.advance(1);
        }
        slots.release(0);
        assertThat(place(slots, numbers(0, 1_000, 5_000, 100), KvScope.COMMON))
                .contains(new KvSlots.Placement(0, 1_000, -1));
    }

    @Test
    void aPromptThatBranchesOffGoesIntoAnEmptySlotWithACopy() {
        KvSlots slots = slots(2, 8_192, true, 1);
        run(slots, numbers(0, 3_000));
        assertThat(place(slots, numbers(0, 2_000, 50_000, 100), KvScope.COMMON))
                .contains(new KvSlots.Placement(1, 2_000, 0));
    }

    @Test
    void aSlotWhoseStateIsElsewhereTooIsTakenBeforeOneThatIsUnique() {
        KvSlots slots = slots(3, 8_192, true, 1);
        run(slots, numbers(0, 1_000)); // in slot 0
        run(slots, numbers(50_000, 500)); // in slot 1
        occupy(slots, 0, sequence(KvScope.COMMON, numbers(0, 1_000)));
        Sequence twin = sequence(KvScope.COMMON, numbers(0, 1_000));
        slots.occupy(new KvSlots.Placement(2, 999, 0), twin);
        twin.start(2, 999, Reuse.UNKNOWN);
        twin.advance(1);
        slots.release(2);
        assertThat(place(slots, numbers(90_000, 400), KvScope.COMMON)
                        .orElseThrow()
                        .slot())
                .isEqualTo(2);
    }

    @Test
    void aPaddingTokenIsNotPutBehindAStateThatCannotBeCut() {
        KvSlots recurrent = slots(2, CONTEXT, false, 1);
        run(recurrent, 1, 2, 3);
        assertThat(recurrent.canPad(0)).isFalse();
        assertThat(recurrent.canPad(1)).isTrue();
    }

    @Test
    void aDeterministicPromptReusesWholeChunksThatWereComputedAlone() {
        KvSlots slots = slots(2, 4_096, true, 1);
        int[] prompt = numbers(0, 43);
        run(slots, prompt); // among others: of no use
        assertThat(place(slots, new ScopedPrompt(prompt, KvScope.COMMON, true))
                        .orElseThrow()
                        .cached())
                .isZero();
        KvSlots.Placement place =
                place(slots, new ScopedPrompt(prompt, KvScope.COMMON, true)).orElseThrow();
        Sequence exact = new Sequence(
                request(KvScope.COMMON, prompt).deterministically(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                4_096,
                0,
                event -> {},
                () -> {});
        slots.occupy(place, exact);
        exact.start(place.slot(), place.cached(), Reuse.UNKNOWN);
        exact.advance(43);
        slots.release(place.slot());
        assertThat(place(slots, new ScopedPrompt(prompt, KvScope.COMMON, true))
                        .orElseThrow()
                        .cached())
                .isEqualTo(40);
        assertThat(place(slots, new ScopedPrompt(prompt, KvScope.COMMON, false))
                        .orElseThrow()
                        .cached())
                .isEqualTo(42);
        run(slots, numbers(0, 20, 70, 9)); // cuts it, and goes on among others
        assertThat(place(slots, new ScopedPrompt(prompt, KvScope.COMMON, true))
                        .orElseThrow()
                        .cached())
                .isIn(16, 40);
    }

    /**
     * As many conversations as slots but one, and side requests in between: each finds all that it had. Conversations
     * have a first token of their own, then two tokens, so that nothing but the right slot will do.
     */
    @Test
    void conversationsThatFitAreFoundWholeWhateverComesBetween() {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int count = random.nextInt(2, 7);
            KvSlots slots = slots(count, 4_096, true, random.nextInt(2));
            List<int[]> conversations = new ArrayList<>();
            for (int i = 0; i < count - 1; i++) {
                conversations.add(new int[] {100 + i});
            }
            for (int turn = 0; turn < 20; turn++) {
                for (int i = 0; i < conversations.size(); i++) {
                    int[] before = conversations.get(i);
                    int[] now = extended(before, random, random.nextInt(150, 200));
                    conversations.set(i, now);
                    int expected = turn == 0 ? 0 : before.length;
                    assertThat(run(slots, now).cached()).as("seed %d", seed).isEqualTo(expected);
                    if (random.nextInt(3) == 0) {
                        run(slots, extended(new int[] {1_000 + random.nextInt(1_000)}, random, random.nextInt(1, 20)));
                    }
                }
            }
        }
    }

    private static int[] extended(int[] prompt, SplittableRandom random, int more) {
        int[] longer = Arrays.copyOf(prompt, prompt.length + more);
        for (int i = prompt.length; i < longer.length; i++) {
            longer[i] = random.nextInt(2);
        }
        return longer;
    }

    /** Runs of numbers that go up: pairs of the first one and how many. */
    private static int[] numbers(int... runs) {
        IntStream all = IntStream.empty();
        for (int i = 0; i < runs.length; i += 2) {
            all = IntStream.concat(all, IntStream.range(runs[i], runs[i] + runs[i + 1]));
        }
        return all.toArray();
    }

    /** Two tokens and few scopes, so that prefixes are shared all the time. */
    @Test
    void whatIsSaidToBeCachedIsInTheSlotAndOfTheSameScope() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            KvSlots slots = slots(3, CONTEXT, true, 0);
            List<List<Integer>> memory = new ArrayList<>(List.of(List.of(), List.of(), List.of()));
            KvScope[] scopes = {KvScope.COMMON, KvScope.COMMON, KvScope.COMMON};
            List<Sequence> running = new ArrayList<>();
            for (int step = 0; step < 100; step++) {
                int[] prompt = random.ints(random.nextInt(1, 50), 0, 2).toArray();
                KvScope scope = SCOPES.get(Math.min(random.nextInt(6), 2));
                Optional<KvSlots.Placement> placed = place(slots, prompt, scope);
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
                    slots.occupy(place, sequence);
                    sequence.start(place.slot(), place.cached(), Reuse.UNKNOWN);
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

    @Test
    void onADeviceAShortPromptIsOverwrittenRatherThanManyPaddingTokensComputed() {
        KvSlots slots = slots(16, CONTEXT, true, 16);
        occupy(slots, 0, sequence(KvScope.COMMON, numbers(0, 40)));
        occupy(slots, 1, sequence(KvScope.COMMON, numbers(100, 20)));
        slots.release(1);
        for (int id = 2; id < 15; id++) {
            occupy(slots, id, sequence(KvScope.COMMON, numbers(1_000 * id, 30)));
            slots.release(id);
        }
        assertThat(place(slots, numbers(50_000, 30), KvScope.COMMON))
                .map(KvSlots.Placement::slot)
                .contains(1);
    }

    private static KvSlots slots(int count, int contextTokens, boolean canRewind, int padding) {
        return new KvSlots(count, new KvSlots.Traits(contextTokens, COPY, canRewind, 0, padding, 8, false), _ -> 0);
    }

    private static Optional<KvSlots.Placement> place(KvSlots slots, int[] prompt, KvScope scope) {
        return place(slots, new ScopedPrompt(prompt, scope, false));
    }

    private static Optional<KvSlots.Placement> place(KvSlots slots, ScopedPrompt prompt) {
        return new SlotChoice(slots, new PrefixStore(0, Optional.empty(), slots)).place(prompt);
    }

    private static void occupy(KvSlots slots, int id, Sequence sequence) {
        slots.occupy(new KvSlots.Placement(id, 0, -1), sequence);
    }

    private static List<Integer> computed(Sequence sequence) {
        return Arrays.stream(sequence.tokens())
                .limit(sequence.computed())
                .boxed()
                .toList();
    }

    private static KvSlots.Placement run(KvSlots slots, int... prompt) {
        KvSlots.Placement place = place(slots, prompt, KvScope.COMMON).orElseThrow();
        Sequence sequence = sequence(KvScope.COMMON, prompt);
        slots.occupy(place, sequence);
        sequence.start(place.slot(), place.cached(), Reuse.UNKNOWN);
        sequence.advance(sequence.pending());
        slots.release(place.slot());
        return place;
    }

    private static Sequence sequence(KvScope scope, int... prompt) {
        return new Sequence(
                request(scope, prompt),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                8_192,
                0,
                event -> {},
                () -> {});
    }

    private static GenerationRequest request(KvScope scope, int... prompt) {
        return GenerationRequest.of(prompt, 100)
                .cacheScope(scope.name())
                .build()
                .with(scope.adapters());
    }
}
