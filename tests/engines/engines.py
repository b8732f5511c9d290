"""What each comparison with another engine needs: expressions made up from a table of productions, and
what both engines of claimsmith say to them."""

import json
import os
import random
import re
import subprocess

EXPRESSIONS = int(os.environ.get("EXPRESSIONS", "3000"))
SEED = int(os.environ.get("SEED", "20261129"))
HOLE = re.compile(r"<(\w+)>")


class Grammar:
    """Productions by name. In one, `<name>` stands for any of that name; what has none ends it."""

    def __init__(self, productions):
        self.productions = productions
        self.random = random.Random(SEED)

    def make(self, name, depth):
        made = self.productions[name]
        if depth == 0:
            made = [production for production in made if not HOLE.search(production)]
        return HOLE.sub(lambda hole: self.make(hole[1], depth - 1), self.random.choice(made))

    def expressions(self):
        made = (self.make("expression", self.random.randint(1, 5)) for _ in range(EXPRESSIONS))
        return [expression for expression in made if len(expression) < 1000]


def lines(command, asked):
    """The lines a program says to these lines, as JSON."""
    text = "".join(f"{line}\n" for line in asked)
    told = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    if told.returncode != 0:
        raise AssertionError(told.stderr)
    return [json.loads(line) for line in told.stdout.split("\n") if line]


def ours(asked):
    """What both engines say to pairs of an expression and its context: in this they must agree."""
    cases = [json.dumps({"expr": expression, "context": context}) for expression, context in asked]
    native, interpreted = (
        lines([os.environ["CLAIMSMITH_BINARY"], "eval", "--batch", "--engine", engine], cases)
        for engine in ("native", "interpreter")
    )
    if native != interpreted:
        raise AssertionError("the two engines disagree")
    return native


def compare(test, asked, theirs):
    """Each pair of an expression and its context has the same value here and there, or neither has
    one. A line with the member `value` has one."""
    told = ours(asked)
    test.assertEqual(len(told), len(theirs))
    differ = []
    for (expression, context), here, there in zip(asked, told, theirs):
        if said(here) != said(there):
            differ.append(f"{expression}\n  of    {json.dumps(context)}\n  here  {here}\n  there {there}")
    valued = sum("value" in line for line in theirs)
    print(f"{len(asked)} asked, {valued} have a value, {len(differ)} differ", flush=True)
    test.assertGreater(valued, len(asked) // 2)
    test.assertFalse(differ, "\n".join(differ[:20]))


def said(line):
    return json.dumps(unsigned(line["value"])) if "value" in line else None


def unsigned(value):
    """Zero has no sign (`docs/language.md`), elsewhere it may have."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, list):
        return [unsigned(element) for element in value]
    if isinstance(value, dict):
        return {key: unsigned(member) for key, member in value.items()}
    return value
