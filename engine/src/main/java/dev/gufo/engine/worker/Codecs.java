package dev.gufo.engine.worker;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Array;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes codecs from types, so that nothing that travels is described twice: a record is its components in their order,
 * a sealed type is the number of one of its subtypes and that subtype, an enum is the number of its constant. Numbers
 * depend on the build, which is the same on both sides. Codecs are made once; this object is not safe for several
 * threads, what it makes is. A type may not contain itself: that bounds the depth of a frame.
 */
final class Codecs {
    private final Map<Type, Codec<Object>> made = new HashMap<>();
    private final Set<Type> beingMade = new HashSet<>();

    Codecs() {
        for (Leaf leaf : Leaf.values()) {
            made.put(leaf.type(), leaf);
        }
    }

    /** Sets how the values of a type travel, where its parts do not say it all or it comes too often. */
    <T> Codecs with(Class<T> type, Codec<T> codec) {
        made.put(type, anything(codec));
        return this;
    }

    /**
     * The codec of a type.
     *
     * @throws AssertionError if the type, or a part of it, is nothing that can travel
     */
    @SuppressWarnings("unchecked") // made from the type
    <T> Codec<T> of(Class<T> type) {
        return (Codec<T>) of((Type) type);
    }

    private Codec<Object> of(Type type) {
        Codec<Object> known = made.get(type);
        if (known != null) {
            return known;
        }
        if (!beingMade.add(type)) {
            throw new AssertionError("%s contains itself".formatted(type.getTypeName()));
        }
        Codec<Object> codec = make(type);
        beingMade.remove(type);
        made.put(type, codec);
        return codec;
    }

    private Codec<Object> make(Type type) {
        if (type instanceof ParameterizedType generic) {
            return generic(generic, generic.getActualTypeArguments());
        }
        if (type instanceof Class<?> known) {
            if (known.isRecord()) {
                return record(known);
            }
            if (known.isEnum()) {
                return anything(constants(known.getEnumConstants()));
            }
            if (known.isSealed()) {
                List<Class<?>> subtypes = new ArrayList<>();
                collect(known, subtypes);
                return choice(subtypes);
            }
            if (known.isArray()) {
                return anything(array(known.getComponentType(), of((Type) known.getComponentType())));
            }
        }
        throw new AssertionError("%s can't travel".formatted(type.getTypeName()));
    }

    private Codec<Object> record(Class<?> type) {
        List<Codec<Object>> components = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            components.add(of(component.getGenericType()));
        }
        return new RecordCodec(type, components);
    }

    /** Those of a sealed type that have no subtypes of their own, in the order of their declarations. */
    private static void collect(Class<?> type, List<Class<?>> subtypes) {
        if (type.isSealed()) {
            for (Class<?> subtype : type.getPermittedSubclasses()) {
                collect(subtype, subtypes);
            }
        } else {
            subtypes.add(type);
        }
    }

    private Codec<Object> generic(ParameterizedType type, Type[] of) {
        if (type.getRawType() == List.class) {
            return anything(list(of(of[0])));
        }
        if (type.getRawType() == Set.class) {
            return anything(set(of(of[0])));
        }
        if (type.getRawType() == Optional.class) {
            return anything(optional(of(of[0])));
        }
        if (type.getRawType() == Map.class) {
            return anything(map(of(of[0]), of(of[1])));
        }
        throw new AssertionError("%s can't travel".formatted(type.getTypeName()));
    }

    private static <E> Codec<E> constants(E[] constants) {
        Map<E, Integer> numbers = numbers(List.of(constants));
        return Codec.of(
                Byte.BYTES,
                (out, value) -> out.int8(requireNonNull(numbers.get(value))),
                in -> constants[in.index(constants.length)]);
    }

    private Codec<Object> choice(List<Class<?>> subtypes) {
        Map<Class<?>, Integer> numbers = numbers(subtypes);
        List<Codec<Object>> codecs = new ArrayList<>();
        int least = Integer.MAX_VALUE;
        for (Class<?> subtype : subtypes) {
            codecs.add(of((Type) subtype));
            least = Math.min(least, codecs.getLast().leastBytes());
        }
        return Codec.of(
                Byte.BYTES + least,
                (out, value) -> {
                    int number = requireNonNull(numbers.get(value.getClass()));
                    codecs.get(number).write(out.int8(number), value);
                },
                in -> codecs.get(in.index(codecs.size())).read(in));
    }

    private static <E> Map<E, Integer> numbers(List<E> values) {
        if (values.size() > Byte.MAX_VALUE) {
            throw new AssertionError("%d are more than a byte can number".formatted(values.size()));
        }
        Map<E, Integer> numbers = new HashMap<>();
        for (E value : values) {
            numbers.put(value, numbers.size());
        }
        return Map.copyOf(numbers);
    }

    private static Codec<Object[]> array(Class<?> type, Codec<Object> element) {
        return Codec.of(
                Integer.BYTES,
                (out, array) -> {
                    out.int32(array.length);
                    for (Object value : array) {
                        element.write(out, value);
                    }
                },
                in -> {
                    Object[] array = (Object[]) Array.newInstance(type, count(in, element));
                    for (int i = 0; i < array.length; i++) {
                        array[i] = element.read(in);
                    }
                    return array;
                });
    }

    private static Codec<List<Object>> list(Codec<Object> element) {
        return Codec.of(
                Integer.BYTES,
                (out, list) -> {
                    out.int32(list.size());
                    list.forEach(value -> element.write(out, value));
                },
                in -> {
                    int count = count(in, element);
                    List<Object> list = new ArrayList<>(count);
                    for (int i = 0; i < count; i++) {
                        list.add(element.read(in));
                    }
                    return Collections.unmodifiableList(list);
                });
    }

    private static Codec<Set<Object>> set(Codec<Object> element) {
        Codec<List<Object>> list = list(element);
        return Codec.of(
                Integer.BYTES,
                (out, set) -> list.write(out, List.copyOf(set)),
                in -> Collections.unmodifiableSet(new HashSet<>(list.read(in))));
    }

    private static Codec<Map<Object, Object>> map(Codec<Object> key, Codec<Object> value) {
        int least = key.leastBytes() + value.leastBytes();
        return Codec.of(
                Integer.BYTES,
                (out, map) -> {
                    out.int32(map.size());
                    map.forEach((k, v) -> {
                        key.write(out, k);
                        value.write(out, v);
                    });
                },
                in -> {
                    int count = in.count(least);
                    Map<Object, Object> map = HashMap.newHashMap(count);
                    for (int i = 0; i < count; i++) {
                        map.put(key.read(in), value.read(in));
                    }
                    return Collections.unmodifiableMap(map);
                });
    }

    private static Codec<Optional<Object>> optional(Codec<Object> element) {
        return Codec.of(
                Byte.BYTES,
                (out, optional) -> {
                    out.bool(optional.isPresent());
                    optional.ifPresent(value -> element.write(out, value));
                },
                in -> in.bool() ? Optional.of(element.read(in)) : Optional.empty());
    }

    private static int count(FrameReader in, Codec<?> element) throws BrokenFrame {
        return in.count(element.leastBytes());
    }

    @SuppressWarnings("unchecked") // only values of its own type are handed to it
    private static Codec<Object> anything(Codec<?> codec) {
        return (Codec<Object>) codec;
    }
}
