//! What an expression costs is never more than what was said before it ran.

use crate::support::random_program::{Dice, Maker, Wanted};
use crate::support::rare_program;
use crate::support::{declared, made_subject};
use claimsmith::program::{Bounds, Engine, Length, SetBuilder, Worker, tally};
use claimsmith_runtime::limits;
use std::sync::Arc;

/// How many programs are run.
const PROGRAMS: usize = 3_000;

fn made(dice: &mut Dice) -> String {
    const KINDS: [Wanted; 6] = [
        Wanted::Text,
        Wanted::Integer,
        Wanted::Boolean,
        Wanted::Texts,
        Wanted::Groups,
        Wanted::Any,
    ];
    let (which, kind) = (dice.roll(8), KINDS[dice.roll(KINDS.len())]);
    let maker = &mut Maker::new(dice);
    match which {
        0 => rare_program::beyond(maker).1,
        1 => rare_program::form(maker),
        2 | 3 => rare_program::call(maker, 0),
        _ => maker.make(kind, 4),
    }
}

#[test]
fn no_program_spends_or_writes_more_than_its_bounds() {
    let mut dice = Dice(20_261_128);
    let prepared = made_subject::prepared();
    let worker = &mut Worker::new();
    let (mut n_run, mut n_bounded, mut n_written) = (0, 0, 0);
    while n_run < PROGRAMS {
        let about = &prepared[dice.roll(prepared.len())];
        let mut builder = SetBuilder::new(Arc::clone(&about.schema));
        let text = made(&mut dice);
        let Ok((id, _)) = builder.add_json(&text, Length::Free) else { continue };
        let set = builder.finish(Engine::Interpreter);
        let resolved = set.resolve(about.subject.table());
        let roots = about.roots(&set, &resolved);
        let sizes = set.sizes(&roots);
        let size = |name: &str| Some(sizes.get(name).copied().unwrap_or_default());
        let bounds = set.bounds(id);
        let Bounds { steps, output } = &bounds[0];
        n_run += 1;
        let written = set.json(id, &roots, worker, Engine::Interpreter).map(<[u8]>::len);
        let spent = limits::STEPS.saturating_sub(tally::steps_left()).unsigned_abs();
        if let Ok(most) = steps.given(&size) {
            n_bounded += 1;
            assert!(spent <= most, "{text}\nspends {spent}, more than {most}: {steps}");
        }
        if let (Ok(most), Ok(written)) = (output.given(&size), written) {
            n_written += 1;
            assert!(written as u64 <= most, "{text}\nwrites {written}, more than {most}: {output}");
        }
    }
    assert!(n_bounded * 4 > n_run * 3, "only {n_bounded} of {n_run} have a bound of steps");
    assert!(n_written * 3 > n_run, "only {n_written} of {n_run} have a bound of output");
}

/// The bounds of an expression over declared attributes.
fn bounds(expression: &str) -> (String, String) {
    let schema =
        declared(r#"{"user": {"title": {"type": "string"}, "tags": {"type": "array of string"}}}"#);
    let mut builder = SetBuilder::new(schema);
    let (id, _) = builder.add_json(expression, Length::Free).unwrap();
    let set = builder.finish(Engine::Interpreter);
    let found = set.bounds(id);
    (found[0].steps.to_string(), found[0].output.to_string())
}

#[test]
fn bounds_are_sums_over_sizes_of_what_is_read() {
    let wrong: Vec<String> = [
        ("1 + 2", "3", "20"),
        (
            "user.title",
            "3",
            "4 + 6·|user.profile.title|",
        ),
        (
            "user.groups.map(g => g.replace('role_', ''))",
            "3 + |group.name|·|user.groups| + 6·|user.groups|",
            "4 + 6·|group.name|·|user.groups| + 9·|user.groups|",
        ),
        (
            "user.tags?.filter(t => t.startsWith('a'))",
            "6 + 4·|user.profile.tags|",
            "4 + 9·|user.profile.tags|",
        ),
        (
            "user.title != null ? user.title.toUpperCase() : 'x'",
            "11 + |user.profile.title|",
            "8 + 18·|user.profile.title|",
        ),
        (
            "user.tags?.flatMap(t => user.tags?.map(u => t + u) ?? {})",
            "6 + 9·|user.profile.tags| + 5·|user.profile.tags|·|user.profile.tags| + 2·|user.profile.tags|·|user.profile.tags|·|user.profile.tags|",
            "unbounded by the schema",
        ),
        (
            "user.tags?.reduce((a, t) => {a, t})",
            "6 + 4·|user.profile.tags|",
            "unbounded by the schema",
        ),
    ]
    .into_iter()
    .filter(|(expression, steps, output)| {
        bounds(expression) != ((*steps).to_owned(), (*output).to_owned())
    })
    .map(|(expression, ..)| format!("{expression}: {:?}", bounds(expression)))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_always_goes_beyond_a_limit_is_refused_unless_it_may_not_be_reached() {
    let heavy = "'' + 'a'.matches('b' + 'c') + ".repeat(101) + "''";
    let list = format!("{{{}0}}", "0, ".repeat(1_100));
    let loops = format!("{list}.flatMap(x => {list}).size()");
    let maybe = format!("'a'.length() > 1 ? {heavy} : 'x'");
    let long = "a".repeat(140);
    let large = format!("{{{}0}}.map(x => '{long}' + x)", "0, ".repeat(499));
    let other = format!("user != null ? {large} : 'x'");
    let fewer = large.replacen("0, ", "", 60);
    for (text, refused) in [
        (&heavy, true),
        (&loops, true),
        (&maybe, false),
        (&large, true),
        (&other, false),
        (&fewer, false),
    ] {
        let added = SetBuilder::new(declared("{}")).add_json(text, Length::Free);
        let told = added.err().map(|told| told.iter().any(|told| told.code.id == "E0703"));
        assert_eq!(told.unwrap_or_default(), refused, "{}", text.len());
    }
}
