//! Bodies of the time rows.

use super::civil::SECOND;
use super::instant::DateTime;
use super::iso;
use super::pattern::Pattern;
use super::zone::Zone;
use crate::abi::Context;
use crate::fault::Fault;
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Fault>;

const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
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

/// One that is no pattern is no way to write a time.
fn pattern(arguments: &[Value<'_>]) -> Result<Pattern, Fault> {
    Pattern::new(text(arguments, 1)?).map_err(|_| Fault::BadTime)
}

/// Without a zone in UTC; without a pattern not yet as text.
pub(super) fn now_as<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let zone = if arguments.is_empty() { Zone::UTC } else { zone(text(arguments, 0)?)? };
    let time = context.now().in_zone(zone).ok_or(Fault::BadTime)?;
    match arguments.get(1) {
        Some(_) => made(context, &pattern(arguments)?.write(time)),
        None => Ok(Value::date_time(time)),
    }
}

fn read_string(context: &Context<'_>, arguments: &[Value<'_>]) -> Result<DateTime, Fault> {
    let read = pattern(arguments)?.read(text(arguments, 0)?, context.now());
    read.ok_or(Fault::BadTime)
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
    let pattern = pattern(arguments)?;
    made(context, &pattern.write(read_iso(arguments)?))
}

pub(super) fn to_string<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let time = time(arguments)?;
    match arguments.get(1) {
        Some(_) => made(context, &pattern(arguments)?.write(time)),
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

/// So many units later, or earlier with the sign -1.
fn shifted<'a>(arguments: &[Value<'a>], unit: i64, sign: i64) -> Answer<'a> {
    let (time, amount) = (time(arguments)?, amount(arguments)?);
    let amount = amount.checked_mul(sign).ok_or(Fault::BadTime)?;
    given(match unit {
        DAY => time.plus_days(amount),
        unit => amount.checked_mul(unit).and_then(|shift| time.plus(shift)),
    })
}

pub(super) fn plus_days<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, DAY, 1)
}

pub(super) fn plus_hours<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, HOUR, 1)
}

pub(super) fn plus_minutes<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, MINUTE, 1)
}

pub(super) fn plus_seconds<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, SECOND, 1)
}

pub(super) fn minus_days<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, DAY, -1)
}

pub(super) fn minus_hours<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, HOUR, -1)
}

pub(super) fn minus_minutes<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, MINUTE, -1)
}

pub(super) fn minus_seconds<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    shifted(arguments, SECOND, -1)
}

/// Both ends count (OEL §3.7); a time to come is within nothing.
fn within<'a>(context: &Context<'a>, arguments: &[Value<'a>], unit: i64) -> Answer<'a> {
    let (time, amount) = (time(arguments)?, amount(arguments)?);
    let ago = context.now().microseconds().saturating_sub(time.microseconds());
    Ok(Value::boolean(ago >= 0 && i128::from(ago) <= i128::from(amount) * i128::from(unit)))
}

pub(super) fn within_days<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    within(context, arguments, DAY)
}

pub(super) fn within_hours<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    within(context, arguments, HOUR)
}

pub(super) fn within_minutes<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    within(context, arguments, MINUTE)
}

pub(super) fn within_seconds<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    within(context, arguments, SECOND)
}
