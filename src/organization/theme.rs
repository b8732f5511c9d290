//! How the pages that people see look, and what they say besides (`organization.theme`).

use super::decode::{Object, Place};

/// What an organization gives its pages; what it does not is as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    pub colours: Option<Colours>,
    /// A picture as a `data:` URI: pages fetch nothing.
    pub logo: Option<String>,
    /// Above user name and password.
    pub sign_in_text: Option<String>,
    /// Below every page.
    pub footer_text: Option<String>,
}

/// Of buttons: `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colours {
    pub background: String,
    pub text: String,
}

const MEMBERS: &[&str] =
    &["primaryColorHex", "primaryColorContrastHex", "logo", "signInText", "footerText"];

/// Pictures that browsers show, and that run nothing.
const PICTURES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Most characters of a picture and of a text.
const PICTURE: usize = 100_000;
const TEXT: usize = 1000;

/// The least contrast between text and what it stands on (WCAG 2.2 §1.4.3).
const CONTRAST: f64 = 4.5;

pub(super) fn read_theme(organization: &Object<'_>) -> Theme {
    let theme = organization.find("theme").and_then(|place| place.object(MEMBERS));
    let Some(theme) = theme else { return Theme::default() };
    let text = |name: &str| {
        let place = theme.find(name)?;
        place.text_up_to(TEXT).map(str::to_owned)
    };
    Theme {
        colours: read_colours(&theme),
        logo: theme.find("logo").and_then(|place| read_logo(&place)),
        sign_in_text: text("signInText"),
        footer_text: text("footerText"),
    }
}

/// The colour of text is the better of black and white where none is given.
fn read_colours(theme: &Object<'_>) -> Option<Colours> {
    let place = theme.find("primaryColorHex")?;
    let background = read_colour(&place)?;
    let text = match theme.find("primaryColorContrastHex") {
        Some(place) => read_colour(&place)?,
        None => {
            let with_white = contrast(&background, "#ffffff");
            if with_white >= contrast(&background, "#000000") { "#ffffff" } else { "#000000" }
        }
        .to_owned(),
    };
    if contrast(&background, &text) < CONTRAST {
        place.blame("the contrast to `primaryColorContrastHex` is less than 4.5");
    }
    Some(Colours { background, text })
}

fn read_colour(place: &Place<'_>) -> Option<String> {
    let text = place.text()?;
    if channels(text).is_none() {
        place.blame(format!("expected a colour such as `#1f4fd8`, found `{text}`"));
        return None;
    }
    Some(text.to_ascii_lowercase())
}

fn read_logo(place: &Place<'_>) -> Option<String> {
    let text = place.text_up_to(PICTURE)?;
    let picture = text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let is_one =
        picture.is_some_and(|(kind, data)| PICTURES.contains(&kind) && data.bytes().all(may_stand));
    if !is_one {
        place.blame(
            "expected a picture as `data:image/png;base64,…`, or of image/jpeg, image/gif or \
             image/webp",
        );
        return None;
    }
    Some(text.to_owned())
}

/// Red, green and blue of `#rrggbb`, each from 0 to 1.
fn channels(colour: &str) -> Option<[f64; 3]> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some([16, 8, 0].map(|shift| f64::from(number >> shift & 0xff) / 255.0))
}

/// How much one colour stands out from another, 1 to 21 (WCAG 2.2, contrast ratio).
fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: &str) -> f64 {
    let linear = |value: f64| {
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = channels(colour).unwrap_or_default().map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 0.001);
        assert!((contrast("#767676", "#ffffff") - 4.542).abs() < 0.001);
        assert!((contrast("#1f4fd8", "#1f4fd8") - 1.0).abs() < 1e-9);
    }
}
