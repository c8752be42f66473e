package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonSpacingTest {
    private final JsonSpacing spacing = new JsonSpacing();

    private void seen(String text) {
        spacing.observe(text.getBytes(StandardCharsets.UTF_8));
    }

    private Optional<Byte> choose(char before, String possible) {
        var bytes = new BitSet();
        possible.chars().forEach(bytes::set);
        return spacing.choose(bytes, (byte) before);
    }

    @Test
    void aSpaceStandsBehindColonsAndCommasUntilTheAnswerDoesOtherwise() {
        assertThat(choose(':', " \n\"")).hasValue((byte) ' ');
        seen("{\"a\":1");
        assertThat(choose(':', " \n\"")).hasValue((byte) '"');
        assertThat(choose(',', " \n\"")).hasValue((byte) ' ');
        seen(",\"");
        assertThat(choose(',', " \n\"")).hasValue((byte) '"');
    }

    @Test
    void textsTellNothing() {
        seen("{\"a\": \"now,then:this");
        assertThat(choose(',', " \"")).hasValue((byte) ' ');
        assertThat(choose(':', " \"")).hasValue((byte) ' ');
    }

    @Test
    void whereALineEndsItsIndentationIsNotKnown() {
        seen("{\n  \"a\": 1,\n");
        assertThat(choose(',', " \n\"")).isEmpty();
        assertThat(choose('{', " \n\"")).isEmpty();
    }

    @Test
    void amongSeveralOthersNoneIsChosen() {
        assertThat(choose('[', " \"]")).isEmpty();
        assertThat(choose('x', "ab")).isEmpty();
    }
}
