package dev.gufo.template;

/**
 * A piece of a template's source.
 *
 * @param text of a STRING its content with escapes resolved; of an operator the operator itself
 * @param line where it begins, from 1
 */
record Token(Type type, String text, int line) {
    enum Type {
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean isName(String name) {
        return type == Type.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return type == Type.OPERATOR && text.equals(operator);
    }

    /** For error messages. */
    String describe() {
        return switch (type) {
            case END -> "end of template";
            case VARIABLE_END -> "end of print statement";
            case BLOCK_END -> "end of statement block";
            case DATA -> "template data";
            case VARIABLE_BEGIN, BLOCK_BEGIN, NAME, STRING, INTEGER, FLOAT, OPERATOR -> text;
        };
    }
}
