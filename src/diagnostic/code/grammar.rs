//! `E02xx`: the grammar.

super::codes! {
    UNEXPECTED_TOKEN {
        id: "E0201",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "something else was expected here",
        meaning: "Up to here the text could become an expression, and with this it cannot. The \
                  message lists what could stand here.",
        example: Example::new("1 2", "1 + 2"),
        mend: "Look just before the place: an operator, a comma or a closing bracket may be missing.",
    }
    UNEXPECTED_END {
        id: "E0202",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "the expression ends too early",
        meaning: "Something is still open: an operator without its right side, a bracket that is \
                  not closed, or nothing was written at all.",
        example: Example::over(
            r#"{"user": {"active": true, "admin": true}}"#,
            "user.active AND",
            "user.active AND user.admin",
        ),
        mend: "Write the missing part, or take the last operator away.",
    }
    CHAINED_COMPARISON {
        id: "E0203",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "comparisons do not chain",
        meaning: "`1 < x < 9` would compare the boolean `1 < x` with 9, which nobody means. So one \
                  comparison cannot be a side of another without parentheses.",
        example: Example::over(r#"{"x": 5}"#, "1 < x < 9", "1 < x && x < 9"),
        mend: "Write two comparisons joined by `&&`, or parentheses around one of them.",
    }
    CHAINED_POWER {
        id: "E0204",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "`^` does not chain",
        meaning: "Some languages read `2 ^ 3 ^ 2` from the left, others from the right; here it \
                  must be said.",
        example: Example::new("2 ^ 3 ^ 2", "(2 ^ 3) ^ 2"),
        mend: "Put parentheses around one of them.",
    }
    DUPLICATE_KEY {
        id: "E0205",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "a key that was given before",
        meaning: "A map has one value for each key. A bare word and the same word in quotes are the \
                  same key.",
        example: Example::new("{a: 1, 'a': 2}", "{a: 1, b: 2}"),
        mend: "Keep one of them.",
    }
    MISPLACED_LAMBDA {
        id: "E0206",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "a lambda where none can stand",
        meaning: "A lambda is no value: it can only be the argument of a function that takes one, \
                  such as `filter`, `map`, `any` and `reduce`.",
        example: Example::new("{1, 2}.add(x => x)", "{1, 2}.map(x => x + 1)"),
        mend: "Write the value itself, or call a function that takes a lambda.",
    }
    FOREIGN_WORD {
        id: "E0207",
        category: Category::Syntax,
        stage: Stage::Grammar,
        title: "a word of another language",
        meaning: "`if`, `function`, `let`, `typeof` and their kin do not exist, since an expression \
                  is one value; and what other languages write as a word between two values, such \
                  as `contains`, is a method here.",
        example: Example::over(
            r#"{"user": {"title": "Head of Sales"}}"#,
            "user.title contains 'Sales'",
            "user.title.contains('Sales')",
        ),
        mend: "Write what the help names.",
    }
}
