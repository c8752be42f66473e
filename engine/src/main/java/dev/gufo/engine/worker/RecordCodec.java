package dev.gufo.engine.worker;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.List;

/** A record as its components, one after the other. What its constructor refuses is a broken frame. */
final class RecordCodec implements Codec<Object> {
    private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Object.class);
    private static final MethodType CONSTRUCTOR = MethodType.methodType(Object.class, Object[].class);

    private final String name;
    private final MethodHandle constructor;
    private final MethodHandle[] accessors;
    private final Codec<Object>[] components;
    private final int leastBytes;

    /**
     * @param type a record that this package may use
     * @param components of its components, in their order
     */
    RecordCodec(Class<?> type, List<Codec<Object>> components) {
        this.name = type.getSimpleName();
        this.components = array(components);
        RecordComponent[] declared = type.getRecordComponents();
        accessors = new MethodHandle[declared.length];
        MethodType canonical = MethodType.methodType(void.class);
        try {
            for (int i = 0; i < declared.length; i++) {
                accessors[i] = MethodHandles.lookup()
                        .unreflect(declared[i].getAccessor())
                        .asType(ACCESSOR);
                canonical = canonical.appendParameterTypes(declared[i].getType());
            }
            constructor = MethodHandles.lookup()
                    .findConstructor(type, canonical)
                    .asSpreader(Object[].class, declared.length)
                    .asType(CONSTRUCTOR);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("%s is closed to this package".formatted(type), e);
        }
        leastBytes = components.stream().mapToInt(Codec::leastBytes).sum();
    }

    @SuppressWarnings("unchecked") // there are no arrays of a generic type
    private static Codec<Object>[] array(List<Codec<Object>> codecs) {
        return codecs.toArray(Codec[]::new);
    }

    @Override
    public void write(FrameWriter out, Object value) {
        for (int i = 0; i < components.length; i++) {
            components[i].write(out, component(i, value));
        }
    }

    private Object component(int index, Object value) {
        try {
            return (Object) accessors[index].invokeExact(value);
        } catch (Throwable t) {
            throw new AssertionError("an accessor of %s failed".formatted(name), t);
        }
    }

    @Override
    public Object read(FrameReader in) throws BrokenFrame {
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = components[i].read(in);
        }
        try {
            return (Object) constructor.invokeExact(values);
        } catch (IllegalArgumentException e) {
            throw new BrokenFrame("no %s: %s".formatted(name, e.getMessage()), e);
        } catch (Throwable t) {
            throw new AssertionError("the constructor of %s failed".formatted(name), t);
        }
    }

    @Override
    public int leastBytes() {
        return leastBytes;
    }
}
