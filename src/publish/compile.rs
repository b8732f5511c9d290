//! Text to a draft: the document read, every record packed, every expression of every server
//! compiled, but for those of servers that are as they were. All problems are reported at once; of a
//! document with problems nothing is kept.

use super::group_rules::{CompiledRules, compile_rules};
use super::{Addresses, Problem, PublicUrl, Published, RunningServer};
use crate::claims::{self, ClaimPlan};
use crate::diagnostic::Diagnostic;
use crate::directory::{Directory, PackError, Records};
use crate::document::{self, Json, Node};
use crate::organization::{self, Organization};
use crate::policy::RuleIndex;
use crate::program::{Bounds, Engine, ProgramId, ProgramSet, SetBuilder};
use crate::schema::{Position, Schema};
use crate::server::{AuthorizationServer, ExpressionText, organization_server};
use crate::source::Span;
use crate::threads::{gather, processors};
use crate::token::{self, Algorithm};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The member of a document that declares attributes.
const USER_SCHEMA: &str = "userSchema";

/// Servers that are work for a thread, most of which are as they were when one of them is changed.
const SERVERS_OF_A_THREAD: usize = 32;

/// A document that could be served: it lacks only keys and secrets.
#[derive(Debug)]
pub struct Draft {
    pub(super) addresses: Addresses,
    pub(super) organization: Organization,
    pub(super) records: Records,
    pub(super) group_rules: Arc<CompiledRules>,
    /// In the order of the organization.
    pub(super) servers: Vec<Arc<CompiledServer>>,
    /// The organization's own server (decision 43).
    pub(super) own: Box<(AuthorizationServer, Arc<CompiledServer>)>,
    remarks: Vec<Problem>,
}

/// What one server's expressions and rules became. Versions of an organization share it as long as
/// the server, the schema and the names of the groups stay as they are.
#[derive(Debug)]
pub(super) struct CompiledServer {
    pub(super) programs: ProgramSet,
    pub(super) plan: ClaimPlan,
    pub(super) conditions: Conditions,
    pub(super) rules: RuleIndex,
    /// Another for every definition.
    pub(super) version: String,
    remarks: Vec<Remark>,
}

/// The conditions of rules and token policies, by their text: equal ones are compiled once.
pub(super) type Conditions = FxHashMap<String, ProgramId>;

/// What is surprising about an expression. Where that stands in the document is another matter in
/// every document.
#[derive(Debug)]
struct Remark {
    /// Index among the expressions of the server.
    expression: usize,
    found: Diagnostic,
}

impl Draft {
    /// The organization that was read.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// What expressions of this organization may name.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        self.records.schema()
    }

    /// Every server that needs keys: those of the document, then the organization's own.
    pub fn definitions(&self) -> impl Iterator<Item = &AuthorizationServer> {
        self.organization.servers.iter().chain(std::iter::once(&self.own.0))
    }

    /// The id of the server that is found by this one, and by which algorithm it is to sign.
    #[must_use]
    pub fn signing_of(&self, id: &str) -> Option<(&str, Algorithm)> {
        let is_it = |server: &&AuthorizationServer| {
            server.id == id || server.is_default && id == super::running::DEFAULT
        };
        let server = self.organization.servers.iter().find(is_it)?;
        Some((&server.id, Algorithm::from_name(&server.algorithm)?))
    }

    /// What each expression costs at most, with its path, server by server.
    #[must_use]
    pub fn bounds(&self) -> Vec<(&str, Bounds)> {
        let mut all = Vec::new();
        for (server, made) in self.organization.servers.iter().zip(&self.servers) {
            all.extend(made.plan.bounds(server, &made.programs));
            all.extend(server.conditions().filter_map(|condition| {
                let id = made.conditions.get(&condition.text)?;
                Some((condition, made.programs.bounds(*id).pop()?))
            }));
        }
        all.into_iter().map(|(expression, bounds)| (expression.path.as_str(), bounds)).collect()
    }

    /// What is allowed and yet surprising, in the order of the document.
    #[must_use]
    pub fn remarks(&self) -> &[Problem] {
        &self.remarks
    }
}

