//! How long a decision takes over 10 to 100,000 rules: by the index, and by looking at every rule
//! in order (`hand/linear.rs`). Both must name the same rule for every request before anything is
//! timed.
//!
//! Organizations grow in every direction: of `n` rules six in ten are for one of `n / 5` groups and
//! a scope, three for one of `n / 10` clients and a scope, one for a scope of its own; one in ten
//! has a condition in the expression language too, of 200. Each of 4,096 people is in 20 groups. A
//! third of the requests is for a rule among the first twentieth, a third for one among the last,
//! a third for a scope that no rule lists.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]

mod interleaved;
#[path = "hand/linear.rs"]
mod linear;

use claimsmith::directory::{Status, User, UserStatus};
use claimsmith::document;
use claimsmith::policy::{Allowed, ConditionOutcome, Facts, Person, RuleIndex, Trace, decide};
use claimsmith::program::{
    Condition, Engine, ProgramId, ProgramSet, Roots, SetBuilder, Subject, Worker,
};
use claimsmith::server::{
    Access, AccessTokenFormat, AuthorizationServer, Clients, ExpressionText, IssuerMode,
    LegacyGrants, Lifetimes, People, Policy, RefreshPolicy, Rule, RuleScopes, Scope, system_scopes,
};
use claimsmith::source::Span;
use criterion::{Criterion, criterion_group, criterion_main};
use interleaved::Candidate;
use linear::{NONE, PackedRequest, PackedRule, PackedServer};
use rustc_hash::FxHashMap;
use std::hint::black_box;
use std::sync::Arc;

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const REQUESTS: usize = 4096;
const GROUPS_OF_A_PERSON: usize = 20;
const CONDITIONS: u32 = 200;
const RULES_OF_A_POLICY: usize = 10;
const API: &str = "https://api.mycompany.com";
const GRANT: &str = "authorization_code";

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % n as u64) as u32
    }
}

/// How many there are of what, in an organization of so many rules.
struct Extent {
    groups: usize,
    clients: usize,
    scopes: usize,
}

impl Extent {
    fn of(n_rules: usize) -> Self {
        Self {
            groups: (n_rules / 5).max(50),
            clients: (n_rules / 10).max(10),
            scopes: n_rules.clamp(40, 500),
        }
    }
}

fn packed_rules(n: usize, dice: &mut Dice) -> Vec<PackedRule> {
    let extent = Extent::of(n);
    let of = |number: usize, dice: &mut Dice| {
        let for_clients = number / RULES_OF_A_POLICY % 10 < 3;
        let policy = number / RULES_OF_A_POLICY;
        let alone = !for_clients && dice.below(7) == 0;
        let client = if for_clients { (policy % extent.clients) as u32 } else { NONE };
        let group = if for_clients || alone { NONE } else { dice.below(extent.groups) };
        let scope = if alone { (extent.scopes + number) as u32 } else { dice.below(extent.scopes) };
        let condition = if dice.below(10) == 0 { dice.below(CONDITIONS as usize) } else { NONE };
        PackedRule::new(client, group, scope, condition, 1)
    };
    (0..n).map(|number| of(number, dice)).collect()
}

fn client_id(client: u32) -> String {
    format!("client-{client}")
}

fn scope_name(scope: u32) -> String {
    format!("scope:{scope}")
}

fn condition_text(condition: u32) -> String {
    format!("user.level > {condition}")
}

fn rule(number: usize, packed: &PackedRule) -> Rule {
    let people = if packed.group == NONE {
        People { everyone: true, ..People::default() }
    } else {
        People { groups: vec![packed.group as usize], ..People::default() }
    };
    let condition = (packed.condition() != NONE).then(|| ExpressionText {
        text: condition_text(packed.condition()),
        path: String::new(),
        span: Span::default(),
    });
    Rule {
        id: number.to_string(),
        name: number.to_string(),
        status: Status::Active,
        people,
        grant_types: vec![GRANT.to_owned()],
        scopes: RuleScopes::Listed(vec![scope_name(packed.scope)]),
        audiences: Vec::new(),
        condition,
        access: Access::Allow,
        second_factor: false,
        inline_hook: None,
        lifetimes: Lifetimes::default(),
    }
}

