package dev.gufo.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.grammar.Sentences;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonSchemaGrammarTest {
    private static void check(String schema, List<String> written, List<String> refused) {
        Object plain = SchemaJudge.plain(schema);
        String gbnf = JsonSchemaGrammar.of(plain);
        for (String sentence : written) {
            assertThat(Sentences.accepts(gbnf, sentence))
                    .as("%s in %s", sentence, gbnf)
                    .isTrue();
            assertThat(new SchemaJudge(plain).faults(sentence)).isEmpty();
        }
        for (String sentence : refused) {
            assertThat(Sentences.accepts(gbnf, sentence))
                    .as("%s in %s", sentence, gbnf)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '%',
            value = {
                "{'type':'string'} § ;;'a\\n\\u00e9\\ud83d\\ude00';'é😀' § 'a;a;'\\ud83d';'\\x';1",
                "{'type':'string','minLength':2,'maxLength':3} § 'ab';'\\u00e9😀\\ud83d\\ude00' § 'a';'abcd';'\\u00e9'",
                "{'type':['integer','null']} § 0;-12;null § 1.5;01;'1';1234567890123456789",
                "{'type':'number'} § 0.5;-1e10;12.25E-3 § .5;1.;1e100;+1",
                "{'type':'boolean'} § true;false § null;True",
                "{'enum':['a','b\\\\',1,null,{'k':[1,2]}]} § 'a';'b\\\\';1;null;{'k': [1, 2]} § 'b';2;{'k':[1]}",
                "{'const':{'a':[]}} § {'a':[]};{ 'a': []} § {}",
                "{'type':'string','enum':['a',1]} § 'a' § 1",
                "{'enum':[1,2,3,4],'not':{'enum':[2]},'minimum':2} § 3;4 § 1;2",
                "{'enum':['a','bb','x'],'if':{'maxLength':1},'then':{'const':'x'}} § 'bb';'x' § 'a'",
                "{'type':'integer','minimum':-3,'maximum':12} § -3;-1;0;9;10;12 § -4;13;120;-10",
                "{'type':'integer','exclusiveMinimum':0,'exclusiveMaximum':100000000000000000000} § 1;999999999999999999 § 0;-1",
                "{'type':'integer','minimum':1000000000000000000000} § 1000000000000000000000;9999999999999999999999 § 999999999999999999999",
                "{'type':'number','minimum':-0.5,'exclusiveMaximum':2.25} § -0.5;0;1.99;2;2.2;2.249 § -0.51;2.25;2.3;3;-1",
                "{'type':'number','multipleOf':0.01} § 1;1.5;1.25 § 1.255;1e1",
                "{'type':'integer','multipleOf':1} § 7 § 7.5",
                "{'type':'string','pattern':'^a+$'} § 'a';'aaa' § ;'b';'ab'",
                "{'type':'string','pattern':'b'} § 'b';'abc';'😀b' § 'a'",
                "{'type':'string','pattern':'^[^a-z ]$'} § '\\`';'\\\\';'\\n';'A' § '\\\\\\\\';'n';'`'",
                "{'type':'string','pattern':'^(a|b)*$','minLength':2,'maxLength':2} § 'ab' § 'a';'aba';'ac'",
                "{'type':'string','pattern':'^a|b$'} § 'ax';'xb' § 'xa';'bx'",
                "{'type':'string','not':{'enum':['','no']}} § 'yes';'n';'non' § 'no';'\\u006eo'",
                "{'type':'string','format':'date'} § '2024-02-29';'2025-12-31' § '2023-02-29';'2025-13-01'",
                "{'type':'string','format':'time'} § '23:59:59Z';'00:00:00.5+02:00' § '24:00:00Z';'10:00:00'",
                "{'type':'string','format':'date-time'} § '2025-01-02T03:04:05Z' § '2025-01-02'",
                "{'type':'string','format':'uuid'} § '123e4567-e89b-12d3-a456-426614174000' § '123e4567'",
                "{'type':'string','format':'email'} § 'ada.l+x@example.co.uk' § '@example.com';'a@b'",
                "{'type':'string','format':'something'} § 'any' § 1",
                "{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2} § [1];[1, 2];[¶  1,¶  2¶] § [];[1,2,3];['a']",
                "{'type':'array','prefixItems':[{'type':'integer'},{'type':'string'}],'minItems':1} § [1];[1,'a'] § [];['a'];[1,'a',2]",
                "{'type':'array','prefixItems':[{'type':'integer'}],'items':{'type':'boolean'}} § [];[1];[1,true,false] § [true]",
                "{'type':'array','items':false} § [] § [1]",
                "{'type':'array','maxItems':1,'uniqueItems':true,'items':{'type':'null'}} § [];[null] § [null,null]",
                "{'type':'array'} § [];[1,'a',{'b':[null]}] § {}",
                "{'type':'object'} § {};{'a':1,'b':{'c':[]}} § []",
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'},'c':{}},'required':['b']} § {'b':'x'};{'a': 1, 'b': 'x'};{'b':'x','c':[1]};{¶  'a': 1,¶  'b': ''¶} § {};{'a':1};{'b':'x','a':1};{'b':'x','d':1}",
                "{'type':'object','properties':{'a':{'type':'null'}},'additionalProperties':{'type':'integer'}} § {};{'a':null};{'a':null,'x':1,'y':2};{'x':1} § {'a':1};{'x':'s'}",
                "{'type':'object','properties':{},'additionalProperties':false} § {} § {'a':1}",
                "{'type':'object','required':['a']} § {'a':1};{'a':1,'b':2} § {};{'b':2}",
                "{'type':'object','patternProperties':{'^x-':{'type':'integer'}}} § {};{'x-a':1} § {'y':1};{'x-a':'s'}",
                "{'type':'object','properties':{'x-a':{}},'patternProperties':{'^x-':{'type':'integer'}},'additionalProperties':{'type':'null'}} § {'x-a':1,'x-b':2,'y':null} § {'x-a':null};{'y':1}",
                "{'type':'object','propertyNames':{'pattern':'^[a-z]$'},'additionalProperties':{'type':'null'}} § {'a':null} § {'ab':null}",
                "{'type':'object','properties':{'a':{'type':'null'},'b':{'type':'null'},'c':{'type':'null'}},'minProperties':1,'maxProperties':2} § {'a':null};{'b':null,'c':null} § {};{'a':null,'b':null,'c':null}",
                "{'type':'object','minProperties':1} § {'a':1};{'b':null,'c':2} § {}",
                "{'type':'object','properties':{'a':{'type':'null'}},'additionalProperties':{'type':'integer'},'minProperties':2} § {'a':null,'x':1};{'a':null,'x':1,'y':1} § {};{'a':null};{'x':1}",
                "{'type':'object','minProperties':1,'maxProperties':1} § {'a':1} § {};{'a':1,'b':1}",
                "{'type':'object','propertyNames':{'type':'string','enum':['a','b']},'additionalProperties':{'type':'integer'}} § {};{'a':1};{'a':1,'b':2};{'b':2} § {'c':1};{'a':null};{'a':1,'a':2}",
                "{'type':'object','propertyNames':{'enum':['a','b']},'required':['b'],'minProperties':2} § {'b':1,'a':1} § {};{'b':1};{'b':1,'c':1}",
                "{'type':'object','properties':{'x':{},'c':{}},'propertyNames':{'anyOf':[{'const':'x'},{'enum':['y',1]}]},'patternProperties':{'^y':{'type':'null'}}} § {'x':1};{'x':1,'y':null} § {'c':1};{'y':1};{'z':1}",
                "{'type':'string','format':'email'} § 'ada@mail.test.solutions';'a@host.internal';'first.last+tag@sub.example.co.uk' § 'a..b@example.com';'a@b';'a@-x.com'",
                "{'type':'string','format':'email','maxLength':254} § 'ada@example.technology' § 'ada'",
                "{'type':'string','format':'email','minLength':3,'maxLength':30} § 'ada@example.com' § 'ada.lovelace.is@a.long.example.com'",
                "{'type':'string','format':'email','pattern':'^[A-Za-z0-9_.+-]+@([A-Za-z0-9-]+\\\\.)+[A-Za-z]{2,}$'} § 'ada.l@example.solutions' § 'o!neil@example.com'",
                "{'anyOf':[{'type':'string'},{'type':'integer','minimum':5}]} § 'a';5 § 4;null",
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'integer'}},'anyOf':[{'required':['a']},{'required':['b']}]} § {'a':1};{'b':1};{'a':1,'b':2} § {}",
                "{'oneOf':[{'type':'integer'},{'type':'string'},{'const':null}]} § 1;'a';null § true",
                "{'oneOf':[{'properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'b':{'type':'integer'}},'required':['b']}]} § {'a':1};{'b':1} § {'a':1,'b':1};{}",
                "{'oneOf':[{'enum':[1,2]},{'enum':[2,3]}]} § 1;3 § 2",
                "{'oneOf':[{'type':'number'},{'type':'integer'}]} § 1.5;-0.25 § 1;1.0;0.0",
                "{'oneOf':[{'type':'string'},{'const':'a'}]} § 'b';'aa' § 'a'",
                "{'type':'string','oneOf':[{'minLength':2},{'maxLength':4}]} § 'a';'abcde' § 'ab';'abcd'",
                "{'oneOf':[{'type':'integer','minimum':0},{'type':'integer','maximum':9}]} § -1;10 § 0;9",
                "{'type':'object','properties':{'a':{},'b':{}},'oneOf':[{'required':['a']},{'required':['b']}]} § {'a':1};{'b':1} § {};{'a':1,'b':1}",
                "{'type':'object','properties':{'k':{'type':'string'},'v':{}},'required':['k'],'oneOf':[{'properties':{'k':{'const':'x'},'v':{'type':'integer'}}},{'properties':{'k':{'not':{'const':'x'}},'v':{'type':'string'}}}]} § {'k':'x','v':1};{'k':'y','v':'s'};{'k':'xx'} § {'k':'x','v':'s'};{'k':'y','v':1}",
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{}},'if':{'properties':{'a':{'const':1}},'required':['a']},'then':{'required':['b']},'else':{'properties':{'b':false}}} § {};{'a':2};{'a':1,'b':0} § {'a':1};{'a':2,'b':0};{'b':1}",
                "{'type':'object','properties':{'k':{'enum':['x','y','z']},'n':{}},'required':['k'],'allOf':[{'if':{'properties':{'k':{'const':'x'}}},'then':{'properties':{'n':{'type':'integer'}}}},{'if':{'properties':{'k':{'const':'y'}}},'then':{'properties':{'n':{'type':'string'}},'required':['n']}}]} § {'k':'x','n':1};{'k':'y','n':'s'};{'k':'z','n':null} § {'k':'x','n':'s'};{'k':'y'};{'k':'y','n':1}",
                "{'type':'string','if':{'maxLength':2},'then':{'pattern':'^a'},'else':{'pattern':'^b'}} § 'a';'ab';'bcd' § 'b';'abc'",
                "{'not':{'type':['object','array','string','number']}} § true;null § 1;'a';{}",
                "{'type':'integer','not':{'enum':[3,5]},'minimum':2,'maximum':6} § 2;4;6 § 3;5",
                "{'type':'string','not':{'pattern':'^a'}} § 'b';'ba' § 'a';'ab'",
                "{'type':'object','not':{'required':['a']}} § {};{'b':1} § {'a':1}",
                "{'type':'object','properties':{'a':{},'b':{}},'not':{'required':['a','b']}} § {};{'a':1};{'b':1} § {'a':1,'b':1}",
                "{'type':'object','properties':{'a':{'type':'integer'}},'not':{'properties':{'a':{'minimum':3}}}} § {'a':2} § {'a':3};{}",
                "{'type':'array','items':{'type':'integer'},'not':{'contains':{'const':0}}} § [];[1] § [0];[1,0]",
                "{'enum':[[],[1],{}],'contains':{}} § [1];{} § []",
                "{'not':{'anyOf':[{'type':'object'},{'type':'array','minItems':1},{'const':null}]},'type':['array','null','boolean']} § [];true § [1];null",
                "{'type':'object','properties':{'a':{},'b':{},'c':{}},'dependentRequired':{'a':['b']}} § {};{'b':1};{'a':1,'b':1};{'c':1} § {'a':1};{'a':1,'c':1}",
                "{'type':'object','properties':{'a':{},'b':{}},'dependencies':{'a':['b'],'b':{'properties':{'b':{'type':'integer'}}}}} § {};{'b':1};{'a':1,'b':1} § {'a':1};{'b':'s'};{'a':1,'b':'s'}",
                "{'type':'object','properties':{'a':{},'b':{}},'dependentSchemas':{'a':{'properties':{'b':{'type':'null'}},'required':['b']}}} § {};{'b':1};{'a':1,'b':null} § {'a':1};{'a':1,'b':1}",
                "{'type':'array','items':{'enum':['a','b',1,1.0]},'uniqueItems':true} § [];['b'];[1,'b','a'] § ['a','a'];[1,1];['c']",
                "{'type':'array','items':{'enum':['a','b','c']},'uniqueItems':true,'minItems':2,'maxItems':2} § ['a','b'];['c', 'a'] § [];['a'];['a','a'];['a','b','c']",
                "{'type':'array','items':{'enum':['a','b','c','d','e','f','g','h','i','j','k','l','m','n','o','p','q','r','s','t']},'uniqueItems':true} § [];['c','a'];['a','e','t'] § ['a','a'];['a','b','a']",
                "{'type':'array','items':{'type':'boolean'},'uniqueItems':true} § [];[true];[false,true] § [true,true]",
                "{'type':'array','prefixItems':[{'type':'string'},{'type':'integer'}],'uniqueItems':true} § ['a',1] § [1]",
                "{'type':'integer','multipleOf':7} § 0;7;-14;700000 § 1;8;-13",
                "{'type':'integer','multipleOf':86400} § 0;86400;172800 § 400;864",
                "{'type':'integer','multipleOf':2003,'minimum':1} § 2003;20030 § 0;1;2004",
                "{'type':'number','multipleOf':0.123456789,'exclusiveMaximum':0.3} § 0;0.246913578;-0.123456789 § 0.370370367;0.1",
                "{'type':'integer','multipleOf':5,'minimum':3,'maximum':22} § 5;10;20 § 0;3;25;12",
                "{'type':'number','multipleOf':0.25} § 0.5;1;1.75;-2.0;2.50 § 0.3;1.1;0.255",
                "{'type':'number','multipleOf':2.5,'exclusiveMinimum':0} § 2.5;5;7.5 § 0;2;2.4",
                "{'type':'integer','multipleOf':1.5} § 3;6 § 1;2;4",
                "{'type':'object','patternProperties':{'^a':{'type':'integer'},'b$':{'minimum':5}}} § {'a':1};{'xb':7};{'ab':5} § {'ab':4};{'ab':'s'};{'a':'s'}",
                "{'$ref':'#n','$defs':{'x':{'$anchor':'n','type':'null'}}} § null § 1",
                "{'$ref':'#n','definitions':{'x':{'$id':'#n','type':'null'}}} § null § 1",
                "{'$id':'https://example.com/a/root','items':{'$ref':'part'},'type':'array','$defs':{'x':{'$id':'part','$ref':'#/$defs/y','$defs':{'y':{'type':'null'}}},'y':{'type':'integer'}}} § [null] § [1]",
                "{'allOf':[{'properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'a':{'minimum':3},'b':{'type':'null'}}}]} § {'a':3};{'a':4,'b':null} § {'a':2};{}",
                "{'$ref':'#/$defs/n','minimum':3,'$defs':{'n':{'type':'integer'}}} § 3 § 2",
                "{'$ref':'#/definitions/a~1b%20','definitions':{'a/b ':{'type':'null'}}} § null § 1",
                "{'type':'object','properties':{'next':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},'required':['next']} § {'next':null};{'next':{'next':null}} § {}",
                "{'type':'object','properties':{'v':{'type':'null'},'next':{'$ref':'#'}}} § {};{'next':{'v':null,'next':{}}} § null",
                "true § 1;'a';[{}] § a",
                "{'title':'t','description':'d','default':1,'examples':[1],'x-own':1} § 1;'a' § a"
            })
    void aKeywordIsKept(String schema, String written, String refused) {
        check(quoted(schema), sentences(written), sentences(refused));
    }

    private static List<String> sentences(String row) {
        return List.of(row.split(";", -1)).stream()
                .map(one -> one.isEmpty() ? "\"\"" : quoted(one))
                .toList();
    }

    private static String quoted(String text) {
        return text.strip().replace('\'', '"').replace('`', '"').replace('¶', '\n');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '%',
            value = {
                "{'type':'text'} § type § %%",
                "{'properties':{'a/b':{'type':'string','minLength':-1}}} § minLength § /properties/a~1b",
                "{'type':'string','pattern':'(?=a)b'} § pattern § %%",
                "{'type':'string','pattern':'('} § pattern § %%",
                "{'type':'string','pattern':'(a)\\\\1'} § pattern § %%",
                "{'type':'string','pattern':'^a{1,900}$','minLength':500000} § pattern § %%",
                "{'type':'string','pattern':'(a|b)*a(a|b){20}$'} § pattern § %%",
                "{'type':'string','minLength':10001} § minLength § %%",
                "{'type':'array','items':{'type':'array','uniqueItems':true}} § uniqueItems § /items",
                "{'type':'array','contains':{},'maxContains':1} § maxContains § %%",
                "{'type':'array','minItems':20000} § minItems § %%",
                "{'type':'array','prefixItems':[{}],'unevaluatedItems':false} § unevaluatedItems § %%",
                "{'type':'integer','minimum':5,'maximum':4} § minimum § %%",
                "{'type':'number','exclusiveMinimum':true} § exclusiveMinimum § %%",
                "{'type':'object','anyOf':[{'required':['a']}],'unevaluatedProperties':false} § unevaluatedProperties § %%",
                "{'type':'object','minProperties':2} § minProperties § %%",
                "{'oneOf':[{'type':'object','properties':{'a':{}}},{'type':'object','properties':{'b':{}}}]} § oneOf § %%",
                "{'oneOf':[{'type':'string'},{'minLength':0}]} § oneOf § %%",
                "{'type':'object','properties':{'a':{'not':{}}},'required':['a']} § not § /properties/a",
                "{'type':'array','items':{'type':'integer'},'uniqueItems':true,'prefixItems':[{'const':1},{}]} § uniqueItems § %%",
                "{'properties':{'a':{'$ref':'#/$defs/none'}}} § $ref § /properties/a",
                "{'$ref':'#none'} § $ref § %%",
                "{'$ref':'https://example.com/schema'} § $ref § %%",
                "{'$ref':'#'} § $ref § %%",
                "{'$ref':'#/$defs/a','$defs':{'a':{'allOf':[{'$ref':'#/$defs/b'}]},'b':{'$ref':'#/$defs/a'}}} § $ref § /$defs/b",
                "{'$dynamicRef':'#a'} § $dynamicRef § %%",
                "{'type':'object','properties':{'next':{'$ref':'#'}},'required':['next']} § schema § %%",
                "{'type':'string','enum':[1,2]} § enum § %%",
                "{'allOf':[{'type':'string'},{'type':'integer'}]} § type § /allOf/1",
                "false § schema § %%",
                "3 § schema § %%",
                "{'items':3,'type':'array'} § schema § /items"
            })
    void whatCannotBeKeptIsRefusedByKeywordAndPath(String schema, String keyword, String path) {
        Object plain = SchemaJudge.plain(quoted(schema));
        assertThatThrownBy(() -> JsonSchemaGrammar.of(plain))
                .isInstanceOfSatisfying(UnsupportedSchema.class, refusal -> {
                    assertThat(refusal.keyword()).as(refusal.getMessage()).isEqualTo(keyword);
                    assertThat(refusal.path()).as(refusal.getMessage()).isEqualTo(path);
                    assertThat(refusal).hasMessageContaining("'" + keyword + "'");
                });
    }

    @Test
    void nullableAllowsNullBesideTheType() {
        String gbnf = JsonSchemaGrammar.of(SchemaJudge.plain("{\"type\":\"string\",\"nullable\":true}"));
        assertThat(Sentences.accepts(gbnf, "null")).isTrue();
        assertThat(Sentences.accepts(gbnf, "\"a\"")).isTrue();
    }

    @Test
    void addressesHaveTheCharactersOfTheirStandard() {
        for (String more : List.of("", ",\"maxLength\":254", ",\"maxLength\":60", ",\"minLength\":5")) {
            check(
                    "{\"type\":\"string\",\"format\":\"email\"" + more + "}",
                    List.of("\"o'neil@example.com\"", "\"a#b@x.international\""),
                    List.of("\".a@example.com\"", "\"a@example\"", "\"a b@example.com\"", "\"a@@example.com\""));
        }
    }

    @Test
    void anyObjectMayBeNestedWithoutBound() {
        String gbnf = JsonSchemaGrammar.ofAnyJson();
        String deep = "{\"a\":".repeat(500) + "[1, \"x\", null]" + "}".repeat(500);
        assertThat(Sentences.accepts(gbnf, deep)).isTrue();
        assertThat(Sentences.accepts(gbnf, "[]")).isFalse();
    }

    @Test
    void whitespaceEnds() {
        String gbnf = JsonSchemaGrammar.ofAnyJson();
        assertThat(Sentences.accepts(gbnf, "{\n" + " ".repeat(20) + "\"a\": 1\n}"))
                .isTrue();
        assertThat(Sentences.accepts(gbnf, "{\n" + " ".repeat(21) + "\"a\": 1\n}"))
                .isFalse();
        assertThat(Sentences.accepts(gbnf, "{\n\n\"a\": 1}")).isFalse();
    }

    @Test
    void severalSchemasStandInOneGrammar() {
        Object first = SchemaJudge.plain("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}");
        Object second = SchemaJudge.plain("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
        String gbnf = "root ::= tool-1 | tool-1-1\n"
                + JsonSchemaGrammar.rules(first, "tool-1")
                + JsonSchemaGrammar.rules(second, "tool-1-1");
        assertThat(Sentences.accepts(gbnf, "{\"a\":1}")).isTrue();
        assertThat(Sentences.accepts(gbnf, "[\"a\"]")).isTrue();
        assertThat(Sentences.accepts(gbnf, "[1]")).isFalse();
        assertThatThrownBy(() -> JsonSchemaGrammar.rules(first, "a--1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aThousandOptionalPropertiesMakeAGrammarThatGrowsWithThem() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < 1_000; i++) {
            properties.put("property" + i, Map.of("type", "integer"));
        }
        String gbnf = JsonSchemaGrammar.of(Map.of("type", "object", "properties", properties));
        assertThat(gbnf.length()).isLessThan(300 * 1_000);
        assertThat(Sentences.accepts(gbnf, "{\"property7\":1, \"property999\":2}"))
                .isTrue();
    }

    @Test
    void anEnumOfThousandsIsATree() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 9_000; i++) {
            words.add(Integer.toString(i * 7919, 36));
        }
        String gbnf = JsonSchemaGrammar.of(Map.of("enum", words));
        assertThat(Sentences.accepts(gbnf, "\"" + words.get(8_999) + "\"")).isTrue();
        assertThat(Sentences.accepts(gbnf, "\"-\"")).isFalse();
    }
}
