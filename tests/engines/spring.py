"""The SpEL style beside Spring's own expression language: operators and their precedence, choices, null,
members, lists, maps, projections and selections. Left out is what OEL says otherwise: null in `+`,
quotients that are not finite, members that a map lacks, what follows `?.` on null, a list's elements of
both kinds of number, integers beyond 32 bits."""

import unittest

from engines import Grammar, compare, lines, ours

# Both languages read it.
CONTEXT = """{people: {{name: 'ann', age: 3, tags: {'p', 'q'}}, {name: 'bob', age: 5, tags: {}},
    {name: null, age: 1, tags: {'r'}}}, one: {name: 'ann', age: 3, tags: {'p', 'q'}}, map: {x: 1, y: 2},
    nums: {3, 1, 2}, words: {'b', 'a', 'c'}, s: 'hello', e: '', n: null, t: true, f: false, i: 7, d: 2.5,
    k: 'name'}"""

PRODUCTIONS = {
    "expression": ["<integer>", "<number>", "<text>", "<condition>", "<list>", "<list>", "<any>", "<fault>"],
    "integer": [
        "0", "1", "2", "10", "i", "one.age", "one['age']", "nums[0]", "map.x", "map['y']", "{4, 5}[1]",
        "nums.size()", "s.length()", "3 ^ 2", "people[1].age",
        "<integer> + <integer>", "<integer> - <integer>", "<integer> * <integer>", "<integer> / 2",
        "<integer> div 3", "<integer> % 4", "<integer> MOD 3", "(<integer> / (<integer>))", "-(<integer>)",
        "(<integer>)", "(<condition> ? <integer> : <integer>)", "(n ?: <integer>)", "(<integer> ?: 1)",
        "<list>.size()", "nums[<integer>]",
    ],
    "number": [
        "d", "1.5", "2.0", "1e2", "<number> + <integer>", "<integer> - <number>", "<number> * <number>",
        "<number> / 4", "2.0 ^ 3", "-(<number>)", "(<condition> ? <number> : <integer>)",
    ],
    "text": [
        "'a'", "'it''s'", '"say ""x"""', "s", "one.name", "one[name]", "words[1]", "k", "people[0].name",
        "'10'", "s[1]", "<text> + <text>", "<text> + <integer>", "<text> + <flag>", "<text> + <list_of_some>",
        "(<text>)", "(<condition> ? <text> : <text>)", "(e ?: <text>)", "(n ?: e ?: <text>)",
        "(<text> ?: 'z')", "s.toUpperCase()", "('B' + <text>).toLowerCase()", "(' ' + <text>).trim()",
        "words[1].concat(s)",
    ],
    "flag": ["true", "FALSE", "t", "f"],
    "condition": [
        "true", "f", "t", "n == null", "e == ''", "i > 3", "NULL != n",
        "<integer> == <integer>", "<integer> != <number>", "<integer> < <integer>", "<number> >= <integer>",
        "<integer> lt <integer>", "<integer> GE <integer>", "<text> == <text>", "<text> ne <text>",
        "<text> <= <text>", "<any> == <any>", "n < <integer>", "<text> > null",
        "<condition> && <condition>", "<condition> || <condition>", "<condition> and <condition>",
        "<condition> Or <condition>", "!<flag>", "not <flag>", "!(<condition>)", "(<condition>)",
        "s matches 'h.*'", "one.name matches '(?i)A[a-z]+'", "'4711' matches '\\d{4}'", "k matches 'am'",
        "<list_of_some>.contains(<text>)", "<list>.isEmpty()",
    ],
    "list_of_some": ["words", "{'a', 'b'}", "one.tags", "words.![#this]", "words.?[#this != 'a']"],
    "list": [
        "nums", "{}", "{1, 2, 3}", "people.![age]", "people.![name]", "people.![tags]", "<list_of_some>",
        "{<integer>, <text>}", "{<any>}", "<list>.![#this]", "nums.![#this * 2]", "nums.![#this > 1]",
        "nums.?[#this > 1]", "nums.?[true]", "words.![toUpperCase()]", "words.![length()]",
        "people.?[age > 1].![name]", "people.?[name == null].![age]", "people.?[tags.size() > 0].![tags[0]]",
        "people.![{name, age}]", "people.![age > 2 ? 'old' : name]", "people.?[age == 1 || age == 5]",
        "people.?[name?.length() == 3].![name + '!']", "map.![key]", "map.![value + 1]",
        "(<condition> ? <list> : <list>)",
    ],
    "any": [
        "n", "map", "{:}", "{a: 1, 'b c': 'x'}", "{'k': {1, 2}}['k']", "{a: {b: 2}}.a.b", "map['none']",
        "map.?[value > 1]", "map.?[key == 'x']", "people.^[age > 1].name", "people.$[age > 1].age",
        "people.^[age > 9]", "people.^[age > 9]?.name", "one?.name", "n?.length()", "s?.length()",
        "people?.![age]", "people?.?[age > 2]?.size()", "<integer>", "<text>", "<condition>", "<list>",
    ],
    "fault": [
        "n.x", "n.length()", "people[3]", "nums[-1]", "s[9]", "n[0]", "n.![x]", "s + ", "1 < 2 < 3",
        "2 ^ 3 ^ 2", "not 1 == 2", "i && t", "n || t", "n ? 1 : 2", "i ? 1 : 2", "nums.?[#this]",
        "i / 0", "i % 0", "'a' < 1", "t > 'a'", "-s", "n + n", "1 + n", "n matches 'a'", "s matches '('",
        "nothing", "s.nothing()", "s.length(1)", "(1", "'a", "5.", "=", "a b",
    ],
}


class Spring(unittest.TestCase):
    def test_what_is_written_in_spel_means_the_same(self):
        expressions = Grammar(PRODUCTIONS).expressions()
        context = ours([(CONTEXT, {})])[0]["value"]
        jars = ["spring3-expression", "spring3-core", "commons-logging"]
        command = [
            "java", "--add-opens", "java.base/java.util=ALL-UNNAMED", "--class-path",
            ":".join(f"/usr/share/java/{jar}.jar" for jar in jars), "Spring.java", " ".join(CONTEXT.split()),
        ]
        compare(self, [(expression, context) for expression in expressions], lines(command, expressions))
