//! What is odd about the policies of an organization though it is allowed: each finding with its
//! place, and with a request that shows it. What the request shows was asked of the decision itself;
//! a request that shows something else is no witness.

mod cast;
mod claim;
mod client;
mod overlap;
mod place;
mod rule;
mod scope;
mod server;
#[cfg(test)]
mod tests;

use super::{Answer, LookedAt, Request, ask};
use crate::clock::Clock;
use crate::diagnostic::{Code, Diagnostic};
use crate::document;
use crate::policy::Verdict;
use crate::program::{Engine, Worker};
use crate::publish::{Addresses, Problem, Published, RunningServer, compile};
use crate::random::Random;
use crate::server::InlineHook;
use crate::store::Store;
use place::Place;

/// Most findings of one code.
const OF_A_CODE: usize = 100;

/// Most requests that are tried to find one that shows a finding.
const TRIES: usize = 64;

/// Something odd.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its path and its words; the span is in the document.
    pub problem: Problem,
    /// `None` where nobody there could ask for what would show it.
    pub witness: Option<Witness>,
}

/// A request that shows a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    pub request: Request,
    /// What becomes of it, as far as it matters here.
    pub shown: String,
}

/// What is odd about a document that could be served, in its order.
///
/// # Errors
/// Everything that is wrong with it.
pub fn lint(text: &[u8], addresses: impl Into<Addresses>) -> Result<Vec<Finding>, Vec<Problem>> {
    let draft = compile(text, addresses, Engine::Native)?;
    let Ok(document) = document::read(text) else { return Ok(Vec::new()) };
    let hooks = draft.organization().hooks.clone();
    let remarks = draft.remarks().to_vec();
    let Ok(published) = draft.rehearse(&Store::memory(Clock::System), &Random::System) else {
        return Ok(Vec::new());
    };
    let mut linter = Linter {
        published: &published,
        hooks: &hooks,
        top: Place::top(&document),
        now: Clock::System.seconds(),
        worker: Worker::new(),
        found: Vec::new(),
    };
    linter.run();
    let mut found = linter.found;
    found.extend(remarks.into_iter().map(|problem| Finding { problem, witness: None }));
    found.sort_by_key(|finding| {
        (finding.problem.diagnostic.span, finding.problem.diagnostic.code.id)
    });
    Ok(found)
}

/// What looks at a version.
struct Linter<'l> {
    published: &'l Published,
    hooks: &'l [InlineHook],
    top: Place<'l>,
    now: i64,
    worker: Worker,
    found: Vec<Finding>,
}

impl<'l> Linter<'l> {
    fn run(&mut self) {
        let published = self.published;
        let servers = published.servers().iter();
        for server in servers.filter(|server| server.definition().status.is_active()) {
            let place = self.place_of(server);
            self.look_at_server(server, &place);
            self.look_at_policies(server, &place);
            self.look_at_overlaps(server, &place);
            self.look_at_scopes(server, &place);
            self.look_at_claims(server, &place);
        }
        self.look_at_applications();
        self.look_at_hooks();
    }

    fn place_of(&self, server: &RunningServer) -> Place<'l> {
        let definition = server.definition();
        self.top.server(&definition.id, &definition.name)
    }

    /// What becomes of a request.
    fn ask(&mut self, request: &Request) -> Answer {
        let directory = self.published.directory();
        let index = request.user.as_deref().and_then(|login| directory.find_user_by_login(login));
        let person = index.and_then(|index| self.published.records().person(index).cloned());
        ask(self.published, request, person, self.now, &mut self.worker)
    }

    /// The first of the requests that shows it, with what it shows.
    fn witness(
        &mut self,
        requests: impl IntoIterator<Item = Request>,
        shows: impl Fn(&Answer) -> Option<String>,
    ) -> Option<Witness> {
        requests.into_iter().take(TRIES).find_map(|request| {
            let shown = shows(&self.ask(&request))?;
            Some(Witness { request, shown })
        })
    }

    /// Takes down a finding; many of one code are enough.
    fn report(
        &mut self,
        (code, place): (&'static Code, &Place<'_>),
        message: String,
        help: String,
        witness: Option<Witness>,
    ) {
        let alike = self.found.iter().filter(|known| known.problem.diagnostic.code == code);
        if alike.count() >= OF_A_CODE {
            return;
        }
        let diagnostic = Diagnostic::new(code, message, place.span()).help(help);
        let problem = Problem::new(place.path().to_owned(), diagnostic);
        self.found.push(Finding { problem, witness });
    }
}

/// What is shown by a request that is refused with this error.
fn refused_with(answer: &Answer, error: &str) -> Option<String> {
    let refused = answer.outcome.as_ref().err()?;
    (refused.error == error).then(|| format!("refused with {refused}"))
}

/// What is shown by a request that this rule decides.
fn decided_by(answer: &Answer, policy: &str, rule: &str) -> Option<String> {
    let last = answer.considered.last()?;
    let is_it = last.policy == policy && last.rule.as_deref() == Some(rule);
    let decides = matches!(last.verdict, Verdict::Allowed | Verdict::Denied);
    (is_it && decides).then(|| format!("the rule `{rule}` of `{policy}` {} it", last.told))
}

/// What is shown by a request for which this rule, or this policy as a whole, was looked at and passed
/// over, for such a reason.
fn passed_over(
    answer: &Answer,
    (policy, rule): (&str, Option<&str>),
    is_why: impl Fn(&Verdict) -> bool,
) -> Option<String> {
    let is_it = |one: &&LookedAt| {
        one.policy == policy && one.rule.as_deref() == rule && is_why(&one.verdict)
    };
    let found = answer.considered.iter().find(is_it)?;
    let what =
        rule.map_or_else(|| format!("the policy `{policy}`"), |rule| format!("the rule `{rule}`"));
    Some(format!("{what} {}", found.told))
}