/// Compiles a document. `text` is not yet known to be UTF-8 or JSON.
///
/// # Errors
/// Everything that is wrong with it, in the order of the document.
pub fn compile(
    text: &[u8],
    addresses: impl Into<Addresses>,
    engine: Engine,
) -> Result<Draft, Vec<Problem>> {
    compile_after(None, text, addresses, engine)
}

/// As [`compile`], with what `former` has compiled of servers that are still the same.
///
/// # Errors
/// As [`compile`].
pub fn compile_after(
    former: Option<&Published>,
    text: &[u8],
    addresses: impl Into<Addresses>,
    engine: Engine,
) -> Result<Draft, Vec<Problem>> {
    let document = document::read(text).map_err(|error| vec![Problem::not_json(&error)])?;
    let text = std::str::from_utf8(text).unwrap_or_default();
    let addresses = addresses.into();
    let said = Said::read(former, Extent::Whole, &document, &addresses)?;
    // It takes several times the memory of its text, and what follows takes much of its own.
    drop(document);
    said.compile(former, text, addresses, engine)
}

/// How much of an organization a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// Null stands for each server that is as it was in the version before, and nothing but servers is
    /// otherwise. What is surprising is not told.
    Changes,
}

/// What a document says, before anything of it is compiled.
pub(super) struct Said {
    extent: Extent,
    organization: Organization,
    problems: Vec<Problem>,
    /// Where the document stands in its text.
    span: Span,
}

impl Said {
    /// Takes what a document says.
    ///
    /// # Errors
    /// What is wrong with it, if so much is that nothing can be compiled.
    pub(super) fn read(
        former: Option<&Published>,
        extent: Extent,
        document: &Node,
        addresses: &Addresses,
    ) -> Result<Self, Vec<Problem>> {
        let known: Vec<&AuthorizationServer> = match (extent, former) {
            (Extent::Changes, Some(former)) => {
                former.servers().iter().map(RunningServer::definition).collect()
            }
            _ => Vec::new(),
        };
        let (organization, found) = organization::read_after(&known, document, &token::digest);
        let mut problems: Vec<Problem> = found.into_iter().map(Problem::from).collect();
        // What is wrong with an attribute would be told again of every expression that names it.
        let is_of_schema = |problem: &Problem| problem.path.starts_with(USER_SCHEMA);
        let Some(organization) = organization.filter(|_| !problems.iter().any(is_of_schema)) else {
            return Err(problems);
        };
        problems.extend(audience_problems(document, &organization.servers, addresses));
        Ok(Self { extent, organization, problems, span: document.span })
    }

    /// As [`compile_after`], of what was read already of this text.
    pub(super) fn compile(
        mut self,
        former: Option<&Published>,
        text: &str,
        addresses: Addresses,
        engine: Engine,
    ) -> Result<Draft, Vec<Problem>> {
        let records = match pack(&self.organization, former.map(Published::records)) {
            Ok(records) => records,
            Err(error) => {
                if self.problems.is_empty() {
                    self.problems.push(self.not_packed(&error));
                }
                return Err(self.problems);
            }
        };
        // Of a document with problems nothing is kept, so no machine code is made of it either.
        let engine = if self.problems.is_empty() { engine } else { Engine::Interpreter };
        let group_rules = self.compile_group_rules(former, &records, text, engine);
        let records = self.join_by_rules(group_rules.as_deref(), records);
        let own = organization_server(addresses.public().as_str());
        let (mut servers, found) = self.compile_servers(former, &own, &records, text, engine);
        let Self { extent, organization, mut problems, .. } = self;
        problems.extend(found);
        let of_own = servers.pop().filter(|_| problems.is_empty());
        let (Some(of_own), Some(group_rules)) = (of_own, group_rules) else {
            problems.sort_by_key(|problem| problem.diagnostic.span);
            return Err(problems);
        };
        let remarks = match extent {
            Extent::Whole => remarks_on(&organization, &servers, &group_rules, text),
            Extent::Changes => Vec::new(),
        };
        let own = Box::new((own, of_own));
        Ok(Draft { addresses, organization, records, group_rules, servers, own, remarks })
    }

