//! Passkeys as second factors, by an authenticator made of the same keys as our tokens'.

use super::browser::{Browser, Page, Shown, attribute};
use super::sign_in::{CALLBACK, PASSWORD, VERIFIER};
use super::*;
use crate::token::digest;

/// The beginning of SubjectPublicKeyInfo of a point of P-256 (RFC 5480).
const SPKI: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// An authenticator with one passkey, and what it gets wrong.
struct Device {
    key: SigningKey,
    id: [u8; 16],
    count: u32,
    flags: u8,
    origin: &'static str,
    host: &'static str,
}

type Fields = Vec<(&'static str, String)>;

impl Device {
    fn new() -> Self {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let id = *digest(key.kid().as_bytes()).first_chunk().unwrap();
        Self { key, id, count: 0, flags: 0x01, origin: URL, host: "id.example.com" }
    }

    fn client_data(&self, kind: &str, page: &Page) -> String {
        json!({
            "type": kind,
            "challenge": options(page)["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let hash = digest(self.host.as_bytes());
        [&hash[..], &[self.flags | more], &self.count.to_be_bytes()].concat()
    }

    /// What a page is answered that asks for a new passkey.
    fn create(&self, page: &Page) -> Fields {
        let jwk = public_jwk(&self.key);
        let part = |name: &str| base64(&text_of(&jwk[name]));
        let key = [&SPKI[..], &part("x"), &part("y")].concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&self.data(0x40)[..], &[0; 16], &length, &self.id].concat();
        vec![
            ("client_data", text(self.client_data("webauthn.create", page))),
            ("authenticator_data", text(data)),
            ("public_key", text(key)),
            ("algorithm", "-7".to_owned()),
        ]
    }

    /// What a page is answered that asks for the passkey.
    fn get(&mut self, page: &Page) -> Fields {
        self.count += 1;
        let (client_data, data) = (self.client_data("webauthn.get", page), self.data(0));
        let mut raw = Vec::new();
        let signed = [&data[..], &digest(client_data.as_bytes())].concat();
        self.key.sign(&signed, &mut raw).unwrap();
        vec![
            ("id", text(self.id)),
            ("client_data", text(client_data)),
            ("authenticator_data", text(data)),
            ("signature", text(der(&raw))),
        ]
    }
}

fn options(page: &Page) -> Value {
    serde_json::from_str(&attribute(&page.answer.text, "data-options").unwrap()).unwrap()
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn base64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode_to_vec(text).unwrap()
}

/// A signature as authenticators write it: two integers in DER (RFC 3279 §2.2.3).
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap();
        let mut number = bytes[start..].to_vec();
        if number[0] & 0x80 != 0 {
            number.insert(0, 0);
        }
        [&[0x02, u8::try_from(number.len()).unwrap()], &number[..]].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()], &both[..]].concat()
}

impl Browser<'_> {
    fn answer(&mut self, page: &Page, to: &str, fields: &Fields) -> Shown {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.submit_to(page, to, &fields)
    }

    /// The page of `/account` that asks for a new passkey.
    fn ask(&mut self) -> Page {
        let account = self.visit("/account").page();
        // Not the form before, which takes one away.
        let fields = [("do", ""), ("current", PASSWORD)];
        self.submit_to(&account, "/account/passkey", &fields).page()
    }
}

/// Ada makes a passkey; her recovery code.
fn enrol(browser: &mut Browser<'_>, device: &Device) -> String {
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let page = browser.ask();
    let codes = browser.answer(&page, "/account/passkey", &device.create(&page)).page();
    codes.shows("Your recovery codes");
    let code = codes.answer.text.split("<code>").nth(1).unwrap().split("</code>").next();
    code.unwrap().to_owned()
}

