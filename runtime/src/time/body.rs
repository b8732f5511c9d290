//! Bodies of the time rows.

use super::civil::{DAY, SECOND};
use super::instant::DateTime;
use super::iso;
use super::pattern::Pattern;
use super::zone::Zone;
use crate::abi::Context;
use crate::compiled::Compiled;
use crate::fault::Fault;
use crate::value::Value;
use std::cell::RefCell;

type Answer<'a> = Result<Value<'a>, Fault>;

/// Microseconds from 1601 to 1970.
const WINDOWS_EPOCH: i64 = 11_644_473_600 * SECOND;
/// Unix times nearer to 1970 than this number are seconds (OEL §3.6).
const MOST_SECONDS: i64 = 100_000_000_000;

fn text<'a>(arguments: &[Value<'a>], index: usize) -> Result<&'a str, Fault> {
    let value = arguments.get(index).and_then(|value| value.as_text());
    value.map(|text| text.as_str()).ok_or(Fault::Type)
}

fn time(arguments: &[Value<'_>]) -> Result<DateTime, Fault> {
    arguments.first().and_then(|value| value.as_date_time()).ok_or(Fault::Type)
}

fn amount(arguments: &[Value<'_>]) -> Result<i64, Fault> {
    arguments.get(1).and_then(|value| value.as_integer()).ok_or(Fault::Type)
}

fn zone(id: &str) -> Result<Zone, Fault> {
    Zone::find(id).ok_or(Fault::BadZone)
}

/// The value of a time, if it is in the years there are.
fn given<'a>(time: Option<DateTime>) -> Answer<'a> {
    time.map(Value::date_time).ok_or(Fault::BadTime)
}

fn made<'a>(context: &Context<'a>, text: &str) -> Answer<'a> {
    context.make_text(text).map(Value::text)
}

pub(super) fn now<'a>(context: &mut Context<'a>, _: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::date_time(context.now()))
}

thread_local! {
    static PATTERNS: RefCell<Compiled<Pattern>> = const { RefCell::new(Compiled::new()) };
}

/// What `question` answers about the pattern in argument 1. By one that is no pattern no time can be
/// written or read.
fn with_pattern<T>(
    arguments: &[Value<'_>],
    question: impl FnOnce(&Pattern) -> T,
) -> Result<T, Fault> {
    let written = text(arguments, 1)?;
    let compile = |text: &str| Pattern::new(text).map_err(|_| Fault::BadTime);
    PATTERNS.with_borrow_mut(|compiled| compiled.with(written, compile, question))
}

/// The time as the pattern in argument 1 writes it.
fn written<'a>(context: &Context<'a>, arguments: &[Value<'a>], time: DateTime) -> Answer<'a> {
    made(context, &with_pattern(arguments, |pattern| pattern.write(time))?)
}

/// Without a zone in UTC; without a pattern not yet as text.
pub(super) fn now_as<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let zone = if arguments.is_empty() { Zone::UTC } else { zone(text(arguments, 0)?)? };
    let time = context.now().in_zone(zone).ok_or(Fault::BadTime)?;
    match arguments.get(1) {
        Some(_) => written(context, arguments, time),
        None => Ok(Value::date_time(time)),
    }
}

fn read_string(context: &Context<'_>, arguments: &[Value<'_>]) -> Result<DateTime, Fault> {
    let (text, now) = (text(arguments, 0)?, context.now());
    with_pattern(arguments, |pattern| pattern.read(text, now))?.ok_or(Fault::BadTime)
}

pub(super) fn string_to_iso<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &read_string(context, arguments)?.text())
}

pub(super) fn parse_string<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let read = match arguments.get(1) {
        Some(_) => read_string(context, arguments),
        None => read_iso(arguments),
    };
    read.map(Value::date_time)
}

pub(super) fn iso_to_string<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    written(context, arguments, read_iso(arguments)?)
}

pub(super) fn to_string<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let time = time(arguments)?;
    match arguments.get(1) {
        Some(_) => written(context, arguments, time),
        None => made(context, &time.long_text()),
    }
}

fn read_iso(arguments: &[Value<'_>]) -> Result<DateTime, Fault> {
    iso::read(text(arguments, 0)?).ok_or(Fault::BadTime)
}

/// An integer, nothing around it.
fn read_integer(arguments: &[Value<'_>]) -> Result<i64, Fault> {
    text(arguments, 0)?.parse().map_err(|_| Fault::BadTime)
}

fn read_windows(arguments: &[Value<'_>]) -> Result<DateTime, Fault> {
    let microseconds = read_integer(arguments)?.div_euclid(10);
    let since_1970 = microseconds.checked_sub(WINDOWS_EPOCH).ok_or(Fault::BadTime)?;
    DateTime::new(since_1970, Zone::UTC).ok_or(Fault::BadTime)
}

/// A time in UTC, so many units after 1970.
fn of_unix(number: i64, unit: i64) -> Result<DateTime, Fault> {
    let microseconds = number.checked_mul(unit);
    microseconds.and_then(|since| DateTime::new(since, Zone::UTC)).ok_or(Fault::BadTime)
}

/// In the years there are, this is far from the ends of 64 bits.
fn windows(time: DateTime) -> String {
    ((time.microseconds() + WINDOWS_EPOCH) * 10).to_string()
}

fn unix(time: DateTime) -> String {
    time.microseconds().div_euclid(1_000).to_string()
}

pub(super) fn windows_to_iso<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &read_windows(arguments)?.text())
}

pub(super) fn unix_to_iso<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let number = read_integer(arguments)?;
    let seconds = (-MOST_SECONDS + 1..MOST_SECONDS).contains(&number);
    made(context, &of_unix(number, if seconds { SECOND } else { 1_000 })?.text())
}

pub(super) fn iso_to_windows<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &windows(read_iso(arguments)?))
}

pub(super) fn iso_to_unix<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &unix(read_iso(arguments)?))
}

pub(super) fn parse_windows<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    read_windows(arguments).map(Value::date_time)
}

pub(super) fn parse_unix<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_unix(read_integer(arguments)?, 1_000).map(Value::date_time)
}

pub(super) fn to_windows<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &windows(time(arguments)?))
}

pub(super) fn to_unix<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    made(context, &unix(time(arguments)?))
}

pub(super) fn to_zone<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    given(time(arguments)?.in_zone(zone(text(arguments, 1)?)?))
}

/// So many units (microseconds) later, or earlier with the sign -1. Days keep the time of day.
pub(super) fn plus<'a, const UNIT: i64, const SIGN: i64>(
    _: &mut Context<'a>,
    arguments: &[Value<'a>],
) -> Answer<'a> {
    let (time, amount) = (time(arguments)?, amount(arguments)?);
    let amount = amount.checked_mul(SIGN).ok_or(Fault::BadTime)?;
    given(match UNIT {
        DAY => time.plus_days(amount),
        unit => amount.checked_mul(unit).and_then(|shift| time.plus(shift)),
    })
}

/// Whether it is at most so many units (microseconds) ago. Both ends count (OEL §3.7); a time to
/// come is within nothing.
pub(super) fn within<'a, const UNIT: i64>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
) -> Answer<'a> {
    let (time, amount) = (time(arguments)?, amount(arguments)?);
    let ago = context.now().microseconds().saturating_sub(time.microseconds());
    Ok(Value::boolean(ago >= 0 && i128::from(ago) <= i128::from(amount) * i128::from(UNIT)))
}
