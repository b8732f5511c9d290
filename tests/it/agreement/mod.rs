//! Made-up programs over made-up subjects: the interpreter and machine code, each on the program as
//! it is and as it is optimized, give the same bytes, or the same fault at the same place, spend the
//! same steps, and everything there is was tried. Each program runs alone, many as members of an
//! object too. Of some, all that is allocated ends at a page that nobody may touch. `PROGRAMS=n`
//! compares so many, `SEED=n` others.

#[cfg(feature = "internals")]
mod evaluated;

use crate::support::guard;
use crate::support::made_subject::{self, NOTABLE, Prepared};
use crate::support::random_program::{Dice, Maker, Wanted};
use crate::support::rare_program;
use claimsmith::program::{
    Condition, Engine, EvaluationFault, Length, MemberSource, ProgramId, ProgramSet, Roots,
    SetBuilder, Worker,
};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// How many programs are compared. Of fewer it is not asked whether they meet everything.
const PROGRAMS: usize = 90_000;

/// How many of them find each planted mistake.
#[cfg(feature = "internals")]
const FOUND_WITHIN: usize = 20_000;

/// Of so many sets of programs one is compiled, and evaluates, at guard pages.
const GUARDED: usize = 8;

/// How many of them must meet each thing there is.
const ENOUGH: usize = 100;

/// What was seen, so that the test can say that it saw enough.
#[derive(Debug, Default)]
struct Seen {
    values: usize,
    faults: BTreeMap<&'static str, usize>,
    /// Programs that faulted by going beyond a limit, by the limit.
    limits: BTreeMap<&'static str, usize>,
    /// Programs that name a notable attribute and gave a value.
    notable: BTreeMap<&'static str, usize>,
    /// Programs whose evaluation met it.
    #[cfg(feature = "internals")]
    met: BTreeMap<claimsmith::program::tally::Met, usize>,
}

impl Seen {
    fn note<T>(&mut self, question: &Question, outcome: &Result<T, EvaluationFault>) {
        match outcome {
            Ok(_) => self.values += 1,
            Err(fault) => *self.faults.entry(fault.code.id).or_default() += 1,
        }
        if let (Some(limit), Err(fault)) = (question.limit, outcome)
            && fault.code.id == "E0606"
        {
            *self.limits.entry(limit).or_default() += 1;
        }
        let is_named = |name: &&&str| outcome.is_ok() && question.text.contains(**name);
        for name in NOTABLE.iter().filter(is_named) {
            *self.notable.entry(name).or_default() += 1;
        }
        #[cfg(feature = "internals")]
        evaluated::note(self, question);
    }

    /// Adds what another thread saw.
    fn join(&mut self, other: Self) {
        fn add<K: Ord>(all: &mut BTreeMap<K, usize>, more: BTreeMap<K, usize>) {
            for (what, count) in more {
                *all.entry(what).or_default() += count;
            }
        }
        self.values += other.values;
        add(&mut self.faults, other.faults);
        add(&mut self.limits, other.limits);
        add(&mut self.notable, other.notable);
        #[cfg(feature = "internals")]
        add(&mut self.met, other.met);
    }

    fn n_faults(&self) -> usize {
        self.faults.values().sum()
    }

    fn assert_values_and_faults(&self) {
        let n = self.values + self.n_faults();
        assert!(self.values * 2 >= n, "too few values: {} of {n}", self.values);
        assert!(self.n_faults() * 10 >= n, "too few faults: {:?}", self.faults);
    }
}

/// Asserts that each of these was seen often enough, or never if it cannot be.
fn enough<T: Copy + Debug>(all: &[T], count: impl Fn(T) -> usize, never: impl Fn(T) -> bool) {
    let wrong: Vec<String> = all
        .iter()
        .map(|one| (one, count(*one)))
        .filter(|(one, count)| if never(**one) { *count > 0 } else { *count < ENOUGH })
        .map(|(one, count)| format!("{one:?}: {count}, never: {}", never(*one)))
        .collect();
    assert!(wrong.is_empty(), "not met as often as they should be:\n{}", wrong.join("\n"));
}

/// A text and, if it was made to go beyond a limit, which.
#[derive(Debug)]
struct Question {
    text: String,
    limit: Option<&'static str>,
}

impl Question {
    fn plain(text: String) -> Self {
        Self { text, limit: None }
    }

