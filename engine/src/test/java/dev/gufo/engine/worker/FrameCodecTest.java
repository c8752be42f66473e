package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameCodecTest {
    private static final int ROUNDS = 300;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyFrameComesBackAsItWas(long seed) throws BrokenFrame {
        RandomFrames frames = new RandomFrames(random(seed));
        for (int i = 0; i < ROUNDS; i++) {
            Frame frame = frames.next();
            assertThat(decode(FrameCodec.encode(frame)))
                    .usingRecursiveComparison()
                    .ignoringFieldsMatchingRegexes(".*(stackTrace|suppressedExceptions|cause)")
                    .isEqualTo(frame);
        }
    }

    @Test
    void everyTypeOfFrameIsAmongTheRandomOnes() {
        RandomFrames frames = new RandomFrames(random(4));
        List<Class<?>> leaves = Stream.of(Command.class, Report.class, Report.Answer.class)
                .flatMap(type -> Arrays.stream(type.getPermittedSubclasses()))
                .filter(Class::isRecord)
                .<Class<?>>map(type -> type)
                .toList();
        List<Class<?>> seen = Stream.generate(frames::next)
                .limit(1_000)
                .<Class<?>>map(Object::getClass)
                .distinct()
                .toList();
        assertThat(seen).containsAll(leaves);
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void randomBytesAreAFrameOrABrokenOne(long seed) {
        RandomGenerator random = random(seed);
        for (int i = 0; i < 300 * ROUNDS; i++) {
            byte[] bytes = new byte[random.nextInt(1, 64)];
            random.nextBytes(bytes);
            bytes[0] = (byte) random.nextInt(16);
            decodeOrBreak(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8})
    void aFrameWithABrokenByteOrACutEndIsAFrameOrABrokenOne(long seed) {
        RandomGenerator random = random(seed);
        RandomFrames frames = new RandomFrames(random);
        for (int i = 0; i < 60 * ROUNDS; i++) {
            ByteBuffer frame = FrameCodec.encode(frames.next());
            byte[] bytes = new byte[frame.remaining() - Integer.BYTES - (random.nextBoolean() ? 0 : 1)];
            if (bytes.length > 0) {
                frame.get(Integer.BYTES, bytes);
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                decodeOrBreak(bytes);
            }
        }
    }

    @Test
    void aLengthBeyondTheFrameIsRefusedBeforeAnythingIsAllocated() {
        ByteBuffer tokenized = ByteBuffer.allocate(13)
                .put((byte) 9)
                .putLong(1)
                .putInt(Integer.MAX_VALUE)
                .flip();
        assertThatThrownBy(() -> FrameCodec.decode(tokenized))
                .isInstanceOf(BrokenFrame.class)
                .hasMessageContaining("do not fit the 0 bytes");
    }

    @Test
    void bytesBehindAFrameAreRefused() {
        assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(new byte[] {5, 0})))
                .isInstanceOf(BrokenFrame.class)
                .hasMessageContaining("1 bytes too many");
    }

    private static void decodeOrBreak(byte[] bytes) {
        try {
            assertThat(FrameCodec.decode(ByteBuffer.wrap(bytes))).isNotNull();
        } catch (BrokenFrame e) {
            assertThat(e).hasMessageMatching("(?s).+");
        }
    }

    private static Frame decode(ByteBuffer frame) throws BrokenFrame {
        assertThat(frame.getInt()).isEqualTo(frame.remaining());
        return FrameCodec.decode(frame);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