fn server(rules: &[PackedRule], requests: &[Request]) -> AuthorizationServer {
    let policies = rules.chunks(RULES_OF_A_POLICY).enumerate().map(|(number, chunk)| {
        let client = chunk.first().map_or(NONE, |first| first.client);
        let clients = match client {
            NONE => Clients::All,
            client => Clients::Listed(vec![client_id(client)]),
        };
        let first = number * RULES_OF_A_POLICY;
        let rules = chunk.iter().enumerate().map(|(index, packed)| rule(first + index, packed));
        Policy {
            id: number.to_string(),
            name: number.to_string(),
            description: String::new(),
            clients,
            status: Status::Active,
            rules: rules.collect(),
        }
    });
    let asked = requests.iter().map(|request| request.scope);
    let mut scopes: Vec<u32> = rules.iter().map(|rule| rule.scope).chain(asked).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let pattern = system_scopes().into_iter().next().unwrap();
    let scope = |number| Scope { name: scope_name(number), system: false, ..pattern.clone() };
    AuthorizationServer {
        id: "bench".to_owned(),
        name: "bench".to_owned(),
        description: String::new(),
        audiences: vec![API.to_owned()],
        is_default: false,
        issuer_mode: IssuerMode::OrgUrl,
        status: Status::Active,
        scopes: scopes.into_iter().map(scope).collect(),
        claims: Vec::new(),
        policies: policies.collect(),
        token_policies: Vec::new(),
        algorithm: "ES256".to_owned(),
        strict_errors: false,
        access_token_format: AccessTokenFormat::Okta,
        refresh_policy: RefreshPolicy::Current,
        trusted_servers: Vec::new(),
        legacy_grants: LegacyGrants::default(),
        rotates_keys: true,
    }
}

/// A request as the issuer has it, and as the yardstick does.
struct Request {
    user: User,
    client: String,
    scopes: Vec<String>,
    /// The number of the only scope.
    scope: u32,
    subject: Subject,
}

fn request(number: usize, rules: &[PackedRule], dice: &mut Dice) -> Request {
    let extent = Extent::of(rules.len());
    let twentieth = (rules.len() / 20).max(1);
    let target = match number % 3 {
        0 => Some(dice.below(twentieth) as usize),
        1 => Some(rules.len() - 1 - dice.below(twentieth) as usize),
        _ => None,
    };
    let target = target.and_then(|target| rules.get(target));
    let mut groups: Vec<u32> = (0..GROUPS_OF_A_PERSON).map(|_| dice.below(extent.groups)).collect();
    if let (Some(group), Some(rule)) = (groups.first_mut(), target)
        && rule.group != NONE
    {
        *group = rule.group;
    }
    let wanted = target.map_or(NONE, |rule| rule.client);
    let client = if wanted == NONE { dice.below(extent.clients) } else { wanted };
    let nothing = (extent.scopes + rules.len()) as u32;
    let scope = target.map_or(nothing, |rule| rule.scope);
    let context = format!(r#"{{"user": {{"level": {}}}}}"#, dice.below(CONDITIONS as usize * 2));
    let node = document::read(context.as_bytes()).unwrap();
    Request {
        user: User {
            id: number.to_string(),
            login: number.to_string(),
            status: UserStatus::Active,
            profile: Vec::new(),
            groups: groups.iter().map(|group| *group as usize).collect(),
            times: Vec::new(),
            links: Vec::new(),
            password: None,
        },
        client: client_id(client),
        scopes: vec![scope_name(scope)],
        scope,
        subject: Subject::infer(&node).unwrap().1,
    }
}

/// The conditions, compiled.
struct Conditions {
    set: ProgramSet,
    ids: Vec<ProgramId>,
    by_text: FxHashMap<String, ProgramId>,
}

impl Conditions {
    fn new() -> Self {
        let node = document::read(br#"{"user": {"level": 1}}"#).unwrap();
        let schema = Arc::new(Subject::infer(&node).unwrap().0);
        let mut builder = SetBuilder::new(schema);
        let texts: Vec<String> = (0..CONDITIONS).map(condition_text).collect();
        let ids: Vec<_> = texts.iter().map(|text| builder.add_condition(text).unwrap().0).collect();
        let by_text = texts.into_iter().zip(ids.iter().copied()).collect();
        Self { set: builder.finish(Engine::Native), ids, by_text }
    }

    fn hold(&self, id: ProgramId, subject: &Subject, worker: &mut Worker) -> bool {
        let roots = Roots::of(subject, &self.set, &[], 0);
        let answer = self.set.condition(id, &roots, worker, Engine::Native);
        answer.unwrap() == Condition::True
    }
}

/// An organization of so many rules, and requests.
struct World {
    packed: PackedServer,
    requests: Vec<Request>,
    server: AuthorizationServer,
    index: RuleIndex,
}

impl World {
    fn new(n: usize) -> Self {
        let mut dice = Dice(n as u64);
        let packed = packed_rules(n, &mut dice);
        let requests: Vec<Request> =
            (0..REQUESTS).map(|number| request(number, &packed, &mut dice)).collect();
        let server = server(&packed, &requests);
        let index = RuleIndex::new(&server);
        let numbered = |name: fn(u32) -> String, n: usize| -> FxHashMap<String, u32> {
            (0..n as u32).map(|number| (name(number), number)).collect()
        };
        let extent = Extent::of(n);
        let packed = PackedServer {
            rules: packed,
            clients: numbered(client_id, extent.clients),
            // The server's, as the index has them too.
            scopes: (server.scopes.iter())
                .map(|scope| {
                    let number = scope.name.trim_start_matches("scope:");
                    (scope.name.clone(), number.parse().unwrap())
                })
                .collect(),
            grants: vec![GRANT.to_owned()],
        };
        Self { packed, requests, server, index }
    }

    /// The rule that decides.
    fn by_index<'w>(
        &'w self,
        request: &'w Request,
        conditions: &Conditions,
        worker: &mut Worker,
    ) -> Option<Allowed<'w>> {
        let facts = Facts {
            client_id: &request.client,
            person: Some(Person { index: 0, user: &request.user }),
            grant_type: GRANT,
            also: None,
            scopes: &request.scopes,
            audience: API,
        };
        let mut evaluate = |text: &ExpressionText, _: &[&str]| {
            let id = conditions.by_text.get(&text.text).unwrap();
            if conditions.hold(*id, &request.subject, worker) {
                ConditionOutcome::True
            } else {
                ConditionOutcome::False
            }
        };
        let decision = decide(&self.server, &self.index, &facts, Trace::Skip, &mut evaluate);
        decision.outcome.ok()
    }

    /// As [`World::by_index`]; `packed` is memory that is used again.
    fn in_order(
        &self,
        request: &Request,
        packed: &mut PackedRequest,
        conditions: &Conditions,
        worker: &mut Worker,
    ) -> Option<usize> {
        let Request { user, client, scopes, .. } = request;
        if !packed.fill(&self.packed, client, GRANT, scopes, &user.groups) {
            return None;
        }
        packed.first_match(&self.packed.rules, |condition| {
            let id = conditions.ids.get(condition as usize).unwrap();
            conditions.hold(*id, &request.subject, worker)
        })
    }

    /// Asserts that both name the same rule, and that there are early, late and no hits.
    fn verify(&self, conditions: &Conditions) {
        let (mut worker, mut packed) = (Worker::new(), PackedRequest::default());
        let (mut n_early, mut n_late, mut n_none) = (0, 0, 0);
        for request in &self.requests {
            let allowed = self.by_index(request, conditions, &mut worker);
            let found = allowed.map(|allowed| allowed.names().1.parse().unwrap());
            assert_eq!(found, self.in_order(request, &mut packed, conditions, &mut worker));
            match found {
                Some(rule) if rule < self.packed.rules.len() / 2 => n_early += 1,
                Some(_) => n_late += 1,
                None => n_none += 1,
            }
        }
        assert!(n_early.min(n_late).min(n_none) > REQUESTS / 8, "{n_early} {n_late} {n_none}");
    }
}