    fn made(dice: &mut Dice) -> Self {
        const KINDS: [Wanted; 8] = [
            Wanted::Text,
            Wanted::Integer,
            Wanted::Number,
            Wanted::Boolean,
            Wanted::Texts,
            Wanted::Texts,
            Wanted::Groups,
            Wanted::Any,
        ];
        // What goes beyond a limit takes as long as hundreds of others.
        let (which, kind) = (dice.roll(160), KINDS[dice.roll(KINDS.len())]);
        let maker = &mut Maker::new(dice);
        match which {
            0..=1 => {
                let (limit, text) = rare_program::beyond(maker);
                Self { text, limit: Some(limit) }
            }
            2..=9 => Self::plain(rare_program::refused(maker)),
            10..=39 => Self::plain(rare_program::form(maker)),
            40..=105 => Self::plain(rare_program::call(maker, 0)),
            106..=130 => Self::plain(rare_program::call(maker, 1)),
            131..=151 => Self::plain(maker.make(kind, 3)),
            _ => Self::plain(maker.make(kind, 4)),
        }
    }
}

/// Asks the interpreter about a program as it is, then everybody else; tells of a difference.
fn ask<T: PartialEq + Debug>(
    what: &str,
    sets: &Sets,
    mut on: impl FnMut(&ProgramSet, Engine) -> Result<T, EvaluationFault>,
) -> Result<Result<T, EvaluationFault>, String> {
    let interpreted = on(&sets.whole, Engine::Interpreter);
    // What was met counts for programs as they are.
    let native = on(&sets.whole, Engine::Native);
    if native != interpreted {
        return Err(format!(
            "on {what}\nnative code gives {native:?}\nthe interpreter  {interpreted:?}"
        ));
    }
    for (other, engine) in &sets.others {
        let found = on(other, *engine);
        if found != interpreted {
            return Err(format!(
                "on {what}\notherwise optimized, {engine:?} {found:?}\nthe interpreter {interpreted:?}"
            ));
        }
    }
    Ok(interpreted)
}

/// One set of programs, made in several ways.
struct Sets {
    /// Machine code as everybody gets it; the interpreter runs the programs as they are.
    whole: ProgramSet,
    /// Whether it tells how many steps are left.
    tells_steps: bool,
    /// Each with the engine that is asked: optimized programs interpreted, plain ones compiled.
    others: Vec<(ProgramSet, Engine)>,
}

impl Sets {
    /// How many steps the last expression had left, where all tell that.
    fn steps_left(&self) -> i64 {
        if self.tells_steps {
            #[cfg(feature = "internals")]
            return claimsmith::program::tally::steps_left();
        }
        0
    }
}

/// How a set of programs is made. Compiling is most of the time, so that not everything is compiled
/// in every way; the dice say.
type Finish<'f> = &'f (dyn Fn(&mut Dice, SetBuilder) -> Sets + Sync);

/// Makes all that must agree.
fn usually(dice: &mut Dice, builder: SetBuilder) -> Sets {
    #[cfg(feature = "internals")]
    {
        use claimsmith::program::Making;
        let hides_steps = dice.roll(2) == 0;
        let usual = Making { optimizes: true, hides_steps, ..Making::default() };
        let interpreted = Making { interprets_optimized: true, interprets_only: true, ..usual };
        let interpreted = builder.clone().finish_for_test(&interpreted);
        let mut others = vec![(interpreted, Engine::Interpreter)];
        if dice.roll(4) == 0 {
            let plain = Making { keeps_nothing: true, ..Making::default() };
            others.push((builder.clone().finish_for_test(&plain), Engine::Native));
        }
        let whole = builder.finish_for_test(&usual);
        // Folding constants meets rows.
        drop(claimsmith::program::tally::take());
        Sets { whole, tells_steps: !hides_steps, others }
    }
    #[cfg(not(feature = "internals"))]
    {
        dice.roll(4);
        Sets { whole: builder.finish(Engine::Native), tells_steps: false, others: Vec::new() }
    }
}

/// A worker whose memory ends at guard pages if this thread's does.
fn worker() -> Worker {
    #[cfg(feature = "internals")]
    if guard::is_on() {
        return Worker::exact();
    }
    Worker::new()
}

/// How many programs a set has, each alone and as a member of an object.
const MEMBERS: usize = 20;

/// The name of a member of the object.
fn name_of(member: usize) -> String {
    format!("m\"{member}")
}

/// Whether an empty list leaves a member out.
fn omits_empty(member: usize) -> bool {
    member.is_multiple_of(2)
}

/// Programs of one set, and the records they run over.
struct Compiled<'c> {
    sets: Sets,
    roots: Roots<'c>,
    worker: Worker,
}

