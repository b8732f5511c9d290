//! What all pages share: the frame around them, how they look, and what a browser may do with them.

use super::super::Surface;
use super::words::Words;
use crate::organization::Colours;
use crate::publish::Published;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt;

const STYLE: &str = include_str!("style.css");

/// Bytes of the nonce that lets the style of a page count.
const NONCE_BYTES: usize = 16;

/// A text as it stands in markup: what means something there is written out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'t>(pub(crate) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, found) = rest.split_at_checked(at).unwrap_or((rest, ""));
            formatter.write_str(plain)?;
            formatter.write_str(match found.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = found.get(1..).unwrap_or_default();
        }
        formatter.write_str(rest)
    }
}

/// A page that is being made.
pub(crate) struct Layout<'l> {
    surface: &'l Surface,
    pub(super) published: &'l Published,
    pub(super) words: &'static Words,
    /// Whether its forms may lead to other hosts.
    leads_away: bool,
    /// What runs on it.
    script: Option<&'static str>,
}

impl<'l> Layout<'l> {
    pub(crate) fn new(
        surface: &'l Surface,
        published: &'l Published,
        words: &'static Words,
    ) -> Self {
        Self { surface, published, words, leads_away: false, script: None }
    }

    /// A page whose forms end with a redirect to a client. Chromium holds every redirect after a form
    /// to `form-action`, those of the client too, and nobody here knows where it sends people on: so
    /// such a page does without.
    pub(super) fn leading_away(self) -> Self {
        Self { leads_away: true, ..self }
    }

    /// A page that this runs on.
    pub(super) fn running(self, script: &'static str) -> Self {
        Self { script: Some(script), ..self }
    }

    /// The page: `title` is a plain text, `body` is markup.
    pub(super) fn render(&self, status: StatusCode, title: &str, body: &str) -> Response {
        let nonce = self.surface.random.base64url(NONCE_BYTES);
        let organization = self.published.organization_name();
        let page = format!(
            "<!DOCTYPE html>\n\
             <html lang=\"{language}\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <title>{title} \u{b7} {organization}</title>\n\
             <style nonce=\"{nonce}\">\n{STYLE}{theme}</style>\n\
             </head>\n\
             <body>\n\
             <header><p class=\"organization\">{brand}</p></header>\n\
             <main>\n<h1>{title}</h1>\n{body}</main>\n{footer}{script}\
             </body>\n\
             </html>\n",
            language = self.words.language,
            title = Text(title),
            organization = Text(organization),
            theme = self.theme(),
            brand = self.brand(),
            footer = self.footer(),
            script = self.script.map_or_else(String::new, |script| {
                format!("<script nonce=\"{nonce}\">\n{script}</script>\n")
            }),
        );
        (status, self.headers(&nonce), page).into_response()
    }

    /// The colours of the organization.
    fn theme(&self) -> String {
        let colours = self.published.theme().colours.as_ref();
        colours.map_or_else(String::new, |Colours { background, text }| {
            format!(
                "button:not(.second) {{ background: {background}; border-color: {background}; \
                 color: {text}; }}\n"
            )
        })
    }

    /// The organization's picture, or its name.
    fn brand(&self) -> String {
        let name = Text(self.published.organization_name());
        match &self.published.theme().logo {
            Some(logo) => format!("<img class=\"logo\" src=\"{}\" alt=\"{name}\">", Text(logo)),
            None => name.to_string(),
        }
    }

    fn footer(&self) -> String {
        let text = self.published.theme().footer_text.as_ref();
        text.map_or_else(String::new, |text| {
            format!("<footer><p class=\"soft\">{}</p></footer>\n", Text(text))
        })
    }

    /// Nothing but this page and its style, in no frame, kept by nobody.
    fn headers(&self, nonce: &str) -> [(HeaderName, HeaderValue); 8] {
        let scripts = match self.script {
            Some(_) => format!("script-src 'nonce-{nonce}'; "),
            None => String::new(),
        };
        let pictures = if self.published.theme().logo.is_some() { "img-src data:; " } else { "" };
        let forms = if self.leads_away { "" } else { "form-action 'self'; " };
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; {scripts}{pictures}{forms}frame-ancestors 'none'; \
             base-uri 'none'"
        );
        let policy = HeaderValue::from_str(&policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        let fixed = HeaderValue::from_static;
        [
            (header::CONTENT_TYPE, fixed("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_FRAME_OPTIONS, fixed("DENY")),
            (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (header::REFERRER_POLICY, fixed("no-referrer")),
            (header::CACHE_CONTROL, fixed("no-store")),
            (header::PRAGMA, fixed("no-cache")),
            (
                HeaderName::from_static("permissions-policy"),
                fixed("camera=(), geolocation=(), microphone=()"),
            ),
        ]
    }

    /// A form that posts to this page of ours; `fields` is markup.
    pub(super) fn form(&self, page: &str, csrf: &str, fields: &str) -> String {
        format!(
            "<form method=\"post\" action=\"{base}/{page}\">\n\
             <input type=\"hidden\" name=\"{name}\" value=\"{csrf}\">\n{fields}</form>\n",
            base = Text(self.published.public_url().as_str()),
            name = super::super::cookie::CSRF,
            csrf = Text(csrf),
        )
    }
}

/// A field that is not seen.
pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", Text(value))
}

/// What is wrong, told before everything else, also to who does not see it.
pub(super) fn alert(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| {
        format!("<p class=\"alert\" role=\"alert\" id=\"alert\">{}</p>\n", Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_text_is_never_markup() {
        let text = Text("<b a='\"'>\u{e4} & b</b>").to_string();
        assert_eq!(text, "&lt;b a=&#39;&quot;&#39;&gt;\u{e4} &amp; b&lt;/b&gt;");
        assert_eq!(Text("plain").to_string(), "plain");
        assert_eq!(Text("").to_string(), "");
    }
}
