"""Lambdas, lists and texts beside V8: what is written as in JavaScript means the same. Parameters shadow
roots of the same name and kind, so that every production may use them. Left out is what OEL says
otherwise: division of integers, characters beyond 16 bits, null in `+`, coercion in `==`."""

import json
import unittest

from engines import Grammar, compare, lines

CONTEXT = {"n": 3, "t": "ab", "i": 1}

PRODUCTIONS = {
    "expression": [
        "<number>", "<text>", "<condition>", "<numbers>", "<numbers>", "<texts>", "<texts>",
        "<numbers>.at(<place>)", "<texts>.at(<place>)", "<numbers>.find(n => <condition>)",
        "<texts>.find(t => <condition>)", "<numbers>.map((n, i) => [n, i])",
        "<texts>.map(t => <numbers>)",
    ],
    "place": ["-4", "-2", "-1", "0", "1", "2", "3", "<number>"],
    "number": [
        "0", "1", "2", "5", "n", "n", "n", "i", "i",
        "(<number> + <number>)", "(<number> - <number>)", "(<number> * <number>)", "-(<number>)",
        "<numbers>.length", "<texts>.length", "<text>.length",
        "<numbers>.indexOf(<number>)", "<texts>.indexOf(<text>)",
        "<text>.indexOf(<text>)", "<text>.lastIndexOf(<text>)",
        "<numbers>.reduce((n, i) => n + i, <number>)", "<numbers>.reduce((n, x, i) => n - x * i, 0)",
        "<texts>.reduce((n, t) => n + t.length, 0)", "(<condition> ? <number> : <number>)",
    ],
    "text": [
        "'a'", "'bc'", "''", "'a,b'", "'xyzzy'", "'éß'", "' q '", "t", "t", "t", "t",
        "(<text> + <text>)", "(<text> + <number>)", "(<number> + <text>)",
        "<text>.toUpperCase()", "<text>.toLowerCase()", "<text>.trim()",
        "<text>.slice(<place>)", "<text>.slice(<place>, <place>)", "<text>.substring(2)",
        "<text>.padStart(6, <text>)", "<text>.padEnd(5)", "<text>.repeat(2)", "<text>.concat(<text>)",
        "<text>.replaceAll('a', <text>)", "<text>.replaceAll('zz', '-')",
        "<numbers>.join('-')", "<texts>.join()", "<texts>.join('')", "(<condition> ? <text> : <text>)",
    ],
    "condition": [
        "true", "false", "n > 1", "t == 'a'", "i == 0",
        "(<number> < <number>)", "(<number> >= <number>)", "(<number> === <number>)",
        "(<text> < <text>)", "(<text> !== <text>)", "(<condition> && <condition>)",
        "(<condition> || <condition>)", "!(<condition>)", "<text>.startsWith(<text>)",
        "<text>.endsWith(<text>)", "<text>.includes(<text>)", "<numbers>.includes(<number>)",
        "<texts>.includes(<text>)", "<numbers>.some(n => <condition>)", "<texts>.every(t => <condition>)",
        "<texts>.some((t, i) => <condition>)", "<numbers>.every((n, i) => <condition>)",
    ],
    "numbers": [
        "[]", "[3, 1, 2]", "[n, i]", "[n]", "[0, -1, 4, 0]",
        "[<number>, <number>]", "<numbers>.map(n => <number>)", "<texts>.map(t => <number>)",
        "<texts>.map((t, i) => <number>)", "<numbers>.filter(n => <condition>)",
        "<numbers>.filter((n, i) => <condition>)", "<numbers>.flatMap(n => <numbers>)",
        "<texts>.flatMap(t => <numbers>)", "<numbers>.slice(<place>)", "<numbers>.slice(<place>, <place>)",
        "<numbers>.concat(<numbers>)", "(<condition> ? <numbers> : <numbers>)",
    ],
    "texts": [
        "[]", "['b', 'a', '']", "[t]", "[t, 'role_a', 'role_b']",
        "[<text>, <text>]", "<numbers>.map((n, i) => <text>)", "<texts>.map(t => <text>)",
        "<texts>.filter(t => <condition>)", "<texts>.filter((t, i) => <condition>)",
        "<texts>.flatMap((t, i) => <texts>)", "<texts>.slice(<place>)", "<texts>.concat(<texts>)",
        "<text>.split(',')", "<text>.split('z')", "<text>.split('')",
        "(<condition> ? <texts> : <texts>)",
    ],
}


class Lambdas(unittest.TestCase):
    def test_what_is_written_as_in_javascript_means_the_same(self):
        asked = [(expression, CONTEXT) for expression in Grammar(PRODUCTIONS).expressions()]
        command = ["node", "lambdas.mjs", json.dumps(CONTEXT)]
        compare(self, asked, lines(command, [expression for expression, _ in asked]))
