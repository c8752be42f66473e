package dev.gufo;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Duration;
import org.jspecify.annotations.NullMarked;

/** The arrows of ARCHITECTURE.md. */
@AnalyzeClasses(packages = "dev.gufo", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    private static final String[] FOREIGN = {"java.lang.foreign.."};

    private static final String[] FEATURES = {
        "dev.gufo.server.chat",
        "dev.gufo.server.completions",
        "dev.gufo.server.embeddings",
        "dev.gufo.server.messages",
        "dev.gufo.server.moderations",
        "dev.gufo.server.responses",
        "dev.gufo.server.tokens"
    };

    @ArchTest
    static final ArchRule modulesKnowOnlyWhatLiesBelowThem = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("tokenizer")
            .definedBy("dev.gufo.tokenizer..", "dev.gufo.template..", "dev.gufo.chat..", "dev.gufo.grammar..")
            .layer("models")
            .definedBy("dev.gufo.gguf..", "dev.gufo.store..")
            .layer("fixtures")
            .definedBy("dev.gufo.fixtures..", "dev.gufo.onnx..")
            .layer("engine")
            .definedBy("dev.gufo.engine..")
            .layer("server")
            .definedBy("dev.gufo.server..")
            .whereLayer("server")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("fixtures")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("engine")
            .mayOnlyBeAccessedByLayers("server")
            .whereLayer("models")
            .mayOnlyBeAccessedByLayers("fixtures", "engine", "server");

    @ArchTest
    static final ArchRule packagesDoNotDependOnEachOtherInACircle =
            slices().matching("dev.gufo.(**)").should().beFreeOfCycles();

    @ArchTest
    static void everyPackageIsCheckedForNulls(JavaClasses classes) {
        assertThat(classes.getPackage("dev.gufo").getSubpackagesInTree())
                .filteredOn(each -> !each.getClasses().isEmpty())
                .allSatisfy(each -> assertThat(each.isAnnotatedWith(NullMarked.class))
                        .as(each.getName())
                        .isTrue());
    }

    @ArchTest
    static final ArchRule nativeCodeHasOneDoor = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gufo.engine.llama")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FOREIGN);

    @ArchTest
    static final ArchRule noPointerLeavesTheDoor = noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("dev.gufo.engine.llama")
            .and()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .haveRawReturnType(DescribedPredicate.describe(
                    "in java.lang.foreign",
                    (JavaClass type) -> type.getPackageName().equals("java.lang.foreign")));

    @ArchTest
    static final ArchRule noPointerEntersTheDoor = methods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("dev.gufo.engine.llama")
            .and()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .notHaveRawParameterTypes(DescribedPredicate.describe(
                    "one in java.lang.foreign",
                    types -> types.stream()
                            .anyMatch(type -> type.getPackageName().equals("java.lang.foreign"))));

    @ArchTest
    static final ArchRule onlyTheServerKnowsHttp = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gufo.server..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..", "info.picocli..");

    @ArchTest
    static final ArchRule theSeamKnowsNoEngine = noClasses()
            .that()
            .resideInAPackage("dev.gufo.engine")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("dev.gufo.engine.*..").and(resideOutsideOfPackage("dev.gufo.engine.pool")));

    @ArchTest
    static final ArchRule javaLlamaCppHasOneDoorToo = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gufo.engine.jllama")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("de.kherud..");

    @ArchTest
    static final ArchRule theBindingKnowsNothingOfWhoUsesIt = noClasses()
            .that()
            .resideInAPackage("dev.gufo.engine.llama")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.gufo.engine.batch..", "dev.gufo.engine.worker..", "dev.gufo.gguf..", "dev.gufo.store..");

    @ArchTest
    static final ArchRule theServerSeesTheSeamAndNoneOfItsEngines = noClasses()
            .that()
            .resideInAPackage("dev.gufo.server..")
            .and()
            .resideOutsideOfPackages("dev.gufo.server.cli", "dev.gufo.server.boot")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("dev.gufo.engine.*..").and(resideOutsideOfPackage("dev.gufo.engine.pool")));

    @ArchTest
    static final ArchRule whoWaitsIsWokenAndDoesNotSleep = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.gufo.server.usage.LedgerWriter") // which pauses after its database failed
            .should()
            .callMethod(Thread.class, "sleep", Duration.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class);

    @ArchTest
    static final ArchRule httpKnowsNoModels = noClasses()
            .that()
            .resideInAPackage("dev.gufo.server.http")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.gufo.engine..")
                    .or(resideInAPackage("dev.gufo.server..")
                            .and(resideOutsideOfPackages(
                                    "dev.gufo.server.http", "dev.gufo.server.error", "dev.gufo.server.threads"))));

    @ArchTest
    static final ArchRule anAnswerDoesNotKnowWhichFaceAskedForIt = noClasses()
            .that()
            .resideInAnyPackage("dev.gufo.server.answer", "dev.gufo.server.exchange")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FEATURES);

    @ArchTest
    static final ArchRule featuresDoNotKnowEachOther = slices().matching("dev.gufo.server.(*)")
            .namingSlices("$1")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(resideOutsideOfPackages(FEATURES), alwaysTrue())
            .ignoreDependency(alwaysTrue(), resideOutsideOfPackages(FEATURES));

    @ArchTest
    static final ArchRule theServerIsPutTogetherWithoutTheCommandLine = noClasses()
            .that()
            .resideInAPackage("dev.gufo.server..")
            .and()
            .resideOutsideOfPackage("dev.gufo.server.cli")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.gufo.server.cli");
}
