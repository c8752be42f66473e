package dev.gufo.engine.pool;

import static dev.gufo.engine.pool.FakeModels.mib;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ResidentsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(5);

    /** a, b and c fill the GPU together; large does so alone, huge never fits, and flexible makes do with the CPU. */
    private static FakeModels models() {
        return new FakeModels()
                .with("a", 40)
                .with("b", 40)
                .with("c", 20)
                .with("d", 40)
                .with("large", 100)
                .with("huge", 101)
                .with("flexible", mib(60, 0), mib(0, 60))
                .with("flexible and huge", mib(200, 0), mib(20, 80));
    }

    private static Machine machine(Duration keepAlive, String... pinned) {
        var settings = new ModelPool.Settings(keepAlive, PATIENCE, RETRY, Set.of(pinned)::contains);
        return new Machine(settings, mib(100, 100), models());
    }

    private static Machine machine(String... pinned) {
        return machine(Duration.ZERO, pinned);
    }

    @Test
    void aModelIsLoadedOnceForAllWhoWaitForIt() {
        Machine machine = machine();
        List<Claim> claims =
                IntStream.range(0, 5).mapToObj(_ -> machine.request("a")).toList();
        assertThat(claims).noneMatch(ResidentsTest::isGranted);
        machine.loaded("a");
        assertThat(claims).allMatch(ResidentsTest::isGranted);
        assertThat(machine.log).containsExactly("load a");
        assertThat(machine.request("a")).matches(ResidentsTest::isGranted);
    }

    @Test
    void aLoadReservesItsMemoryBeforeItBegins() {
        Machine machine = machine();
        machine.request("large");
        machine.request("a");
        assertThat(machine.residents.used()).isEqualTo(mib(100, 0));
        assertThat(machine.log).containsExactly("load large");
    }

    @Test
    void severalAreLoadedAtOnceIfMemoryAllows() {
        Machine machine = machine();
        machine.request("a");
        machine.request("b");
        machine.request("c");
        assertThat(machine.loading).containsExactly("a", "b", "c");
    }

    @Test
    void memoryIsFreeOnlyWhenTheEngineIsClosed() {
        Machine machine = machine();
        machine.has("large", SECOND);
        machine.request("a");
        assertThat(machine.closing).containsExactly("large");
        assertThat(machine.residents.used()).isEqualTo(mib(100, 0));
        assertThat(machine.loading).isEmpty();
        machine.gone("large");
        assertThat(machine.loading).containsExactly("a");
    }

    @Test
    void theOneThatWasNotUsedForLongestGoesFirst() {
        Machine machine = machine();
        machine.has("a", SECOND);
        machine.pass(SECOND);
        machine.has("b", SECOND);
        machine.pass(SECOND);
        machine.has("c", SECOND);
        machine.request("d");
        assertThat(machine.closing).containsExactly("a");
    }

    @Test
    void oneThatIsSlowToLoadStaysLonger() {
        Machine machine = machine();
        machine.has("a", SECOND.multipliedBy(60));
        machine.has("b", SECOND);
        machine.pass(SECOND.multipliedBy(5));
        machine.request("flexible");
        assertThat(machine.closing).containsExactly("b");
    }

    @Test
    void whoTurnsOutNotToBeNeededStays() {
        Machine machine = new Machine(
                ModelPool.Settings.DEFAULT,
                mib(100, 0),
                new FakeModels().with("small", 10).with("big", 90).with("wanted", 80));
        machine.has("small", SECOND);
        machine.pass(SECOND);
        machine.has("big", SECOND);
        machine.request("wanted");
        assertThat(machine.closing).containsExactly("big");
    }

    @Test
    void nobodyInUseIsClosed() {
        Machine machine = machine();
        Claim using = machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE.dividedBy(2));
        assertThat(machine.closing).isEmpty();
        assertThat(machine.request("large")).matches(ResidentsTest::isGranted).satisfies(machine::leave);
        machine.leave(using);
        assertThat(machine.closing).containsExactly("large");
        machine.gone("large");
        machine.loaded("a");
        assertThat(waiting).matches(ResidentsTest::isGranted);
    }

    @Test
    void whoIsUsedAgainWhileItsEvictionIsPlannedStaysOpenToAll() {
        Machine machine = machine();
        machine.has("large", SECOND);
        machine.plansSlowly = true;
        machine.request("a");
        Claim again = machine.request("large");
        machine.decide();
        machine.decide();
        assertThat(machine.residents.residency("large")).isInstanceOf(Residency.Loaded.class);
        machine.leave(again);
        machine.decide();
        assertThat(machine.closing).containsExactly("large");
    }

    @Test
    void whoHasBeenSkippedWhileItWasPlannedIsNotLoaded() {
        Machine machine = machine();
        machine.plansSlowly = true;
        Claim first = machine.request("a");
        machine.request("b");
        machine.leave(first);
        machine.decide();
        assertThat(machine.loading).isEmpty();
        machine.decide();
        assertThat(machine.loading).containsExactly("b");
    }

    @Test
    void anIdleOneGoesBeforeABusyOneOfLessValue() {
        Machine machine = machine();
        Claim using = machine.uses("a");
        machine.pass(SECOND.multipliedBy(5));
        machine.has("b", SECOND.multipliedBy(60));
        machine.request("flexible");
        assertThat(machine.closing).containsExactly("b");
        assertThat(isGranted(using)).isTrue();
    }

    @Test
    void whenPatienceEndsBusyOnesAreClosedToNewcomersWhoQueueBehind() {
        Machine machine = machine();
        Claim first = machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE);
        assertThat(machine.closing).isEmpty();
        assertThat(machine.residents.residency("large")).isEqualTo(new Residency.Unloading(1));
        Claim newcomer = machine.request("large");
        assertThat(isGranted(newcomer)).isFalse();
        machine.leave(first);
        machine.gone("large");
        machine.loaded("a");
        assertThat(waiting).matches(ResidentsTest::isGranted);
        machine.leave(waiting);
        machine.gone("a");
        machine.loaded("large");
        assertThat(newcomer).matches(ResidentsTest::isGranted);
    }

    @Test
    void whoWasBarredForAModelThatNobodyWantsAnyMoreServesNewcomersAgain() {
        Machine machine = machine();
        Claim stream = machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE);
        Claim newcomer = machine.request("large");
        machine.leave(waiting);
        assertThat(newcomer).matches(ResidentsTest::isGranted);
        assertThat(machine.request("large")).matches(ResidentsTest::isGranted).satisfies(machine::leave);
        assertThat(leases(machine, "large")).isEqualTo(2);
        machine.leave(stream);
        machine.leave(newcomer);
        assertThat(machine.log).containsExactly("load large");
    }

    @Test
    void whoWasBarredServesNewcomersAgainWhileAPlanIsMade() {
        Machine machine = machine();
        machine.uses("a");
        Claim other = machine.uses("b");
        Claim waiting = machine.request("large");
        machine.pass(PATIENCE);
        machine.plansSlowly = true;
        machine.leave(other); // so the head of the line is planned again
        machine.leave(waiting);
        assertThat(machine.request("a")).matches(ResidentsTest::isGranted);
    }

    @Test
    void whoWasBarredForAModelThatCannotBeLoadedServesNewcomersAgain() {
        FakeModels models = models();
        Machine machine = new Machine(ModelPool.Settings.DEFAULT, mib(100, 100), models);
        Claim stream = machine.uses("a");
        Claim other = machine.uses("b");
        Claim waiting = machine.request("large");
        machine.pass(PATIENCE);
        Claim newcomer = machine.request("a");
        models.with("large", 101); // its file has grown
        machine.leave(other);
        assertThat(reason(waiting)).contains("large takes 101 MiB");
        assertThat(newcomer).matches(ResidentsTest::isGranted);
        machine.leave(stream);
        assertThat(machine.closing).containsExactly("b");
    }

    @Test
    void whoWasBarredForAModelThatGetsByWithoutItServesNewcomersAgain() {
        Machine machine = machine();
        Claim stream = machine.uses("a");
        machine.pass(SECOND);
        Claim other = machine.uses("b");
        machine.uses("c");
        Claim waiting = machine.request("d");
        machine.pass(PATIENCE);
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Unloading(1));
        Claim newcomer = machine.request("a");
        machine.leave(other);
        machine.gone("b");
        machine.loaded("d");
        assertThat(waiting).matches(ResidentsTest::isGranted);
        assertThat(newcomer).matches(ResidentsTest::isGranted);
        machine.leave(stream);
        assertThat(machine.closing).isEmpty();
    }

    @Test
    void aBarIsLiftedWhileItIsTheTurnOfSomebodyElse() {
        Machine machine = machine();
        Claim unloaded = machine.uses("c");
        machine.unload("c");
        machine.request("c"); // first in line, lets others pass until it is gone
        machine.uses("a");
        machine.uses("b");
        machine.request("d");
        machine.pass(PATIENCE);
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Unloading(1));
        machine.plansSlowly = true;
        machine.leave(unloaded);
        machine.gone("c");
        assertThat(machine.residents.residency("a")).isInstanceOf(Residency.Loaded.class);
        machine.decide(); // for d, which is not first any more
        machine.decide();
        assertThat(machine.loading).containsExactly("c");
        machine.decide();
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Unloading(1));
    }

    @Test
    void whatTheOperatorUnloadsLeavesAlsoIfItWasBarredForSomebodyWhoIsGone() {
        Machine machine = machine();
        Claim stream = machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE);
        machine.unload("large");
        machine.leave(waiting);
        assertThat(machine.residents.residency("large")).isEqualTo(new Residency.Unloading(1));
        machine.leave(stream);
        assertThat(machine.closing).containsExactly("large");
    }

    @Test
    void anEngineThatBrokeWhileItWasBarredServesNobodyAgain() {
        Machine machine = machine();
        Claim stream = machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE);
        Claim newcomer = machine.request("large");
        machine.engines.get("large").failed("its worker died too often");
        machine.leave(waiting);
        assertThat(isGranted(newcomer)).isFalse();
        machine.leave(stream);
        machine.gone("large");
        machine.loaded("large");
        assertThat(newcomer).matches(ResidentsTest::isGranted);
    }

    @Test
    void aPoolThatShutsClosesAlsoWhoWasBarred() {
        Machine machine = machine();
        machine.uses("large");
        Claim waiting = machine.request("a");
        machine.pass(PATIENCE);
        machine.residents.shut();
        machine.leave(waiting);
        assertThat(machine.closing).containsExactly("large");
    }

    @Test
    void onlyTheLeastValuableBusyOneThatMakesRoomIsClosedToNewcomers() {
        Machine machine = machine();
        machine.uses("a");
        machine.pass(SECOND);
        machine.uses("b");
        machine.request("c");
        machine.loaded("c");
        machine.request("flexible and huge"); // 20 on the GPU
        machine.pass(PATIENCE);
        assertThat(machine.residents.residency("a")).isInstanceOf(Residency.Unloading.class);
        assertThat(machine.residents.residency("b")).isInstanceOf(Residency.Loaded.class);
        assertThat(machine.residents.residency("c")).isInstanceOf(Residency.Loaded.class);
    }

    @Test
    void aModelThatIsAlwaysInUseStarvesNobody() {
        Machine machine = machine();
        Claim using = machine.uses("large");
        Claim waiting = machine.request("b");
        for (int i = 0; i < 15; i++) {
            Claim next = machine.request("large");
            machine.leave(using); // after the next one has come: there is always one
            using = next;
            machine.pass(SECOND);
        }
        assertThat(machine.closing).containsExactly("large");
        machine.gone("large");
        machine.loaded("b");
        assertThat(waiting).matches(ResidentsTest::isGranted);
    }

    @Test
    void whoCanNeverFitFailsAtOnceAndNobodyLeavesForIt() {
        Machine machine = machine();
        machine.has("a", SECOND);
        assertThat(reason(machine.request("huge")))
                .contains("huge takes 101 MiB on gpu, free are 100 MiB on cpu and 100 MiB on gpu");
        assertThat(machine.closing).isEmpty();
    }

    @Test
    void theRefusalSaysWhatPinnedModelsHoldAndNamesNone() {
        Machine machine = machine("c", "a");
        machine.has("c", SECOND);
        machine.has("a", SECOND);
        assertThat(reason(machine.request("large")))
                .isEqualTo("large takes 100 MiB on gpu, free are 100 MiB on cpu and 40 MiB on gpu;"
                        + " pinned models that stay: 2, with 60 MiB on gpu");
        assertThat(machine.closing).isEmpty();
    }

    @Test
    void aPinnedModelIsNeitherEvictedNorUnloadedForIdleness() {
        Machine machine = machine(SECOND, "a");
        machine.has("a", SECOND);
        machine.has("b", SECOND);
        machine.request("flexible");
        assertThat(machine.closing).containsExactly("b");
        machine.pass(Duration.ofHours(1));
        assertThat(machine.closing).containsExactly("b");
    }

    @Test
    void aModelThatIsPinnedLaterStaysUntilItIsLetGo() {
        Machine machine = machine(SECOND);
        machine.has("a", SECOND);
        machine.pin("a", true);
        machine.pass(Duration.ofHours(1));
        assertThat(machine.closing).isEmpty();
        assertThat(machine.residents.isPinned("a")).isTrue();
        machine.pin("a", false);
        machine.pass(SECOND);
        assertThat(machine.closing).containsExactly("a");
    }

    @Test
    void aModelThatWasPinnedAtTheStartMakesRoomOnceItIsLetGo() {
        Machine machine = machine("c");
        machine.has("c", SECOND);
        machine.pin("c", false);
        machine.request("large");
        assertThat(machine.closing).containsExactly("c");
    }

    @Test
    void crampedIsGoodEnoughIfEvictionDoesNotHelp() {
        Machine machine = machine();
        machine.has("a", SECOND);
        machine.request("flexible and huge"); // never has the 200 that it would like
        assertThat(machine.log).containsExactly("load a", "load flexible and huge");
    }

    @Test
    void othersLeaveForAModelThatWouldBeCramped() {
        Machine machine = machine();
        machine.has("large", SECOND);
        machine.request("flexible");
        assertThat(machine.closing).containsExactly("large");
        machine.gone("large");
        assertThat(machine.residents.used()).isEqualTo(mib(60, 0));
    }

    @Test
    void aPinnedModelLetsAnotherBeCramped() {
        Machine machine = machine("large");
        machine.has("large", SECOND);
        machine.request("flexible");
        assertThat(machine.closing).isEmpty();
        assertThat(machine.residents.used()).isEqualTo(mib(100, 60));
    }

    @Test
    void whoNeedsAModelToBeLoadedFirstWaitsForThat() {
        Machine machine = machine();
        Claim large = machine.request("large");
        machine.request("a");
        machine.pass(PATIENCE.multipliedBy(2));
        assertThat(machine.log).containsExactly("load large");
        machine.loaded("large");
        assertThat(large).matches(ResidentsTest::isGranted);
        machine.leave(large);
        machine.gone("large");
        assertThat(machine.loading).containsExactly("a");
    }

    @Test
    void anIdleModelIsUnloadedAfterKeepAlive() {
        Machine machine = machine(SECOND.multipliedBy(3));
        Claim using = machine.uses("a");
        machine.pass(SECOND.multipliedBy(10));
        assertThat(machine.closing).isEmpty();
        machine.leave(using);
        machine.pass(SECOND.multipliedBy(2));
        assertThat(machine.closing).isEmpty();
        machine.leave(machine.request("a"));
        machine.pass(SECOND.multipliedBy(2));
        assertThat(machine.closing).isEmpty();
        machine.pass(SECOND);
        assertThat(machine.closing).containsExactly("a");
    }

    @Test
    void withoutKeepAliveAnIdleModelStays() {
        Machine machine = machine();
        machine.has("a", SECOND);
        machine.pass(Duration.ofDays(365));
        assertThat(machine.closing).isEmpty();
    }

    @Test
    void whatTheOperatorUnloadsLeavesWhenNobodyUsesItAndComesBackForNewcomers() {
        Machine machine = machine("a");
        Claim using = machine.uses("a");
        machine.unload("a");
        Claim newcomer = machine.request("a");
        assertThat(machine.closing).isEmpty();
        machine.leave(using);
        assertThat(machine.closing).containsExactly("a");
        assertThat(machine.reasons).containsExactly("a test asked for it");
        machine.gone("a");
        machine.loaded("a");
        assertThat(newcomer).matches(ResidentsTest::isGranted);
    }

    @Test
    void unloadingWhatIsNotLoadedDoesNothing() {
        Machine machine = machine();
        machine.unload("a");
        assertThat(machine.residents.residencies()).isEmpty();
        assertThat(machine.log).isEmpty();
    }

    @Test
    void unloadingWhatIsBeingLoadedServesThoseWhoWaitFirst() {
        Machine machine = machine();
        Claim waiting = machine.request("a");
        machine.unload("a");
        machine.loaded("a");
        assertThat(waiting).matches(ResidentsTest::isGranted);
        machine.leave(waiting);
        assertThat(machine.closing).containsExactly("a");
    }

    @Test
    void unloadingWhatIsBeingLoadedForNobodyEndsTheLoad() {
        Machine machine = machine();
        Claim waiting = machine.request("a");
        machine.begun("a");
        machine.leave(waiting);
        machine.unload("a");
        assertThat(machine.closing).containsExactly("a");
    }

    @Test
    void aModelThatIsStillLeavingLetsOthersPass() {
        Machine machine = machine();
        Claim using = machine.uses("a");
        machine.unload("a");
        machine.request("a");
        machine.request("b");
        assertThat(machine.loading).containsExactly("b");
        machine.leave(using);
        machine.gone("a");
        assertThat(machine.loading).containsExactly("b", "a");
    }

    @Test
    void loadsAreDecidedInOrderOfArrival() {
        Machine machine = machine();
        Claim using = machine.uses("a");
        machine.request("large");
        machine.request("c");
        assertThat(machine.loading).isEmpty(); // c would fit
        assertThat(machine.residents.residency("large")).isEqualTo(new Residency.Waiting(0));
        assertThat(machine.residents.residency("c")).isEqualTo(new Residency.Waiting(1));
        machine.leave(using);
        machine.gone("a");
        assertThat(machine.loading).containsExactly("large");
    }

    @Test
    void aFailedLoadFailsAllWhoWaitAndIsTriedAgainAfterAWhile() {
        Machine machine = machine();
        List<Claim> claims = List.of(machine.request("a"), machine.request("a"));
        machine.notBegun("a", "no such library");
        assertThat(claims).allSatisfy(claim -> assertThat(reason(claim)).isEqualTo("no such library"));
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Failed("no such library"));
        machine.pass(RETRY.minusMillis(1));
        assertThat(reason(machine.request("a"))).isEqualTo("no such library");
        assertThat(machine.loading).isEmpty();
        machine.pass(Duration.ofMillis(1));
        machine.request("a");
        assertThat(machine.loading).containsExactly("a");
    }

    @Test
    void aLoadThatFailsInItsEngineGivesTheMemoryBackWhenThatIsClosed() {
        Machine machine = machine();
        Claim claim = machine.request("large");
        machine.begun("large").failed("out of memory");
        machine.pass(SECOND);
        assertThat(reason(claim)).isEqualTo(EngineException.INSIDE);
        assertThat(reason(machine.request("large"))).isEqualTo(EngineException.INSIDE);
        Claim next = machine.request("a");
        assertThat(machine.loading).isEmpty();
        machine.gone("large");
        machine.loaded("a");
        assertThat(next).matches(ResidentsTest::isGranted);
        assertThat(machine.residents.residency("large")).isEqualTo(new Residency.Failed("out of memory"));
    }

    @Test
    void aModelThatDoesNotExistFails() {
        Machine machine = machine();
        assertThat(reason(machine.request("unheard of"))).isEqualTo("there is no model unheard of");
        assertThat(machine.residents.used()).isEqualTo(Footprint.NONE);
    }

    @Test
    void anEngineThatBrokeIsReplacedAtTheNextRequest() {
        Machine machine = machine();
        machine.has("a", SECOND);
        machine.engines.get("a").failed("its worker died too often");
        Claim claim = machine.request("a");
        assertThat(isGranted(claim)).isFalse();
        assertThat(machine.closing).containsExactly("a");
        machine.gone("a");
        machine.loaded("a");
        assertThat(claim).matches(ResidentsTest::isGranted);
    }

    @Test
    void anEngineThatBrokeGivesItsMemoryBackWithoutARequest() {
        Machine machine = machine("a");
        Claim using = machine.uses("a");
        machine.engines.get("a").failed("its worker died too often");
        machine.pass(SECOND);
        assertThat(machine.closing).isEmpty();
        machine.leave(using);
        machine.gone("a");
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Unloaded());
    }

    @Test
    void anEngineThatIsBeingRestartedStaysLoaded() {
        Machine machine = machine();
        machine.has("a", SECOND);
        machine.engines.get("a").becomes(new EngineStatus.Restarting("killed", SECOND));
        machine.pass(SECOND);
        assertThat(machine.request("a")).matches(ResidentsTest::isGranted);
        assertThat(machine.residents.residency("a"))
                .isInstanceOfSatisfying(
                        Residency.Loaded.class,
                        loaded -> assertThat(loaded.engine()).isInstanceOf(EngineStatus.Restarting.class));
    }

    @Test
    void whatNobodyWaitsForAnyMoreIsSkippedUnlessItIsBeingLoaded() {
        Machine machine = machine();
        Claim using = machine.uses("a");
        Claim large = machine.request("large");
        machine.request("c");
        machine.leave(large);
        assertThat(machine.loading).containsExactly("c");
        assertThat(machine.residents.residency("large")).isEqualTo(new Residency.Unloaded());

        Claim b = machine.request("b");
        machine.leave(b);
        machine.loaded("b");
        assertThat(machine.residents.residency("b")).isInstanceOf(Residency.Loaded.class);
        assertThat(isGranted(using)).isTrue();
    }

    @Test
    void aLeaseThatWasGivenBackTwiceCountsOnce() {
        Machine machine = machine();
        Claim one = machine.uses("large");
        Claim other = machine.request("large");
        machine.leave(one);
        machine.leave(one);
        machine.request("a");
        assertThat(machine.closing).isEmpty();
        machine.leave(other);
        assertThat(machine.closing).containsExactly("large");
    }

    @Test
    void progressIsWhatTheEngineSays() {
        Machine machine = machine();
        machine.request("a");
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Loading(0));
        machine.begun("a").becomes(new EngineStatus.Loading(42));
        assertThat(machine.residents.residency("a")).isEqualTo(new Residency.Loading(42));
        assertThat(machine.residents.engine("a")).isPresent();
    }

    @Test
    void aPoolThatShutsClosesAllAndRefusesThoseWhoWait() {
        Machine machine = machine();
        machine.uses("a");
        machine.request("b");
        Claim waiting = machine.request("large");
        machine.residents.shut();
        machine.pass(Duration.ZERO);
        assertThat(waiting.answer()).contains(new Claim.Answer.Shut());
        assertThat(machine.request("a").answer()).contains(new Claim.Answer.Shut());
        assertThat(machine.closing).containsExactly("a");
        machine.gone("a");
        assertThat(machine.residents.isEmpty()).isFalse();
        machine.begun("b"); // its loader had not returned
        machine.gone("b");
        assertThat(machine.residents.isEmpty()).isTrue();
        assertThat(machine.residents.used()).isEqualTo(Footprint.NONE);
    }

    private static boolean isGranted(Claim claim) {
        return claim.answer().filter(Claim.Answer.Granted.class::isInstance).isPresent();
    }

    private static int leases(Machine machine, String id) {
        return machine.residents.residency(id) instanceof Residency.Loaded loaded ? loaded.leases() : -1;
    }

    private static String reason(Claim claim) {
        Optional<Claim.Answer> answer = claim.answer();
        return answer.isPresent() && answer.get() instanceof Claim.Answer.Failed(String reason) ? reason : "";
    }
}
