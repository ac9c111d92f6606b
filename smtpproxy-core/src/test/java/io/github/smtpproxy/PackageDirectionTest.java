package io.github.smtpproxy;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Imports run one way. */
class PackageDirectionTest {

    private static final String BASE = "io.github.smtpproxy";
    /** From top to bottom. */
    private static final List<String> LAYERS = List.of(
            "",
            ".internal.listener..",
            ".internal.command..",
            ".internal.relay..",
            ".internal.message..",
            ".internal.host..",
            ".internal.downstream..",
            ".internal.transport..",
            ".internal.wire..",
            ".config..");

    private static final String[] API = packages(
            ".authentication..",
            ".event..",
            ".filter..",
            ".message..",
            ".protocol..",
            ".route..",
            ".session..",
            ".throttle..");

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(BASE);
    private static final JavaClasses TESTS = new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages(BASE);

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> BASE + name).toArray(String[]::new);
    }

    static Stream<String> layers() {
        return LAYERS.stream().skip(1);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void a_layer_knows_none_above_it(String layer) {
        noClasses()
                .that()
                .resideInAPackage(BASE + layer)
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        packages(LAYERS.subList(0, LAYERS.indexOf(layer)).toArray(String[]::new))))
                .check(MAIN);
    }

    @Test
    void no_packages_know_each_other_in_a_circle() {
        slices().matching("io.github.(**)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void sasl_and_tls_stand_beside_the_layers() {
        noClasses()
                .that()
                .resideInAnyPackage(packages(".internal.sasl..", ".tls.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage(packages(LAYERS.toArray(String[]::new))))
                .check(MAIN);
    }

    /** Settings check certificates, and the mechanisms of an authenticator, when they are made. */
    @Test
    void settings_know_the_api_and_what_stands_beside_the_layers() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".config..")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + "..")
                        .and(not(resideInAnyPackage(API)))
                        .and(not(resideInAnyPackage(packages(".config..", ".internal.sasl..", ".tls..")))))
                .check(MAIN);
    }

    @Test
    void the_rooms_of_the_transport_know_what_they_share_and_only_io_uring_knows_another_room() {
        String transport = BASE + ".internal.transport";
        String[] rooms = {
            transport + ".plain",
            transport + ".loop",
            transport + ".uring",
            transport + ".linux",
            transport + ".transparent"
        };
        noClasses()
                .that()
                .resideInAPackage(transport)
                .should()
                .dependOnClassesThat(resideInAnyPackage(rooms))
                .check(MAIN);
        noClasses()
                .that()
                .resideInAnyPackage(transport + ".plain", transport + ".loop", transport + ".linux")
                .should()
                .dependOnClassesThat(resideInAPackage(transport + ".uring"))
                .check(MAIN);
    }

    @Test
    void chaos_is_known_to_tests_only() {
        noClasses()
                .that()
                .resideOutsideOfPackages(BASE + ".chaos..", BASE + ".junit..")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + ".chaos.."))
                .check(MAIN);
    }

    @Test
    void the_extension_of_tests_is_known_to_nobody() {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + ".junit..")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + ".junit.."))
                .check(MAIN);
    }

    @Test
    void subetha_is_known_to_the_listener_and_to_the_type_for_its_hosts_only() {
        noClasses()
                .that()
                .resideOutsideOfPackages(BASE + ".internal.listener..", BASE + ".subetha..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.subethamail.."))
                .check(MAIN);
    }

    @ParameterizedTest
    @CsvSource({
        "com.ongres.., .internal.sasl..",
        "org.xbill.., .dns..",
        "com.fasterxml.jackson.., .json..",
        "com.github.benmanes.., .state..",
        "io.lettuce.., .state.redis..",
        "io.github.bucket4j.., .state..",
        "io.micrometer.., .metrics..",
        "io.opentelemetry.., .tracing..",
        "jdk.jfr.., .jfr..",
        "com.sun.net.httpserver.., .inspect..",
        "org.springframework.., .spring..",
        "org.junit.., .junit..",
        "org.opentest4j.., .junit..",
        "org.assertj.., .junit..",
        "com.sun.jna.., .internal.transport.linux..",
    })
    void an_optional_library_is_known_to_one_package_only(String library, String room) {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + room)
                .should()
                .dependOnClassesThat(resideInAPackage(library))
                .check(MAIN);
    }

    @Test
    void filters_know_none_of_the_packages_within_them() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".filters")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + ".filters.(*).."))
                .check(MAIN);
    }

    @Test
    void state_knows_none_of_the_packages_within_it() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".state")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + ".state.(*).."))
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
    void filters_routing_and_throttling_see_public_types_only() {
        noClasses()
                .that()
                .resideInAnyPackage(packages(
                        ".dns..",
                        ".filters..",
                        ".inspect..",
                        ".jfr..",
                        ".json..",
                        ".junit..",
                        ".metrics..",
                        ".oauth2..",
                        ".routing..",
                        ".throttling..",
                        ".tracing..",
                        ".state.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage(BASE + ".internal..", "org.subethamail.."))
                .check(MAIN);
    }

    @Test
    void integrations_see_public_types_only_and_are_known_to_nobody() {
        noClasses()
                .that()
                .resideInAPackage(BASE + ".spring..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(BASE + ".internal..", "org.subethamail.."))
                .check(MAIN);
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + ".spring..")
                .should()
                .dependOnClassesThat(resideInAPackage(BASE + ".spring.."))
                .check(MAIN);
    }

    @Test
    void the_api_sees_itself_and_the_jdk_only() {
        noClasses()
                .that()
                .resideInAnyPackage(API)
                .should()
                .dependOnClassesThat(not(resideInAnyPackage(API))
                        .and(not(resideInAnyPackage("java..", "javax..", "org.jspecify.."))))
                .check(MAIN);
    }

    @Test
    void no_test_sleeps() {
        ArchRule rule = noClasses().should().callMethod(Thread.class, "sleep", long.class);
        rule.check(TESTS);
    }
}
