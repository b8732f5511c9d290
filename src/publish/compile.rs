//! Text to a draft: the document read, every record packed, every expression of every server
//! compiled. All problems are reported at once; of a document with problems nothing is kept.

use super::{Problem, PublicUrl};
use crate::claims::{self, ClaimPlan};
use crate::diagnostic::Diagnostic;
use crate::directory::Records;
use crate::document::{self, Json, Node};
use crate::organization::{self, Organization};
use crate::program::{Bounds, Engine, ProgramId, ProgramSet, SetBuilder};
use crate::schema::Position;
use crate::server::{AuthorizationServer, ExpressionText};
use crate::source::Span;
use crate::token;
use std::collections::BTreeMap;

/// The member of a document that declares attributes.
const USER_SCHEMA: &str = "userSchema";

/// A document that could be served: it lacks only keys and secrets.
#[derive(Debug)]
pub struct Draft {
    pub(super) public_url: PublicUrl,
    pub(super) organization: Organization,
    pub(super) records: Records,
    /// In the order of the organization.
    pub(super) servers: Vec<CompiledServer>,
    remarks: Vec<Problem>,
}

/// What one server's expressions became.
#[derive(Debug)]
pub(super) struct CompiledServer {
    pub(super) programs: ProgramSet,
    pub(super) plan: ClaimPlan,
    pub(super) conditions: Conditions,
    /// What is surprising about its expressions.
    remarks: Vec<Problem>,
}

/// The conditions of rules and token policies, by their text: equal ones are compiled once.
pub(super) type Conditions = BTreeMap<String, ProgramId>;

impl Draft {
    /// The organization that was read.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.organization
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
pub fn compile(text: &[u8], public_url: PublicUrl, engine: Engine) -> Result<Draft, Vec<Problem>> {
    let document = document::read(text).map_err(|error| vec![Problem::not_json(&error)])?;
    let (organization, found) = organization::read_what_can_be(&document, &token::digest);
    let mut problems: Vec<Problem> = found.into_iter().map(Problem::from).collect();
    // What is wrong with an attribute would be told again of every expression that names it.
    let is_of_schema = |problem: &Problem| problem.path.starts_with(USER_SCHEMA);
    let Some(organization) = organization.filter(|_| !problems.iter().any(is_of_schema)) else {
        return Err(problems);
    };
    let Organization { name, sub_domain, user_schema, directory, servers, .. } = &organization;
    let records = match Records::pack(name, sub_domain, user_schema, directory) {
        Ok(records) => records,
        Err(error) => {
            if problems.is_empty() {
                let words = error.to_string();
                problems.push(Problem::not_allowed(String::new(), words, document.span));
            }
            return Err(problems);
        }
    };
    let text = std::str::from_utf8(text).unwrap_or_default();
    // Of a document with problems nothing is kept, so no machine code is made of it either.
    let engine = if problems.is_empty() { engine } else { Engine::Interpreter };
    problems.extend(audience_problems(&document, servers, &public_url));
    let mut compiled = Vec::with_capacity(servers.len());
    for server in servers {
        match compile_server(server, &organization, &records, text, engine) {
            Ok(server) => compiled.push(server),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.diagnostic.span);
        return Err(problems);
    }
    let mut remarks: Vec<Problem> = servers
        .iter()
        .zip(&compiled)
        .flat_map(|(server, made)| {
            made.remarks.iter().cloned().chain(unattended(server, made, text))
        })
        .collect();
    remarks.sort_by_key(|remark| remark.diagnostic.span);
    Ok(Draft { public_url, organization, records, servers: compiled, remarks })
}

fn compile_server(
    server: &AuthorizationServer,
    organization: &Organization,
    records: &Records,
    document: &str,
    engine: Engine,
) -> Result<CompiledServer, Vec<Problem>> {
    let mut builder = SetBuilder::new(records.schema().clone());
    let plan = claims::plan(server, &organization.directory, &mut builder)
        .map_err(|found| found.into_iter().flat_map(|found| of_claim(document, found)).collect());
    let conditions = add_conditions(server, document, &mut builder);
    match (plan, conditions) {
        (Ok((plan, of_claims)), Ok((conditions, mut remarks))) => {
            remarks.extend(of_claims.into_iter().flat_map(|found| of_claim(document, found)));
            Ok(CompiledServer { programs: builder.finish(engine), plan, conditions, remarks })
        }
        (plan, conditions) => {
            let found: [Option<Vec<Problem>>; 2] = [plan.err(), conditions.err()];
            Err(found.into_iter().flatten().flatten().collect())
        }
    }
}

/// Claims that fail for a request without a user.
fn unattended<'c>(
    server: &'c AuthorizationServer,
    compiled: &'c CompiledServer,
    document: &'c str,
) -> impl Iterator<Item = Problem> {
    let failing = compiled.plan.fail_unattended(server, &compiled.programs);
    failing
        .into_iter()
        .map(|(expression, found)| Problem::of_expression(document, expression, found))
}

fn add_conditions(
    server: &AuthorizationServer,
    document: &str,
    builder: &mut SetBuilder,
) -> Result<(Conditions, Vec<Problem>), Vec<Problem>> {
    let (mut conditions, mut problems, mut remarks) = (Conditions::new(), Vec::new(), Vec::new());
    let placed = |expression: &ExpressionText, found: Vec<Diagnostic>| {
        let expression = expression.clone();
        of_claim(document, claims::PlanProblem { expression, found: Ok(found) })
    };
    builder.at(Position::Condition);
    for expression in server.conditions() {
        if conditions.contains_key(&expression.text) {
            continue;
        }
        match builder.add_condition(&expression.text) {
            Ok((id, lints)) => {
                conditions.insert(expression.text.clone(), id);
                remarks.extend(placed(expression, lints));
            }
            Err(found) => problems.extend(placed(expression, found)),
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
    public_url: &PublicUrl,
) -> Vec<Problem> {
    let mut taken: Vec<String> = servers.iter().map(|server| issuer(public_url, server)).collect();
    taken.push(public_url.as_str().to_owned());
    let mut problems = Vec::new();
    for (server_index, server) in servers.iter().enumerate() {
        for (index, audience) in server.audiences.iter().enumerate() {
            if taken.iter().any(|taken| taken == audience.trim_end_matches('/')) {
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
    let member = |node: &Node, name: &str| match &node.value {
        Json::Object(members) => {
            members.iter().find(|member| member.key == name).map(|member| member.value.clone())
        }
        _ => None,
    };
    let element = |node: Node, index: usize| match node.value {
        Json::List(elements) => elements.into_iter().nth(index),
        _ => None,
    };
    let servers = member(document, "authorizationServers")?;
    let audiences = member(&element(servers, server)?, "audiences")?;
    element(audiences, audience).map(|node| node.span)
}

/// The issuer of a server: the default one is found under `default`, whatever its id.
pub(super) fn issuer(public_url: &PublicUrl, server: &AuthorizationServer) -> String {
    let id = if server.is_default { super::running::DEFAULT } else { &server.id };
    format!("{public_url}/oauth2/{id}")
}