#[test]
fn decision_38_a_passkey_is_a_second_factor_that_is_always_asked_for() {
    let world = World::demo();
    let mut device = Device::new();
    let recovery = enrol(&mut Browser::new(&world), &device);
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    assert!(page.path.starts_with("/signin/factor?"), "{page:?}");
    assert_eq!(options(&page)["rpId"], "id.example.com");
    assert_eq!(options(&page)["allowCredentials"][0]["id"], text(device.id));
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe"), "{policy}");
    let fields = device.get(&page);
    let answer = browser.answer(&page, "", &fields).elsewhere(CALLBACK);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200);
    let (_, identity) = world.verified("internal", tokens["id_token"].as_str().unwrap());
    assert_eq!(identity["amr"], json!(["pwd", "swk", "mfa"]));
    assert_eq!(identity["acr"], "urn:okta:loa:2fa:any");
    // What was answered once is answered no more.
    let again = browser.answer(&page, "", &fields).page();
    assert_eq!(again.answer.status, 400);
    // A recovery code stands in for it.
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    let fields = [("passkey", ""), ("code", recovery.as_str())];
    assert!(browser.submit(&page, &fields).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_passkey_counts_only_where_and_for_what_it_was_asked() {
    let world = World::demo();
    let mut device = Device::new();
    enrol(&mut Browser::new(&world), &device);
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    let mut other = Browser::new(&world);
    let elsewhere = other.sign_in(&[]).page();
    let refuses = |browser: &mut Browser<'_>, fields: &Fields, why: &str| {
        let refused = browser.answer(&page, "", fields).page();
        assert_eq!(refused.answer.status, 400, "{why}");
    };
    refuses(&mut browser, &device.get(&elsewhere), "another challenge");
    device.origin = "https://evil.example";
    refuses(&mut browser, &device.get(&page), "another origin");
    device.origin = URL;
    device.host = "evil.example";
    refuses(&mut browser, &device.get(&page), "another host");
    device.host = "id.example.com";
    device.flags = 0;
    refuses(&mut browser, &device.get(&page), "nobody was there");
    device.flags = 1;
    let mut stranger = Device::new();
    stranger.id = device.id;
    refuses(&mut browser, &stranger.get(&page), "another key");
    let mut changed = device.get(&page);
    changed[1].1 = text(device.client_data("webauthn.create", &page));
    refuses(&mut browser, &changed, "another purpose");
    let fields = device.get(&page);
    world.surface.clock.advance(300);
    refuses(&mut browser, &fields, "too late");
    let page = browser.sign_in(&[]).page();
    let fields = device.get(&page);
    assert!(browser.answer(&page, "", &fields).elsewhere(CALLBACK).contains_key("code"));
    // One that counts backwards is a copy.
    let page = Browser::new(&world).sign_in(&[]).page();
    device.count -= 1;
    let mut browser = Browser::new(&world);
    let own = browser.sign_in(&[]).page();
    assert_ne!(options(&own)["challenge"], options(&page)["challenge"]);
    let refused = browser.answer(&own, "", &device.get(&own)).page();
    assert_eq!(refused.answer.status, 400);
}

#[test]
fn a_passkey_is_made_and_taken_away_by_who_knows_the_password() {
    let world = World::demo();
    let device = Device::new();
    let mut browser = Browser::new(&world);
    enrol(&mut browser, &device);
    let account = browser.visit("/account").page();
    account.shows("A passkey of 2023-11-17");
    for fields in [[("do", "remove"), ("current", "wrong")], [("do", ""), ("current", "wrong")]] {
        let page = browser.submit_to(&account, "/account/passkey", &fields).page();
        page.shows("The current password is wrong.");
    }
    // The same again is refused, and so is one that is none.
    let page = browser.ask();
    assert_eq!(options(&page)["excludeCredentials"][0]["id"], text(device.id));
    let refused = browser.answer(&page, "/account/passkey", &device.create(&page)).page();
    refused.shows("The browser gave no passkey.");
    let mut broken = Device::new().create(&page);
    broken[2].1 = text([0; 91]);
    browser.answer(&page, "/account/passkey", &broken).page().shows("The browser gave no passkey.");
    let second = Device::new();
    let page = browser.ask();
    let account = browser.answer(&page, "/account/passkey", &second.create(&page)).page();
    assert_eq!(account.path, "/account", "recovery codes are told once");
    for _ in 0..2 {
        let account = browser.visit("/account").page();
        let fields = [("current", PASSWORD)];
        browser.submit_to(&account, "/account/passkey", &fields).page().shows("Done.");
    }
    assert!(Browser::new(&world).sign_in(&[]).elsewhere(CALLBACK).contains_key("code"));
}
