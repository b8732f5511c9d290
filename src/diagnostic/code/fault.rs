//! `E06xx`: faults, that is, what only an evaluation can find. A fault always refuses: it gives no
//! value, and a claim that faults refuses the token.

super::codes! {
    WRONG_KIND {
        id: "E0601",
        category: Category::Type,
        stage: Stage::Evaluation,
        title: "this value is of a kind that cannot be used here",
        meaning: "An operand, argument or condition turned out to be of a kind that does not fit, \
                  or null. With a declared schema most of these are found when the expression is \
                  saved.",
        example: Example::over(r#"{"user": {"age": "7"}}"#, "user.age - 1", "user.age.toInteger() - 1"),
        mend: "Convert the value. What may be null is guarded: `x ?: 0`, `x != null && …`.",
    }
    NULL_TARGET {
        id: "E0602",
        category: Category::NullTarget,
        stage: Stage::Evaluation,
        title: "the value before this is null",
        meaning: "Null has no attributes and no methods. An attribute that was never filled is null, \
                  and so is `user` in a request without a user.",
        example: Example::over(
            r#"{"user": {"manager": null}}"#,
            "user.manager.email",
            "user.manager?.email",
        ),
        mend: "Write `?.`: null then ends the chain, which gives null. `?: 'x'` gives another value.",
    }
    NO_SUCH_INDEX {
        id: "E0603",
        category: Category::Index,
        stage: Stage::Evaluation,
        title: "there is no element at this index",
        meaning: "Indexes start at 0 and end before the length. They are whole numbers, and a \
                  negative one counts from the end only in `at` and `slice`.",
        example: Example::new("{'a', 'b'}[2]", "{'a', 'b'}.at(-1)"),
        mend: "Use `first()`, `last()` or `find(…)`, which give null when there is none.",
    }
    ARITHMETIC {
        id: "E0604",
        category: Category::Arith,
        stage: Stage::Evaluation,
        title: "this overflows, divides by zero, or is not finite",
        meaning: "Integers have 64 bits and never wrap around. Nothing is divided by zero, and no \
                  number is infinite.",
        example: Example::over(r#"{"n": 0}"#, "100 / n", "n == 0 ? 0 : 100 / n"),
        mend: "Ask before dividing. Numbers with a fraction (`1.0`) reach farther, to about 1e308.",
    }
    NUMBER_FORMAT {
        id: "E0605",
        category: Category::NumberFormat,
        stage: Stage::Evaluation,
        title: "this text is not a number",
        meaning: "`toInteger`, `toNumber` and the `Convert.…` functions read a whole text; the empty \
                  text and null are no numbers.",
        example: Example::over(
            r#"{"user": {"floor": "3rd"}}"#,
            "user.floor.toInteger()",
            "user.floor matches '-?\\d+' ? user.floor.toInteger() : null",
        ),
        mend: "Ask with `matches` before converting.",
    }
    LIMIT {
        id: "E0606",
        category: Category::Limit,
        stage: Stage::Evaluation,
        title: "this takes more work or room than is allowed",
        meaning: "An expression may take 1,000,000 steps, make texts of 100,000 bytes, lists of \
                  10,000 elements and values of 100 levels, and give 65,536 bytes of JSON. Work is \
                  counted, not timed, so the same expression over the same data always ends alike.",
        example: Example::new("'x'.repeat(200000)", "'x'.repeat(20)"),
        mend: "Filter early, take fewer elements, or split the claim.",
    }
    ARITY_AT_RUN_TIME {
        id: "E0607",
        category: Category::Arity,
        stage: Stage::Evaluation,
        title: "no function of this name takes so many arguments here",
        meaning: "The kind of the value before the dot was known only now, and the function of this \
                  name for that kind takes another number of arguments.",
        example: Example::Never(
            "the functions that differ so are steps of lists, which are settled when the \
             expression is checked",
        ),
        mend: "Ask for the kind's own function.",
    }
    FUNCTION_AT_RUN_TIME {
        id: "E0608",
        category: Category::UnknownFunction,
        stage: Stage::Evaluation,
        title: "this value has no such function",
        meaning: "The kind of the value before the dot was known only now, and it has no function \
                  of this name.",
        example: Example::Never("a name that no kind has is found when the expression is checked"),
        mend: "Correct the name.",
    }
    ATTRIBUTE_AT_RUN_TIME {
        id: "E0609",
        category: Category::UnknownProperty,
        stage: Stage::Evaluation,
        title: "this value has no such attribute",
        meaning: "The value turned out to be a text, a number, a boolean or a list, which have no \
                  attributes, or a group without one of this name.",
        example: Example::over(
            r#"{"user": {"manager": "Ada"}}"#,
            "user.manager.name",
            "user.manager",
        ),
        mend: "Look at what the data holds. Of each element of a list it is `.map(x => x.name)`.",
    }
    PATTERN_AT_RUN_TIME {
        id: "E0610",
        category: Category::Regex,
        stage: Stage::Evaluation,
        title: "this is no regular expression that can be used",
        meaning: "A pattern that is made of data is read when it is used. It may be no regular \
                  expression, use what does not exist here (look-around, back-references), or be \
                  too large.",
        example: Example::over(
            r#"{"user": {"pattern": "a("}}"#,
            "'a' matches user.pattern",
            "'a' == user.pattern",
        ),
        mend: "Keep patterns constant: those are checked when the expression is saved.",
    }
    GROUP_LIMIT_TOO_LARGE {
        id: "E0621",
        category: Category::GroupLimit,
        stage: Stage::Evaluation,
        title: "Group limit is too large, max is 100",
        meaning: "Only a token that is asked for with an authorization code may hold more than 100 \
                  groups of one claim.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}, "flow": "implicit"}"#,
            "Groups.startsWith('OKTA', 'a', 500)",
            "Groups.startsWith('OKTA', 'a', 100)",
        ),
        mend: "Write a limit of 100 or less.",
    }
    GROUP_LIMIT_NOT_INTEGER {
        id: "E0622",
        category: Category::GroupLimit,
        stage: Stage::Evaluation,
        title: "Group limit is not an integer",
        meaning: "The limit of a group function turned out to be null, a text or a fraction.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}, "app": {"profile": {}}}"#,
            "Groups.startsWith('OKTA', 'a', app.profile.maxLimit)",
            "Groups.startsWith('OKTA', 'a', app.profile.maxLimit ?: 100)",
        ),
        mend: "Give another limit for null with `?: 100`.",
    }
    GROUP_LIMIT_NOT_POSITIVE {
        id: "E0623",
        category: Category::GroupLimit,
        stage: Stage::Evaluation,
        title: "Group limit is 0 or negative",
        meaning: "The limit of a group function is at least 1.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}}"#,
            "Groups.startsWith('OKTA', 'a', 0)",
            "Groups.startsWith('OKTA', 'a', 1)",
        ),
        mend: "Write a limit from 1 to 100.",
    }
    TOO_MANY_GROUPS {
        id: "E0624",
        category: Category::GroupLimit,
        stage: Stage::Evaluation,
        title: "EL expression evaluated to too many groups",
        meaning: "More groups match than the limit says. A list of groups decides what a person \
                  may do, so it is never cut silently.",
        example: Example::over(
            r#"{"user": {"groups": ["a1", "a2"]}}"#,
            "Groups.startsWith('OKTA', 'a', 1)",
            "Groups.startsWith('OKTA', 'a', 10)",
        ),
        mend: "Ask for fewer groups, or raise the limit. `user.groups.take(n)` cuts knowingly.",
    }
    ALLOWLIST_NOT_LIST {
        id: "E0625",
        category: Category::Type,
        stage: Stage::Evaluation,
        title: "Allowlist is not an array",
        meaning: "The first argument of `getFilteredGroups` turned out to be no list.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}, "app": {"profile": {"allowed": "00g1"}}}"#,
            "getFilteredGroups(app.profile.allowed, 'group.name', 10)",
            "getFilteredGroups({app.profile.allowed}, 'group.name', 10)",
        ),
        mend: "Keep a list in the attribute.",
    }
    NO_USER {
        id: "E0626",
        category: Category::NullTarget,
        stage: Stage::Evaluation,
        title: "No user in context",
        meaning: "A function that gives groups of the user was asked in a request without a user, \
                  such as one by `client_credentials`.",
        example: Example::over(
            r#"{"user": null}"#,
            "Groups.startsWith('OKTA', 'a', 10)",
            "user != null ? Groups.startsWith('OKTA', 'a', 10) : null",
        ),
        mend: "Ask for the user first. Tests of membership are false without a user.",
    }
    BAD_TIME {
        id: "E0631",
        category: Category::BadTime,
        stage: Stage::Evaluation,
        title: "there is no such time or pattern of times",
        meaning: "A text does not write a time as the function reads it, a pattern that is only known \
                  when it is evaluated is none, or arithmetic left the years from -9999 to 9999.",
        example: Example::over(
            r#"{"user": {"profile": {"hired": "31.07.2015"}}}"#,
            "user.hired.parseStringTime()",
            "user.hired == '' ? null : '2015-07-31'.parseStringTime()",
        ),
        mend: "Name the pattern that the text is written in, or ask first whether it is there.",
    }
    BAD_ZONE {
        id: "E0632",
        category: Category::BadZone,
        stage: Stage::Evaluation,
        title: "there is no such time zone",
        meaning: "A time zone that is only known when it is evaluated is none of the IANA database.",
        example: Example::over(
            r#"{"user": {"profile": {"timezone": "Paris"}}}"#,
            "Time.now(user.timezone)",
            "Time.now('Europe/Paris')",
        ),
        mend: "Keep names such as `Europe/Paris` in the attribute.",
    }
    BAD_COUNTRY {
        id: "E0633",
        category: Category::BadCountry,
        stage: Stage::Evaluation,
        title: "there is no such country",
        meaning: "`parseCountryCode` knows the codes of ISO 3166-1 and the English names of countries. \
                  The functions of `Iso3166Convert` give null for any other text instead.",
        example: Example::over(
            r#"{"user": {"profile": {"country": "Atlantis"}}}"#,
            "user.country.parseCountryCode().toAlpha2()",
            "Iso3166Convert.toAlpha2(user.country)",
        ),
        mend: "Keep a code in the attribute, or use `Iso3166Convert` where it may be anything.",
    }
    BUG {
        id: "E0699",
        category: Category::Limit,
        stage: Stage::Evaluation,
        title: "a bug of ours; please report it",
        meaning: "A check inside Claimsmith failed and stopped the evaluation before it could do harm.",
        example: Example::Never("if you find one, please tell us"),
        mend: "Report the expression and what it was about.",
    }
    FAILS_UNATTENDED {
        id: "L0602",
        category: Category::NullTarget,
        stage: Stage::Types,
        title: "a claim that fails in a request without a user",
        meaning: "A rule lets `client_credentials` have tokens with this claim. Such a request has \
                  no user: `user` and `appuser` are null, and the claim would refuse the token.",
        example: Example::Document(include_str!("unattended.json")),
        mend: "Write `user?.…`, so that the claim is left out.",
    }
}
