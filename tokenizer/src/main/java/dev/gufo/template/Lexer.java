package dev.gufo.template;

import static dev.gufo.template.TemplateException.Kind.SYNTAX;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template's source into data and tags, and applies whitespace control as with trim_blocks and lstrip_blocks
 * switched on.
 */
final class Lexer {
    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;

    /** True where a tag would stand at the beginning of its line if only blanks precede it. */
    private boolean lineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    /** All tokens, the last of which is END. */
    static List<Token> tokens(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
        while (lexer.position < lexer.source.length()) {
            lexer.dataAndTag();
        }
        lexer.add(Token.Type.END, "");
        return lexer.tokens;
    }

    private void dataAndTag() {
        int tag = nextTag(position);
        if (tag < 0) {
            emitData(source.substring(position));
            position = source.length();
            return;
        }
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        emitData(stripBefore(source.substring(position, tag), sign, kind != '{'));
        advanceTo(tag);
        int content = tag + (sign == '-' || sign == '+' ? 3 : 2);
        switch (kind) {
            case '{' -> tag(content, Token.Type.VARIABLE_BEGIN, Token.Type.VARIABLE_END, "}}");
            case '#' -> comment(content);
            default -> {
                int raw = afterKeywordTag(content, "raw", false);
                if (raw < 0) {
                    tag(content, Token.Type.BLOCK_BEGIN, Token.Type.BLOCK_END, "%}");
                } else {
                    raw(raw);
                }
            }
        }
    }

    private int nextTag(int from) {
        for (int at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
            if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
                return at;
            }
        }
        return -1;
    }

    /** Data in front of a tag, stripped as the tag's sign, or lstrip_blocks, demands. */
    private String stripBefore(String data, char sign, boolean blockOrComment) {
        if (sign == '-') {
            return data.substring(0, Characters.strippedEnd(data, 0));
        }
        if (sign == '+' || !blockOrComment) {
            return data;
        }
        int lineBegin = data.lastIndexOf('\n') + 1;
        boolean blank = Characters.strippedEnd(data, lineBegin) == lineBegin;
        return blank && (lineBegin > 0 || lineStart) ? data.substring(0, lineBegin) : data;
    }

    private void emitData(String data) {
        if (!data.isEmpty()) {
            add(Token.Type.DATA, data);
        }
    }

    private void comment(int content) {
        int end = source.indexOf("#}", content);
        if (end < 0 && content == source.length()) {
            advanceTo(content); // the reference lets a comment begin at the very end
            return;
        }
        if (end < 0) {
            throw error("missing end of comment tag");
        }
        char sign = end > content ? source.charAt(end - 1) : ' ';
        advanceTo(afterEnd(end + 2, sign, true));
    }

    private void raw(int content) {
        advanceTo(content);
        for (int at = source.indexOf("{%", content); at >= 0; at = source.indexOf("{%", at + 2)) {
            char sign = at + 2 < source.length() ? source.charAt(at + 2) : ' ';
            int end = afterKeywordTag(at + (sign == '-' || sign == '+' ? 3 : 2), "endraw", true);
            if (end >= 0) {
                emitData(stripBefore(source.substring(content, at), sign, true));
                advanceTo(end);
                return;
            }
        }
        if (content < source.length()) {
            throw error("missing end of raw directive");
        }
    }

    /** The offset after a tag that holds nothing but {@code keyword}, or -1 if this is another tag. */
    private int afterKeywordTag(int content, String keyword, boolean trims) {
        int at = Characters.skipSpace(source, content);
        if (!source.startsWith(keyword, at)) {
            return -1;
        }
        at = Characters.skipSpace(source, at + keyword.length());
        if (source.startsWith("%}", at)) {
            return afterEnd(at + 2, ' ', trims);
        }
        boolean signed = source.startsWith("-%}", at) || (trims && source.startsWith("+%}", at));
        return signed ? afterEnd(at + 3, source.charAt(at), trims) : -1;
    }

    /** Where the text goes on after a tag that ends at {@code end}. */
    private int afterEnd(int end, char sign, boolean trims) {
        if (sign == '-') {
            return Characters.skipSpace(source, end);
        }
        boolean newline = end < source.length() && source.charAt(end) == '\n';
        return trims && sign != '+' && newline ? end + 1 : end;
    }

    private void tag(int content, Token.Type begin, Token.Type end, String closing) {
        add(begin, source.substring(position, content));
        advanceTo(content);
        TagLexer inside = new TagLexer(source, position, line, tokens);
        boolean block = end == Token.Type.BLOCK_END;
        while (true) {
            inside.skipSpace();
            int at = inside.position();
            if (at >= source.length()) {
                line = inside.line();
                position = at;
                return; // the parser misses the closing token
            }
            boolean signed = source.charAt(at) == '-' || (block && source.charAt(at) == '+');
            if (inside.balanced() && source.startsWith(closing, signed ? at + 1 : at)) {
                char sign = signed ? source.charAt(at) : ' ';
                line = inside.line();
                position = at;
                add(end, closing);
                advanceTo(afterEnd(at + (signed ? 3 : 2), sign, block));
                return;
            }
            inside.next();
        }
    }

    private void advanceTo(int target) {
        for (int i = position; i < target; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        position = target;
        lineStart = target > 0 && source.charAt(target - 1) == '\n';
    }

    private void add(Token.Type type, String text) {
        tokens.add(new Token(type, text, line));
    }

    private TemplateException error(String message) {
        return new TemplateException(SYNTAX, message, line);
    }
}