    fn not_packed(&self, error: &PackError) -> Problem {
        Problem::not_allowed(String::new(), error.to_string(), self.span)
    }

    fn compile_group_rules(
        &mut self,
        former: Option<&Published>,
        records: &Records,
        text: &str,
        engine: Engine,
    ) -> Option<Arc<CompiledRules>> {
        if let Some(known) = former_rules(former, &self.organization, records) {
            return Some(known);
        }
        match compile_rules(&self.organization, records, text, engine) {
            Ok(rules) => Some(Arc::new(rules)),
            Err(found) => {
                self.problems.extend(found);
                None
            }
        }
    }

    /// Whom rules put somewhere is in the records of all that follows.
    fn join_by_rules(&mut self, rules: Option<&CompiledRules>, records: Records) -> Records {
        let Some(rules) = rules.filter(|_| self.problems.is_empty()) else { return records };
        let joined = rules.join(&mut self.organization.directory, &records);
        // What was compiled already is of the same schema.
        let again = joined.and_then(|has_joined| {
            has_joined.then(|| pack(&self.organization, Some(&records))).transpose()
        });
        match again {
            Ok(again) => again.unwrap_or(records),
            Err(error) => {
                self.problems.push(self.not_packed(&error));
                records
            }
        }
    }

    /// All servers, the organization's own last, but for those that something is wrong with.
    fn compile_servers(
        &self,
        former: Option<&Published>,
        own: &AuthorizationServer,
        records: &Records,
        text: &str,
        engine: Engine,
    ) -> (Vec<Arc<CompiledServer>>, Vec<Problem>) {
        let organization = &self.organization;
        let kept = Kept::of(former, organization, records);
        let all: Vec<&AuthorizationServer> =
            organization.servers.iter().chain(std::iter::once(own)).collect();
        let compile = |server: &AuthorizationServer, most_threads| match kept.find(server) {
            Some(known) => Ok(known),
            None => {
                let how = (engine, most_threads);
                compile_server(server, organization, records, text, how).map(Arc::new)
            }
        };
        let (mut servers, mut problems) = (Vec::with_capacity(all.len()), Vec::new());
        for made in compile_each(&all, compile) {
            match made {
                Ok(server) => servers.push(server),
                Err(found) => problems.extend(found),
            }
        }
        (servers, problems)
    }
}

fn pack(organization: &Organization, former: Option<&Records>) -> Result<Records, PackError> {
    let Organization { name, sub_domain, user_schema, directory, .. } = organization;
    Records::pack(name, sub_domain, user_schema, directory, former)
}

/// What is surprising about the expressions of an organization, in the order of the document.
fn remarks_on(
    organization: &Organization,
    servers: &[Arc<CompiledServer>],
    group_rules: &CompiledRules,
    text: &str,
) -> Vec<Problem> {
    let pairs = organization.servers.iter().zip(servers);
    let mut remarks: Vec<Problem> =
        pairs.flat_map(|(server, made)| made.remarks_in(server, text)).collect();
    remarks.extend(group_rules.remarks_in(&organization.group_rules, text));
    remarks.sort_by_key(|remark| remark.diagnostic.span);
    remarks
}

/// The rules of groups that a former version has compiled, if they are the same.
fn former_rules(
    former: Option<&Published>,
    organization: &Organization,
    records: &Records,
) -> Option<Arc<CompiledRules>> {
    let known = still(former, organization, records)?.group_rules();
    known.compiled.are(&organization.group_rules).then(|| Arc::clone(&known.compiled))
}

