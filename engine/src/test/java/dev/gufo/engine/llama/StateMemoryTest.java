package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateMemoryTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4_095, (4 << 20) - 1, 4 << 20, (6 << 20) + 7, 25_000_000})
    void allBytesCanBeWrittenUntilTheArenaIsClosed(long bytes) {
        MemorySegment memory;
        try (Arena arena = Arena.ofShared()) {
            memory = StateMemory.allocate(bytes, arena);
            assertThat(memory.byteSize()).isEqualTo(Math.max(1, bytes));
            memory.fill((byte) 7);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1)).isEqualTo((byte) 7);
        }
        assertThatIllegalStateException().isThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 0));
    }
}
