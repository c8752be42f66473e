package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Refusal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

    @Test
    void everyRefusalAndEveryEventIsAmongTheRandomOnes() {
        RandomFrames frames = new RandomFrames(random(9));
        Set<Class<?>> refusals = new HashSet<>();
        Set<Class<?>> events = new HashSet<>();
        Stream.generate(frames::next).limit(3_000).forEach(frame -> {
            if (frame instanceof Report.Declined(long _, EngineException.Refused refused)) {
                refusals.add(refused.refusal().getClass());
            } else if (frame instanceof Report.Step step) {
                Stream.of(step.events()).forEach(event -> events.add(event.getClass()));
            }
        });
        assertThat(refusals).containsExactlyInAnyOrder(Refusal.class.getPermittedSubclasses());
        assertThat(events).containsExactlyInAnyOrder(GenerationEvent.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void randomBytesAreAFrameOrABrokenOne(long seed) {
        RandomGenerator random = random(seed);
        for (int i = 0; i < 300 * ROUNDS; i++) {
            byte[] bytes = new byte[random.nextInt(1, 64)];
            random.nextBytes(bytes);
            bytes[0] = (byte) random.nextInt(2); // a step or any other
            if (bytes.length > 1) {
                bytes[1] = (byte) random.nextInt(22);
            }
            decodeOrBreak(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8})
    void aFrameWithBrokenBytesOrACutEndIsAFrameOrABrokenOne(long seed) {
        RandomGenerator random = random(seed);
        RandomFrames frames = new RandomFrames(random);
        for (int i = 0; i < 60 * ROUNDS; i++) {
            byte[] bytes = body(FrameCodec.encode(frames.next()));
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            for (int flips = random.nextInt(1, 4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? (byte) random.nextInt() : (byte) -random.nextInt(2);
            }
            decodeOrBreak(bytes);
        }
    }

    @Test
    void everyCutFrameIsBroken() {
        RandomFrames frames = new RandomFrames(random(10));
        for (int i = 0; i < ROUNDS / 6; i++) {
            byte[] bytes = body(FrameCodec.encode(frames.next()));
            for (int length = Math.max(0, bytes.length - 100); length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(cut)))
                        .isInstanceOf(BrokenFrame.class);
            }
        }
    }

    @Test
    void aLengthBeyondTheFrameIsRefusedBeforeAnythingIsAllocated() {
        byte[] tokenized = body(FrameCodec.encode(new Report.Tokenized(1, List.of(new int[0]))));
        ByteBuffer.wrap(tokenized).putInt(tokenized.length - Integer.BYTES, Integer.MAX_VALUE);
        assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(tokenized)))
                .isInstanceOf(BrokenFrame.class)
                .hasMessageContaining("do not fit the 0 bytes");
    }

    @Test
    void bytesBehindAFrameAreRefused() {
        byte[] shutdown = body(FrameCodec.encode(new Command.Shutdown()));
        byte[] longer = Arrays.copyOf(shutdown, shutdown.length + 1);
        assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(longer)))
                .isInstanceOf(BrokenFrame.class)
                .hasMessageContaining("1 bytes too many");
    }

    @Test
    void columnsOfDifferentLengthsAreBroken() {
        byte[] vectors = body(FrameCodec.encode(new Report.Vectors(new long[0], new EmbeddingEvent[0])));
        byte[] longer = Arrays.copyOf(vectors, vectors.length + Long.BYTES);
        ByteBuffer.wrap(longer).putInt(vectors.length - 2 * Integer.BYTES, 1); // one id and no event
        assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(longer)))
                .isInstanceOf(BrokenFrame.class)
                .hasMessageContaining("1 ids for 0 events");
    }

    @Test
    void whatContainsItselfOrCannotTravelIsFoundWhenItsCodecIsMade() {
        record Endless(List<Endless> more) {}
        record Stranger(StringBuilder text) {}
        assertThatThrownBy(() -> new Codecs().of(Endless.class)).hasMessageContaining("contains itself");
        assertThatThrownBy(() -> new Codecs().of(Stranger.class)).hasMessageContaining("can't travel");
    }

    private static byte[] body(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining() - Integer.BYTES];
        frame.get(Integer.BYTES, bytes);
        return bytes;
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
