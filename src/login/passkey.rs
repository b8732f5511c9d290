//! Passkeys as second factors (Web Authentication Level 3): made and asked for in a browser, whose
//! script brings what it answered. Without attestation the key that a browser says it made is as good
//! as any; what is held against it is whose page asked, for whom, and that it is answered once.

use super::attempts::{Attempt, Guessed};
use super::factor::{KIND, KeptPasskey, read};
use super::rows::{Change, Tries, step};
use super::{Authenticator, AuthorizationError, SessionSecret, SignInRefused};
use crate::store::{Op, Row, StoreError};
use crate::token::digest;
use crate::token::opaque::is_same_text;
use crate::token::passkey::{ALGORITHMS, PasskeyKey};
use base64_simd::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kind of the rows of challenges that were answered; their key is the challenge.
const ANSWERED: &str = "passkey-challenge";

/// The name under which a challenge is closed up.
const NAME: &str = "passkey challenge 1";

/// For what the secret of the browser stands in it.
const BROWSER: &str = "passkey";

/// How long a person has, in seconds.
const SECONDS: i64 = 300;

const CHALLENGE_BYTES: usize = 32;

/// Most passkeys of one person, and most bytes of an id (§5.8.1 has 1023) and of a key.
const MOST: usize = 10;
const LONGEST_ID: usize = 1023;
const LONGEST_KEY: usize = 2048;

/// Flags of authenticator data (§6.1): somebody was there; a credential is in it.
const USER_PRESENT: u8 = 0x01;
const ATTESTED: u8 = 0x40;

/// Who asks: the host that passkeys are for, and the origin of its pages.
#[derive(Debug, Clone, Copy)]
pub struct RelyingParty<'r> {
    pub id: &'r str,
    pub origin: &'r str,
    pub name: &'r str,
}

/// What a page asks a browser for.
#[derive(Clone)]
pub struct Challenge {
    /// The options of `navigator.credentials`, as JSON; bytes in base64url.
    pub options: String,
    /// The challenge, closed up for the form.
    pub closed: String,
}

/// What a browser answered, each part in base64url.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answered<'a> {
    pub closed: &'a str,
    pub client_data: &'a str,
    pub authenticator_data: &'a str,
    /// Of a new passkey: SubjectPublicKeyInfo and its COSE algorithm.
    pub public_key: &'a str,
    pub algorithm: &'a str,
    /// Of one that is known.
    pub id: &'a str,
    pub signature: &'a str,
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Challenge")
    }
}

#[derive(Serialize, Deserialize)]
struct Shown {
    challenge: String,
    /// `webauthn.create` or `webauthn.get`.
    kind: String,
    /// The hash of the secret of the browser that shows it.
    browser: String,
    /// Seconds since 1970.
    ends_at: i64,
}

/// §5.8.1.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// §6.1.
struct AuthenticatorData<'d> {
    rp_id_hash: &'d [u8],
    flags: u8,
    count: u32,
    /// The id of the credential, if there is one in it.
    credential: Option<&'d [u8]>,
}

impl<'d> AuthenticatorData<'d> {
    fn parse(bytes: &'d [u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_at_checked(32)?;
        let (flags, rest) = rest.split_first()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let credential = match flags & ATTESTED {
            0 => None,
            _ => {
                let (_, rest) = rest.split_at_checked(16)?;
                let (length, rest) = rest.split_first_chunk::<2>()?;
                let length = usize::from(u16::from_be_bytes(*length));
                Some(rest.get(..length).filter(|_| (1..=LONGEST_ID).contains(&length))?)
            }
        };
        Some(Self { rp_id_hash, flags: *flags, count: u32::from_be_bytes(*count), credential })
    }

    fn is_of(&self, party: RelyingParty<'_>) -> bool {
        self.rp_id_hash == digest(party.id.as_bytes()) && self.flags & USER_PRESENT != 0
    }
}

const CREATE: &str = "webauthn.create";
const GET: &str = "webauthn.get";

impl Authenticator {
    /// What a page asks a browser for to make a passkey of this person.
    ///
    /// # Errors
    /// The store's failure, or why the challenge cannot be closed.
    pub async fn ask_for_new_passkey(
        &self,
        party: RelyingParty<'_>,
        (user_id, login): (&str, &str),
        browser: &SessionSecret,
    ) -> Result<Challenge, AuthorizationError> {
        let algorithms = ALGORITHMS.iter();
        let algorithms = algorithms.map(|alg| json!({ "type": "public-key", "alg": alg }));
        // What authenticators keep the person by tells others nothing.
        let handle = digest(format!("passkey\0{user_id}").as_bytes());
        let options = json!({
            "rp": { "id": party.id, "name": party.name },
            "user": {
                "id": URL_SAFE_NO_PAD.encode_to_string(handle),
                "name": login,
                "displayName": login,
            },
            "pubKeyCredParams": algorithms.collect::<Vec<_>>(),
            "authenticatorSelection": { "residentKey": "discouraged" },
            "attestation": "none",
        });
        let question = (CREATE, "excludeCredentials", options);
        self.ask(question, user_id, browser).await
    }

