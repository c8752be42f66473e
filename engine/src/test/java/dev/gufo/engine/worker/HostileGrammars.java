package dev.gufo.engine.worker;

import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.UnsupportedSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Grammars and schemas that were made to cost: nesting, repetition, ambiguity, recursion, size, garbage. */
final class HostileGrammars {
    private static final List<String> SEEDS = List.of(
            "root ::= (expr \"=\" ws term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= ident | num | \"(\" ws expr \")\" ws\n"
                    + "ident ::= [a-z] [a-z0-9_]* ws\nnum ::= [0-9]+ ws\nws ::= [ \\t\\n]*",
            "root ::= s+\ns ::= s s | \"a\"{0,30} s | (\"b\" | [^a-c\\u20ac])? | \"\\\"\"",
            "root ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" move \"\\n\")+\n"
                    + "move ::= ([a-h] \"x\")? [a-h] [1-8]",
            JsonSchemaGrammar.ofAnyJson());
    private static final List<String> INSERTS =
            List.of("*", "{1,99}", "(", ")", "|", "\"\"", " root ", "[^", "\\", ".", "{9999}", "+", "?");

    private final Random random;

    HostileGrammars(Random random) {
        this.random = random;
    }

    /** One of each kind. */
    List<String> each() {
        List<String> all = new ArrayList<>(List.of(
                "root ::= root root | \"a\" | \"\"",
                "root ::= root root root | [a-z ] | \"\"",
                "root ::= root [a-z] | root \"a\" | \"\"",
                "root ::= s*\ns ::= s s | t | \"\"\nt ::= s* [a-z ]?",
                "root ::= ([a-z ]* [a-z ]*)* ([a-z ]+ | \"aa\")* [a-z ]*",
                "root ::= [a-z ]" + " [a-z ]?".repeat(15_000),
                "root ::= [a-z ]" + " [a-z ]?".repeat(49_000),
                "root ::= [a-z ]* [a-z]{5000} | [a-z ]* \"a\"",
                "root ::= (([a-z ]{0,1000}){0,10}){0,9}",
                "root ::= ((.{0,1000}){0,1000}){0,1000}",
                "root ::= [a-z ]{100000000}",
                "root ::= [a-z ] root root [a-z ] | [a-z ] | \"\"",
                "root ::= x*\nx ::= ([a-z ] x?){2000}",
                "root ::= " + "(".repeat(60) + "[a-z] | [b-f]" + "){0,2}".repeat(60),
                "root ::= " + "(".repeat(500_000),
                "root ::= " + "(\"a\"|".repeat(90) + "[a-z]" + ")*".repeat(90),
                "root ::= \"a\"" + "*".repeat(1_000_000),
                "root ::= " + "root ".repeat(200_000) + "| \"a\"",
                "root ::= " + ".".repeat(500_000),
                "root ::= [a-z]\n" + "#\n".repeat(500_000),
                "root ::= \"\\u0000\"* \"\\uFFFF\"",
                "root ::= \"" + "ab".repeat(500_000) + "\"",
                "root ::= a\na ::= b\nb ::= a",
                "",
                "root ::="));
        for (String letters :
                List.of("ab\"[](){}*+?|.\\-^ \n,:=1#", "()|\"a ", "[^a-\\]", "\u0000\u00ff\uD800x", "a |.*+?")) {
            StringBuilder garbage = new StringBuilder("root ::= ");
            while (garbage.length() < 1 << 20) {
                garbage.append(letters.charAt(random.nextInt(letters.length())));
            }
            all.add(garbage.toString());
        }
        all.add(mesh(3_000, ""));
        all.add(mesh(300, "?"));
        schemas().forEach(schema -> grammar(schema).ifPresent(all::add));
        return all;
    }

    /** Rules that call each other at random. */
    private String mesh(int rules, String operator) {
        StringBuilder mesh = new StringBuilder("root ::= r0*\n");
        for (int i = 0; i < rules; i++) {
            mesh.append("r%d ::= [a-z ]%s".formatted(i, operator));
            for (int j = 0; j < 10; j++) {
                mesh.append(" (r%d | [a-z ])%s".formatted(random.nextInt(rules), operator));
            }
            mesh.append('\n');
        }
        return mesh.toString();
    }

    /** Schemas that were made to cost. */
    private static List<Object> schemas() {
        List<Object> schemas = new ArrayList<>();
        for (String pattern :
                List.of("(a+)+$", "(.*a){20}b", "(a|a)*b", "((a{0,50}){0,50}){0,50}", "[^\\d]{0,9999}", "(")) {
            schemas.add(Map.of("type", "string", "pattern", pattern));
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 9_000; i++) {
            values.add("value " + i * 7_919L);
        }
        schemas.add(Map.of("enum", values));
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < 300; i++) {
            properties.put("p" + i, Map.of("type", "array", "items", Map.of("$ref", "#"), "maxItems", 5));
        }
        schemas.add(Map.of("type", "object", "properties", properties));
        schemas.add(Map.of("type", "array", "items", Map.of("$ref", "#"), "minItems", 2));
        return schemas;
    }

    private static Optional<String> grammar(Object schema) {
        try {
            return Optional.of(JsonSchemaGrammar.of(schema));
        } catch (UnsupportedSchema e) {
            return Optional.empty();
        }
    }

    /** A grammar with a few random edits. */
    String mutant() {
        StringBuilder mutant = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(mutant.length());
            int end = Math.min(mutant.length(), at + 1 + random.nextInt(6));
            switch (random.nextInt(4)) {
                case 0 -> mutant.delete(at, end);
                case 1 -> mutant.insert(random.nextInt(mutant.length()), mutant.substring(at, end));
                case 2 -> mutant.setCharAt(at, mutant.charAt(random.nextInt(mutant.length())));
                default -> mutant.insert(at, INSERTS.get(random.nextInt(INSERTS.size())));
            }
            if (mutant.isEmpty()) {
                mutant.append("root");
            }
        }
        return mutant.toString();
    }
}
