//! A text as a QR code (ISO/IEC 18004), drawn in the page itself: what is in it goes to nobody else.

use super::layout::Text;
use qrcode::{Color, QrCode};
use std::fmt::Write as _;

/// Modules of white around the code, without which cameras do not find it (§6.3.8).
const QUIET: usize = 4;

/// The code of a text as markup, called `name` to those who do not see it; `None` for a text that is
/// too long for any.
pub(super) fn qr_code(text: &str, name: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let mut dark = String::new();
    for (row, modules) in (QUIET..).zip(code.to_colors().chunks(width)) {
        let mut column = QUIET;
        for run in modules.chunk_by(|one, other| one == other) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                write!(dark, "M{column} {row}h{length}v1h-{length}z").ok()?;
            }
            column += length;
        }
    }
    let side = width + 2 * QUIET;
    Some(format!(
        "<svg class=\"qr-code\" role=\"img\" aria-label=\"{name}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path d=\"{dark}\"/></svg>\n",
        name = Text(name),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corner that every code begins with: seven dark modules, and below them five white ones.
    #[test]
    fn a_text_is_drawn_with_white_around_and_one_too_long_is_not() {
        let drawn =
            qr_code("otpauth://totp/My%20Company:ada?secret=JBSWY3DP", "a \"code\"").unwrap();
        assert!(drawn.contains("aria-label=\"a &quot;code&quot;\""), "{drawn}");
        assert!(drawn.contains("d=\"M4 4h7v1h-7z"), "{drawn}");
        assert!(drawn.contains("M4 5h1v1h-1zM10 5h1v1h-1z"), "{drawn}");
        assert_eq!(qr_code(&"a".repeat(4000), "code"), None);
    }
}
