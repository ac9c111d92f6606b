package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * README and site are true to the code and to themselves. A Java block on a page is named, {@code ```java filter}, and
 * is a copy of the compiled code between {@code // snippet: filter} and {@code // end}.
 */
class DocumentationTest {

    private static final Path README = Path.of("../README.md");
    private static final Path SITE = Path.of("../src/site");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)(?: ([\\w-]+))?\\n(.*?)^```$");
    private static final Pattern REGION = Pattern.compile("(?ms)^[ \\t]*// snippet: ([\\w-]+)\\n(.*?)^[ \\t]*// end$");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

    /** A fenced block: its language, its name and what it holds. */
    private record Block(Path page, String language, String name, String text) {

        @Override
        public String toString() {
            return page.getFileName() + ": " + name;
        }
    }

    @Test
    void every_java_block_is_a_copy_of_compiled_code() throws IOException {
        Map<String, String> regions = regions();
        List<Block> blocks = blocks("java");

        for (Block block : blocks) {
            assertThat(regions).as("regions of the sources for %s", block).containsKey(block.name());
            assertThat(block.text()).as("%s", block).isEqualTo(regions.get(block.name()));
        }
        assertThat(blocks.stream().map(Block::name).distinct())
                .as("names of the blocks, one for each region")
                .containsExactlyInAnyOrderElementsOf(regions.keySet());
    }

    @Test
    void the_first_command_of_the_readme_runs_the_quickstart() throws IOException {
        List<String> commands = blocks("sh").stream()
                .filter(block -> block.page().equals(README))
                .map(Block::text)
                .toList();

        assertThat(commands.get(0)).startsWith("mvn -q -pl smtpproxy-examples -am compile exec:java\n");
        assertThat(commands).anyMatch(block -> block.startsWith("mvn verify\n"));
    }

    @Test
    void every_page_is_in_the_menu_and_on_the_first_page() throws IOException {
        String menu = Files.readString(SITE.resolve("site.xml"));
        String index = Files.readString(SITE.resolve("markdown/index.md"));

        for (Path page : pages()) {
            String address = page.getFileName().toString().replace(".md", ".html");
            assertThat(menu).as("the menu").contains("href=\"" + address + "\"");
            if (!address.equals("index.html")) {
                assertThat(index).as("the first page").contains("(" + address + ")");
            }
        }
    }

    @Test
    void every_link_and_picture_is_there() throws IOException {
        for (Path page : pages()) {
            for (String link : links(page)) {
                boolean isPage = link.endsWith(".html") && !link.startsWith("apidocs/");
                Path target = isPage
                        ? SITE.resolve("markdown").resolve(link.replace(".html", ".md"))
                        : SITE.resolve("resources").resolve(link);
                assertThat(link.startsWith("apidocs/") || Files.exists(target))
                        .as("%s on %s", link, page)
                        .isTrue();
            }
        }
        for (String link : links(README)) {
            assertThat(README.resolveSibling(link)).exists();
        }
    }

    private static Map<String, String> regions() throws IOException {
        Map<String, String> regions = new TreeMap<>();
        for (Path source : Stream.of("src", "junit/src")
                .flatMap(sources -> files(Path.of(sources), ".java").stream())
                .toList()) {
            for (MatchResult m :
                    REGION.matcher(Files.readString(source)).results().toList()) {
                regions.put(m.group(1), m.group(2).stripTrailing().stripIndent() + "\n");
            }
        }
        return regions;
    }

    private static List<Block> blocks(String language) throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (Path page : Stream.concat(Stream.of(README), pages().stream()).toList()) {
            BLOCK.matcher(Files.readString(page))
                    .results()
                    .map(m -> new Block(page, m.group(1), m.group(2), m.group(3)))
                    .filter(block -> block.language().equals(language))
                    .forEach(blocks::add);
        }
        return blocks;
    }

    private static List<String> links(Path page) throws IOException {
        return LINK.matcher(Files.readString(page))
                .results()
                .map(m -> m.group(1))
                .toList();
    }

    private static List<Path> pages() {
        return files(SITE.resolve("markdown"), ".md");
    }

    private static List<Path> files(Path folder, String ending) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(f -> f.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
