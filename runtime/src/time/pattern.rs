//! Patterns of dates and times, letter by letter as Joda-Time's `DateTimeFormat` reads them (OEL
//! §3.6).

/// A pattern that times are written and read by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub(super) Vec<Token>);

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Itself.
    Literal(String),
    /// A number, written with at least so many digits and read with at most so many.
    Number {
        field: Field,
        least: usize,
        most: usize,
    },
    /// The last two digits of a year. A lenient one also reads a year of more digits, or fewer.
    TwoDigits {
        field: Field,
        lenient: bool,
    },
    /// So many digits of the fraction of a second.
    Fraction(usize),
    Name {
        name: Name,
        long: bool,
    },
    ZoneName {
        long: bool,
    },
    Offset {
        colon: bool,
    },
    ZoneId,
}

/// What a number can be, also that of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// 0 before Christ, 1 after.
    Era,
    /// Of the era: 20 in 2015.
    Century,
    YearOfEra,
    /// The year that a week belongs to.
    WeekYear,
    Year,
    Week,
    /// 1 is Monday.
    Weekday,
    DayOfYear,
    Month,
    Day,
    /// 0 in the morning, 1 in the afternoon.
    HalfDay,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 12.
    ClockHourOfHalf,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    ClockHour,
    Minute,
    Second,
    /// Microseconds of the second.
    Fraction,
}

/// What a word can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Era,
    HalfDay,
    Month,
    Weekday,
}

impl Name {
    /// What its words are numbers of.
    pub(super) fn field(self) -> Field {
        match self {
            Self::Era => Field::Era,
            Self::HalfDay => Field::HalfDay,
            Self::Month => Field::Month,
            Self::Weekday => Field::Weekday,
        }
    }
}

/// The letters of numbers: the field, and the most digits that are read of it.
const NUMBERS: [(char, Field, usize); 12] = [
    ('w', Field::Week, 2),
    ('e', Field::Weekday, 1),
    ('D', Field::DayOfYear, 3),
    ('M', Field::Month, 2),
    ('d', Field::Day, 2),
    ('K', Field::HourOfHalf, 2),
    ('h', Field::ClockHourOfHalf, 2),
    ('H', Field::Hour, 2),
    ('k', Field::ClockHour, 2),
    ('m', Field::Minute, 2),
    ('s', Field::Second, 2),
    ('C', Field::Century, 0),
];

/// The letters of years.
const YEARS: [(char, Field); 3] =
    [('x', Field::WeekYear), ('y', Field::Year), ('Y', Field::YearOfEra)];

/// Most characters of a pattern, as of a regular expression.
const LENGTH: usize = 1000;

/// The most digits that are read of a year.
const MOST_OF_YEAR: usize = 9;

/// A run of one letter, or text that stands for itself.
#[derive(Debug)]
enum Run {
    Letters(char, usize),
    Literal(String),
}

impl Pattern {
    /// The pattern that `text` writes.
    ///
    /// # Errors
    /// In words what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        if text.chars().nth(LENGTH).is_some() {
            return Err(format!("the pattern has more than {LENGTH} characters"));
        }
        let mut runs = runs(text).into_iter().peekable();
        let mut tokens = Vec::with_capacity(runs.len());
        while let Some(run) = runs.next() {
            tokens.push(token(run, runs.peek())?);
        }
        Ok(Self(tokens))
    }
}

/// Letters outside of quotes are fields; two quotes are one quote, also within quotes.
fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        if character == '\'' && characters.peek() != Some(&'\'') {
            quoted = !quoted;
            continue;
        }
        if character == '\'' {
            characters.next();
        }
        match runs.last_mut() {
            _ if character == '\'' => literal(&mut runs, character),
            Some(Run::Letters(letter, n)) if !quoted && *letter == character => *n += 1,
            _ if !quoted && character.is_ascii_alphabetic() => {
                runs.push(Run::Letters(character, 1))
            }
            _ => literal(&mut runs, character),
        }
    }
    runs
}

fn literal(runs: &mut Vec<Run>, character: char) {
    match runs.last_mut() {
        Some(Run::Literal(text)) => text.push(character),
        _ => runs.push(Run::Literal(character.to_string())),
    }
}

fn token(run: Run, next: Option<&Run>) -> Result<Token, String> {
    let is_number = is_numeric(&run);
    let (letter, n) = match run {
        Run::Literal(text) => return Ok(Token::Literal(text)),
        Run::Letters(letter, n) => (letter, n),
    };
    if let Some((_, field)) = YEARS.iter().find(|(known, _)| *known == letter) {
        return Ok(year(*field, n, next.is_some_and(is_numeric)));
    }
    let number = NUMBERS.iter().find(|(known, ..)| *known == letter && is_number);
    if let Some((_, field, most)) = number {
        return Ok(Token::Number { field: *field, least: n, most: n.max(*most) });
    }
    Ok(match (letter, n) {
        ('G', _) => Token::Name { name: Name::Era, long: false },
        ('a', _) => Token::Name { name: Name::HalfDay, long: false },
        ('M', n) => Token::Name { name: Name::Month, long: n >= 4 },
        ('E', n) => Token::Name { name: Name::Weekday, long: n >= 4 },
        ('S', n) => Token::Fraction(n),
        ('z', n) => Token::ZoneName { long: n >= 4 },
        ('Z', 1) => Token::Offset { colon: false },
        ('Z', 2) => Token::Offset { colon: true },
        ('Z', _) => Token::ZoneId,
        _ => return Err(format!("`{letter}` is no letter of a time; text goes in quotes")),
    })
}

/// A year reads no digits of a number behind it.
fn year(field: Field, n: usize, before_number: bool) -> Token {
    match (n, before_number) {
        (2, _) => {
            let field = if field == Field::WeekYear { field } else { Field::Year };
            Token::TwoDigits { field, lenient: !before_number }
        }
        (_, true) => Token::Number { field, least: n, most: n },
        (_, false) => Token::Number { field, least: n, most: MOST_OF_YEAR.max(n) },
    }
}

fn is_numeric(run: &Run) -> bool {
    match run {
        Run::Letters('M', n) => *n <= 2,
        Run::Letters(letter, _) => "CxyYdhHmsSeDwkK".contains(*letter),
        Run::Literal(_) => false,
    }
}
