package dev.gufo.template;

import java.util.List;

/**
 * What a template made of its input.
 *
 * @param segments in order; neighbours differ in trust, none is empty
 */
public record Rendering(List<Segment> segments) {
    public Rendering {
        segments = List.copyOf(segments);
    }

    /** The whole text, without its provenance. */
    public String text() {
        StringBuilder text = new StringBuilder();
        segments.forEach(segment -> text.append(segment.text()));
        return text.toString();
    }
}