    /// What a page asks a browser for to prove one of this person's passkeys.
    ///
    /// # Errors
    /// As [`Authenticator::ask_for_new_passkey`].
    pub async fn ask_for_passkey(
        &self,
        party: RelyingParty<'_>,
        user_id: &str,
        browser: &SessionSecret,
    ) -> Result<Challenge, AuthorizationError> {
        let options = json!({ "rpId": party.id, "userVerification": "preferred" });
        self.ask((GET, "allowCredentials", options), user_id, browser).await
    }

    /// What every question has besides its own options: a challenge, how long it may be answered, and
    /// the person's passkeys under the name that says what they mean.
    async fn ask(
        &self,
        (kind, known, mut options): (&str, &str, Value),
        user_id: &str,
        browser: &SessionSecret,
    ) -> Result<Challenge, AuthorizationError> {
        let found = self.store.find(KIND, user_id).await?;
        let now = found.seconds();
        let (challenge, closed) = self.new_challenge(kind, user_id, browser, now)?;
        if let Some(members) = options.as_object_mut() {
            members.insert("challenge".to_owned(), json!(challenge));
            members.insert("timeout".to_owned(), json!(SECONDS * 1000));
            members.insert(known.to_owned(), json!(passkey_ids(found.value.as_ref())?));
        }
        Ok(Challenge { options: options.to_string(), closed })
    }

    /// Keeps the passkey that a browser made. Answers fresh recovery codes if the person had no
    /// second factor before; they are told this once.
    ///
    /// # Errors
    /// [`SignInRefused::Wrong`] for an answer to something else, or the store's failure.
    pub async fn enrol_passkey(
        &self,
        party: RelyingParty<'_>,
        user_id: &str,
        browsers: &[SessionSecret],
        answered: Answered<'_>,
    ) -> Result<Vec<String>, SignInRefused> {
        let shown = self.check_client(CREATE, party, user_id, browsers, answered);
        let shown = shown.ok_or(SignInRefused::Wrong)?;
        let made = made(party, answered).ok_or(SignInRefused::Wrong)?;
        let codes = self.new_recovery_codes(user_id);
        let mut tries = Tries::new(&self.store);
        loop {
            let (spend, enrolled_at) = self.spend_challenge(&shown).await?;
            let found = self.store.find(KIND, user_id).await?.value;
            let mut kept = read(found.as_ref())?;
            let is_known = kept.passkeys.iter().any(|known| known.id == made.id);
            if is_known || kept.passkeys.len() >= MOST {
                return Err(SignInRefused::Wrong);
            }
            let is_first = !kept.has_factor();
            if is_first {
                kept.recovery.clone_from(&codes.hashes);
            }
            kept.passkeys.push(made.kept(enrolled_at));
            let ops = step(found, Change::To(kept.row(user_id))).into_iter().chain([spend]);
            if tries.apply(ops.collect()).await? {
                return Ok(if is_first { codes.texts } else { Vec::new() });
            }
        }
    }

    /// Whether a browser proved one of the person's passkeys.
    ///
    /// # Errors
    /// [`SignInRefused::Wrong`], or [`SignInRefused::Locked`] after too many.
    pub async fn prove_passkey(
        &self,
        party: RelyingParty<'_>,
        user_id: &str,
        browsers: &[SessionSecret],
        answered: Answered<'_>,
    ) -> Result<(), SignInRefused> {
        let proven = self.try_passkey(party, user_id, browsers, answered).await;
        self.record_factor(user_id, proven).await
    }

    async fn try_passkey(
        &self,
        party: RelyingParty<'_>,
        user_id: &str,
        browsers: &[SessionSecret],
        answered: Answered<'_>,
    ) -> Result<(), SignInRefused> {
        let attempt = Attempt::begin(self, Guessed::Factor(user_id), None).await?;
        let forgive = attempt.forgive();
        let proven = match self.check_client(GET, party, user_id, browsers, answered) {
            Some(shown) => self.count_use(party, user_id, &shown, answered, forgive).await,
            None => Err(SignInRefused::Wrong),
        };
        attempt.settle(&self.store, proven).await.map(|_| ())
    }

    async fn count_use(
        &self,
        party: RelyingParty<'_>,
        user_id: &str,
        shown: &Shown,
        answered: Answered<'_>,
        forgive: Op,
    ) -> Result<(), SignInRefused> {
        let mut tries = Tries::new(&self.store);
        loop {
            let (spend, _) = self.spend_challenge(shown).await?;
            let found = self.store.find(KIND, user_id).await?.value;
            let mut kept = read(found.as_ref())?;
            let known = kept.passkeys.iter_mut().find(|known| known.id == answered.id);
            let known = known.ok_or(SignInRefused::Wrong)?;
            known.count = used(party, known, answered).ok_or(SignInRefused::Wrong)?;
            let ops = step(found, Change::To(kept.row(user_id))).into_iter();
            let ops = ops.chain([spend, forgive.clone()]).collect();
            if tries.apply(ops).await? {
                return Ok(());
            }
        }
    }

