package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.chat.OutputCorpus.Sample;
import dev.gufo.chat.ToolGrammar.Choice;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Matcher;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What models write, in every format: read whole and in pieces, damaged, and matched by the grammar for it. */
class OutputCorpusTest {
    /** JSON with free objects, so that the corpus needs no schemas. */
    private static final ParameterRules ANY_JSON = (schema, root, marks) ->
            marks.isPresent() ? JsonSchemaGrammar.arguments(schema, root, marks) : """
            %1$s ::= %1$s--object | %1$s--array | %1$s--string | %1$s--number
            %1$s--object ::= "{" ws ( %1$s--string ":" ws %1$s ( "," ws %1$s--string ":" ws %1$s )* )? ws "}"
            %1$s--array ::= "[" ws ( %1$s ( "," ws %1$s )* )? "]"
            %1$s--string ::= "\\"" ( [^"\\\\\\x00-\\x1F] | "\\\\" ["\\\\/bfnrt] )* "\\""
            %1$s--number ::= "-"? [0-9]+
            """.formatted(root);

    private static final String NOISE = "<>{}[]\"\\ \n|,:x";

    @Test
    void everyFormatIsReadTheSameInWholeAndInPieces() {
        for (Sample sample : OutputCorpus.ALL) {
            String reply = sample.before() + sample.calls();
            assertThat(Replies.read(sample.syntax(), reply)).as(reply).isEqualTo(sample.expected());
            everySplitReads(sample.syntax(), reply);
        }
    }

    private static void everySplitReads(ToolSyntax syntax, String reply) {
        String whole = Replies.read(syntax, reply);
        for (int split = 1; split < reply.length(); split++) {
            List<String> pieces = List.of(reply.substring(0, split), reply.substring(split));
            assertThat(Replies.read(Replies.reader(syntax, Replies.TOOLS, false), pieces))
                    .as("%s split at %d", reply, split)
                    .isEqualTo(whole);
        }
        List<String> characters =
                reply.chars().mapToObj(c -> String.valueOf((char) c)).toList();
        assertThat(Replies.read(Replies.reader(syntax, Replies.TOOLS, false), characters))
                .as(reply)
                .isEqualTo(whole);
    }

    @Test
    void damagedRepliesAreReadWithoutFailingAndTheSameInPieces() {
        Random random = new Random(7);
        for (int i = 0; i < 5_000; i++) {
            Sample sample = OutputCorpus.ALL.get(random.nextInt(OutputCorpus.ALL.size()));
            String reply = damaged(sample.before() + sample.calls(), random);
            String whole = Replies.read(sample.syntax(), reply);
            var pieces = new ArrayList<String>();
            for (int from = 0; from < reply.length(); ) {
                int to = Math.min(reply.length(), from + 1 + random.nextInt(12));
                pieces.add(reply.substring(from, to));
                from = to;
            }
            assertThat(Replies.read(Replies.reader(sample.syntax(), Replies.TOOLS, false), pieces))
                    .as(reply)
                    .isEqualTo(whole);
        }
    }

    @Test
    void withoutOfferedToolsEveryCharacterBehindTheReasoningIsContent() {
        Random random = new Random(11);
        for (int i = 0; i < 1_000; i++) {
            Sample sample = OutputCorpus.ALL.get(random.nextInt(OutputCorpus.ALL.size()));
            if (!holdsMarksOfContent(sample)) {
                String reply = "x" + damaged(sample.calls(), random);
                assertThat(Replies.read(Replies.reader(sample.syntax(), List.of(), false), List.of(reply)))
                        .isEqualTo("content:" + reply);
            }
        }
    }

    @Test
    void ofUnknownToolsEveryCharacterIsContent() {
        for (Sample sample : OutputCorpus.ALL) {
            if (!sample.calls().isEmpty() && (sample.syntax() == ToolSyntax.HARMONY || !holdsMarksOfContent(sample))) {
                String reply = "x" + sample.calls();
                boolean head = sample.syntax() == ToolSyntax.HARMONY;
                ReplyReader reader = Replies.reader(sample.syntax(), List.of(Replies.tool("other", Map.of())), false);
                assertThat(Replies.read(reader, List.of(head ? sample.calls() : reply))
                                .replace("content:", ""))
                        .isEqualTo(head ? sample.calls() : reply);
            }
        }
    }

