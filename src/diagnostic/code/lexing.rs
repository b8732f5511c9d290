//! `E01xx`: characters and tokens.

super::codes! {
    UNEXPECTED_CHARACTER {
        id: "E0101",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a character that means nothing",
        meaning: "No literal, name or operator of the language begins with this character. It can \
                  stand inside a text in quotes.",
        example: Example::new("1 ☃ 2", "'1 ☃ 2'"),
        mend: "Take it out, or put the text around it in quotes.",
    }
    NUMBER_OUT_OF_RANGE {
        id: "E0102",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a number that is out of range",
        meaning: "Integers have 64 bits: they go from -9223372036854775808 to 9223372036854775807. \
                  A number with a fraction or an exponent must be finite.",
        example: Example::new("9223372036854775808", "9223372036854775807"),
        mend: "Write a smaller number. A number that only names something can be a text in quotes.",
    }
    SMART_QUOTE {
        id: "E0103",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a smart quote",
        meaning: "Web pages and word processors turn quotes into curly ones. The language knows \
                  only the plain `'` and `\"`.",
        example: Example::new("“a”.toUpperCase()", "\"a\".toUpperCase()"),
        mend: "Write plain quotes. Inside a text a smart quote is an ordinary character.",
    }
    UNTERMINATED_TEXT {
        id: "E0104",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a text without an end",
        meaning: "A text ends with the quote it began with. A backslash escapes nothing: to have \
                  that quote inside, it is written twice.",
        example: Example::new("'it\\'s'", "'it''s'"),
        mend: "Close the text, or double the quote inside it.",
    }
    LONE_OPERATOR_CHARACTER {
        id: "E0105",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "half of an operator",
        meaning: "`&&` and `||` are two characters each; a single `&` or `|` is no operator, and \
                  there is no arithmetic on bits.",
        example: Example::over(
            r#"{"user": {"active": true, "admin": true}}"#,
            "user.active & user.admin",
            "user.active && user.admin",
        ),
        mend: "Write `&&` or `and`, `||` or `or`.",
    }
    STRAY_BACKSLASH {
        id: "E0106",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a backslash outside of text",
        meaning: "A backslash is an ordinary character inside a text and means nothing outside. \
                  Often one is left over from JSON, where `\\\"` is one quote.",
        example: Example::new("\\\"a\\\"", "\"a\""),
        mend: "Leave the backslash out. In a JSON document escape once, for JSON only.",
    }
    LETTER_IN_NAME {
        id: "E0107",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a letter that cannot stand in a name",
        meaning: "Names are made of ASCII letters, digits, `_` and `$`. An attribute of any other \
                  name is reached by index.",
        example: Example::over(r#"{"user": {"größe": 7}}"#, "user.größe", "user['größe']"),
        mend: "Write the name in quotes and brackets: `user['größe']`.",
    }
    FOREIGN_OPERATOR {
        id: "E0108",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "an operator of another language",
        meaning: "`<>`, `**`, `->`, `::`, `&&&` and `|||` are operators elsewhere, or one character \
                  too long.",
        example: Example::over(
            r#"{"user": {"status": "ACTIVE"}}"#,
            "user.status <> 'ACTIVE'",
            "user.status != 'ACTIVE'",
        ),
        mend: "Write the operator that the help names.",
    }
    UNSUPPORTED_FORM {
        id: "E0110",
        category: Category::Unsupported,
        stage: Stage::Lexing,
        title: "a form of another language",
        meaning: "Assignments, `++`, `in`, `new`, comments, template literals, statements and some \
                  other forms of SpEL, Java and JavaScript are known, so that they can be named, \
                  and rejected: an expression gives one value and changes nothing.",
        example: Example::over(
            r#"{"user": {"status": "ACTIVE"}}"#,
            "user.status = 'ACTIVE'",
            "user.status == 'ACTIVE'",
        ),
        mend: "The message says what to write instead; to compare, it is `==`.",
    }
    LOOKS_LIKE_ESCAPE {
        id: "L0101",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "two characters that look like an escape",
        meaning: "A backslash is an ordinary character, so `\\n` is a backslash and an n, `\\t` a \
                  backslash and a t.",
        example: Example::new("'one\\ntwo'", "'one\ntwo'"),
        mend: "A text may span lines. In a regular expression the pair is right, and the remark \
               can be passed over.",
    }
    TURNED_DIRECTION {
        id: "L0102",
        category: Category::Syntax,
        stage: Stage::Lexing,
        title: "a text that is not what it looks like",
        meaning: "Some characters are not seen, but have what follows shown from right to left or \
                  from left to right, so that one text looks like another.",
        example: Example::new("'admin\u{202e}nimda'", "'adminnimda'"),
        mend: "Take the character out, unless the text is meant to be compared with one that has it.",
    }
}
