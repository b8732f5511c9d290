//! `E03xx`: names of roots and attributes.

super::codes! {
    UNKNOWN_ROOT {
        id: "E0301",
        category: Category::UnknownProperty,
        stage: Stage::Names,
        title: "there is nothing of this name",
        meaning: "A name that stands alone is a root (`user`, `app`, `access`, …), the parameter of \
                  a lambda, or, inside `.?[ ]` and `.![ ]`, an attribute of the element. This one is \
                  none of them. Names are case-sensitive.",
        example: Example::over(r#"{"user": {"email": "a@b.c"}}"#, "usr.email", "user.email"),
        mend: "Correct the name. An attribute of the user needs `user.` before it; a text needs quotes.",
    }
    UNKNOWN_ATTRIBUTE {
        id: "E0302",
        category: Category::UnknownProperty,
        stage: Stage::Names,
        title: "there is no attribute of this name",
        meaning: "The attributes of this value are known, and none has this name. Names are \
                  case-sensitive.",
        example: Example::over(r#"{"user": {"groups": ["a"]}}"#, "user.groups[0].nam", "user.groups[0].name"),
        mend: "Correct the name, or declare the attribute in the schema. What may be missing on an \
               open record such as `app.profile` is null instead.",
    }
    OUTER_NAME {
        id: "E0303",
        category: Category::UnknownProperty,
        stage: Stage::Names,
        title: "a name from outside of a projection or selection",
        meaning: "Inside `.?[ ]`, `.![ ]`, `.^[ ]` and `.$[ ]` bare names are attributes of the \
                  element, as in SpEL, and nothing outside can be seen.",
        example: Example::over(
            r#"{"user": {"login": "a", "groups": ["a", "b"]}}"#,
            "user.groups.?[name == user.login]",
            "user.groups.filter(g => g.name == user.login)",
        ),
        mend: "Write a lambda, which sees what is around it.",
    }
    NO_ATTRIBUTES {
        id: "E0304",
        category: Category::UnknownProperty,
        stage: Stage::Types,
        title: "a value that has no attributes",
        meaning: "Text, numbers, booleans and lists have methods, but no attributes (apart from \
                  `length` of texts and lists, and from lists of groups, where an attribute is \
                  taken of each).",
        example: Example::new("{{a: 1}, {a: 2}}.a", "{{a: 1}, {a: 2}}.map(x => x.a)"),
        mend: "Call a method with parentheses, or take the attribute of each element with `map`.",
    }
    ROOT_ELSEWHERE {
        id: "E0305",
        category: Category::UnknownProperty,
        stage: Stage::Names,
        title: "a root that is not filled here",
        meaning: "Each root exists where its facts are known: `device` when a person signs in, \
                  `access` when a token is made. In this place it would always be missing.",
        example: Example::at("rules of groups", "access.scope.size() > 0", "isMemberOfGroupName('a')"),
        mend: "Use one of the roots that the help lists, or move the expression to where the root exists.",
    }
    ALSO_A_ROOT {
        id: "L0301",
        category: Category::UnknownProperty,
        stage: Stage::Names,
        title: "an attribute of the element that has the name of a root",
        meaning: "Inside `.?[ ]`, `.![ ]`, `.^[ ]` and `.$[ ]` a bare name is an attribute of the \
                  element. Of an element that may have any attribute nobody can say that this one \
                  does not exist, so a root that is meant reads as null.",
        example: Example::over(
            r#"{"app": {"profile": {"seats": [{"user": "ada"}]}}}"#,
            "app.profile.seats.?[user == 'ada']",
            "app.profile.seats.filter(s => s.user == 'ada')",
        ),
        mend: "Write a lambda, where it is plain which of the two is meant.",
    }
}
