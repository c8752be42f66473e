package dev.gufo.template;

import static dev.gufo.template.Templates.render;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.template.TemplateException.Kind;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions against what Python prints for them. */
class ExpressionsTest {
    private static final Map<String, Object> VARIABLES = variables();

    private static Map<String, Object> variables() {
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("s", "wörld 😀 it's");
        variables.put("n", 42);
        variables.put("big", new BigInteger("12345678901234567890"));
        variables.put("no", null);
        variables.put("l", List.of(3, 1, 2));
        variables.put("d", orderedMap("b", 1, "a", orderedMap("x", List.of(1, 2)), "items", "I"));
        variables.put(
                "users",
                List.of(
                        orderedMap("name", "Zed", "age", 3),
                        orderedMap("name", "amy", "age", 30),
                        orderedMap("name", "Bob", "age", 3)));
        variables.put("mixed", Arrays.asList(1, "a", null, true, 2.5));
        return variables;
    }

    private static Map<String, Object> orderedMap(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '`', textBlock = """
            7 // 2, -7 // 2, 7 % -3, -7.5 % 2, 7 / 2, 2 ** 10, 2 ** -1 => (3, -4, -2, 0.5, 3.5, 1024, 0.5)
            -2 ** 2, 2 ** 3 ** 2, 10 ** 20 / 3 => (4, 64, 3.333333333333333e+19)
            0x1F, 1_000, 0b11, 1e3, 1.5e-7, 1e16, 123456789.123 => (31, 1000, 3, 1000.0, 1.5e-07, 1e+16, 123456789.123)
            true + 1, true == 1, 1 == 1.0, '1' == 1, none == zz, zz == yy => (2, True, True, False, False, True)
            1 < 2 < 3, 1 < 3 < 2, not 1 in [2], 1 not in [2], 'a' in 'cat' => (True, False, True, True, True)
            [1, 2] < [1, 3], (1, 2) == (1, 2), {'a': 1} == {'a': 1.0} => (True, True, True)
            1 ~ none ~ 2.0 ~ true ~ [1, 'x'] ~ zz => 1None2.0True[1, 'x']
            'a' if false, 0 or 'x', '' and 1, 'p' if n else 'q' => (Undefined, 'x', '', 'p')
            'a' * 3, [1] * 2, [1] + [2], (1,) + (2,), 'ab' 'cd' => ('aaa', [1, 1], [1, 2], (1, 2), 'abcd')
            "it's", 'say "x"', '\\t\\x41\\u00e9', "a'b" ~ '"' => ("it's", 'say "x"', '\\tAé', 'a\\'b"')
            s[6], s[-1], s[99] is defined, s[::-1][:4], s | length => ('😀', 's', False, "s'ti", 12)
            l[0], l[-1], l[1:], l[::-1], l[9] is defined, (1, 2, 3)[::2] => (3, 2, [1, 2], [2, 1, 3], False, (1, 3))
            d.b, d['items'], d.a.x.1, d.zz is defined, d.get('q', 7) => (1, 'I', 2, False, 7)
            big + 1, big // 7, -big => (12345678901234567891, 1763668414462081127, -12345678901234567890)
            {1: 'a', true: 'b'}, {'k': [none]}, range(3), d.keys() => ({1: 'b'}, {'k': [None]}, range(0, 3), dict_keys(['b', 'a', 'items']))
            users | map(attribute='name') | sort | join(',') => amy,Bob,Zed
            users | selectattr('age', 'gt', 5) | map(attribute='name') | list => ['amy']
            users | rejectattr('name', 'equalto', 'Bob') | list | length => 2
            users | groupby('age') | map(attribute='grouper') | list => [3, 30]
            users | sort(attribute='age,name', reverse=true) | map(attribute='name') | list => ['amy', 'Zed', 'Bob']
            l | sort, l | sum, l | min, l | max, l | first, l | last, l | reverse | list => ([1, 2, 3], 6, 1, 3, 3, 2, [2, 1, 3])
            mixed | select('string') | list, mixed | reject('none') | list | length => (['a'], 4)
            range(5) | batch(2, 0) | list, range(5) | slice(2) | list => ([[0, 1], [2, 3], [4, 0]], [[0, 1, 2], [3, 4]])
            d | dictsort(by='key') | first, d | items | list | length, d | length => (('a', {'x': [1, 2]}), 3, 3)
            [1, 1.0, 'a', 'A'] | unique | list, {'B': 1, 'a': 2} | dictsort => ([1, 'a'], [('a', 2), ('B', 1)])
            zz | default('D'), '' | default('E'), '' | default('E', true), none | d('F') => ('D', '', 'E', None)
            '5' | int, '5.7' | int, 'x' | int(3), '0x1f' | int(0, 16), '2' | float => (5, 5, 3, 31, 2.0)
            -5 | abs, 2.5 | round, 2.675 | round(2), 3.1 | round(0, 'ceil'), 1234 | round(-2) => (5, 2.0, 2.67, 4.0, 1200)
            '%s|%05.1f|%-4s|%x|%%' % ('a', 3.14159, 'b', 255) => a|003.1|b   |ff|%
            '{:*>4}|{:<4}|{a[x]:^4}|{:,}|{:.2%}|{!r}'.format(1, 2, 1234567, 0.5, 'q', a={'x': 'c'}) => ***1|2   | c  |1,234,567|50.00%|'q'
            'a,b,,c'.split(','), ' a b '.split(), 'a b c'.rsplit(' ', 1) => (['a', 'b', '', 'c'], ['a', 'b'], ['a b', 'c'])
            'xxaxx'.strip('x'), 'abc'.removeprefix('ab'), 'a-b'.partition('-') => ('a', 'c', ('a', '-', 'b'))
            'hello wORLD'.title(), 'hELLO'.capitalize(), 'it is-so' | title => ('Hello World', 'Hello', 'It Is-So')
            'abc'.startswith(('x', 'a')), 'abcabc'.rfind('b'), 'aXa'.count('a'), 'abc'.find('z') => (True, 4, 2, -1)
            'aaa'.replace('a', 'b', 2), 'ab'.replace('', '-'), '-5'.zfill(4), 'ab'.center(5, '*') => ('bba', '-a-b-', '-005', '**ab*')
            'a\\n\\nb' | indent(2), 'foo bar baz qux' | truncate(9), 'ß' | upper => ('a\\n\\n  b', 'foo...', 'SS')
            'foo bar baz' | wordwrap(7), 'a b' | wordcount, 'a b&c' | urlencode => ('foo bar\\nbaz', 2, 'a%20b%26c')
            '<a>' | e ~ '<b>', ('<a>' | safe) + '<b>', '<p>a <b>c</b></p>' | striptags => ('&lt;a&gt;<b>', Markup('<a>&lt;b&gt;'), 'a c')
            n is number, true is integer, 'a' is lower, 4 is divisibleby 2, zz is defined, l is mapping => (True, False, True, True, False, False)
            d is mapping, l is sequence, 'x' is iterable, none is none, l.append is defined => (True, True, True, True, False)
            dict(a=1, **{'b': 2}), namespace(x=1), dict([('k', 1)]) => ({'a': 1, 'b': 2}, <Namespace {'x': 1}>, {'k': 1})
            """)
    void evaluateAsInPython(String expression, String printed) {
        String source = expression.replace("\\\\", "\\");
        assertThat(render("{{ " + source + " }}", VARIABLES)).isEqualTo(printed.replace("\\\\", "\\"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz.y",
                "zz + 1",
                "-zz",
                "zz()",
                "zz < 1",
                "zz | int",
                "zz | tojson",
                "none.x.y",
                "'a' + 1",
                "1 + 'a'",
                "'a' < 1",
                "[1] - [1]",
                "1 / 0",
                "1 % 0",
                "0 ** -1",
                "n | length",
                "no | list",
                "1 in 'a'",
                "s()",
                "l.append(1)",
                "d.update({})",
                "d.pop('b')",
                "''.__class__.__mro__",
                "mixed | sort",
                "{[1]: 2}",
                "l | map('nofilter') | list",
                "l | map('string') | tojson",
                "'%d' % 'a'",
                "'%s %s' % 1",
                "'{1}'.format(1)",
                "','.join([1])",
                "'a'.split('')",
                "'a'.index('z')",
                "range(1, 2, 0)",
                "(l | map('string')) | length",
                "namespace(x=1) | list",
                "s | random"
            })
    void failWhereTheReferenceFails(String expression) {
        assertThatThrownBy(() -> render("{{ " + expression + " }}", VARIABLES))
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.RUNTIME));
    }

    @Test
    void jsonIsWrittenAsPythonWritesIt() {
        Map<String, Object> value = orderedMap(
                "é", "a\"\\\n\u0001</>", "f", 1.0, "t", true, "n", null, "e", List.of(), "l", List.of(1, Map.of()));
        Map<String, ?> variables = Map.of("v", value);
        assertThat(render("{{ v | tojson }}", variables))
                .isEqualTo(
                        "{\"é\": \"a\\\"\\\\\\n\\u0001</>\", \"f\": 1.0, \"t\": true, \"n\": null, \"e\": [], \"l\": [1, {}]}");
        assertThat(render("{{ {'b': [1, 2], 'a': {}} | tojson(indent=2, sort_keys=true) }}", variables))
                .isEqualTo("{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ]\n}");
        assertThat(render("{{ ['é', (1,)] | tojson(ensure_ascii=true, separators=(',', ':')) }}", variables))
                .isEqualTo("[\"\\u00e9\",[1]]");
    }

    @Test
    void generatorsAreUsedUpByTheFirstWhoTakesTheirItems() {
        assertThat(render("{% set g = l | map('string') %}{{ g | join }}{{ g | join }}!", VARIABLES))
                .isEqualTo("312!");
    }

    @Test
    void timeIsToldInPythonsFormat() {
        assertThat(render("{{ strftime_now('%Y-%m-%d %H:%M:%S %A %a %B %b %j %-d %I%p %%') }}"))
                .isEqualTo("2026-11-05 09:07:03 Thursday Thu November Nov 309 5 09AM %");
    }
}
