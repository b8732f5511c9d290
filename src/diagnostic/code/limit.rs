//! `E07xx`: caps on what is written, and contexts and documents that cannot be read.

super::codes! {
    TOO_LONG {
        id: "E0701",
        category: Category::Limit,
        stage: Stage::Lexing,
        title: "the expression is too long",
        meaning: "A claim or condition has at most 1,024 characters, an expression on its own \
                  10,000.",
        example: Example::Repeated { piece: "1 + ", times: 2_500, end: "1" },
        mend: "Split it, or keep long lists in an attribute.",
    }
    TOO_DEEP {
        id: "E0702",
        category: Category::Limit,
        stage: Stage::Lexing,
        title: "the expression is nested too deeply",
        meaning: "Brackets, lambdas, prefix operators and branches nest at most 100 levels. A chain \
                  of members, of calls or of one operator is no nesting, and may be longer.",
        example: Example::Repeated { piece: "!", times: 101, end: "true" },
        mend: "Split it into several claims.",
    }
    TOO_MUCH_WORK {
        id: "E0703",
        category: Category::Limit,
        stage: Stage::Types,
        title: "an expression that always goes beyond a limit",
        meaning: "An evaluation has 1,000,000 steps. What is evaluated in any case, such as patterns \
                  that are made (10,000 steps each) and steps over long lists, takes more. Or the \
                  value, whatever the request, has more than 65,536 bytes as JSON.",
        example: Example::Repeated {
            piece: "'' + 'a'.matches('b' + 'c') + ",
            times: 101,
            end: "''",
        },
        mend: "Make patterns constant and lists shorter, or split the expression.",
    }
    BAD_CONTEXT {
        id: "E0710",
        category: Category::Context,
        stage: Stage::Context,
        title: "a context that describes nobody",
        meaning: "The context of `eval` is a JSON object of roots. A root is an object or null, a \
                  group a text or an object with a text name. With a schema every attribute has its \
                  declared type. In `--batch` a line that is no such JSON has this code too.",
        example: Example::Context {
            wrong: r#"{"user": "Ada"}"#,
            mended: r#"{"user": {"firstName": "Ada"}}"#,
            text: "user.firstName",
        },
        mend: "Correct the context.",
    }
    NOT_JSON {
        id: "E0711",
        category: Category::Context,
        stage: Stage::Context,
        title: "a document that is no JSON",
        meaning: "The document of an organization is one JSON object in UTF-8, without comments, \
                  trailing commas or keys that occur twice. So is what `--schema` names.",
        example: Example::Document("{\"version\": 1,}"),
        mend: "Correct it at the place shown.",
    }
    NOT_ALLOWED {
        id: "E0712",
        category: Category::Context,
        stage: Stage::Context,
        title: "a value that the document may not have",
        meaning: "A member of the document is missing, unknown, of the wrong type, or names \
                  something that does not exist. The message begins with its path. A declaration \
                  that `--schema` names is told so too.",
        example: Example::Document(
            r#"{"version": 1, "organization": {"name": "Example", "subDomain": "example"}, "claims": []}"#,
        ),
        mend: "The message says what may stand there.",
    }
}
