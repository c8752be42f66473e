package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * llama.cpp's log as SLF4J lines: its information at DEBUG, warnings and errors at their own level.
 *
 * <p>Called by any native thread; the lock of this object guards the line under way and the last errors.
 */
final class NativeLog {
    // enum ggml_log_level, ggml.h of llama.cpp 0.5.0
    private static final int WARN = 3;
    private static final int ERROR = 4;
    private static final int CONTINUES = 5;
    private static final int ERRORS_KEPT = 4;

    private static final Logger LOG = LoggerFactory.getLogger("llama.cpp");
    private static final NativeLog INSTANCE = new NativeLog();

    private final StringBuilder line = new StringBuilder();
    private final Deque<String> errors = new ArrayDeque<>();
    private Level level = Level.DEBUG;

    private NativeLog() {}

    /** Sends everything that llama.cpp and ggml log from now on to SLF4J. */
    static void install() {
        MemorySegment callback;
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findStatic(
                            NativeLog.class,
                            "onMessage",
                            MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
            callback = C.callback(target, FunctionDescriptor.ofVoid(C.INT, C.POINTER, C.POINTER), Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
        MethodHandle set = C.procedure("llama_log_set", C.POINTER, C.POINTER);
        try {
            set.invokeExact(callback, MemorySegment.NULL);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_log_set", t);
        }
    }

    /** The last errors that were logged since the last call, oldest first, in one line; {@code ""} if none. */
    static String takeErrors() {
        synchronized (INSTANCE) {
            String text = String.join("; ", INSTANCE.errors);
            INSTANCE.errors.clear();
            return text;
        }
    }

    /** An exception must not reach the native caller: it would end the process. */
    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // called by llama.cpp, with what C passes
    private static void onMessage(int level, MemorySegment text, MemorySegment userData) {
        try {
            INSTANCE.append(level, C.string(text));
        } catch (RuntimeException e) {
            LOG.warn("a message of llama.cpp could not be logged", e);
        }
    }

    private synchronized void append(int nativeLevel, String text) {
        if (nativeLevel != CONTINUES) {
            level = switch (nativeLevel) {
                case WARN -> Level.WARN;
                case ERROR -> Level.ERROR;
                default -> Level.DEBUG;
            };
        }
        line.append(text);
        for (int end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
            emit(line.substring(0, end).strip());
            line.delete(0, end + 1);
        }
    }

    private void emit(String message) {
        if (message.isEmpty()) {
            return;
        }
        if (level == Level.ERROR) {
            errors.addLast(message);
            if (errors.size() > ERRORS_KEPT) {
                errors.removeFirst();
            }
        }
        LOG.atLevel(level).log(message);
    }
}
