package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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

/** Java in the README is a copy of code that is compiled: of what stands between "snippet: name" and "end" there. */
class ReadmeTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
    private static final Pattern REGION = Pattern.compile("(?ms)^[ \\t]*// snippet: ([\\w-]+)\\n(.*?)^[ \\t]*// end$");

    @Test
    void everyJavaBlockOfTheReadmeIsACopyOfCompiledCode() throws IOException {
        Map<String, String> regions = regions();
        List<String> blocks = blocks("java");

        assertThat(regions).containsOnlyKeys("embedding", "filter", "integration-test");
        assertThat(blocks).hasSize(3);
        for (String block : blocks) {
            assertThat(regions.values()).as("the marked regions of the sources").contains(block);
        }
    }

    @Test
    void theFirstCommandOfTheReadmeRunsTheQuickstart() throws IOException {
        List<String> commands = blocks("sh");

        assertThat(commands.get(0)).startsWith("mvn -q -pl smtpproxy-examples -am compile exec:java\n");
        assertThat(commands).anyMatch(block -> block.startsWith("mvn verify\n"));
    }

    private static Map<String, String> regions() throws IOException {
        Map<String, String> regions = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            List<Path> sources =
                    files.filter(f -> f.toString().endsWith(".java")).toList();
            for (Path source : sources) {
                for (MatchResult m :
                        REGION.matcher(Files.readString(source)).results().toList()) {
                    regions.put(m.group(1), m.group(2).stripTrailing().stripIndent() + "\n");
                }
            }
        }
        return regions;
    }

    private static List<String> blocks(String language) throws IOException {
        List<String> blocks = new ArrayList<>();
        BLOCK.matcher(Files.readString(Path.of("../README.md")))
                .results()
                .filter(m -> m.group(1).equals(language))
                .forEach(m -> blocks.add(m.group(2)));
        return blocks;
    }
}
