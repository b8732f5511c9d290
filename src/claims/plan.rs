//! The claims of a server, compiled: all expressions of one kind of token are members of an object,
//! so that a token costs one call (design, "Objects"); one more for every 64 claims, since a function
//! of many takes far longer to compile than several of few. Which members a token gets is a set of
//! bits, decided for each request.

use super::groups::GroupsClaim;
use super::system::SystemClaim;
use super::{ClaimFault, SUBJECT};
use crate::diagnostic::Diagnostic;
use crate::directory::Directory;
use crate::few::Few;
use crate::policy::{Delivery, is_included};
use crate::program::{
    Bounds, EvaluationFault, MemberDiagnostics, MemberSource, ProgramId, ProgramSet, Reads,
    SetBuilder,
};
use crate::schema::Position;
use crate::server::{AuthorizationServer, ClaimDefinition, ClaimType, ExpressionText, ValueType};
use crate::source::Span;

/// The claims of one server.
#[derive(Debug)]
pub struct ClaimPlan {
    access: TokenPlan,
    identity: TokenPlan,
}

/// The claims of one kind of token.
#[derive(Debug)]
pub(super) struct TokenPlan {
    /// Each of [`OBJECT`] members, but for the last.
    objects: Vec<ProgramId>,
    /// Whose expression each member is, object by object.
    members: Vec<Origin>,
    /// The server's claims of this kind of token: first the usual ones, then by index.
    own: Vec<(usize, Source)>,
    /// The members that every token of this kind gets unless a policy replaces them, and how many
    /// they are.
    usual: (Selection, usize),
    /// By the index of the token policy, then of its claim.
    added: Vec<Vec<Option<Source>>>,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// A member of the objects.
    Member(usize),
    Groups(GroupsClaim),
    System(SystemClaim),
}

/// Which claim.
#[derive(Clone, Copy, Debug)]
enum Origin {
    Own(usize),
    Added { policy: usize, index: usize },
}

impl Origin {
    /// The expression of the claim.
    fn text(self, server: &AuthorizationServer) -> Option<&ExpressionText> {
        match self {
            Self::Own(index) => server.claims.get(index)?.value.as_ref(),
            Self::Added { policy, index } => {
                Some(&server.token_policies.get(policy)?.claims.get(index)?.value)
            }
        }
    }
}

/// What is wrong with the value of a claim, or remarkable about it.
#[derive(Clone, Debug)]
pub struct PlanProblem {
    pub expression: ExpressionText,
    /// What the compiler says, or words where it was not asked.
    pub found: Result<Vec<Diagnostic>, String>,
}

/// Members of objects, and where they stand.
#[derive(Clone, Debug)]
pub struct ClaimMember {
    /// In the document, or what they are together.
    pub path: String,
    /// With a bit for each member.
    pub objects: Vec<(ProgramId, u64)>,
}

/// Members of an object: as many as one word of a [`Selection`] has bits.
const OBJECT: usize = 64;

/// Members to evaluate, a bit each: a word for each object.
#[derive(Clone, Debug)]
pub(super) struct Selection(Few<u64, 4>);

impl Selection {
    fn of(n_members: usize) -> Self {
        Self(std::iter::repeat_n(0, n_members.div_ceil(OBJECT)).collect())
    }

    pub(super) fn insert(&mut self, member: usize) {
        if let Some(word) = self.0.get_mut(member / OBJECT) {
            *word |= 1 << (member % OBJECT);
        }
    }
}

/// Adds the claims of `server` to the set that `builder` makes, and tells what is surprising about
/// them.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn plan(
    server: &AuthorizationServer,
    directory: &Directory,
    builder: &mut SetBuilder,
) -> Result<(ClaimPlan, Vec<PlanProblem>), Vec<PlanProblem>> {
    let (mut problems, mut remarks) = (Vec::new(), Vec::new());
    let mut of = |claim_type| match plan_token(server, claim_type, directory, builder) {
        Ok((plan, told)) => {
            remarks.extend(told);
            Some(plan)
        }
        Err(found) => {
            problems.extend(found);
            None
        }
    };
    match (of(ClaimType::Resource), of(ClaimType::Identity)) {
        (Some(access), Some(identity)) => Ok((ClaimPlan { access, identity }, remarks)),
        _ => Err(problems),
    }
}

