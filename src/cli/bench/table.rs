//! What was measured, as JSON and as a table for people.

use super::Measured;
use super::measure::{Figures, Spread};
use crate::program::STEPS;
use serde_json::{Value, json};

/// Characters of an expression that a line of the table shows.
const SHOWN: usize = 60;

/// An array in the order of the file.
pub(super) fn to_json(all: &[Measured]) -> Value {
    all.iter().map(one_to_json).collect()
}

fn one_to_json(measured: &Measured) -> Value {
    let expression = &measured.expression;
    match &measured.outcome {
        Ok(figures) => {
            let Figures { native, interpreted, compile, check, .. } = figures;
            let mut told = json!({
                "expr": expression,
                "native_ns": native.map(|native| tenths(native.median)),
                "interpreted_ns": tenths(interpreted.median),
                "compile_us": tenths(compile.median),
                "check_us": tenths(check.median),
                "code_bytes": figures.code_bytes,
                "steps": figures.steps,
                "budget_used": figures.steps as f64 / STEPS as f64,
                "spread": {
                    "native_ns": native.map(span),
                    "interpreted_ns": span(*interpreted),
                    "compile_us": span(*compile),
                },
                "turns": figures.n_turns,
            });
            if let (Err(fault), Some(members)) = (&figures.value, told.as_object_mut()) {
                let refusal = super::Refusal::Expression(vec![fault.diagnostic()]);
                members.insert("fault".to_owned(), refusal.first_as_json());
            }
            told
        }
        Err(refusal) => json!({
            "expr": expression,
            "native_ns": null,
            "interpreted_ns": null,
            "compile_us": null,
            "code_bytes": null,
            "error": refusal.first_as_json(),
        }),
    }
}

pub(super) fn span(spread: Spread) -> [f64; 2] {
    [tenths(spread.low), tenths(spread.high)]
}

/// No clock tells more.
pub(super) fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A line for each expression, below a line of headings.
pub(super) fn in_words(all: &[Measured]) -> String {
    let mut text = format!(
        "{:>10} {:>19} {:>12} {:>11} {:>10} {:>9}  expression\n",
        "native ns", "eight of ten", "interpreted", "compile µs", "code bytes", "steps"
    );
    for measured in all {
        text.push_str(&line(measured));
        text.push('\n');
    }
    text
}

fn line(measured: &Measured) -> String {
    let shown: String = measured.expression.chars().take(SHOWN).collect();
    match &measured.outcome {
        Ok(figures) => {
            let native = figures.native.map(|native| tenths(native.median).to_string());
            let span = figures
                .native
                .map(|native| format!("{}–{}", tenths(native.low), tenths(native.high)));
            let fault = figures.value.as_ref().err().map(|fault| format!("  ({fault})"));
            format!(
                "{:>10} {:>19} {:>12} {:>11} {:>10} {:>9}  {shown}{}",
                native.unwrap_or_else(|| "-".to_owned()),
                span.unwrap_or_else(|| "-".to_owned()),
                tenths(figures.interpreted.median),
                tenths(figures.compile.median),
                figures.code_bytes,
                figures.steps,
                fault.unwrap_or_default(),
            )
        }
        Err(refusal) => {
            let (code, message, _) = refusal.first();
            format!("error[{code}]: {message}  {shown}")
        }
    }
}
