package dev.gufo.server.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PolicyFileTest {
    @TempDir
    private Path folder;

    @Test
    void measuresAreByCategoryWithAThreshold() throws Exception {
        PolicyFile file = PolicyFiles.read(
                folder,
                "{'guard':'g','window':100,'policies':{'default':{'input':{'hate':'block','sexual':{'action':'flag','threshold':0.8},"
                        + "'violence':'off','*':{'action':'block','threshold':0.9}}}}}");
        Policy policy = file.policies().get("default");
        Map<String, Double> scores =
                Map.of("hate", 0.5, "sexual", 0.79, "violence", 1.0, "illicit", 0.9, "privacy", 0.89);
        assertThat(policy.input().reached(scores, Action.BLOCK)).containsOnlyKeys("hate", "illicit");
        assertThat(policy.input().reached(scores, Action.FLAG)).isEmpty();
        assertThat(policy.input().reached(Map.of("sexual", 0.8), Action.FLAG)).containsOnlyKeys("sexual");
        assertThat(policy.output().isOff()).isTrue();
        assertThat(file.window()).isEqualTo(100);
        assertThat(file.guard()).contains("g");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            []                                                              | a JSON object is expected
            {'rule':[]}                                                     | 'rule' is unknown; there are guard, policies, rules, window
            {'window':1}                                                    | 'window' must be an integer, from 64 to 10000
            {'rules':[{}]}                                                  | 'rules[0].category' is missing
            {'rules':[{'category':'Hate'}]}                                 | 'rules[0].category' must be lower-case letters
            {'rules':[{'category':'hate'}]}                                 | 'rules[0]' has no words, patterns or files
            {'rules':[{'category':'hate','words':['...']}]}                 | a phrase must have 1 to 32 words
            {'rules':[{'category':'hate','words':[1]}]}                     | 'rules[0].words[0]' must be a string
            {'rules':[{'category':'hate','words':['a'],'score':2}]}         | 'rules[0].score' must be a number
            {'rules':[{'category':'hate','patterns':['(a']}]}               | A regular expression of 'rules[0].patterns' is wrong
            {'rules':[{'category':'hate','patterns':['a*']}]}               | matches every text
            {'rules':[{'category':'hate','patterns':['((a{100}){10}){9}']}]} | A regular expression of 'rules[0].patterns'
            {'rules':[{'category':'hate','files':['none.txt']}]}            | none.txt can't be read
            {'guard':'g','policies':{'a b':{}}}                             | a policy's name has 1 to 64 letters
            {'guard':'g','policies':{'off':{}}}                             | a policy's name has 1 to 64 letters
            {'guard':'g','policies':{'a':{'in':{}}}}                        | 'policies.a.in' is unknown
            {'guard':'g','policies':{'a':{'input':{'hate':'forbid'}}}}      | 'policies.a.input.hate' must be one of block, flag, off
            {'guard':'g','policies':{'a':{'input':{'hate':{'threshold':1}}}}} | 'policies.a.input.hate.action' is missing
            {'guard':'g','policies':{'a':{'input':{'Hate':'flag'}}}}        | 'policies.a.input.Hate' must be a category
            {'policies':{'a':{'output':{'hate':'block'}}}}                  | no rule has this category
            """)
    void whatIsWrongIsNamedWithItsFile(String json, String complaint) {
        assertThatThrownBy(() -> PolicyFiles.read(folder, json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--policy " + folder.resolve("policy.json"))
                .hasMessageContaining(complaint);
    }

    @Test
    void whatIsNoJsonIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("broken.json"), "{\"rules\": [}");
        assertThatThrownBy(() -> PolicyFile.read(file)).hasMessageContaining("is no valid JSON");
        assertThatThrownBy(() -> PolicyFile.read(folder.resolve("nowhere.json")))
                .hasMessageContaining("nowhere.json can't be read");
    }
}