/// Compares the programs of one set: values, a condition, an object of all of them, one with
/// guards. Says how many programs there were.
fn compare(
    dice: &mut Dice,
    prepared: &Prepared,
    finish: Finish<'_>,
    seen: &mut Seen,
) -> Result<usize, String> {
    let mut builder = SetBuilder::new(Arc::clone(&prepared.schema));
    let mut programs = Vec::new();
    for _ in 0..MEMBERS {
        let question = Question::made(dice);
        if let Ok((id, _)) = builder.add_json(&question.text, Length::Free) {
            programs.push((id, question));
        }
    }
    let condition_text = Maker::new(dice).make(Wanted::Boolean, 3);
    let condition = builder.add_condition(&condition_text).ok();
    let short: Vec<(ProgramId, &str)> = programs
        .iter()
        .map(|(id, question)| (*id, question.text.as_str()))
        .filter(|(_, text)| text.chars().count() <= 1_024)
        .collect();
    // Compiling is most of the time, so that not every program is compiled twice.
    let whole = if dice.roll(3) == 0 { add_whole(&mut builder, &short) } else { None };
    let (guarded_text, guarded) = add_guarded(dice, &mut builder, &short);
    let sets = finish(dice, builder);
    let set = &sets.whole;
    assert!(set.is_native());
    let resolved = set.resolve(prepared.subject.table());
    let roots = prepared.roots(set, &resolved);
    let mut compiled = Compiled { sets, roots, worker: worker() };
    let mut alone = BTreeMap::new();
    for (id, question) in &programs {
        let outcome = compiled.alone(*id, &question.text)?;
        seen.note(question, &outcome);
        alone.insert(*id, outcome);
    }
    if let Some((id, _)) = condition {
        let outcome = compiled.condition(id, &condition_text)?;
        seen.note(&Question::plain(condition_text), &outcome);
    }
    if let Some(whole) = whole {
        for (member, (id, text)) in short.iter().enumerate() {
            compiled.same_as_alone(whole, member, text, &alone[id])?;
        }
    }
    if let Some(id) = guarded {
        let selected = [dice.roll(256) as u64];
        let outcome = compiled.object(id, &selected, &guarded_text)?;
        seen.note(&Question::plain(guarded_text), &outcome);
    }
    Ok(programs.len() + usize::from(condition.is_some()) + usize::from(guarded.is_some()))
}

/// Adds an object of all programs.
fn add_whole(builder: &mut SetBuilder, programs: &[(ProgramId, &str)]) -> Option<ProgramId> {
    let names: Vec<String> = (0..programs.len()).map(name_of).collect();
    let members: Vec<MemberSource<'_>> = programs
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(index, ((_, text), name))| MemberSource {
            name,
            alternatives: vec![(None, *text)],
            omit_empty: omits_empty(index),
        })
        .collect();
    builder.add_object(&members).ok().map(|(id, _)| id)
}

/// Adds an object of some of the programs, each behind a guard, and says how it is written.
fn add_guarded(
    dice: &mut Dice,
    builder: &mut SetBuilder,
    programs: &[(ProgramId, &str)],
) -> (String, Option<ProgramId>) {
    let guard = Maker::new(dice).make(Wanted::Boolean, 2);
    let members: Vec<MemberSource<'_>> = programs
        .iter()
        .take(4)
        .enumerate()
        .map(|(index, (_, text))| MemberSource {
            name: ["a", "b\"", "c"][index % 3],
            alternatives: vec![(Some(guard.as_str()), *text), (None, "user.title")],
            omit_empty: index % 2 == 0,
        })
        .collect();
    (format!("{members:?}"), builder.add_object(&members).ok().map(|(id, _)| id))
}

/// What a program gives: its JSON.
type Alone = Result<String, EvaluationFault>;

