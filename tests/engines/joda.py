"""Patterns of times beside Joda-Time, printed and read. What is read is what Joda printed, some of it
spoilt. Left out is what OEL says otherwise: there is no year beyond 9999, and names are read in any case."""

import random
import re
import unittest

from engines import EXPRESSIONS, SEED, Grammar, compare, lines

ZONES = ["UTC", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe"]

FIELDS = """G C CC Y YY YYYY x xxxx w ww e E EEE EEEE y yy yyyy D DDD M MM MMM MMMM d dd dddd a aa K KK
    h hh H HH HHH k kk m mm s ss S SSS SSSSSS Z ZZ""".split()
PRODUCTIONS = {
    "expression": ["<field><between><expression>"] * len(FIELDS) + FIELDS,
    "field": FIELDS,
    "between": ["-", "/", ":", " ", ".", ", ", "'T'", "''", "' at '", "' o''clock '"],
}


def written(text):
    return "'" + text.replace("'", "''") + "'"


class Joda(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.patterns = Grammar(PRODUCTIONS).expressions()

    def ask(self, asked):
        command = ["java", "--class-path", "/usr/share/java/joda-time.jar", "Joda.java"]
        return lines(command, ["\t".join(line) for line in asked])

    def test_times_are_printed_the_same(self):
        ages = [10**9, 10**12, 2 * 10**12, 6 * 10**13]
        times = [self.random.randint(-age, age) for age in self.random.choices(ages, k=EXPRESSIONS)]
        zones = self.random.choices(ZONES, k=EXPRESSIONS)
        theirs = self.ask([(p, z, str(t)) for p, z, t in zip(self.patterns, zones, times)])
        asked = [
            (f"time.parseUnixTime().toZone('{zone}').toString({written(pattern)})", {"time": str(time)})
            for pattern, zone, time in zip(self.patterns, zones, times)
        ]
        compare(self, asked, theirs)

    def test_times_are_read_the_same(self):
        times = [str(self.random.randint(0, 2 * 10**12)) for _ in self.patterns]
        printed = self.ask([(pattern, "UTC", time) for pattern, time in zip(self.patterns, times)])
        texts = [self.spoilt(line["value"]) for line in printed]
        theirs = self.ask(list(zip(self.patterns, texts)))
        asked = [
            (f"text.parseStringTime({written(pattern)}).toUnix()", {"text": text})
            for pattern, text in zip(self.patterns, texts)
        ]
        compare(self, asked, theirs)

    def spoilt(self, text):
        """One in three with a digit or a sign changed, or left out."""
        places = [place.start() for place in re.finditer(r"[^A-Za-z]", text)]
        if self.random.random() < 2 / 3 or not places:
            return text
        at = self.random.choice(places)
        other = ["", "0", "9"] if text[at].isdigit() else ["", " ", "-"]
        return text[:at] + self.random.choice(other) + text[at + 1:]