/// A former version of which everything that was compiled may serve on, or nothing: it speaks of
/// attributes by their slots, and of groups by their indices.
fn still<'f>(
    former: Option<&'f Published>,
    organization: &Organization,
    records: &Records,
) -> Option<&'f Published> {
    former.filter(|former| {
        Arc::ptr_eq(former.records().schema(), records.schema())
            && group_names(former.directory()).eq(group_names(&organization.directory))
    })
}

/// What a former version has compiled that may serve the next.
struct Kept<'f>(BTreeMap<&'f str, (&'f AuthorizationServer, &'f Arc<CompiledServer>)>);

impl<'f> Kept<'f> {
    fn of(former: Option<&'f Published>, organization: &Organization, records: &Records) -> Self {
        let still = still(former, organization, records);
        let servers = still.into_iter().flat_map(Published::all_servers);
        Self(servers.map(|server| (&*server.definition().id, server.compiled())).collect())
    }

    /// What was compiled of a server that is as it was.
    fn find(&self, server: &AuthorizationServer) -> Option<Arc<CompiledServer>> {
        let (known, compiled) = self.0.get(server.id.as_str())?;
        (*known == server).then(|| Arc::clone(compiled))
    }
}

fn group_names(directory: &Directory) -> impl Iterator<Item = &str> {
    directory.groups().iter().map(|group| group.name.as_str())
}

/// What `compile` makes of each server, for which it may take so many threads.
fn compile_each<Made: Send>(
    servers: &[&AuthorizationServer],
    compile: impl Fn(&AuthorizationServer, usize) -> Made + Sync,
) -> Vec<Made> {
    let n_threads = (1 + servers.len() / SERVERS_OF_A_THREAD).min(processors());
    let (next, threads_of_each) = (AtomicUsize::new(0), processors() / n_threads);
    gather(n_threads, || {
        let taken = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let servers = taken.map_while(|at| Some((at, servers.get(at)?)));
        servers.map(|(at, server)| (at, compile(server, threads_of_each))).collect()
    })
}

fn compile_server(
    server: &AuthorizationServer,
    organization: &Organization,
    records: &Records,
    document: &str,
    (engine, most_threads): (Engine, usize),
) -> Result<CompiledServer, Vec<Problem>> {
    let mut builder = SetBuilder::new(records.schema().clone());
    let plan = claims::plan(server, &organization.directory, &mut builder)
        .map_err(|found| found.into_iter().flat_map(|found| of_claim(document, found)).collect());
    let conditions = add_conditions(server, document, &mut builder);
    match (plan, conditions) {
        (Ok((plan, of_claims)), Ok((conditions, of_conditions))) => {
            let programs = builder.finish_by(most_threads, engine);
            let unattended = plan.fail_unattended(server, &programs);
            let told = of_claims.into_iter().chain(of_conditions).flat_map(|told| {
                let found = told.found.unwrap_or_default();
                found.into_iter().map(move |found| (told.expression.clone(), found))
            });
            let remarks = unattended
                .into_iter()
                .map(|(expression, found)| (expression.clone(), found))
                .chain(told)
                .filter_map(|(expression, found)| Remark::new(server, &expression, found))
                .collect();
            let rules = RuleIndex::new(server);
            let version = version_of(server);
            Ok(CompiledServer { programs, plan, conditions, rules, version, remarks })
        }
        (plan, conditions) => {
            let found: [Option<Vec<Problem>>; 2] = [plan.err(), conditions.err()];
            Err(found.into_iter().flatten().flatten().collect())
        }
    }
}