    @Test
    void ofUnknownToolsEveryCharacterIsContentHoweverDamaged() {
        Random random = new Random(13);
        List<ToolDefinition> other = List.of(Replies.tool("other", Map.of()));
        for (int i = 0; i < 2_000; i++) {
            Sample sample = OutputCorpus.ALL.get(random.nextInt(OutputCorpus.ALL.size()));
            if (!holdsMarksOfContent(sample)) {
                String reply = "x" + damaged(sample.calls() + sample.calls(), random);
                assertThat(Replies.read(Replies.reader(sample.syntax(), other, false), List.of(reply)))
                        .isEqualTo("content:" + reply);
            }
        }
    }

    /** Marks around content are dropped wherever they stand. */
    private static boolean holdsMarksOfContent(Sample sample) {
        return sample.syntax() == ToolSyntax.HARMONY
                || sample.syntax().form().contentMarks().stream().anyMatch(sample.calls()::contains);
    }

    @Test
    @Timeout(60)
    void textFullOfBeginningsIsReadInBoundedTime() {
        for (Sample sample : OutputCorpus.ALL) {
            ReplyReader reader = Replies.reader(sample.syntax(), Replies.TOOLS, false);
            String beginning =
                    sample.calls().isEmpty() ? "<|channel|>" : sample.calls().substring(0, 25);
            String reply = ("x" + beginning).repeat(4_000);
            var pieces = new ArrayList<String>();
            for (int from = 0; from < reply.length(); from += 5) {
                pieces.add(reply.substring(from, Math.min(reply.length(), from + 5)));
            }
            assertThat(Replies.read(reader, pieces)).hasSizeGreaterThan(4_000);
        }
    }

    private static String damaged(String reply, Random random) {
        StringBuilder damaged = new StringBuilder(reply);
        for (int edits = 1 + random.nextInt(3); edits > 0 && !damaged.isEmpty(); edits--) {
            int at = random.nextInt(damaged.length());
            int end = Math.min(damaged.length(), at + 1 + random.nextInt(15));
            switch (random.nextInt(4)) {
                case 0 -> damaged.delete(at, end);
                case 1 -> damaged.insert(at, damaged.substring(at, end));
                case 2 -> damaged.setCharAt(at, NOISE.charAt(random.nextInt(NOISE.length())));
                default -> damaged.setLength(at);
            }
        }
        return damaged.toString();
    }

    @Test
    void noMarkOfACallThatIsCutIsContent() {
        for (Sample sample : OutputCorpus.ALL) {
            for (String before : List.of(sample.before(), "Let me look.\n")) {
                boolean free = !before.equals(sample.before());
                if (!free || sample.syntax().form().begins(sample.calls())) {
                    for (int end = 0; end < sample.calls().length(); end++) {
                        String reply = before + sample.calls().substring(0, end);
                        String content = contentOfCut(sample.syntax(), reply);
                        assertThat(content).as(reply).startsWith(free ? "Let me look." : "");
                        String more = content.substring(free ? "Let me look.".length() : 0)
                                .strip();
                        assertThat(partsOfMarks(sample).anyMatch(mark -> mark.startsWith(more)))
                                .as("%s: %s", reply, content)
                                .isTrue();
                    }
                }
            }
        }
    }

    private static String contentOfCut(ToolSyntax syntax, String reply) {
        ReplyReader reader = Replies.reader(syntax, Replies.TOOLS, false);
        var deltas = new ArrayList<>(reader.accept(reply));
        deltas.addAll(reader.cutOff());
        StringBuilder content = new StringBuilder();
        deltas.forEach(delta -> content.append(delta instanceof ReplyDelta.Content(String text) ? text : ""));
        return content.toString();
    }

