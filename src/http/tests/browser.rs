//! A browser without a window: it keeps cookies, follows redirects and sends forms as they stand in
//! the page.

use super::{Answer, URL, World, encoded};
use axum::body::Body;
use axum::http::{Method, Request, header};
use std::collections::BTreeMap;

/// Somebody's browser.
pub(super) struct Browser<'w> {
    pub(super) world: &'w World,
    pub(super) cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub(super) headers: Vec<(&'static str, String)>,
}

/// What it shows.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) answer: Answer,
    /// Where it came from in the end.
    pub(super) path: String,
}

/// Where a visit ended.
#[derive(Debug)]
pub(super) enum Shown {
    Page(Page),
    /// An address that is not ours.
    Elsewhere(String),
}

/// Most redirects that are followed.
const REDIRECTS: usize = 10;

impl<'w> Browser<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// One request with the cookies of the browser, which takes those of the answer.
    pub(super) fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let mut builder = Request::builder().method(method).uri(path);
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            builder = builder.header(header::COOKIE, cookies);
        }
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        if form.is_some() {
            builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = builder.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        let answer = self.world.send_any(request);
        for line in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        answer
    }

    /// Keeps a cookie as a browser does, and insists on what decision 48 says of it.
    fn keep(&mut self, line: &str) {
        let (pair, attributes) = line.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        assert!(name.starts_with("__Host-claimsmith"), "{line}");
        for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
            assert!(attributes.split("; ").any(|known| known == attribute), "{line}");
        }
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Posts a form that no page showed, and follows where it leads.
    pub(super) fn post(&mut self, path: &str, form: String) -> Shown {
        let answer = self.send(Method::POST, path, Some(form));
        self.follow(answer, path)
    }

    /// Opens an address and follows where it leads.
    pub(super) fn visit(&mut self, path: &str) -> Shown {
        let answer = self.send(Method::GET, path, None);
        self.follow(answer, path)
    }

    fn follow(&mut self, mut answer: Answer, path: &str) -> Shown {
        let mut path = path.to_owned();
        for _ in 0..REDIRECTS {
            let Some(location) = answer.header("location") else {
                return Shown::Page(Page { answer, path });
            };
            assert!(matches!(answer.status, 302 | 303), "{answer:?}");
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            let Some(ours) = location.strip_prefix(URL).filter(|rest| rest.starts_with('/')) else {
                return Shown::Elsewhere(location.to_owned());
            };
            path = ours.to_owned();
            answer = self.send(Method::GET, &path, None);
        }
        panic!("more than {REDIRECTS} redirects, the last to {path}")
    }

    /// Sends the form of a page with these fields besides what stands in it.
    pub(super) fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Shown {
        self.submit_to(page, "", fields)
    }

    /// As [`Browser::submit`], of the form whose action ends so.
    pub(super) fn submit_to(&mut self, page: &Page, to: &str, fields: &[(&str, &str)]) -> Shown {
        let (action, mut all) = page.form(to);
        all.retain(|(name, _)| !fields.iter().any(|(known, _)| known == name));
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(fields.iter().copied())
            .collect();
        let answer = self.send(Method::POST, &action, Some(encoded(&all)));
        self.follow(answer, &action)
    }
}

impl Page {
    /// Where the form leads, and the fields that are filled in.
    pub(super) fn form(&self, to: &str) -> (String, Vec<(String, String)>) {
        let text = &self.answer.text;
        let mut forms =
            text.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap());
        let action = |form: &str| {
            let action = attribute(form, "action").unwrap();
            action.strip_prefix(URL).unwrap_or(&action).to_owned()
        };
        let form = forms.find(|form| action(form).ends_with(to));
        let form = form.unwrap_or_else(|| panic!("no form to {to:?} in {text}"));
        let inputs = form.split("<input ").skip(1).filter_map(|input| {
            let input = input.split('>').next().unwrap();
            Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
        });
        (action(form), inputs.collect())
    }

    pub(super) fn field(&self, name: &str) -> String {
        let (_, fields) = self.form("");
        fields.into_iter().find(|(known, _)| known == name).unwrap().1
    }

    /// Whether it has a form whose action ends so.
    pub(super) fn has_form(&self, to: &str) -> bool {
        let mut forms = self.answer.text.split("<form ").skip(1);
        forms.any(|form| attribute(form, "action").is_some_and(|action| action.ends_with(to)))
    }

    /// The fields of every form that are filled in.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let inputs = self.answer.text.split("<input ").skip(1).filter_map(|input| {
            let input = input.split('>').next()?;
            Some((attribute(input, "name")?, attribute(input, "value")?))
        });
        inputs.collect()
    }

    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        assert!(self.answer.text.contains(text), "{text:?} is not in {}", self.answer.text);
    }
}

impl Shown {
    #[track_caller]
    pub(super) fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Elsewhere(uri) => panic!("the browser went to {uri}"),
        }
    }

    /// The parameters of the address the browser was sent to.
    #[track_caller]
    pub(super) fn elsewhere(self, uri: &str) -> BTreeMap<String, String> {
        match self {
            Self::Page(page) => panic!("the browser shows {page:?}"),
            Self::Elsewhere(found) => parameters(&found, uri),
        }
    }
}

/// The parameters of an address that begins with `uri`.
#[track_caller]
pub(super) fn parameters(found: &str, uri: &str) -> BTreeMap<String, String> {
    let rest = found.strip_prefix(uri).unwrap_or_else(|| panic!("{found} is not at {uri}"));
    let rest = rest.strip_prefix(['?', '&', '#']).unwrap_or_else(|| panic!("{found}"));
    rest.split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
            (name.to_owned(), value.into_owned())
        })
        .collect()
}

/// An attribute of a tag, read as browsers read it.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(value.replace("&#39;", "'").replace("&amp;", "&"))
}
