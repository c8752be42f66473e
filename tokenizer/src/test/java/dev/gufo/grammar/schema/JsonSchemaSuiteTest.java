package dev.gufo.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Texts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whether instances that a schema forbids are kept out: those of JSON Schema's own test suite where it is there, and a
 * few here.
 */
class JsonSchemaSuiteTest {
    /** A group of the suite on each line: {@code schema} and {@code tests} of {@code valid} and {@code text}. */
    private static final String SUITE = "shared/json-schema-suite/draft2020-12.jsonl";

    private static Optional<Path> suite() {
        return Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve(SUITE))
                .filter(Files::exists)
                .findFirst();
    }

    @Test
    void noInstanceOfTheSuitePassesThatItsSchemaForbids() throws IOException {
        Optional<Path> suite = suite();
        assumeTrue(suite.isPresent(), "the suite is not there");
        List<String> wrong = new ArrayList<>();
        int kept = 0;
        for (String line : Files.readAllLines(suite.get())) {
            JsonNode group = SchemaJudge.JSON.readTree(line);
            Grammar grammar;
            try {
                grammar = Grammar.parse(
                        JsonSchemaGrammar.of(SchemaJudge.JSON.convertValue(group.get("schema"), Object.class)));
            } catch (UnsupportedSchema e) {
                continue;
            }
            kept++;
            for (JsonNode test : group.get("tests")) {
                String text = test.get("text").textValue();
                String compact = SchemaJudge.JSON.readTree(text).toString();
                boolean accepted = Texts.matches(grammar, text) || Texts.matches(grammar, compact);
                // The suite tests once that format is an annotation where nobody asserts it; here it is always kept.
                if (accepted && !test.get("valid").booleanValue()) {
                    wrong.add(group.get("id").textValue() + ": " + text);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(kept).isGreaterThan(290);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '`',
            value = {
                "duration§P4DT12H30M5S P1Y2M3D PT36H P2W§PT1D P P1YT P2D1Y P1D2H P1Y2D PT0.5S P1WT1H",
                "ipv4§192.168.0.1 0.0.0.0 255.255.255.255§256.1.1.1 127.0 1.2.3.4.5 01.2.3.4 1.2.3.4/24",
                "ipv6§::1 :: 1:2:3:4:5:6:7:8 d6:: ::ffff:192.168.0.1§12345:: 1::2::3 :2:3:4:5:6:7:8 1:2:3:4:5:6:7 fe80::a%eth1 ::ffff:1.2.3.04",
                "hostname§www.example.com localhost 1host host-name§-a a- a..b .a a_b xn--X a--b",
                "idn-hostname§실례.테스트 www.example.com münchen.de§〮실례 a..b -a xn--X",
                "email§ada@example.com a+b@x.internal o'neil@mail.museum§2962 .a@example.com a..b@example.com @example.com a@ a@b=c.com",
                "idn-email§실례@실례.테스트 ada@example.com§2962 a@",
                "uri§https://example.com/a?b=c#d mailto:a@example.com urn:isbn:1 file:///etc/hosts http://h:80/%41§/abc //a/b http:// a:/[x] 1http://a http://a:b/c http://a/%zz a/b:c",
                "uri-reference§/a/b ?q #f a/b //h/p https://example.com/§/%zz 1:b //h:x/p \\\\a #a\\b /[x]",
                "iri§http://ƒøø.ßår/?∂éœ=πîx#πîüx urn:x:é§/abc âππ http://a/%q",
                "iri-reference§âππ /é?ü#ö§#ä\\b",
                "uri-template§/a/{id} {+path}/here {?q*,n:3} plain§{a {} {a,,b} {v:0} a}b",
                "json-pointer§/foo/0 /a~1b / /m~0n/§a #/a /~2 /a~",
                "relative-json-pointer§0 1/a 2#§/a -1/a 01/a 0##",
                "regex§^(a|b)+c?$ [a-z]\\\\d{2,} (?:x)*§^(abc] (?P<n>x) (?i)a a**",
                "date§2024-02-29 1999-12-31§2023-02-29 2024-13-01 24-01-01",
                "time§08:30:06Z 10:00:00.5+02:00§24:00:00Z 08:30 08:30:06+25:00",
                "date-time§2024-02-29T08:30:06Z§2024-02-29 2024-02-30T08:30:06Z",
                "uuid§2eb8aa08-aa98-11ea-b4aa-73b441d16380§2eb8aa08aa9811eab4aa73b441d16380 2eb8aa08-aa98-11ea-b4aa-73b441d1638"
            })
    void aFormatIsKept(String format, String valid, String invalid) {
        boolean counted = !format.startsWith("idn-");
        for (String lengths :
                counted ? List.of("", ",\"maxLength\":120", ",\"minLength\":1,\"maxLength\":2000") : List.of("")) {
            String schema = "{\"type\":\"string\",\"format\":\"" + format + "\"" + lengths + "}";
            Grammar grammar = Grammar.parse(JsonSchemaGrammar.of(SchemaJudge.plain(schema)));
            for (String text : valid.split(" ", -1)) {
                assertThat(Texts.matches(grammar, "\"" + text + "\""))
                        .as("%s of %s", text, schema)
                        .isTrue();
            }
            for (String text : invalid.split(" ", -1)) {
                assertThat(Texts.matches(grammar, "\"" + text + "\""))
                        .as("%s of %s", text, schema)
                        .isFalse();
            }
        }
    }
}
