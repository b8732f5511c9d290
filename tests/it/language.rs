//! Every case in `tests/cases`: what an expression gives, or what is said of it. `UPDATE=1` writes
//! the expected parts anew; the difference is then read like any other change.

use crate::support::{case, evaluate, told};
use claimsmith_runtime::functions::{EXAMPLE_CONTEXT, Style, rows};

#[test]
fn every_case_gives_what_it_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut n_cases = 0;
    for path in case::files() {
        let mut cases = case::read(&path);
        for case in &mut cases {
            n_cases += 1;
            #[cfg(feature = "internals")]
            claimsmith::internals::round_trip(&case.expression).unwrap();
            let context = case.context.as_deref().unwrap_or("{}");
            let found = evaluate(&case.expression, context).unwrap_or_else(|said| told(&said));
            if found != case.expected {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(format!(
                    "{name}: {}\n  {}\n  expected {}\n  found    {found}",
                    case.title, case.expression, case.expected
                ));
                case.expected = found;
            }
        }
        if update {
            case::write(&path, &cases);
        }
    }
    assert!(n_cases >= 100, "only {n_cases} cases were read");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(feature = "internals")]
#[test]
fn made_up_programs_survive_being_printed() {
    use crate::support::random_program::{Dice, Maker, Wanted};
    use crate::support::rare_program;
    let mut dice = Dice(7);
    for number in 0..6_000 {
        let maker = &mut Maker::new(&mut dice);
        let text = match number % 3 {
            0 => maker.make(Wanted::Any, 5),
            1 => maker.make(Wanted::Boolean, 4),
            _ => rare_program::form(maker),
        };
        claimsmith::internals::round_trip(&text).unwrap();
    }
}

#[test]
fn every_documented_example_is_true() {
    let mut wrong = Vec::new();
    let written = rows().filter(|(_, row)| row.style != Style::Internal);
    let mut n_examples = 0;
    for (_, row) in written {
        n_examples += 1;
        let (expression, answer) = row.example;
        assert!(!row.documentation.is_empty(), "{:?} has no documentation", row.names);
        let found = evaluate(expression, EXAMPLE_CONTEXT).unwrap_or_else(|said| told(&said));
        if found != answer {
            wrong.push(format!("{}: {expression} gives {found}, not {answer}", row.names[0]));
        }
    }
    assert!(n_examples > 20, "only {n_examples} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
