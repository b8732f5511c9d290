//! Which audience a token is for: `audience` or `resource`, compared exactly (decision 12).

use super::{Form, Refusal};
use crate::server::AuthorizationServer;

/// The audience that a request names, as the server spells it; the first where it names none.
///
/// # Errors
/// `invalid_target` for one the server does not have, and for values that disagree (RFC 8707 §2).
pub fn choose_audience<'s>(
    server: &'s AuthorizationServer,
    form: &Form,
) -> Result<&'s str, Refusal> {
    let mut chosen: Option<&'s str> = None;
    for named in form.all("audience").chain(form.all("resource")) {
        let same = |known: &&String| is_same(known, named);
        let found = server.audiences.iter().find(same).ok_or_else(Refusal::unknown_audience)?;
        if chosen.is_some_and(|chosen| chosen != found) {
            return Err(Refusal::several_audiences());
        }
        chosen = Some(found);
    }
    let first = server.audiences.first().map(String::as_str);
    chosen.or(first).ok_or_else(Refusal::unknown_audience)
}

/// Refuses a request that names another audience than the one it was granted for (decision 12).
pub(super) fn check_repeated(
    server: &AuthorizationServer,
    form: &Form,
    granted: &str,
) -> Result<(), Refusal> {
    let names_one = form.find("audience").or_else(|| form.find("resource")).is_some();
    if names_one && choose_audience(server, form)? != granted {
        return Err(Refusal::another_audience());
    }
    Ok(())
}

/// Equal, but for the path `/` of a URL that has no other.
fn is_same(known: &str, named: &str) -> bool {
    known == named || bare(known).is_some_and(|known| bare(named) == Some(known))
}

/// A URL without path, its `/` left out.
fn bare(text: &str) -> Option<&str> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (_, authority) = text.split_once("://")?;
    let is_bare = !authority.is_empty() && !authority.contains(['/', '?', '#']);
    is_bare.then_some(text)
}
