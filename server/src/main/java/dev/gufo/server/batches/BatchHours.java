package dev.gufo.server.batches;

import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;

/**
 * The hours of each day in which batches may have all that is free, in the local time of the server.
 *
 * @param from the first minute
 * @param to the first minute that is not among them; before {@code from} if a midnight is
 */
public record BatchHours(LocalTime from, LocalTime to) {
    private static final Pattern FORM = Pattern.compile("([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d");
    private static final DateTimeFormatter MINUTES = DateTimeFormatter.ofPattern("HH:mm");

    /**
     * Reads {@code 22:00-06:00}.
     *
     * @throws IllegalArgumentException if that is not its form, or the hours are none
     */
    public static BatchHours of(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("'%s' must be HH:MM-HH:MM, such as 22:00-06:00".formatted(text));
        }
        var hours = new BatchHours(LocalTime.parse(text.substring(0, 5)), LocalTime.parse(text.substring(6)));
        if (hours.from().equals(hours.to())) {
            throw new IllegalArgumentException("'%s' must end at another minute than it begins".formatted(text));
        }
        return hours;
    }

    /** Whether a time is among them. */
    boolean contain(LocalTime time) {
        boolean begun = !time.isBefore(from);
        boolean notOver = time.isBefore(to);
        return from.isBefore(to) ? begun && notOver : begun || notOver;
    }

    @Override
    public String toString() {
        return MINUTES.format(from) + "-" + MINUTES.format(to);
    }
}
