//! Refresh tokens: which family, which generation, and a MAC over both. None is kept, so that the
//! same one is derived again wherever it is asked for (decision 17).

use super::short_text::ShortText;
use super::vault::MasterKey;
use crate::random::Random;
use aws_lc_rs::{digest, hmac};
use base64_simd::URL_SAFE_NO_PAD;
use std::fmt;

/// How a refresh token begins.
const PREFIX: &str = "RT.";
/// The layout below.
const LAYOUT: u8 = 1;
/// What the MAC is over, before the bytes of the token.
const LABEL: &[u8] = b"claimsmith refresh token 1";
/// The version of the key that new families get.
const KEY_VERSION: u32 = 1;

const ID_BYTES: usize = 16;
/// Layout, version of the key, family, generation.
const BODY_BYTES: usize = 1 + 4 + ID_BYTES + 4;
const MAC_BYTES: usize = 32;

/// Everything that came of one grant of a person: the name that its tokens share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FamilyId([u8; ID_BYTES]);

impl FamilyId {
    /// A fresh one.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        let mut bytes = [0; ID_BYTES];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// The family that comes of a secret that is spent once, such as a code. Whoever shows the
    /// secret again names the family without anything being kept of either.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"claimsmith family 1\0");
        context.update(secret.as_bytes());
        let mut bytes = [0; ID_BYTES];
        bytes.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// The id that [`FamilyId::text`] wrote; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The id in base64url: 22 characters.
    #[must_use]
    pub fn text(&self) -> ShortText {
        let mut text = ShortText::default();
        text.push_base64url(&self.0);
        text
    }
}

impl fmt::Debug for FamilyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

/// A refresh token whose MAC was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    pub family: FamilyId,
    pub generation: u32,
    pub key_version: u32,
}

/// What refresh tokens are made and known by. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct RefreshKeys(hmac::Key);

impl RefreshKeys {
    /// The keys that belong to `master`.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &master.derive("claimsmith refresh tokens 1")))
    }

    /// The version that a family gets when it begins or rotates.
    #[must_use]
    pub fn version(&self) -> u32 {
        KEY_VERSION
    }

    fn key(&self, version: u32) -> Option<&hmac::Key> {
        (version == KEY_VERSION).then_some(&self.0)
    }

    /// The text of `token`; `None` where its key is not known any more.
    #[must_use]
    pub fn write(&self, token: &RefreshToken) -> Option<String> {
        let mut bytes = Vec::with_capacity(BODY_BYTES + MAC_BYTES);
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&token.key_version.to_be_bytes());
        bytes.extend_from_slice(&token.family.0);
        bytes.extend_from_slice(&token.generation.to_be_bytes());
        let mac = hmac::sign(self.key(token.key_version)?, &labelled(&bytes));
        bytes.extend_from_slice(mac.as_ref());
        let mut text = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_append(bytes, &mut text);
        Some(text)
    }

    /// The token that a text is; `None` for anything that [`RefreshKeys::write`] did not write. The
    /// time it takes tells nothing of the MAC.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text.strip_prefix(PREFIX)?).ok()?;
        let (body, mac) = bytes.split_at_checked(BODY_BYTES)?;
        let (layout, rest) = body.split_first()?;
        let (key_version, rest) = rest.split_first_chunk()?;
        let (family, rest) = rest.split_first_chunk()?;
        let (generation, _) = rest.split_first_chunk()?;
        let key_version = u32::from_be_bytes(*key_version);
        hmac::verify(self.key(key_version)?, &labelled(body), mac).ok()?;
        let token = RefreshToken {
            family: FamilyId(*family),
            generation: u32::from_be_bytes(*generation),
            key_version,
        };
        (*layout == LAYOUT).then_some(token)
    }
}

/// Whether a text would be a refresh token, going by its beginning.
#[must_use]
pub fn looks_like_refresh_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn labelled(body: &[u8]) -> Vec<u8> {
    [LABEL, body].concat()
}

impl fmt::Debug for RefreshKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RefreshKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(seed: &[u8]) -> RefreshKeys {
        RefreshKeys::new(&MasterKey::generate(&Random::seeded(seed)))
    }

    fn token() -> RefreshToken {
        let family = FamilyId::new(&Random::seeded(b"family"));
        RefreshToken { family, generation: 7, key_version: KEY_VERSION }
    }

    #[test]
    fn decision_17_a_refresh_token_is_derived_again_and_read_back() {
        let (one, two) = (keys(b"a"), keys(b"a"));
        let text = one.write(&token()).unwrap();
        assert_eq!(two.write(&token()).unwrap(), text, "another node derives the same");
        assert_eq!(two.read(&text), Some(token()));
        assert!(text.starts_with("RT.") && text.len() == 3 + 76, "{text}");
    }

    #[test]
    fn decision_17_whatever_was_changed_is_no_refresh_token() {
        let keys = keys(b"a");
        let text = keys.write(&token()).unwrap();
        assert_eq!(self::keys(b"another installation").read(&text), None);
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text.trim_start_matches("RT.")).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let changed = format!("RT.{}", URL_SAFE_NO_PAD.encode_to_string(changed));
            assert_eq!(keys.read(&changed), None, "byte {index}");
        }
        for wrong in [
            "",
            "RT.",
            text.trim_start_matches("RT."),
            text.trim_end_matches(|c| c != '.'),
            &format!("{text}A"),
            &format!("{text}="),
            &text.to_lowercase(),
        ] {
            assert_eq!(keys.read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_family_of_a_secret_is_always_the_same_and_tells_nothing_of_it() {
        let (one, two) = (FamilyId::of("code"), FamilyId::of("code"));
        assert_eq!(one, two);
        assert_ne!(one, FamilyId::of("cod"));
        assert_eq!(one.text().len(), 22);
    }

    #[test]
    fn no_key_is_printed_and_an_unknown_version_makes_no_token() {
        assert_eq!(format!("{:?}", keys(b"a")), "RefreshKeys");
        assert_eq!(keys(b"a").write(&RefreshToken { key_version: 2, ..token() }), None);
    }
}
