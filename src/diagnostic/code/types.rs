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
    NULL_CONDITION {
        id: "L0401",
        category: Category::Type,
        stage: Stage::Types,
        title: "a condition that may be null",
        meaning: "Null is neither true nor false: where a condition must stand it makes the \
                  evaluation fail. An attribute that is not required may be null.",
        example: Example::over(
            r#"{"user": {"flags": [true]}}"#,
            "user.flags.first() ? 'yes' : 'no'",
            "(user.flags.first() ?: false) ? 'yes' : 'no'",
        ),
        mend: "Write `?: false`, or ask `!= null` first.",
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
    NULL_ORDERED {
        id: "L0403",
        category: Category::Type,
        stage: Stage::Types,
        title: "a comparison that may see null",
        meaning: "Null comes before everything, so `x < 18` holds where there is no `x`.",
        example: Example::over(
            r#"{"user": {"ages": [36]}}"#,
            "user.ages.first() < 18",
            "(user.ages.first() ?: 0) < 18",
        ),
        mend: "Ask `!= null` first, or say with `?:` what is compared instead.",
    }
    NULL_RECEIVER {
        id: "L0404",
        category: Category::NullTarget,
        stage: Stage::Types,
        title: "a member of what may be null",
        meaning: "Null has no members and no methods: reading one makes the evaluation fail. What \
                  `find`, `first`, `Groups.startsWith` or `getLinkedObject` look for may not be \
                  there, and an attribute that is not required may have no value.",
        example: Example::over(
            r#"{"user": {"groups": [{"id": "00g1", "profile": {"name": "role_a"}}]}}"#,
            "user.groups.find(g => g.startsWith('role_')).id",
            "user.groups.find(g => g.startsWith('role_'))?.id",
        ),
        mend: "Write `?.`, which makes all that follows null, or ask `!= null` first.",
    }
    NULL_VALUE {
        id: "L0405",
        category: Category::Type,
        stage: Stage::Types,
        title: "an operand or argument that may be null where null fails",
        meaning: "Arithmetic, `matches` and most methods have no answer for null.",
        example: Example::over(
            r#"{"user": {"ages": [36]}}"#,
            "user.ages.first() + 1",
            "(user.ages.first() ?: 0) + 1",
        ),
        mend: "Say with `?:` what is taken instead, or ask `!= null` first.",
    }
    ALWAYS_NULL {
        id: "L0406",
        category: Category::NullTarget,
        stage: Stage::Types,
        title: "a member of what was found to be null",
        meaning: "This place is reached only where the value is null, so reading from it always \
                  fails.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}}"#,
            "user.groups.first() == null ? user.groups.first().name : 'none'",
            "user.groups.first() != null ? user.groups.first().name : 'none'",
        ),
        mend: "Swap the branches, or the question.",
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
    LIMIT_ABOVE_100 {
        id: "L0409",
        category: Category::GroupLimit,
        stage: Stage::Types,
        title: "a group limit above 100",
        meaning: "Only a token of the authorization code flow may have more than 100 groups by \
                  these functions; in every other flow such a limit fails.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}}"#,
            "Groups.startsWith('OKTA', 'a', 500)",
            "Groups.startsWith('OKTA', 'a', 100)",
        ),
        mend: "Write 100 or less, and narrow the filter. `user.groups.filter(g => …)` has no limit.",
    }
    ALWAYS {
        id: "L0410",
        category: Category::Type,
        stage: Stage::Types,
        title: "a condition that is always true or always false",
        meaning: "What is asked was decided before: by a question on the way here, by what was \
                  compared, or by the types of the two sides, since `==` converts nothing.",
        example: Example::over(
            r#"{"user": {"groups": ["a"]}}"#,
            "isMemberOfGroupName('a') ? 1 : isMemberOfGroupName('a') ? 2 : 3",
            "isMemberOfGroupName('a') ? 1 : isMemberOfGroupName('b') ? 2 : 3",
        ),
        mend: "Ask what was meant, or leave the condition and what it never reaches out.",
    }
    NEVER_TAKEN {
        id: "L0411",
        category: Category::Type,
        stage: Stage::Types,
        title: "a default that is never taken",
        meaning: "What stands before `??` is never null here, or before `?:` never null nor empty; \
                  or it is always null, and the default always taken.",
        example: Example::over(
            r#"{"user": {"title": "Countess"}}"#,
            "user.title != null ? user.title ?? 'none' : 'none'",
            "user.title ?? 'none'",
        ),
        mend: "Leave out what is never taken.",
    }
    PLAIN_PATTERN {
        id: "L0412",
        category: Category::Regex,
        stage: Stage::Types,
        title: "a regular expression that only compares letters",
        meaning: "A pattern holds for a whole text, so `abc` is `==`, `abc.*` is `startsWith`, \
                  `.*abc` is `endsWith` and `.*abc.*` is `contains`. Those say what they do, and \
                  are faster.",
        example: Example::over(
            r#"{"user": {"email": "ada@example.com"}}"#,
            "user.email matches 'ada@.*'",
            "user.email.startsWith('ada@')",
        ),
        mend: "Use the comparison that the help names.",
    }
    NEGATION_FIRST {
        id: "L0413",
        category: Category::Type,
        stage: Stage::Types,
        title: "a negation that is compared",
        meaning: "`!` and `not` bind tighter than `==` and its kin, so `!a == b` compares `!a` with \
                  `b`, which is rarely meant.",
        example: Example::over(
            r#"{"user": {"active": true, "admin": false}}"#,
            "!user.active == user.admin",
            "user.active != user.admin",
        ),
        mend: "Write `a != b`, or parentheses around what is negated.",
    }
}
