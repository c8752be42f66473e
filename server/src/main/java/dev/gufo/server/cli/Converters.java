package dev.gufo.server.cli;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Pooling;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.usage.Period;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How option values are written; each message completes "Invalid value for …: ". */
final class Converters {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");

    private Converters() {}

    /** A number of layers, or {@code auto}. */
    static final class GpuLayers implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            if (value.equals("auto")) {
                return EngineSettings.GPU_LAYERS_AUTO;
            }
            if (!value.matches("\\d{1,9}")) {
                throw new TypeConversionException("'%s' is neither auto nor a number".formatted(value));
            }
            return Integer.valueOf(value);
        }
    }

    /** A number, or {@code auto}, which is 0. */
    static final class NumberOrAuto implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            if (value.equals("auto")) {
                return 0;
            }
            if (!value.matches("\\d{1,9}")) {
                throw new TypeConversionException("'%s' is neither auto nor a number".formatted(value));
            }
            return Integer.valueOf(value);
        }
    }

    /** A number, or {@code auto}. */
    static final class Sequences implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return value.equals("auto") ? EngineSettings.SEQUENCES_AUTO : new NumberOrAuto().convert(value);
        }
    }

    /** The poolings that every model can do. */
    static final class PoolingName implements ITypeConverter<Pooling> {
        @Override
        public Pooling convert(String value) {
            return switch (value) {
                case "mean" -> Pooling.MEAN;
                case "cls" -> Pooling.CLS;
                case "last" -> Pooling.LAST;
                default -> throw new TypeConversionException("'%s' is none of mean, cls and last".formatted(value));
            };
        }
    }

    /** {@code on} and {@code off}, and YAML's {@code true} and {@code false}. */
    static final class OnOff implements ITypeConverter<Boolean> {
        @Override
        public Boolean convert(String value) {
            return switch (value) {
                case "on", "true" -> true;
                case "off", "false" -> false;
                default -> throw new TypeConversionException("'%s' is neither on nor off".formatted(value));
            };
        }
    }

    /** {@code on}, {@code off}, YAML's {@code true} and {@code false}, or a port. */
    static final class Admin implements ITypeConverter<AdminPlace> {
        @Override
        public AdminPlace convert(String value) {
            if (value.matches("\\d{1,5}") && Integer.parseInt(value) <= 65_535) {
                return AdminPlace.onPort(Integer.parseInt(value));
            }
            return switch (value) {
                case "on", "true" -> AdminPlace.BESIDE;
                case "off", "false" -> AdminPlace.OFF;
                default -> throw new TypeConversionException("'%s' is neither on nor off nor a port".formatted(value));
            };
        }
    }

    /** Seconds, or a number with {@code ms}, {@code s} or {@code m}. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            Matcher matcher = NUMBER_AND_UNIT.matcher(value);
            if (matcher.matches()) {
                long number = Long.parseLong(matcher.group(1));
                switch (matcher.group(2)) {
                    case "ms" -> {
                        return Duration.ofMillis(number);
                    }
                    case "", "s" -> {
                        return Duration.ofSeconds(number);
                    }
                    case "m" -> {
                        return Duration.ofMinutes(number);
                    }
                    default -> {} // no unit of time
                }
            }
            throw new TypeConversionException("'%s' is no time such as 30s, 500ms or 2m".formatted(value));
        }
    }

    /** A number with {@code s}, {@code m}, {@code h}, {@code d} or {@code w}; {@code 0} needs none. */
    static final class Span implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            return value.equals("0")
                    ? Duration.ZERO
                    : Period.span(value)
                            .orElseThrow(() ->
                                    new TypeConversionException("'%s' is no time such as 90d or 24h".formatted(value)));
        }
    }

    /** Bytes, or a number with {@code KiB}, {@code MiB} or {@code GiB}; {@code k}, {@code KB} and the like mean the same. */
    static final class ByteSize implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            Matcher matcher = NUMBER_AND_UNIT.matcher(value);
            if (matcher.matches()) {
                int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                    case "", "b" -> 0;
                    case "k", "kb", "kib" -> 10;
                    case "m", "mb", "mib" -> 20;
                    case "g", "gb", "gib" -> 30;
                    default -> -1;
                };
                long number = Long.parseLong(matcher.group(1));
                if (shift >= 0 && number <= Long.MAX_VALUE >> shift) {
                    return number << shift;
                }
            }
            throw new TypeConversionException("'%s' is no size such as 32MiB".formatted(value));
        }
    }

    /** The names of the log levels. */
    static final class LogLevel implements ITypeConverter<String> {
        private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

        @Override
        public String convert(String value) {
            String level = value.toLowerCase(Locale.ROOT);
            if (!LEVELS.contains(level)) {
                throw new TypeConversionException("'%s' is none of %s".formatted(value, String.join(", ", LEVELS)));
            }
            return level;
        }
    }
}