fn plan_token(
    server: &AuthorizationServer,
    claim_type: ClaimType,
    directory: &Directory,
    builder: &mut SetBuilder,
) -> Result<(TokenPlan, Vec<PlanProblem>), Vec<PlanProblem>> {
    let (mut problems, mut remarks) = (Vec::new(), Vec::new());
    let expressions = expressions(server, claim_type);
    let sources: Vec<MemberSource<'_>> = expressions.iter().map(Expression::member).collect();
    builder.at(match claim_type {
        ClaimType::Resource => Position::AccessTokenClaim,
        ClaimType::Identity => Position::IdentityTokenClaim,
    });
    let mut objects = Vec::new();
    for (sources, expressions) in sources.chunks(OBJECT).zip(expressions.chunks(OBJECT)) {
        let told = |found: MemberDiagnostics| {
            let expression = expressions.get(found.member)?.text.clone();
            Some(PlanProblem { expression, found: Ok(found.diagnostics) })
        };
        match builder.add_object(sources) {
            Ok((object, found)) => {
                remarks.extend(found.into_iter().filter_map(told));
                objects.push(object);
            }
            Err(found) => problems.extend(found.into_iter().filter_map(told)),
        }
    }
    let members: Vec<Origin> = expressions.iter().map(|expression| expression.origin).collect();
    let mut plan = TokenPlan {
        objects,
        own: own_sources(server, claim_type, directory, &mut problems),
        added: server
            .token_policies
            .iter()
            .map(|policy| policy.claims.iter().map(|_| None).collect())
            .collect(),
        usual: (Selection::of(members.len()), 0),
        members,
    };
    plan.place_members();
    plan.find_usual(server);
    if problems.is_empty() { Ok((plan, remarks)) } else { Err(problems) }
}

/// An expression of a claim, on its way to being a member.
struct Expression<'s> {
    name: &'s str,
    text: &'s ExpressionText,
    keep_empty: bool,
    origin: Origin,
}

impl Expression<'_> {
    fn member(&self) -> MemberSource<'_> {
        MemberSource {
            name: self.name,
            alternatives: vec![(None, &self.text.text)],
            omit_empty: !self.keep_empty,
        }
    }
}

/// The expressions of a kind of token: `sub` first, wherever it is from.
fn expressions(server: &AuthorizationServer, claim_type: ClaimType) -> Vec<Expression<'_>> {
    let own = server.claims.iter().enumerate().filter_map(|(index, claim)| {
        let is_meant = claim.claim_type == claim_type && claim.value_type == ValueType::Expression;
        let text = claim.value.as_ref().filter(|_| is_meant)?;
        let origin = Origin::Own(index);
        Some(Expression { name: &claim.name, text, keep_empty: claim.keep_empty, origin })
    });
    let added = server.token_policies.iter().enumerate().flat_map(|(policy, definition)| {
        let claims = definition.claims.iter().enumerate();
        claims.filter(|(_, claim)| claim.claim_type == claim_type).map(move |(index, claim)| {
            let origin = Origin::Added { policy, index };
            Expression {
                name: &claim.name,
                text: &claim.value,
                keep_empty: claim.keep_empty,
                origin,
            }
        })
    });
    let mut all: Vec<Expression<'_>> = own.chain(added).collect();
    all.sort_by_key(|expression| expression.name != SUBJECT);
    all
}

/// The sources of the server's claims that are no expressions.
fn own_sources(
    server: &AuthorizationServer,
    claim_type: ClaimType,
    directory: &Directory,
    problems: &mut Vec<PlanProblem>,
) -> Vec<(usize, Source)> {
    let mut source = |claim: &ClaimDefinition| -> Option<Source> {
        match (claim.value_type, claim.group_filter, &claim.value) {
            (ValueType::System, ..) => SystemClaim::find(&claim.name).map(Source::System),
            (ValueType::Groups, Some(filter), Some(value)) => {
                match GroupsClaim::new(filter, &value.text, directory) {
                    Ok(groups) => Some(Source::Groups(groups)),
                    Err(words) => {
                        let expression = value.clone();
                        problems.push(PlanProblem { expression, found: Err(words) });
                        None
                    }
                }
            }
            _ => None,
        }
    };
    let claims = server.claims.iter().enumerate();
    let of_type = claims.filter(|(_, claim)| claim.claim_type == claim_type);
    of_type.filter_map(|(index, claim)| Some((index, source(claim)?))).collect()
}