/// Runs a decision for one request after the other, again and again.
fn around<'w, T>(
    world: &'w World,
    mut decide: impl FnMut(&'w Request) -> Option<T> + 'w,
) -> impl FnMut(usize) + 'w {
    let mut next = 0;
    move |n| {
        for _ in 0..n {
            let request = world.requests.get(next % REQUESTS).unwrap();
            black_box(decide(black_box(request)));
            next += 1;
        }
    }
}

fn decisions(_: &mut Criterion) {
    let conditions = Conditions::new();
    let worlds = SIZES.map(World::new);
    worlds.iter().for_each(|world| world.verify(&conditions));
    let mut by_index = worlds.each_ref().map(|world| {
        let (conditions, mut worker) = (&conditions, Worker::new());
        around(world, move |request| world.by_index(request, conditions, &mut worker))
    });
    let names = SIZES.map(|n| format!("{n} rules"));
    let candidates = names.iter().zip(&mut by_index);
    let mut candidates: Vec<Candidate<'_>> =
        candidates.map(|(name, run)| Candidate::new(name, run)).collect();
    interleaved::compare("decision", REQUESTS / 8, &mut candidates);
    for world in &worlds {
        let (mut one, mut other) = (Worker::new(), Worker::new());
        let mut packed = PackedRequest::default();
        let mut by_index = around(world, |request| world.by_index(request, &conditions, &mut one));
        let mut in_order =
            around(world, |request| world.in_order(request, &mut packed, &conditions, &mut other));
        let mut candidates =
            [Candidate::new("in order", &mut in_order), Candidate::new("by index", &mut by_index)];
        let title = format!("{} rules", world.packed.rules.len());
        interleaved::compare(&title, 64, &mut candidates);
    }
}

criterion_group!(policy, decisions);
criterion_main!(policy);
