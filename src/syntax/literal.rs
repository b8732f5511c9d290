//! What literals mean: quotes, digits, exponents.

use super::token::Token;
use logos::Lexer;

/// The text between the quotes. A backslash is an ordinary character; a quote is written twice
/// (decision 1).
pub(super) fn unquote(lexer: &mut Lexer<'_, Token>) -> String {
    let written = lexer.slice();
    let mut characters = written.chars();
    let quote = characters.next().unwrap_or('\'');
    characters.next_back();
    let doubled: String = [quote, quote].iter().collect();
    characters.as_str().replace(&doubled, quote.encode_utf8(&mut [0; 4]))
}

/// Decimal digits up to 2^63, which only its sign can make fit; `None` beyond.
pub(super) fn decimal(lexer: &mut Lexer<'_, Token>) -> Option<u64> {
    in_range(lexer.slice().trim_end_matches(['l', 'L']).parse().ok()?)
}

/// `0x` and hexadecimal digits.
pub(super) fn hexadecimal(lexer: &mut Lexer<'_, Token>) -> Option<u64> {
    let digits = lexer.slice().get(2..)?.trim_end_matches(['l', 'L']);
    in_range(u64::from_str_radix(digits, 16).ok()?)
}

fn in_range(magnitude: u64) -> Option<u64> {
    (magnitude <= 1 << 63).then_some(magnitude)
}

/// A floating number; `None` if it is too large to be finite.
pub(super) fn number(lexer: &mut Lexer<'_, Token>) -> Option<f64> {
    let digits = lexer.slice().trim_end_matches(['f', 'F', 'd', 'D']);
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}
