//! Every exchange asked again of a store that fails once: at the first, the second, ... call that it
//! makes, before the effect or after it. Then no success is answered that was not stored, a code gave
//! at most one family, a family's refresh token has one successor, and what was ended stays so.

use super::super::*;
use super::player::{Player, Told, world_of};
use super::story::{Exchange, File, Step, Story, files};
use super::{Fails, Organizations};
use crate::grant::{CODE, DEVICE, FAMILY, USER_CODE};
use crate::publish::Published;
use crate::token::RefreshToken;
use crate::token::opaque::lookup_hash;
use std::collections::{BTreeMap, BTreeSet};

/// How many calls the stories make of the store, and which of them fails next.
struct Turn {
    first: usize,
    last: usize,
}

#[test]
fn no_answer_claims_what_a_failing_store_did_not_keep() {
    let only = std::env::var("STORY").unwrap_or_default();
    let mut organizations = Organizations::default();
    let (mut n_replays, mut wrong) = (0, Vec::new());
    for file in files() {
        for story in file.stories.iter().filter(|story| story.title.contains(&only)) {
            let published = organizations.of(&file, story);
            let Turn { first, last } = calls(&file, story, &published);
            for fatal in first..=last {
                for fails in [Fails::Before, Fails::After] {
                    n_replays += 1;
                    let replayed = replay(&file, story, &published, (fatal, fails));
                    wrong.extend(replayed.into_iter().map(|what| {
                        let name = file.name();
                        format!("{name}: {}: call {fatal} fails {fails:?}: {what}", story.title)
                    }));
                }
            }
        }
    }
    assert!(n_replays > 100 || !only.is_empty(), "only {n_replays} replays");
    assert!(wrong.is_empty(), "of {n_replays} replays:\n{}", wrong.join("\n"));
}

/// The calls that a story makes when none fails.
fn calls(file: &File, story: &Story, published: &Arc<Published>) -> Turn {
    let (world, _) = world_of(published, 0, Fails::Before);
    let mut player = Player::new(&world);
    file.before(story).into_iter().for_each(|former| player.play(former).unwrap());
    let before = world.surface.store.n_calls();
    player.play(story).unwrap();
    Turn { first: before + 1, last: world.surface.store.n_calls() }
}

/// Plays a story while one call fails; who was refused asks once more.
fn replay(
    file: &File,
    story: &Story,
    published: &Arc<Published>,
    (fatal, fails): (usize, Fails),
) -> Vec<String> {
    let (world, whole) = world_of(published, fatal, fails);
    let mut player = Player::new(&world);
    let mut ledger = Ledger { world: &world, whole, wrong: Vec::new(), families: BTreeMap::new() };
    file.before(story).into_iter().for_each(|former| player.play(former).unwrap());
    let mut was_hit = false;
    for step in &story.steps {
        let Step::Exchange(exchange) = step else {
            if player.can_take(step) {
                player.take(step);
            }
            continue;
        };
        if !player.can_ask(exchange) {
            continue;
        }
        let told = player.ask(exchange);
        ledger.note(exchange, &told, &player);
        let is_hit = !was_hit && world.surface.store.n_calls() >= fatal;
        was_hit |= is_hit;
        let agrees = player.agrees(&exchange.answer, &told);
        if is_hit && !agrees {
            if !is_failure(&told) {
                ledger.wrong.push(format!("{} was answered {}", exchange.title(), told.print()));
            }
            if player.can_ask(exchange) {
                let told = player.ask(exchange);
                ledger.note(exchange, &told, &player);
                player.agrees(&exchange.answer, &told);
            }
        }
    }
    ledger.wrong
}

/// The answers that a failure of ours has: never a success, and never a refusal for other reasons.
fn is_failure(told: &Told) -> bool {
    let says = |code: &str| {
        told.head.starts_with(&format!("{code}:")) || told.parameter("error") == Some(code)
    };
    let is_page = told.head.starts_with("page: ") && told.status >= 500;
    let codes = says("server_error") || says("temporarily_unavailable");
    is_page || (codes && (told.status == 302 || told.status >= 500))
}

/// What was answered, held against what is stored.
struct Ledger<'w> {
    world: &'w World,
    /// The store, which never fails here.
    whole: Store,
    wrong: Vec<String>,
    families: BTreeMap<String, FamilyHistory>,
}

#[derive(Default)]
struct FamilyHistory {
    /// The refresh tokens that were given, by generation.
    given: BTreeMap<u32, BTreeSet<String>>,
    has_ended: bool,
}

