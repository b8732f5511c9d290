//! Countries (OEL §3.3): the value that a country code is parsed to, and the rows that turn one way
//! of naming a country into another.

mod table;

use crate::abi::Context;
use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};
use crate::value::Value;
use std::sync::LazyLock;
use table::COUNTRIES;

type Answer<'a> = Result<Value<'a>, Fault>;

/// The code of a classic function: null stays null.
const CODE: Parameter = Parameter::new("code", Accepts::Text).null(Null::Flows).sized();
const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const COUNTRY: Parameter = Parameter::new("country", Accepts::Country);

/// One country.
#[derive(Debug)]
struct Row {
    alpha2: &'static str,
    alpha3: &'static str,
    number: u16,
    name: &'static str,
    other_names: &'static [&'static str],
}

impl Row {
    const fn new(
        alpha2: &'static str,
        alpha3: &'static str,
        number: u16,
        name: &'static str,
        other_names: &'static [&'static str],
    ) -> Self {
        Self { alpha2, alpha3, number, name, other_names }
    }
}

/// A country of ISO 3166-1. It acts as text, which is its code of two letters.
#[derive(Clone, Copy, Debug)]
pub struct Country {
    place: u64,
    row: &'static Row,
}

impl Country {
    /// The country of these bits of a value: its place in the table.
    pub(crate) fn from_bits(place: u64) -> Option<Self> {
        let row = COUNTRIES.get(usize::try_from(place).ok()?)?;
        Some(Self { place, row })
    }

    /// The bits of a value.
    pub(crate) fn to_bits(self) -> u64 {
        self.place
    }

    /// The country of a code: two letters, three letters or a number, in any letter case.
    fn by_code(code: &str) -> Option<Self> {
        let wanted = Code::new(code)?;
        let found = CODES.binary_search_by_key(&wanted, |(code, _)| *code).ok()?;
        CODES.get(found).and_then(|(_, place)| Self::from_bits(*place))
    }

    /// The country of a code or of a name, in any letter case.
    fn by_code_or_name(text: &str) -> Option<Self> {
        let named = || {
            let wanted = as_compared(text);
            let found = NAMES.binary_search_by(|(name, _)| name.cmp(&wanted)).ok()?;
            NAMES.get(found).and_then(|(_, place)| Self::from_bits(*place))
        };
        Self::by_code(text).or_else(named)
    }

    /// `US`.
    #[must_use]
    pub fn alpha2(self) -> &'static str {
        self.row.alpha2
    }

    /// `USA`.
    #[must_use]
    pub fn alpha3(self) -> &'static str {
        self.row.alpha3
    }

    /// `840`; always three digits.
    #[must_use]
    pub fn numeric(self) -> String {
        format!("{:03}", self.row.number)
    }

    /// `United States`: the name common in English.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row.name
    }
}

/// A code as codes are compared: letters are large, and digits three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Code([u8; 3]);

impl Code {
    /// `None` for a text that is too short or too long.
    fn new(text: &str) -> Option<Self> {
        Some(Self(match *text.as_bytes() {
            [c] if c.is_ascii_digit() => [b'0', b'0', c],
            [b, c] if b.is_ascii_digit() => [b'0', b, c],
            // No text has this last byte.
            [a, b] => [a, b, u8::MAX].map(|letter| letter.to_ascii_uppercase()),
            [a, b, c] => [a, b, c].map(|letter| letter.to_ascii_uppercase()),
            _ => return None,
        }))
    }
}

/// The places of the countries by each of their codes, in the order of the codes.
static CODES: LazyLock<Vec<(Code, u64)>> = LazyLock::new(|| {
    sorted(|row| {
        let number = format!("{:03}", row.number);
        [row.alpha2, row.alpha3, &number].map(Code::new).into_iter().flatten()
    })
});

/// The places of the countries by each of their names as names are compared, in the order of those.
static NAMES: LazyLock<Vec<(String, u64)>> = LazyLock::new(|| {
    let names = |row: &'static Row| row.other_names.iter().chain([&row.name]);
    sorted(|row| names(row).map(|name| as_compared(name)))
});