/// The beginning of a hash over all that the server is.
fn version_of(server: &AuthorizationServer) -> String {
    let digest = token::digest(format!("{server:?}").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Remark {
    fn new(
        server: &AuthorizationServer,
        expression: &ExpressionText,
        found: Diagnostic,
    ) -> Option<Self> {
        let is_it = |known: &ExpressionText| known.path == expression.path && known == expression;
        Some(Self { expression: server.expressions().position(is_it)?, found })
    }
}

impl CompiledServer {
    /// What is surprising about the expressions of `server`, placed in this document.
    fn remarks_in(&self, server: &AuthorizationServer, document: &str) -> Vec<Problem> {
        let placed = |remark: &Remark| {
            let expression = server.expressions().nth(remark.expression)?;
            Some(Problem::of_expression(document, expression, remark.found.clone()))
        };
        self.remarks.iter().filter_map(placed).collect()
    }
}

fn add_conditions(
    server: &AuthorizationServer,
    document: &str,
    builder: &mut SetBuilder,
) -> Result<(Conditions, Vec<claims::PlanProblem>), Vec<Problem>> {
    let (mut conditions, mut problems) = (Conditions::default(), Vec::new());
    let mut remarks = Vec::new();
    let told = |expression: &ExpressionText, found: Vec<Diagnostic>| {
        let expression = expression.clone();
        claims::PlanProblem { expression, found: Ok(found) }
    };
    builder.at(Position::Condition);
    for expression in server.conditions() {
        if conditions.contains_key(&expression.text) {
            continue;
        }
        match builder.add_condition(&expression.text) {
            Ok((id, lints)) => {
                conditions.insert(expression.text.clone(), id);
                remarks.push(told(expression, lints));
            }
            Err(found) => problems.extend(of_claim(document, told(expression, found))),
        }
    }
    if problems.is_empty() { Ok((conditions, remarks)) } else { Err(problems) }
}

/// One problem for each thing that is wrong with the value of a claim.
fn of_claim(document: &str, problem: claims::PlanProblem) -> Vec<Problem> {
    let claims::PlanProblem { expression, found } = problem;
    match found {
        Ok(diagnostics) => diagnostics
            .into_iter()
            .map(|found| Problem::of_expression(document, &expression, found))
            .collect(),
        Err(words) => {
            let ExpressionText { path, span, .. } = expression;
            vec![Problem::not_allowed(path, words, span)]
        }
    }
}

/// Audiences that are an issuer of this installation or its own URL (decision 13).
fn audience_problems(
    document: &Node,
    servers: &[AuthorizationServer],
    addresses: &Addresses,
) -> Vec<Problem> {
    let mut taken = BTreeSet::new();
    for url in addresses.all() {
        taken.extend(servers.iter().map(|server| issuer(url, server)));
        taken.insert(url.to_string());
    }
    let mut problems = Vec::new();
    for (server_index, server) in servers.iter().enumerate() {
        for (index, audience) in server.audiences.iter().enumerate() {
            if taken.contains(audience.trim_end_matches('/')) {
                let span = span_of_audience(document, server_index, index);
                problems.push(Problem::not_allowed(
                    format!("authorizationServers[{server_index}].audiences[{index}]"),
                    format!("`{audience}` is an issuer, or the URL of this installation"),
                    span.unwrap_or(document.span),
                ));
            }
        }
    }
    problems
}

fn span_of_audience(document: &Node, server: usize, audience: usize) -> Option<Span> {
    fn member<'d>(node: &'d Node, name: &str) -> Option<&'d Node> {
        let Json::Object(members) = &node.value else { return None };
        members.iter().find(|member| member.key == name).map(|member| &member.value)
    }
    fn element(node: &Node, index: usize) -> Option<&Node> {
        let Json::List(elements) = &node.value else { return None };
        elements.get(index)
    }
    let server = element(member(document, "authorizationServers")?, server)?;
    Some(element(member(server, "audiences")?, audience)?.span)
}

/// The issuer of a server: the default one is found under `default`, whatever its id, and the
/// organization's own under its URL.
pub(super) fn issuer(public_url: &PublicUrl, server: &AuthorizationServer) -> String {
    if server.is_organization() {
        return public_url.to_string();
    }
    let id = if server.is_default { super::running::DEFAULT } else { &server.id };
    format!("{public_url}/oauth2/{id}")
}