impl Compiled<'_> {
    fn alone(&mut self, id: ProgramId, text: &str) -> Result<Alone, String> {
        let Self { sets, roots, worker } = self;
        let outcome = ask(text, sets, |set, engine| {
            let json = set.json(id, roots, worker, engine)?;
            Ok((String::from_utf8_lossy(json).into_owned(), sets.steps_left()))
        })?;
        Ok(outcome.map(|(json, _)| json))
    }

    fn condition(
        &mut self,
        id: ProgramId,
        text: &str,
    ) -> Result<Result<Condition, EvaluationFault>, String> {
        let Self { sets, roots, worker } = self;
        let outcome = ask(text, sets, |set, engine| {
            let condition = set.condition(id, roots, worker, engine)?;
            Ok((condition, sets.steps_left()))
        })?;
        Ok(outcome.map(|(condition, _)| condition))
    }

    fn object(&mut self, id: ProgramId, selected: &[u64], text: &str) -> Result<Alone, String> {
        let Self { sets, roots, worker } = self;
        ask(text, sets, |set, engine| {
            let json = set.object(id, selected, roots, worker, engine)?;
            Ok(String::from_utf8_lossy(json).into_owned())
        })
    }

    /// As the only selected member of an object, a program gives what it gives alone.
    fn same_as_alone(
        &mut self,
        object: ProgramId,
        member: usize,
        text: &str,
        alone: &Alone,
    ) -> Result<(), String> {
        let expected = match alone {
            Ok(json) if json == "null" || json == "[]" && omits_empty(member) => Ok(String::new()),
            Ok(json) => Ok(format!("{}:{json}", serde_json::Value::from(name_of(member)))),
            Err(fault) => {
                Err(EvaluationFault { member: Some((member, 0, false)), ..fault.clone() })
            }
        };
        let Self { sets, roots, worker } = self;
        let others = sets.others.iter().map(|(set, engine)| (set, *engine));
        for (set, engine) in others.chain([(&sets.whole, Engine::Native)]) {
            let found = set
                .object(object, &[1 << member], roots, worker, engine)
                .map(|json| String::from_utf8_lossy(json).into_owned());
            if found != expected {
                return Err(format!(
                    "on {text}\nin an object: {found:?}\nalone:        {expected:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Compares until `n` programs agreed; the difference that ends it early, if there is one.
fn compare_many(n: usize, seed: u64, finish: Finish<'_>, seen: &mut Seen) -> Result<(), String> {
    let mut dice = Dice(seed);
    let prepared = made_subject::prepared();
    let at_guards = guard::guarded(made_subject::prepared);
    let (mut n_compared, mut n_sets) = (0, 0);
    while n_compared < n {
        let which = dice.roll(prepared.len());
        n_compared += if n_sets % GUARDED == 0 {
            guard::guarded(|| compare(&mut dice, &at_guards[which], finish, seen))?
        } else {
            compare(&mut dice, &prepared[which], finish, seen)?
        };
        n_sets += 1;
    }
    Ok(())
}

/// A number from the environment.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |number| number.parse().unwrap())
}

/// Compares `n` programs on two threads, each with dice of its own.
fn compare_on_threads(n: usize, finish: Finish<'_>) -> Result<Seen, String> {
    let seed = given("SEED", 20_261_123);
    let run = |seed: u64| {
        let mut seen = Seen::default();
        compare_many(n / 2, seed, finish, &mut seen).map(|()| seen)
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run(seed.rotate_left(32) + 1));
        let mut seen = run(seed)?;
        seen.join(other.join().unwrap()?);
        Ok(seen)
    })
}

#[test]
fn both_engines_give_the_same_answer_to_made_up_programs() {
    let n = given("PROGRAMS", PROGRAMS as u64);
    let seen = compare_on_threads(usize::try_from(n).unwrap(), &usually).unwrap();
    seen.assert_values_and_faults();
    if n < PROGRAMS as u64 {
        return;
    }
    let of = |counts: &BTreeMap<&'static str, usize>, name| {
        counts.get(name).copied().unwrap_or_default()
    };
    #[cfg(feature = "internals")]
    if std::env::var_os("SHOW").is_some() {
        evaluated::show(&seen);
    }
    enough(&rare_program::limits(), |limit| of(&seen.limits, limit), |_| false);
    enough(&NOTABLE, |name| of(&seen.notable, name), |_| false);
    #[cfg(feature = "internals")]
    evaluated::everything(&seen);
}

#[cfg(feature = "internals")]
#[test]
fn a_mistake_planted_in_code_generation_is_found() {
    use claimsmith::program::Making;
    let mut n_mistakes = 0;
    let mut unnoticed = Vec::new();
    for mistake in claimsmith::program::mistakes() {
        let making = Making { mistake: Some(mistake), optimizes: true, ..Making::default() };
        let finish = |_: &mut Dice, builder: SetBuilder| {
            let whole = builder.finish_for_test(&making);
            drop(claimsmith::program::tally::take());
            Sets { whole, tells_steps: true, others: Vec::new() }
        };
        if compare_many(FOUND_WITHIN, 20_261_123, &finish, &mut Seen::default()).is_ok() {
            unnoticed.push(mistake);
        }
        n_mistakes += 1;
    }
    assert!(unnoticed.is_empty(), "nobody noticed {unnoticed:?}");
    assert_eq!(n_mistakes, 10);
}
