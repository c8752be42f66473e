package dev.gufo.engine.worker;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record as its components, one after the other. What its constructor refuses is a broken frame. */
final class RecordCodec implements Codec<Object> {
    private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Object.class);
    private static final MethodType CONSTRUCTOR = MethodType.methodType(Object.class, Object[].class);

    private final Class<?> type;
    private final List<Codec<Object>> components;
    private final int leastBytes;

    // Made when they are first needed, since that takes milliseconds and no process needs all of them. Several threads
    // may make them at once; any result will do.
    private volatile @Nullable MethodHandle constructor;
    private volatile MethodHandle @Nullable [] accessors;

    /**
     * @param type a record that this package may use
     * @param components of its components, in their order
     */
    RecordCodec(Class<?> type, List<Codec<Object>> components) {
        this.type = type;
        this.components = List.copyOf(components);
        int sum = 0;
        for (Codec<Object> component : components) {
            sum += component.leastBytes();
        }
        leastBytes = sum;
    }

    private static MethodHandle[] accessors(Class<?> type) {
        RecordComponent[] declared = type.getRecordComponents();
        MethodHandle[] accessors = new MethodHandle[declared.length];
        try {
            for (int i = 0; i < declared.length; i++) {
                accessors[i] = MethodHandles.lookup()
                        .unreflect(declared[i].getAccessor())
                        .asType(ACCESSOR);
            }
        } catch (IllegalAccessException e) {
            throw closed(type, e);
        }
        return accessors;
    }

    private static MethodHandle constructor(Class<?> type) {
        MethodType canonical = MethodType.methodType(void.class);
        for (RecordComponent component : type.getRecordComponents()) {
            canonical = canonical.appendParameterTypes(component.getType());
        }
        try {
            return MethodHandles.lookup()
                    .findConstructor(type, canonical)
                    .asSpreader(Object[].class, canonical.parameterCount())
                    .asType(CONSTRUCTOR);
        } catch (ReflectiveOperationException e) {
            throw closed(type, e);
        }
    }

    private static LinkageError closed(Class<?> type, ReflectiveOperationException cause) {
        return new LinkageError("%s is closed to this package".formatted(type), cause);
    }

    @Override
    public void write(FrameWriter out, Object value) {
        if (accessors == null) {
            accessors = accessors(type);
        }
        for (int i = 0; i < components.size(); i++) {
            components.get(i).write(out, component(accessors[i], value));
        }
    }

    private Object component(MethodHandle accessor, Object value) {
        try {
            return (Object) accessor.invokeExact(value);
        } catch (Throwable t) {
            throw new AssertionError("an accessor of %s failed".formatted(type), t);
        }
    }

    @Override
    public Object read(FrameReader in) throws BrokenFrame {
        Object[] values = new Object[components.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = components.get(i).read(in);
        }
        if (constructor == null) {
            constructor = constructor(type);
        }
        try {
            return (Object) constructor.invokeExact(values);
        } catch (IllegalArgumentException e) {
            throw new BrokenFrame("no %s: %s".formatted(type.getSimpleName(), e.getMessage()), e);
        } catch (Throwable t) {
            throw new AssertionError("the constructor of %s failed".formatted(type), t);
        }
    }

    @Override
    public int leastBytes() {
        return leastBytes;
    }
}
