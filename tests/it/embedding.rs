//! What a program that embeds the language meets besides what docs/embedding.md shows.

use claimsmith::{Program, Schema, Subject, Value, Worker};

fn schema() -> Schema {
    Schema::from_json(r#"{"user": {"name": {"type": "string"}, "deep": {"type": "object"}}}"#)
        .unwrap()
}

fn value(expression: &str, subject: &Subject, schema: &Schema) -> Value {
    let program = Program::compile(expression, schema).unwrap();
    program.evaluate(subject, &mut Worker::new()).unwrap()
}

#[test]
fn a_builder_keeps_all_it_was_given() {
    let schema = schema();
    let subject = Subject::builder()
        .attribute("name", "Ada")
        .root("user", "id", "00u1")
        .group("Everyone")
        .build(&schema)
        .unwrap();
    assert_eq!(
        value("{user.name, user.id, user.groups[0]}", &subject, &schema),
        Value::from(vec!["Ada", "00u1", "Everyone"])
    );
    let whole = Subject::builder()
        .metadata("profile", Value::Map(vec![("name".to_owned(), "Grace".into())]))
        .metadata("groups", vec!["a", "b"])
        .build(&schema)
        .unwrap();
    assert_eq!(value("user.name", &whole, &schema), "Grace".into());
    assert_eq!(value("user.groups.size()", &whole, &schema), 2_i64.into());
}

#[test]
fn what_is_given_twice_is_an_error() {
    let schema = schema();
    let profile = || Value::Map(vec![("name".to_owned(), "Grace".into())]);
    for (builder, name) in [
        (Subject::builder().attribute("name", "Ada").metadata("profile", profile()), "profile"),
        (Subject::builder().root("user", "profile", profile()).attribute("name", "Ada"), "profile"),
        (
            Subject::builder().metadata("profile", profile()).metadata("profile", profile()),
            "profile",
        ),
        (Subject::builder().group("a").metadata("groups", vec!["b"]), "groups"),
    ] {
        let error = builder.build(&schema).unwrap_err();
        assert_eq!(error.message, format!("the user's {name} is given twice"));
    }
}

#[test]
fn of_equal_keys_the_last_counts_and_a_hundred_thousand_are_no_trouble() {
    let schema = schema();
    let entries = (0..100_000_i64).map(|n| (format!("k{}", n % 50_000), Value::from(n)));
    let subject =
        Subject::builder().attribute("deep", Value::Map(entries.collect())).build(&schema).unwrap();
    assert_eq!(value("user.deep['k7']", &subject, &schema), 50_007_i64.into());
}

#[test]
fn a_value_is_as_deep_as_the_engines_let_it_be_and_never_lost() {
    let schema = schema();
    let mut deep = Value::Map(vec![("leaf".to_owned(), 1_i64.into())]);
    for _ in 0..90 {
        deep = Value::Map(vec![("in".to_owned(), deep)]);
    }
    let subject = Subject::builder().attribute("deep", deep).build(&schema).unwrap();
    let nested = |n: usize| format!("{}user.deep{}", "{".repeat(n), "}".repeat(n));
    let mut found = value(&nested(9), &subject, &schema);
    for level in 0..9 {
        let Value::List(mut elements) = found else { panic!("level {level} is {found:?}") };
        found = elements.remove(0);
    }
    assert!(matches!(found, Value::Map(_)), "{found:?}");
    let deeper = Program::compile(&nested(10), &schema).unwrap();
    let fault = deeper.evaluate(&subject, &mut Worker::new()).unwrap_err();
    assert_eq!(fault.diagnostic().code.id, "E0606");
}

#[test]
fn great_numbers_are_values() {
    let schema = schema();
    let subject = Subject::builder().attribute("name", "Ada").build(&schema).unwrap();
    assert_eq!(value("1.0 * 10000000000 * 10000000000", &subject, &schema), 1e20.into());
    assert_eq!(value("-5.0 * 1000000000000000000 * 10", &subject, &schema), (-5e19).into());
}