/// Keys of the countries with their places, in order.
fn sorted<K: Ord, I: IntoIterator<Item = K>>(keys: impl Fn(&'static Row) -> I) -> Vec<(K, u64)> {
    let of_row = |(place, row)| keys(row).into_iter().map(move |key| (key, place));
    let mut all: Vec<(K, u64)> = (0..).zip(&COUNTRIES).flat_map(of_row).collect();
    all.sort_unstable();
    all
}

/// A name as names are compared: in small letters, and with the apostrophe of typewriters.
fn as_compared(name: &str) -> String {
    name.to_lowercase().replace('’', "'")
}

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(
        &["Iso3166Convert.toAlpha2"],
        &[CODE],
        Returns::TextOrNull,
        Body(code_to_alpha2),
    )
    .says(
        "the country's code of two letters, from any of its codes; null for an unknown one",
        "Iso3166Convert.toAlpha2('IND')",
        "\"IN\"",
    ),
    Function::classic(
        &["Iso3166Convert.toAlpha3"],
        &[CODE],
        Returns::TextOrNull,
        Body(code_to_alpha3),
    )
    .says(
        "the country's code of three letters, from any of its codes; null for an unknown one",
        "Iso3166Convert.toAlpha3('840')",
        "\"USA\"",
    ),
    Function::classic(
        &["Iso3166Convert.toNumeric"],
        &[CODE],
        Returns::TextOrNull,
        Body(code_to_numeric),
    )
    .says(
        "the country's code of three digits, from any of its codes; null for an unknown one",
        "Iso3166Convert.toNumeric('USA')",
        "\"840\"",
    ),
    Function::classic(&["Iso3166Convert.toName"], &[CODE], Returns::TextOrNull, Body(code_to_name))
        .says(
            "the country's English name, from any of its codes; null for an unknown one",
            "Iso3166Convert.toName('IN')",
            "\"India\"",
        ),
    Function::method(&["parseCountryCode"], &[TEXT], Returns::Country, Body(parse))
        .faults(&[Fault::BadCountry])
        .says(
            "the country of this code or English name",
            "'United States'.parseCountryCode()",
            "\"US\"",
        ),
    Function::method(&["toAlpha2"], &[COUNTRY], Returns::Text, Body(to_alpha2)).says(
        "the country's code of two letters",
        "'USA'.parseCountryCode().toAlpha2()",
        "\"US\"",
    ),
    Function::method(&["toAlpha3"], &[COUNTRY], Returns::Text, Body(to_alpha3)).says(
        "the country's code of three letters",
        "'840'.parseCountryCode().toAlpha3()",
        "\"USA\"",
    ),
    Function::method(&["toNumeric"], &[COUNTRY], Returns::Text, Body(to_numeric)).says(
        "the country's code of three digits, as text",
        "'AF'.parseCountryCode().toNumeric()",
        "\"004\"",
    ),
    Function::method(&["toName"], &[COUNTRY], Returns::Text, Body(to_name)).says(
        "the country's English name",
        "'US'.parseCountryCode().toName()",
        "\"United States\"",
    ),
];

fn text<'a>(arguments: &[Value<'a>]) -> Result<&'a str, Fault> {
    let value = arguments.first().and_then(|value| value.as_text());
    value.map(|text| text.as_str()).ok_or(Fault::Type)
}

/// What a classic function makes of the country of a code; null for one that no country has.
fn of_code<'a>(
    context: &Context<'a>,
    arguments: &[Value<'a>],
    make: impl Fn(Country) -> String,
) -> Answer<'a> {
    match Country::by_code(text(arguments)?) {
        Some(country) => context.make_text(&make(country)).map(Value::text),
        None => Ok(Value::NULL),
    }
}

fn code_to_alpha2<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_code(context, arguments, |country| country.alpha2().to_owned())
}

fn code_to_alpha3<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_code(context, arguments, |country| country.alpha3().to_owned())
}

fn code_to_numeric<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_code(context, arguments, Country::numeric)
}

fn code_to_name<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    of_code(context, arguments, |country| country.name().to_owned())
}

fn parse<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Country::by_code_or_name(text(arguments)?).map(Value::country).ok_or(Fault::BadCountry)
}

fn country(arguments: &[Value<'_>]) -> Result<Country, Fault> {
    arguments.first().and_then(|value| value.as_country()).ok_or(Fault::Type)
}

fn to_alpha2<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_text(country(arguments)?.alpha2()).map(Value::text)
}

fn to_alpha3<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_text(country(arguments)?.alpha3()).map(Value::text)
}

fn to_numeric<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_text(&country(arguments)?.numeric()).map(Value::text)
}

fn to_name<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_text(country(arguments)?.name()).map(Value::text)
}

#[cfg(test)]
mod tests {
    use super::{CODES, COUNTRIES, Country, NAMES};

    #[test]
    fn every_way_to_name_a_country_leads_back_to_it() {
        assert_eq!(COUNTRIES.len(), 249);
        assert!(COUNTRIES.is_sorted_by_key(|row| row.alpha2));
        for row in &COUNTRIES {
            let same = |found: Option<Country>| found.unwrap().alpha2() == row.alpha2;
            let country = Country::by_code(row.alpha2).unwrap();
            assert!(same(Country::by_code(&row.alpha3.to_lowercase())));
            assert!(same(Country::by_code(&country.numeric())));
            for name in row.other_names.iter().chain([&row.name]) {
                assert!(same(Country::by_code_or_name(&name.to_uppercase())), "{name}");
                assert!(same(Country::by_code_or_name(&name.replace('\'', "’"))), "{name}");
                assert!(Country::by_code(name).is_none(), "{name}");
            }
        }
    }

    #[test]
    fn every_code_and_name_is_of_one_country() {
        assert_eq!(CODES.len(), 3 * COUNTRIES.len());
        assert!(CODES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert!(NAMES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert_eq!(Country::by_code("4").map(Country::alpha2), Some("AF"));
        assert_eq!(Country::by_code("36").map(Country::alpha2), Some("AU"));
    }

    #[test]
    fn what_names_no_country_is_none() {
        for text in [
            "", "X", "XX", "ZZZ", "999", "0", "0840", "8 4", "8X", "-4", "é", "U\0", "US\0", "000",
            "+84", "Atlantis", " US",
        ] {
            assert!(Country::by_code_or_name(text).is_none(), "{text}");
        }
    }
}
