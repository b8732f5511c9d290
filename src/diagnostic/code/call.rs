//! `E05xx`: functions and their arguments.

super::codes! {
    UNKNOWN_FUNCTION {
        id: "E0501",
        category: Category::UnknownFunction,
        stage: Stage::Functions,
        title: "there is no function of this name",
        meaning: "Functions and methods are those that `claimsmith functions` lists, in the letter \
                  case it shows. Nothing of a host language can be called.",
        example: Example::new("{1, 2}.fliter(x => x > 1)", "{1, 2}.filter(x => x > 1)"),
        mend: "Correct the name.",
    }
    WRONG_ARITY {
        id: "E0502",
        category: Category::Arity,
        stage: Stage::Functions,
        title: "too many or too few arguments",
        meaning: "A function of this name exists, and takes another number of arguments.",
        example: Example::new("'a-b'.split()", "'a-b'.split('-')"),
        mend: "`claimsmith functions NAME` shows what it takes.",
    }
    LAMBDA_ARITY {
        id: "E0503",
        category: Category::Arity,
        stage: Stage::Functions,
        title: "a lambda with too many or too few parameters",
        meaning: "A lambda gets the element and, if it wants it, the index: `x => …`, `(x, i) => …`. \
                  That of `reduce` gets the result so far before them: `(result, x) => …`.",
        example: Example::new("{1, 2}.reduce(x => x)", "{1, 2}.reduce((sum, x) => sum + x)"),
        mend: "Write as many parameters as it is given.",
    }
    CLAIMS_INSIDE {
        id: "E0504",
        category: Category::Unsupported,
        stage: Stage::Grammar,
        title: "`Claims(…)` that does not stand around everything",
        meaning: "`Claims(x)` means `x`. It is accepted around a whole expression, where some \
                  documents have it.",
        example: Example::new("1 + Claims(2)", "1 + 2"),
        mend: "Leave it out.",
    }
    UNSUPPORTED {
        id: "E0505",
        category: Category::Unsupported,
        stage: Stage::Types,
        title: "something that is not supported in this place",
        meaning: "It exists elsewhere in the language: `#this` only inside `.?[ ]` and `.![ ]`, \
                  `getFilteredGroups` not inside the expression of another.",
        example: Example::new("#this == 1", "{1, 2}.?[#this == 1]"),
        mend: "The message says what is meant instead.",
    }
    NOT_KNOWN_YET {
        id: "E0506",
        category: Category::Unsupported,
        stage: Stage::Types,
        title: "what must be known before the evaluation, and is not",
        meaning: "Everything that an expression reads is loaded before it runs. So names of \
                  linked objects, ids of applications and the expression of `getFilteredGroups` \
                  are constant texts, and a linked user is at most four links away.",
        example: Example::over(
            r#"{"user": {"kind": "manager"}, "linkedObjects": {"manager": null}}"#,
            "user.getLinkedObject(user.kind)",
            "user.getLinkedObject('manager')",
        ),
        mend: "Write the text in quotes; `+` of constants is constant too.",
    }
    NOT_IN_PLACE {
        id: "E0507",
        category: Category::Unsupported,
        stage: Stage::Functions,
        title: "a function that is not supported in this place",
        meaning: "Rules of groups have neither conversions nor times (as in Okta).",
        example: Example::at(
            "rules of groups",
            "Convert.toInt('7') > 6",
            "isMemberOfGroupName('seven')",
        ),
        mend: "Keep the answer in an attribute, and ask for that.",
    }
}
