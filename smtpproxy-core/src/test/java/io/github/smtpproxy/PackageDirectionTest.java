package io.github.smtpproxy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Imports run one way. */
class PackageDirectionTest {

    private static final String BASE = "io.github.smtpproxy";
    private static final List<String> LAYERS =
            List.of("listener", "relay", "message", "host", "downstream", "transport", "wire");
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(BASE);
    private static final JavaClasses TESTS = new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages(BASE);

    @ParameterizedTest
    @ValueSource(strings = {"relay", "message", "host", "downstream", "transport", "wire"})
    void a_layer_knows_none_above_it(String layer) {
        String[] above = LAYERS.subList(0, LAYERS.indexOf(layer)).stream()
                .map(l -> BASE + ".internal." + l + "..")
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(BASE + ".internal." + layer + "..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(above))
                .check(MAIN);
    }

    @Test
    void of_the_root_the_layers_know_the_values_only() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".internal..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("io\\.github\\.smtpproxy\\.SmtpProxy(Builder)?.*")
                .check(MAIN);
    }

    @Test
    void sasl_knows_none_of_the_layers() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".internal.sasl..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        LAYERS.stream().map(l -> BASE + ".internal." + l + "..").toArray(String[]::new)))
                .check(MAIN);
    }

    @Test
    void subetha_is_known_to_the_listener_only() {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + ".internal.listener..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.subethamail.."))
                .check(MAIN);
    }

    @Test
    void the_library_of_scram_is_known_to_sasl_only() {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + ".internal.sasl..")
                .should()
                .dependOnClassesThat(resideInAPackage("com.ongres.."))
                .check(MAIN);
    }

    @Test
    void the_inside_of_subetha_is_known_to_nobody() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("org.subethamail..internal.."))
                .check(MAIN);
    }

    @Test
    void filters_routing_and_throttling_see_the_api_only() {
        noClasses()
                .that()
                .resideInAnyPackage(BASE + ".filters..", BASE + ".routing..", BASE + ".throttling..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(BASE, BASE + ".internal..", "org.subethamail.."))
                .check(MAIN);
    }

    @Test
    void the_api_sees_itself_only() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        BASE + ".protocol..",
                        BASE + ".message..",
                        BASE + ".session..",
                        BASE + ".filter..",
                        BASE + ".route..",
                        BASE + ".throttle..",
                        BASE + ".authentication..",
                        BASE + ".event..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        BASE,
                        BASE + ".internal..",
                        BASE + ".filters..",
                        BASE + ".routing..",
                        BASE + ".throttling..",
                        "org.slf4j..",
                        "org.subethamail.."))
                .check(MAIN);
    }

    @Test
    void no_test_sleeps() {
        ArchRule rule = noClasses().should().callMethod(Thread.class, "sleep", long.class);
        rule.check(TESTS);
    }
}
