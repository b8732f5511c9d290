//! `E04xx`: types of operands and arguments. Without a declared schema these are remarks, since
//! only the evaluation knows whether the place is reached.

super::codes! {
    NOT_A_CONDITION {
        id: "E0401",
        category: Category::Type,
        stage: Stage::Types,
        title: "a condition that is neither true nor false",
        meaning: "Conditions (of `? :`, `&&`, `||`, `!`, filters, rules) are booleans or the texts \
                  `'true'` and `'false'`. Numbers, lists and null are no conditions: `0` and the \
                  empty text are not false here.",
        example: Example::new("'a'.length() ? 'some' : 'none'", "'a'.length() > 0 ? 'some' : 'none'"),
        mend: "Compare it. For a boolean that may be null write `flag ?: false`.",
    }
    UNEXPECTED_TYPE {
        id: "E0402",
        category: Category::Type,
        stage: Stage::Types,
        title: "a value of one type where another is needed",
        meaning: "Methods never convert their arguments. Only `+` with a text on one side makes \
                  text of the other, and the classic `String.…` and `Arrays.…` turn lists into \
                  text and back.",
        example: Example::new("'room 7'.endsWith(7)", "'room 7'.endsWith('7')"),
        mend: "Write the value in quotes, or convert it: `.toInteger()`, `.toNumber()`, `'' + x`.",
    }
    NO_ORDER {
        id: "E0403",
        category: Category::Type,
        stage: Stage::Types,
        title: "two types that have no order",
        meaning: "`<`, `<=`, `>` and `>=` compare numbers with numbers, text with text, date-times \
                  with date-times and booleans with booleans. Null comes before everything. `==` \
                  compares anything.",
        example: Example::new("'10' > 9", "'10'.toInteger() > 9"),
        mend: "Convert one side.",
    }
    NOT_A_METHOD_OF_KIND {
        id: "E0404",
        category: Category::Type,
        stage: Stage::Types,
        title: "a method that this kind of value does not have",
        meaning: "The method exists, for other kinds: `filter` is a method of lists, \
                  `startsWith` one of text.",
        example: Example::new("7.startsWith('7')", "('' + 7).startsWith('7')"),
        mend: "Call it on a value of its kind. `claimsmith functions NAME` shows which that is.",
    }
    LAMBDA_WANTED {
        id: "E0405",
        category: Category::Type,
        stage: Stage::Types,
        title: "a value where a lambda is wanted",
        meaning: "`filter`, `map`, `any` and their kin need to be told what to do with each \
                  element: `x => …`.",
        example: Example::new("{1, 2, 3}.filter(2)", "{1, 2, 3}.filter(x => x == 2)"),
        mend: "Write a lambda. To look for a value there is `contains`.",
    }
    WRONG_OPERAND {
        id: "E0406",
        category: Category::Type,
        stage: Stage::Types,
        title: "an operator that does not apply to this type",
        meaning: "Arithmetic is for numbers; `+` also joins text. `[ ]` is for lists, maps, records \
                  and text.",
        example: Example::new("'a' * 3", "'a'.repeat(3)"),
        mend: "Convert the operand, or use a function.",
    }
    NO_KEYS {
        id: "E0407",
        category: Category::Type,
        stage: Stage::Types,
        title: "a key on a value that has no keys",
        meaning: "In `e[name]` a bare name is the key `name`, unless it is the parameter of a \
                  lambda. Lists and texts have no keys; their elements are taken by number.",
        example: Example::new("{'a', 'b'}[first]", "{'a', 'b'}[0]"),
        mend: "Write a number. A name that is to be evaluated goes in parentheses: `list[(x)]`.",
    }
    WRONG_CRITERIA {
        id: "E0408",
        category: Category::Type,
        stage: Stage::Types,
        title: "criteria that `getGroups` and `isMemberOf` do not know",
        meaning: "Criteria are map literals with the keys `group.id`, `group.type`, \
                  `group.source.id` and `group.profile.name`; the last may have `'operator': \
                  'EXACT'` or `'STARTS_WITH'` beside it.",
        example: Example::over(
            r#"{"user": {"groups": ["role_a"]}}"#,
            "user.isMemberOf({'group.name': 'role_a'})",
            "user.isMemberOf({'group.profile.name': 'role_a'})",
        ),
        mend: "Use one of these keys. Anything else can be asked with `user.groups.any(g => …)`.",
    }
    GROUP_LIMIT_TYPE {
        id: "E0409",
        category: Category::GroupLimit,
        stage: Stage::Types,
        title: "a group limit that is no integer",
        meaning: "The last argument of `Groups.startsWith`, `Groups.endsWith`, `Groups.contains` \
                  and `getFilteredGroups` says how many groups there may be at most.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}}"#,
            "Groups.startsWith('OKTA', 'a', 'all')",
            "Groups.startsWith('OKTA', 'a', 100)",
        ),
        mend: "Write an integer from 1 to 100.",
    }
    UNUSABLE_PATTERN {
        id: "E0410",
        category: Category::Regex,
        stage: Stage::Types,
        title: "a constant that is no usable regular expression",
        meaning: "Regular expressions are matched in time that grows with the text only, so \
                  look-around and back-references do not exist. A constant pattern is read when \
                  the expression is checked.",
        example: Example::new("'ab' matches '(a|b'", "'ab' matches '(a|b)+'"),
        mend: "Close what is open. Instead of look-around combine two conditions with `&&`.",
    }
    ALLOWLIST_TYPE {
        id: "E0411",
        category: Category::Type,
        stage: Stage::Types,
        title: "ids of groups that are no list",
        meaning: "The first argument of `getFilteredGroups` is a list of ids.",
        example: Example::over(
            r#"{"user": {"groups": [{"id": "00g1", "profile": {"name": "a"}}]}}"#,
            "getFilteredGroups('00g1', 'group.name', 10)",
            "getFilteredGroups({'00g1'}, 'group.name', 10)",
        ),
        mend: "Write `{'00g1', '00g2'}`, or name an attribute that holds a list.",
    }
    EMPTY_KEY {
        id: "E0413",
        category: Category::Type,
        stage: Stage::Types,
        title: "an empty key of `String.stringSwitch`",
        meaning: "`String.stringSwitch` takes the first key that occurs in the text, and the empty \
                  text occurs in every text.",
        example: Example::new(
            "String.stringSwitch('blue', 'other', '', 'any')",
            "String.stringSwitch('blue', 'any')",
        ),
        mend: "Make what it gives the default.",
    }
    UNKNOWN_ZONE {
        id: "E0414",
        category: Category::BadZone,
        stage: Stage::Types,
        title: "there is no such time zone",
        meaning: "Time zones have the names of the IANA database, in its letter case, such as \
                  `Europe/Paris`; a few old names of three letters mean regions, such as `EST` for \
                  New York.",
        example: Example::new("Time.now('Asia/Tokio')", "Time.now('Asia/Tokyo')"),
        mend: "Write the name of a zone. An offset such as `+02:00` is none; `Etc/GMT-2` is one.",
    }
    UNUSABLE_TIME_PATTERN {
        id: "E0415",
        category: Category::BadTime,
        stage: Stage::Types,
        title: "this is no pattern of times",
        meaning: "The letters of a pattern are those of Joda-Time: `y` is the year, `M` the month, `d` the \
                  day, `H` the hour, `m` the minute, `s` the second, `S` its fraction, `E` the day of the \
                  week, `a` the half of the day, `z` and `Z` the zone. Other letters mean nothing, and text \
                  goes in quotes.",
        example: Example::new(
            "Time.now('UTC', 'yyyy-MM-ddTHH:mm')",
            "Time.now('UTC', 'yyyy-MM-dd''T''HH:mm')",
        ),
        mend: "Write one of these letters, or put quotes around text; inside a text with single \
               quotes they are doubled.",
    }
    NULL_JOINED {
        id: "L0402",
        category: Category::Type,
        stage: Stage::Types,
        title: "what may be null is joined with text",
        meaning: "Beside a text, `+` takes null for the empty text, so a missing attribute goes \
                  unnoticed.",
        example: Example::over(
            r#"{"user": {"mails": ["a@b.c"]}}"#,
            "'first: ' + user.mails.first()",
            "'first: ' + (user.mails.first() ?: 'none')",
        ),
        mend: "Say what is meant with `?: ''`, or `??` for null only.",
    }
    LOOKS_LIKE_PATTERN {
        id: "L0408",
        category: Category::Type,
        stage: Stage::Types,
        title: "a name that looks like a regular expression",
        meaning: "`group.profile.name` is compared with the beginning of names, literally. Only a \
                  `.*` or `*` at its end is dropped.",
        example: Example::over(
            r#"{"user": {"groups": ["Admin-a"]}}"#,
            "user.isMemberOf({'group.profile.name': '^(Admin-|Service-).*'})",
            "user.isMemberOf({'group.profile.name': {'Admin-', 'Service-'}})",
        ),
        mend: "Name several beginnings in a list, or write `user.groups.any(g => g matches '…')`.",
    }
}