impl TokenPlan {
    /// Puts each member of the object where its claim is looked for.
    fn place_members(&mut self) {
        for (member, origin) in self.members.iter().enumerate() {
            match *origin {
                Origin::Own(index) => self.own.push((index, Source::Member(member))),
                Origin::Added { policy, index } => {
                    let claims = self.added.get_mut(policy);
                    if let Some(place) = claims.and_then(|claims| claims.get_mut(index)) {
                        *place = Some(Source::Member(member));
                    }
                }
            }
        }
        self.own.sort_by_key(|(index, _)| *index);
    }

    /// Puts in front the members that are for whatever scopes and delivery.
    fn find_usual(&mut self, server: &AuthorizationServer) {
        let is_usual = |(index, source): &(usize, Source)| {
            matches!(source, Source::Member(_))
                && server.claims.get(*index).is_some_and(|claim| {
                    is_included(claim, &[], Delivery::Thin)
                        && is_included(claim, &[], Delivery::Full)
                })
        };
        self.own.sort_by_key(|own| (!is_usual(own), own.0));
        let (selection, n_usual) = &mut self.usual;
        for own in self.own.iter().take_while(|own| is_usual(own)) {
            if let (_, Source::Member(member)) = own {
                selection.insert(*member);
                *n_usual += 1;
            }
        }
    }

    /// The objects of which members are selected, each with those and the first of all its members.
    pub(super) fn selected<'p>(
        &'p self,
        selection: &'p Selection,
    ) -> impl Iterator<Item = (ProgramId, u64, usize)> + 'p {
        let all = self.objects.iter().zip(selection.0.iter()).enumerate();
        all.filter(|(_, (_, word))| **word != 0)
            .map(|(index, (object, word))| (*object, *word, index * OBJECT))
    }

    /// Where a member is: its object, and its place there.
    pub(super) fn place(&self, member: usize) -> Option<(ProgramId, usize)> {
        Some((*self.objects.get(member / OBJECT)?, member % OBJECT))
    }

    /// What is said of each member of an object, of all objects one after the other.
    pub(super) fn of_members<T>(&self, of: impl FnMut(ProgramId) -> Vec<T>) -> Vec<T> {
        self.objects.iter().copied().flat_map(of).collect()
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (usize, ProgramId)> {
        (0..).step_by(OBJECT).zip(self.objects.iter().copied())
    }

    pub(super) fn nothing(&self) -> Selection {
        Selection::of(self.members.len())
    }

    /// The server's claims of this kind of token.
    pub(super) fn own(&self) -> &[(usize, Source)] {
        &self.own
    }

    /// The members that every token of this kind gets unless a policy replaces them, and the claims
    /// of which that is to be asked.
    pub(super) fn usual(&self) -> (Selection, &[(usize, Source)]) {
        let (selection, n_usual) = &self.usual;
        (selection.clone(), self.own.get(*n_usual..).unwrap_or_default())
    }

    /// The source of a claim of a token policy.
    pub(super) fn added(&self, policy: usize, index: usize) -> Option<&Source> {
        self.added.get(policy)?.get(index)?.as_ref()
    }

    /// The expression of a member, if its claim is active and `can_have` says that a request without
    /// a user can be granted what it is for.
    pub(super) fn reached_text<'s>(
        &self,
        member: usize,
        server: &'s AuthorizationServer,
        can_have: impl Fn(&[String]) -> bool,
    ) -> Option<&'s ExpressionText> {
        match *self.members.get(member)? {
            Origin::Own(index) => {
                let claim = server.claims.get(index)?;
                let reached = claim.status.is_active() && can_have(&claim.scopes);
                claim.value.as_ref().filter(|_| reached)
            }
            Origin::Added { policy, index } => {
                let policy = server.token_policies.get(policy)?;
                let without_user = policy.groups.is_none() && policy.user_attributes.is_empty();
                let scopes = policy.scopes.as_deref().unwrap_or_default();
                let reached = policy.status.is_active() && without_user && can_have(scopes);
                policy.claims.get(index).map(|claim| &claim.value).filter(|_| reached)
            }
        }
    }

    /// The fault of a member of the object with this first member, named as its claim.
    pub(super) fn fault(
        &self,
        server: &AuthorizationServer,
        first: usize,
        fault: &EvaluationFault,
    ) -> ClaimFault {
        let member = first + fault.member.map_or(0, |(member, ..)| member);
        let found = match self.members.get(member) {
            Some(Origin::Own(index)) => server.claims.get(*index).and_then(|claim| {
                Some((claim.name.as_str(), claim.system, claim.value.as_ref()?.text.as_str()))
            }),
            Some(Origin::Added { policy, index }) => server
                .token_policies
                .get(*policy)
                .and_then(|policy| policy.claims.get(*index))
                .map(|claim| (claim.name.as_str(), false, claim.value.text.as_str())),
            None => None,
        };
        let (name, system, text) = found.unwrap_or((SUBJECT, true, ""));
        ClaimFault::evaluation(name, system, text, fault)
    }
}

