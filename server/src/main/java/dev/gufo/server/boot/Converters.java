package dev.gufo.server.boot;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Speculation;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.batches.BatchHours;
import dev.gufo.server.usage.Period;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How option values are written; each message completes "Invalid value for …: ". */
public final class Converters {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");

    private Converters() {}

    /** A number of layers, or {@code auto}. */
    public static final class GpuLayers implements ITypeConverter<Integer> {
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
    public static final class NumberOrAuto implements ITypeConverter<Integer> {
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
    public static final class Sequences implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return value.equals("auto") ? EngineSettings.SEQUENCES_AUTO : new NumberOrAuto().convert(value);
        }
    }

    /** The poolings that every model can do. */
    public static final class PoolingName implements ITypeConverter<Pooling> {
        @Override
        public Pooling convert(String value) {
            return switch (value) {
                case "mean" -> Pooling.MEAN;
                case "cls" -> Pooling.CLS;
                case "last" -> Pooling.LAST;
                default -> throw new TypeConversionException("'%s' must be mean, cls or last".formatted(value));
            };
        }
    }

    /** Hours of a day. */
    public static final class Hours implements ITypeConverter<BatchHours> {
        @Override
        public BatchHours convert(String value) {
            try {
                return BatchHours.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** How tokens are guessed ahead; YAML takes {@code off} for a boolean. */
    public static final class SpeculationName implements ITypeConverter<Speculation> {
        @Override
        public Speculation convert(String value) {
            return switch (value) {
                case "auto" -> Speculation.AUTO;
                case "off", "false" -> Speculation.OFF;
                case "ngram" -> Speculation.NGRAM;
                case "draft" -> Speculation.DRAFT;
                case "mtp" -> Speculation.MTP;
                default ->
                    throw new TypeConversionException("'%s' must be off, auto, ngram, draft or mtp".formatted(value));
            };
        }
    }

    /** {@code on} and {@code off}, and YAML's {@code true} and {@code false}. */
    public static final class OnOff implements ITypeConverter<Boolean> {
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
    public static final class Admin implements ITypeConverter<AdminPlace> {
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

    /**
     * Every option that is a time: seconds, or numbers with {@code ms}, {@code s}, {@code m}, {@code h}, {@code d} or
     * {@code w}, such as {@code 1h30m}; in capitals and with spaces between too.
     */
    public static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            String written = value.strip();
            String plain = written.matches("\\d+") ? written + "s" : written;
            return Period.span(plain.replaceAll("\\s+", "").toLowerCase(Locale.ROOT))
                    .orElseThrow(() -> new TypeConversionException(
                            "'%s' is no time such as 30s, 500ms, 1h30m or 90d, or is over 100 years".formatted(value)));
        }
    }

    /** {@link ByteSize}, or {@code auto}. */
    public static final class SizeOrAuto implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            return value.equalsIgnoreCase("auto")
                    ? Long.valueOf(EngineSettings.CACHE_AUTO)
                    : new ByteSize().convert(value);
        }
    }

    /**
     * Bytes, or a number with {@code KiB}, {@code MiB} or {@code GiB}; {@code k}, {@code KB} and the like mean the
     * same.
     */
    public static final class ByteSize implements ITypeConverter<Long> {
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
    public static final class LogLevel implements ITypeConverter<String> {
        private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

        @Override
        public String convert(String value) {
            String level = value.toLowerCase(Locale.ROOT);
            if (!LEVELS.contains(level)) {
                throw new TypeConversionException("'%s' must be one of %s".formatted(value, String.join(", ", LEVELS)));
            }
            return level;
        }
    }
}