    /** Of what may stand there as content: all but the last character of a mark. */
    private static Stream<String> partsOfMarks(Sample sample) {
        CallForm form = sample.syntax().form();
        Stream<String> marks =
                Stream.concat(form.openings().stream().map(MarkedReading.Opening::mark), form.contentMarks().stream());
        Stream<String> more = switch (sample.syntax()) {
            // An object is a call only if it names one.
            case LLAMA3_JSON -> Stream.of(sample.calls());
            case HARMONY -> Stream.of("<|channel|>", "<|start|>", "to=functions.");
            case FUNCTIONARY -> Stream.of(">>>", "get_weather\n");
            case MUSE -> Stream.of("to=get_weather<|message|>", "to=add_note<|message|>");
            default -> Stream.of();
        };
        return Stream.concat(marks, more)
                .map(mark -> mark.substring(0, Math.max(0, mark.length() - 1)).strip());
    }

    @Test
    void theGrammarAcceptsWhatModelsWriteAndNothingDamagedInItsMarks() {
        for (Sample sample : OutputCorpus.ALL) {
            if (!sample.calls().isEmpty()) {
                ToolGrammar lazy = grammar(sample.syntax(), Choice.AUTO, true);
                assertThat(lazy.triggers())
                        .anyMatch(trigger -> sample.calls().startsWith(trigger.text())
                                || sample.calls().contains(trigger.text()));
                assertThat(matches(lazy, sample.calls())).as(sample.calls()).isTrue();
                assertThat(matches(grammar(sample.syntax(), Choice.REQUIRED, true), sample.before() + sample.calls()))
                        .as(sample.before() + sample.calls())
                        .isTrue();
                assertThat(matches(lazy, sample.calls().replace("get_weather", "get_water")))
                        .isFalse();
                assertThat(matches(lazy, "Hello")).isFalse();
            }
        }
    }

    @Test
    void withoutParallelCallsTheGrammarEndsBehindTheFirst() {
        for (Sample sample : OutputCorpus.ALL) {
            boolean several = sample.calls().contains("add_note");
            if (!sample.calls().isEmpty()) {
                assertThat(matches(grammar(sample.syntax(), Choice.AUTO, false), sample.calls()))
                        .as(sample.calls())
                        .isEqualTo(!several);
            }
        }
    }

    @Test
    void aReplyThatStartsInReasoningIsFreeUpToItsEnd() {
        ToolGrammar grammar = ToolGrammar.of(
                Replies.format(ToolSyntax.HERMES), Replies.TOOLS, Choice.REQUIRED, false, true, ANY_JSON);
        String call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {}}\n</tool_call>";
        assertThat(matches(grammar, "a < b <</thin </think>\n\n" + call)).isTrue();
        assertThat(matches(grammar, "x".repeat(20_000) + "</think>" + call)).isTrue();
        assertThat(matches(grammar, call)).isFalse();
    }

    @Test
    void theWrittenFormOfACallIsReadAndMatched() {
        for (ToolSyntax syntax : ToolSyntax.values()) {
            String call = syntax.form().write("get_weather", "{\"city\": \"Oslo\"}");
            assertThat(Replies.read(syntax, call))
                    .isEqualTo("call0:id0:get_weather arguments0:{\"city\": \"Oslo\"} end0");
            assertThat(matches(grammar(syntax, Choice.AUTO, true), call))
                    .as(call)
                    .isTrue();
        }
    }

    private static ToolGrammar grammar(ToolSyntax syntax, Choice choice, boolean parallel) {
        ChatFormat format = Replies.format(syntax);
        if (syntax == ToolSyntax.HARMONY) {
            format = new ChatFormat(
                    syntax,
                    Optional.of(HarmonyForm.ANALYSIS),
                    true,
                    true,
                    format.callArguments(),
                    format.callContent());
        }
        return ToolGrammar.of(format, Replies.TOOLS, choice, parallel, false, ANY_JSON);
    }

    static boolean matches(ToolGrammar grammar, String text) {
        Matcher matcher = Grammar.parse(grammar.gbnf()).matcher();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            if (!matcher.advance(new byte[] {each})) {
                return false;
            }
        }
        return matcher.isComplete();
    }
}
