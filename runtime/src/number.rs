//! Numbers as text (decision 10).

/// The shortest decimal that reads back, with at least one fraction digit; an exponent only at or
/// above 1e21 or below 1e-6. `-0.0` is `0.0` (decision 12).
#[must_use]
pub fn to_text(value: f64) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return format!("{value:e}");
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}
