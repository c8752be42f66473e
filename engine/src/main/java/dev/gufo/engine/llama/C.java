package dev.gufo.engine.llama;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * C types as this ABI (x86-64 and AArch64, little endian) has them, and every restricted method that this package
 * needs: a wrong argument to one of these ends the process.
 */
@SuppressWarnings("restricted") // binding a C library is what this class is for
final class C {
    static final ValueLayout.OfBoolean BOOL = ValueLayout.JAVA_BOOLEAN;
    static final ValueLayout.OfByte CHAR = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = SymbolLookup.loaderLookup();

    private C() {}

    /**
     * A function that returns a value.
     *
     * @throws LibraryMismatch if the loaded libraries have no such function
     */
    static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(result, arguments));
    }

    /** A function that returns nothing. */
    static MethodHandle procedure(String name, MemoryLayout... arguments) {
        return LINKER.downcallHandle(symbol(name), FunctionDescriptor.ofVoid(arguments));
    }

    /** A function that returns a value; empty if the loaded libraries have none of that name. */
    static Optional<MethodHandle> optionalFunction(String name, MemoryLayout result, MemoryLayout... arguments) {
        return SYMBOLS.find(name)
                .map(address -> LINKER.downcallHandle(address, FunctionDescriptor.of(result, arguments)));
    }

    /** The same for one that returns nothing. */
    static Optional<MethodHandle> optionalProcedure(String name, MemoryLayout... arguments) {
        return SYMBOLS.find(name).map(address -> LINKER.downcallHandle(address, FunctionDescriptor.ofVoid(arguments)));
    }

    /** A function that returns a value, at an address that another function gave. */
    static MethodHandle functionAt(MemorySegment address, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(address, FunctionDescriptor.of(result, arguments));
    }

    /** The same for one that returns nothing. */
    static MethodHandle procedureAt(MemorySegment address, MemoryLayout... arguments) {
        return LINKER.downcallHandle(address, FunctionDescriptor.ofVoid(arguments));
    }

    /** A function of the C library; empty if this system's has none of that name. */
    static Optional<MethodHandle> systemFunction(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.defaultLookup()
                .find(name)
                .map(address -> LINKER.downcallHandle(address, FunctionDescriptor.of(result, arguments)));
    }

    /** The same for one that returns nothing. */
    static Optional<MethodHandle> systemProcedure(String name, MemoryLayout... arguments) {
        return LINKER.defaultLookup()
                .find(name)
                .map(address -> LINKER.downcallHandle(address, FunctionDescriptor.ofVoid(arguments)));
    }

    /**
     * Memory that a C function gave, as long as {@code lifetime} lasts.
     *
     * @param free is called with it then
     */
    static MemorySegment owned(MemorySegment pointer, long bytes, Arena lifetime, Consumer<MemorySegment> free) {
        return pointer.reinterpret(bytes, lifetime, free);
    }

    private static MemorySegment symbol(String name) {
        return SYMBOLS.find(name)
                .orElseThrow(() -> new LibraryMismatch("the llama.cpp library has no function " + name));
    }

    /** A C function pointer to a Java method; the method must not throw, that would end the process. */
    static MemorySegment callback(MethodHandle target, FunctionDescriptor signature, Arena lifetime) {
        return LINKER.upcallStub(target, signature, lifetime);
    }

    /** What a pointer that a C function returned points to. */
    static MemorySegment array(MemorySegment pointer, long count, ValueLayout element) {
        return pointer.reinterpret(Math.multiplyExact(count, element.byteSize()));
    }

    /**
     * Links a shared library into this process.
     *
     * @throws LibraryMismatch if the system can't load it
     */
    static void link(Path library) {
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new LibraryMismatch("%s can't be loaded: %s".formatted(library, e.getMessage()));
        }
    }

    /** What a failed {@code invokeExact} means: the descriptor in this package is wrong. */
    static AssertionError wrongSignature(String name, Throwable cause) {
        return new AssertionError("wrong signature for " + name, cause);
    }

    /** The Java string of a {@code const char *}; {@code ""} for NULL. */
    static String string(MemorySegment pointer) {
        return pointer.address() == 0 ? "" : pointer.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_8);
    }
}
