package dev.gufo.template;

/**
 * Bounds that keep any template with any input from hanging, filling the memory or overflowing the stack.
 *
 * @param sourceChars longest template source
 * @param nesting deepest nesting of statements and expressions in the source
 * @param depth deepest evaluation: nested expressions, macro calls and data together. At the default it needs less than
 *     512 KiB of stack
 * @param steps evaluated nodes, visited items and every 8 characters of produced text together; 8 more for each
 *     character of input
 * @param textChars longest text: the output, or any string on the way there
 * @param integerBits largest integer
 */
public record TemplateLimits(int sourceChars, int nesting, int depth, long steps, int textChars, int integerBits) {
    /** Far above what chat templates need: they take thousands of steps per message and are below 20,000 characters. */
    public static final TemplateLimits DEFAULT = new TemplateLimits(1 << 20, 100, 500, 20_000_000, 1 << 24, 1 << 14);

    public TemplateLimits {
        if (sourceChars < 1 || nesting < 1 || depth < 1 || steps < 1 || textChars < 1 || integerBits < 64) {
            throw new IllegalArgumentException("every limit must be positive, and integers at least 64 bits");
        }
    }
}
