package dev.gufo.template;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A rendered prompt that still knows which of its characters came from the template and which from the request.
 *
 * @param segments in order; neighbours differ in {@link Segment#trusted}
 */
public record Rendering(List<Segment> segments) {
    public Rendering {
        segments = List.copyOf(segments);
    }

    /** The whole prompt as one string. */
    public String text() {
        return segments.stream().map(Segment::text).collect(Collectors.joining());
    }
}