impl Ledger<'_> {
    fn has(&self, kind: &str, key: &str) -> bool {
        self.row(kind, key).is_some()
    }

    fn row(&self, kind: &str, key: &str) -> Option<crate::store::Row> {
        self.world.runtime.block_on(self.whole.find(kind, key)).unwrap().value
    }

    fn n_rows(&self, kind: &str) -> usize {
        self.world.runtime.block_on(self.whole.list(kind)).unwrap().value.len()
    }

    fn read(&self, token: &str) -> Option<RefreshToken> {
        self.world.surface.issuer.current().keyring().refresh.read(token)
    }

    fn expect(&mut self, holds: bool, what: &str) {
        if !holds {
            self.wrong.push(what.to_owned());
        }
    }

    /// Looks at an answer when it is given.
    fn note(&mut self, exchange: &Exchange, told: &Told, player: &Player<'_>) {
        if let Some(code) = told.parameter("code") {
            let is_kept = self.has(CODE, &lookup_hash(CODE, code));
            self.expect(is_kept, "a code was given that is not kept");
        }
        if told.status < 300 {
            self.note_tokens(told);
            if told.text("device_code").is_some() {
                let are_kept = self.n_rows(DEVICE) > 0 && self.n_rows(USER_CODE) > 0;
                self.expect(are_kept, "a device was told codes that are not kept");
            }
            if told.text("request_uri").is_some() {
                let is_kept = self.n_rows("pushed") > 0;
                self.expect(is_kept, "a request was pushed that is not kept");
            }
            if exchange.target.ends_with("/v1/revoke") {
                self.note_revoked(exchange, player);
            }
        }
        self.look_at_families();
    }

    fn note_tokens(&mut self, told: &Told) {
        if exchange_of_person(told) {
            let jti = text_of(&part(told.text("access_token").unwrap_or_default(), 1)["jti"]);
            let family = jti.split('.').nth(1).unwrap_or_default().to_owned();
            let is_kept = self.has(FAMILY, &family);
            self.expect(is_kept, "an access token was given whose family is not kept");
        }
        let Some((text, token)) =
            told.text("refresh_token").and_then(|text| Some((text.to_owned(), self.read(text)?)))
        else {
            return;
        };
        let family = token.family.text().to_string();
        let kept = self.row(FAMILY, &family).map(|row| generation_of(&row.bytes));
        let is_current = kept.is_some_and(|kept| kept == u64::from(token.generation));
        self.expect(is_current, "a refresh token was given that is not the one kept");
        let history = self.families.entry(family).or_default();
        let given = history.given.entry(token.generation).or_default();
        given.insert(text);
        let is_one = given.len() == 1;
        self.expect(is_one, "a refresh token has two successors");
    }

    /// A revocation that was acknowledged.
    fn note_revoked(&mut self, exchange: &Exchange, player: &Player<'_>) {
        let Some(token) = exchange.parameter("token") else { return };
        let token = player.words.fill(token, self.world.surface.clock.seconds());
        let Some(token) = self.read(&token) else { return };
        // One of another server is none of this one's, which is no failure.
        let lives = self.row(FAMILY, &token.family.text()).is_some_and(|row| {
            let row: Value = serde_json::from_slice(&row.bytes).unwrap();
            exchange.target.contains(&format!("/{}/", row["grant"]["server"].as_str().unwrap()))
        });
        self.expect(!lives, "a revocation was acknowledged that did not happen");
    }

    /// What has ended stays ended.
    fn look_at_families(&mut self) {
        let rows = self.world.runtime.block_on(self.whole.list(FAMILY)).unwrap().value;
        let alive: BTreeSet<String> = rows.into_iter().map(|row| row.key).collect();
        let mut revived = false;
        for (id, history) in &mut self.families {
            let lives = alive.contains(id);
            revived |= history.has_ended && lives;
            history.has_ended |= !lives;
        }
        for id in alive {
            self.families.entry(id).or_default();
        }
        self.expect(!revived, "a family that had ended is there again");
    }
}

/// Whether an answer has a token of a person, which names its family.
fn exchange_of_person(told: &Told) -> bool {
    let token = told.text("access_token").filter(|token| token.split('.').count() == 3);
    token.is_some_and(|token| part(token, 1).get("uid").is_some())
}

/// The generation of the refresh token that a family's row says.
fn generation_of(bytes: &[u8]) -> u64 {
    let row: Value = serde_json::from_slice(bytes).unwrap();
    row["refresh"]["generation"].as_u64().unwrap_or_default()
}