impl ClaimPlan {
    /// What the expression of each claim costs at most.
    #[must_use]
    pub fn bounds<'s>(
        &self,
        server: &'s AuthorizationServer,
        programs: &ProgramSet,
    ) -> Vec<(&'s ExpressionText, Bounds)> {
        let of_token = |plan: &TokenPlan| -> Vec<(&'s ExpressionText, Bounds)> {
            let bounds = plan.of_members(|object| programs.bounds(object));
            let texts = plan.members.iter().map(|origin| origin.text(server));
            texts.zip(bounds).filter_map(|(text, bounds)| Some((text?, bounds))).collect()
        };
        [of_token(&self.access), of_token(&self.identity)].concat()
    }

    /// Where the branches of the expression of each claim stand.
    #[must_use]
    pub fn branches<'s>(
        &self,
        server: &'s AuthorizationServer,
        programs: &ProgramSet,
    ) -> Vec<(&'s ExpressionText, Vec<Span>)> {
        let of_token = |plan: &TokenPlan| -> Vec<(&'s ExpressionText, Vec<Span>)> {
            let texts: Vec<&'s ExpressionText> =
                plan.members.iter().filter_map(|origin| origin.text(server)).collect();
            let written: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
            let mut written = written.chunks(OBJECT);
            let branches = plan
                .of_members(|object| programs.branches(object, written.next().unwrap_or_default()));
            texts.into_iter().zip(branches).collect()
        };
        [of_token(&self.access), of_token(&self.identity)].concat()
    }

    /// What the expression of each claim reads of the user.
    #[must_use]
    pub fn reads<'s>(
        &self,
        server: &'s AuthorizationServer,
        programs: &ProgramSet,
    ) -> Vec<(&'s ExpressionText, Reads)> {
        let of_token = |plan: &TokenPlan| -> Vec<(&'s ExpressionText, Reads)> {
            let reads = plan.of_members(|object| programs.reads_of(object));
            let texts = plan.members.iter().map(|origin| origin.text(server));
            texts.zip(reads).filter_map(|(text, reads)| Some((text?, reads))).collect()
        };
        [of_token(&self.access), of_token(&self.identity)].concat()
    }

    /// How many groups of the directory pass the filter of the server's claim with this index;
    /// `None` of a claim without one.
    #[must_use]
    pub fn n_passing(&self, claim: usize) -> Option<usize> {
        let own = self.access.own.iter().chain(&self.identity.own);
        own.filter(|(index, _)| *index == claim).find_map(|(_, source)| match source {
            Source::Groups(groups) => Some(groups.n_passing()),
            Source::Member(_) | Source::System(_) => None,
        })
    }

    /// All expressions of each kind of token together, then, if `apart`, each on its own.
    #[must_use]
    pub fn members(&self, server: &AuthorizationServer, apart: bool) -> Vec<ClaimMember> {
        let kinds = [(&self.access, "access token"), (&self.identity, "ID token")];
        let mut found = Vec::new();
        for (plan, kind) in kinds {
            let n = plan.members.len();
            let objects = |members: std::ops::Range<usize>| {
                let mut selection = Selection::of(n);
                members.for_each(|member| selection.insert(member));
                plan.selected(&selection).map(|(object, word, _)| (object, word)).collect()
            };
            let path = format!("{}: {n} claims of an {kind}", server.id);
            found.push(ClaimMember { path, objects: objects(0..n) });
            let each = plan.members.iter().enumerate().filter(|_| apart);
            found.extend(each.filter_map(|(member, origin)| {
                let path = origin.text(server)?.path.clone();
                Some(ClaimMember { path, objects: objects(member..member + 1) })
            }));
        }
        found
    }

    pub(super) fn of(&self, claim_type: ClaimType) -> &TokenPlan {
        match claim_type {
            ClaimType::Resource => &self.access,
            ClaimType::Identity => &self.identity,
        }
    }
}