    /// Takes a passkey away.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn remove_passkey(&self, user_id: &str, id: &str) -> Result<(), SignInRefused> {
        self.change_factors(user_id, |kept| kept.passkeys.retain(|known| known.id != id)).await
    }

    fn new_challenge(
        &self,
        kind: &str,
        user_id: &str,
        browser: &SessionSecret,
        now: i64,
    ) -> Result<(String, String), AuthorizationError> {
        let challenge = self.random.base64url(CHALLENGE_BYTES);
        let shown = Shown {
            challenge: challenge.clone(),
            kind: kind.to_owned(),
            browser: browser.hash(BROWSER),
            ends_at: now.saturating_add(SECONDS),
        };
        let plain = serde_json::to_vec(&shown).unwrap_or_default();
        Ok((challenge, self.seal(NAME, user_id, &plain)?))
    }

    /// The challenge that was answered, if it was one of this page, person and browser (§7.1 and
    /// §7.2, the steps about client data). Whether its time is over [`Self::spend_challenge`] asks.
    fn check_client(
        &self,
        kind: &str,
        party: RelyingParty<'_>,
        user_id: &str,
        browsers: &[SessionSecret],
        answered: Answered<'_>,
    ) -> Option<Shown> {
        let shown = self.unseal(NAME, user_id, answered.closed)?;
        let shown: Shown = serde_json::from_slice(&shown).ok()?;
        let is_here =
            |browser: &SessionSecret| is_same_text(&shown.browser, &browser.hash(BROWSER));
        let is_ours = shown.kind == kind && browsers.iter().any(is_here);
        let said: ClientData = serde_json::from_slice(&decode(answered.client_data)?).ok()?;
        let is_answered = said.kind == kind
            && is_same_text(&said.challenge, &shown.challenge)
            && said.origin == party.origin
            && !said.cross_origin;
        (is_ours && is_answered).then_some(shown)
    }

    /// What notes that a challenge was answered, if it was not before and its time is not over; and what
    /// time it is, both by the clock of the store: a note that was swept is of a challenge that has ended.
    async fn spend_challenge(&self, shown: &Shown) -> Result<(Op, i64), SignInRefused> {
        let found = self.store.find(ANSWERED, &shown.challenge).await?;
        let now = found.seconds();
        if found.value.is_some() || shown.ends_at <= now {
            return Err(SignInRefused::Wrong);
        }
        let row = Row::new(ANSWERED, &shown.challenge, Vec::new());
        Ok((Op::Insert(row.expiring_at(shown.ends_at)), now))
    }
}

fn passkey_ids(row: Option<&Row>) -> Result<Vec<Value>, StoreError> {
    let id = |known: &KeptPasskey| json!({ "type": "public-key", "id": known.id });
    Ok(read(row)?.passkeys.iter().map(id).collect())
}

/// A passkey as a browser made it, before it is kept.
struct MadePasskey {
    id: String,
    algorithm: i64,
    key: String,
    count: u32,
}

impl MadePasskey {
    /// As it is kept from `enrolled_at` on, in seconds since 1970 by the clock of the store.
    fn kept(&self, enrolled_at: i64) -> KeptPasskey {
        let (id, key) = (self.id.clone(), self.key.clone());
        KeptPasskey { id, algorithm: self.algorithm, key, count: self.count, enrolled_at }
    }
}

/// The passkey that a browser made.
fn made(party: RelyingParty<'_>, answered: Answered<'_>) -> Option<MadePasskey> {
    let bytes = decode(answered.authenticator_data)?;
    let data = AuthenticatorData::parse(&bytes)?;
    let algorithm: i64 = answered.algorithm.parse().ok()?;
    let key = decode(answered.public_key).filter(|key| key.len() <= LONGEST_KEY)?;
    PasskeyKey::parse(algorithm, &key)?;
    let id = data.credential.filter(|_| data.is_of(party))?;
    Some(MadePasskey {
        id: URL_SAFE_NO_PAD.encode_to_string(id),
        algorithm,
        key: URL_SAFE_NO_PAD.encode_to_string(&key),
        count: data.count,
    })
}

/// The count of a passkey after it answered; `None` if it did not. A count that does not grow is that
/// of a copy (§6.1.1), unless there is none.
fn used(party: RelyingParty<'_>, known: &KeptPasskey, answered: Answered<'_>) -> Option<u32> {
    let bytes = decode(answered.authenticator_data)?;
    let data = AuthenticatorData::parse(&bytes).filter(|data| data.is_of(party))?;
    let hash = digest(&decode(answered.client_data)?);
    let signed = [bytes.as_slice(), hash.as_slice()].concat();
    let key = PasskeyKey::parse(known.algorithm, &decode(&known.key)?)?;
    let is_signed = key.has_signed(&signed, &decode(answered.signature)?);
    let counts = data.count > known.count || (data.count == 0 && known.count == 0);
    (is_signed && counts).then_some(data.count)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}
