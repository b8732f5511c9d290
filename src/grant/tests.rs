//! The phases of the token endpoint over a real organization.

use super::*;
use crate::clock::Clock;
use crate::fetch::fixture::client_keys;
use crate::policy::Trace;
use crate::publish::fixture::{document, publish};
use crate::random::Random;

const NOW: i64 = 1_700_223_200;

/// The fixture has a variable hold its own name.
const BILLING_SECRET: &str = "CLAIMSMITH_DEMO_SECRET_BILLING_SERVICE";

/// Adds a claim of access tokens to `internal`.
fn add_claim(document: &mut serde_json::Value, name: &str, value: &str) {
    let claims = &mut document["authorizationServers"][0]["claims"];
    claims.as_array_mut().unwrap().push(serde_json::json!({
        "name": name, "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
    }));
}

fn form(parameters: &[(&str, &str)]) -> Form {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Form::new(parameters.iter().map(owned).collect())
}

/// A request of `billing-service` with these parameters.
fn presented(parameters: &[(&str, &str)]) -> Presented {
    let pair = ("billing-service".to_owned(), BILLING_SECRET.to_owned());
    let basic = Some(Basic::Pair { raw: pair, decoded: None });
    Presented { form: form(parameters), basic, ..Presented::default() }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn ask(published: &Published, parameters: &[(&str, &str)]) -> Result<Issued, Refusal> {
    let grant = ("grant_type", "client_credentials");
    let (store, random) = (Store::memory(Clock::fixed(NOW)), Random::seeded(b"grant"));
    let denied = DenyList::default();
    let (journal, _writer) = Journal::new(Clock::fixed(NOW), Random::seeded(b"journal"));
    let client_keys = client_keys();
    let around = Surroundings {
        store: &store,
        random: &random,
        denied: &denied,
        journal: &journal,
        client_keys: &client_keys,
        now: NOW,
    };
    wait(token(published, "internal", presented(&[&[grant], parameters].concat()), &(), &around))
}

/// The index of a client and a sign-in of a user, by their names.
fn who(published: &Published, client: &str, login: &str) -> (usize, Option<SignIn>) {
    let directory = published.directory();
    let sign_in = directory.find_user_by_login(login).map(|user| SignIn {
        user: published.records().person(user).unwrap().clone(),
        auth_time: NOW - 60,
        methods: vec!["pwd".to_owned()],
        acr: None,
        session: Some("a session".to_owned()),
    });
    (directory.find_application_index(client).unwrap(), sign_in)
}

/// What an operator's stand-in for a sign-in gets, up to signed tokens.
fn ask_for(
    published: &Published,
    client: &str,
    login: &str,
    scope: &str,
) -> Result<Issued, Refusal> {
    let server = find_server(published, "internal").unwrap();
    let (application, sign_in) = who(published, client, login);
    let audience = "https://api.mycompany.com";
    let grant = "authorization_code";
    let proof =
        Proof::by_operator(published, server, application, sign_in, grant, scope, audience)?;
    let mut worker = Worker::new();
    let random = Random::seeded(b"grant");
    let decided = proof.decide(Trace::Skip, NOW, &mut worker)?;
    decided.claim_set(&mut worker)?.sign(&random).map(Signed::given)
}

fn claims_of(published: &Published, token: &str) -> serde_json::Value {
    let server = find_server(published, "internal").unwrap();
    serde_json::from_slice(&server.keys().verifier().verify(token).unwrap()).unwrap()
}

#[test]
fn the_same_randomness_and_hour_make_the_same_claims() {
    let published = publish(&document(|_| ()));
    let (one, two) = (ask(&published, &[]).unwrap(), ask(&published, &[]).unwrap());
    let [first, second] = [&one, &two].map(|issued| claims_of(&published, &issued.access_token));
    assert_eq!(first, second);
    assert_ne!(one, two, "a signature of ES256 is random");
    assert_eq!((one.expires_in, one.scope.as_str()), (3600, "read:customers"));
    assert_eq!(one.id_token, None);
}

#[test]
fn expressions_take_the_hour_of_the_token_for_the_time() {
    let changed = document(|document| {
        for server in document["authorizationServers"].as_array_mut().unwrap() {
            for claim in server["claims"].as_array_mut().into_iter().flatten() {
                if claim["name"] == "channel" {
                    claim["value"] = "{Time.now(), Time.now('EST').toString('HH:mm')}".into();
                }
            }
        }
    });
    let published = publish(&changed);
    let claims = claims_of(&published, &ask(&published, &[]).unwrap().access_token);
    assert_eq!(claims["channel"], serde_json::json!(["2023-11-17T12:13:20.000Z", "07:13"]));
}

#[test]
fn a_value_that_is_empty_counts_as_absent() {
    let form = form(&[("a", ""), ("b", "1"), ("resource", "x"), ("resource", "y")]);
    assert_eq!(form.find("a"), None);
    assert_eq!(form.find("b"), Some("1"));
    assert_eq!(form.all("resource").collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn claims_that_are_more_than_one_function_are_said_in_order_and_fail_by_name() {
    const N: usize = 150;
    let publish_with = |value: &dyn Fn(usize) -> String| {
        publish(&document(|document| {
            (0..N).for_each(|nth| add_claim(document, &format!("many{nth}"), &value(nth)));
        }))
    };
    let plain = |nth: usize| if nth % 64 == 3 { "null".to_owned() } else { nth.to_string() };
    let published = publish_with(&plain);
    let claims = claims_of(&published, &ask(&published, &[]).unwrap().access_token);
    for nth in 0..N {
        let said = (nth % 64 != 3).then(|| serde_json::json!(nth));
        assert_eq!(claims.get(format!("many{nth}")), said.as_ref());
    }
    for failing in [0, 61, 64, N - 1] {
        let of_nobody = || "user.department".to_owned();
        let value = |nth: usize| if nth == failing { of_nobody() } else { plain(nth) };
        let refusal = ask(&publish_with(&value), &[]).unwrap_err();
        let told = format!("The 'many{failing}' user claim could not be evaluated.");
        assert_eq!(refusal.description, told);
    }
    let nothing = publish_with(&|_| "null".to_owned());
    let claims = claims_of(&nothing, &ask(&nothing, &[]).unwrap().access_token);
    assert!(claims.get("many0").is_none() && claims.get("sub").is_some());
}

#[test]
fn resource_alone_may_be_repeated() {
    let twice = presented(&[("resource", "x"), ("resource", "y")]);
    assert!(Request::new(twice).is_ok());
    let refusal = Request::new(presented(&[("audience", "x"), ("audience", "x")])).unwrap_err();
    assert_eq!(refusal, Refusal::repeated(&["audience"]));
}

#[test]
fn nothing_that_is_secret_is_printed() {
    let hush = "hush-hush-hush";
    let mut given = presented(&[("client_secret", hush), ("token", hush)]);
    given.query = form(&[("client_secret", hush)]);
    let pair = (hush.to_owned(), hush.to_owned());
    given.basic = Some(Basic::Pair { raw: pair.clone(), decoded: Some(pair) });
    let lone = Basic::ClientId(hush.to_owned());
    let issued = Issued {
        access_token: hush.to_owned(),
        expires_in: 1,
        scope: "read:customers".to_owned(),
        id_token: Some(hush.to_owned()),
        refresh_token: Some(hush.to_owned()),
        token_type: "Bearer",
        issued_token_type: None,
        user: None,
        origin: std::sync::Arc::default(),
    };
    let printed = [
        format!("{given:?}"),
        format!("{:?}", given.form),
        format!("{:?}", given.basic),
        format!("{lone:?}"),
        format!("{issued:?}"),
    ];
    for text in printed {
        assert!(!text.contains("hush"), "{text}");
    }
    let request = Request::new(presented(&[("token", hush)])).unwrap();
    assert!(!format!("{request:?}").contains("hush"));
}

#[test]
fn the_cause_of_a_refusal_is_told_to_the_operator_and_not_in_the_description() {
    let published = publish(&document(|document| add_claim(document, "team", "user.department")));
    let refusal = ask(&published, &[]).unwrap_err();
    assert_eq!((refusal.code, refusal.status), ("server_error", 400));
    assert_eq!(refusal.description, "The 'team' user claim could not be evaluated.");
    let cause = refusal.cause.clone().unwrap();
    assert!(cause.contains("E0602"), "{cause}");
    assert!(refusal.to_string().ends_with(&format!("({cause})")), "{refusal}");
}

#[test]
fn a_refusal_by_a_rule_names_it_in_the_cause_alone() {
    let published = publish(&document(|_| ()));
    let refusal = ask(&published, &[("scope", "admin:users")]).unwrap_err();
    assert_eq!((refusal.code, refusal.status), ("access_denied", 401));
    assert!(!refusal.description.contains("role_admin"));
    let cause = refusal.cause.unwrap();
    assert!(cause.contains("Deny admin:users to all but role_admin"), "{cause}");
}

#[test]
fn a_person_gets_both_tokens_and_each_says_who_they_are() {
    let published = publish(&document(|_| ()));
    let issued =
        ask_for(&published, "web-app", "ada@example.com", "openid profile admin:users").unwrap();
    assert_eq!(issued.expires_in, 15 * 60);
    let access = claims_of(&published, &issued.access_token);
    assert_eq!(access["sub"], "ada");
    assert_eq!(access["auth_time"], NOW - 60);
    assert_eq!(access["roles"], serde_json::json!(["admin", "auditor"]));
    assert_eq!(access["department"], "Engineering");
    let identity = claims_of(&published, &issued.id_token.unwrap());
    assert_eq!(identity["sub"], access["uid"]);
    assert_eq!(identity["aud"], "web-app");
    assert_eq!(identity["amr"], serde_json::json!(["pwd"]));
    assert_eq!(identity["exp"], NOW + 3600);
    assert!(identity["at_hash"].is_string());
}

#[test]
fn without_openid_there_is_no_id_token() {
    let published = publish(&document(|_| ()));
    let issued = ask_for(&published, "web-app", "ada@example.com", "read:customers").unwrap();
    assert_eq!(issued.id_token, None);
}

#[test]
fn an_id_token_is_not_introspected_as_an_access_token() {
    let published = publish(&document(|_| ()));
    let issued = ask_for(&published, "web-app", "ada@example.com", "openid").unwrap();
    let about = |token: &str| {
        let (store, random) = (Store::memory(Clock::fixed(NOW)), Random::System);
        let denied = DenyList::default();
        let (journal, _writer) = Journal::new(Clock::fixed(NOW), Random::seeded(b"journal"));
        let client_keys = client_keys();
        let around = Surroundings {
            store: &store,
            random: &random,
            denied: &denied,
            journal: &journal,
            client_keys: &client_keys,
            now: NOW,
        };
        wait(introspect(&published, "internal", presented(&[("token", token)]), &around)).unwrap()
    };
    let inactive = serde_json::Map::from_iter([("active".to_owned(), false.into())]);
    assert_eq!(about(&issued.id_token.unwrap()), inactive);
    assert_eq!(about(&issued.access_token)["username"], "ada@example.com");
}

#[test]
fn a_person_who_is_not_active_or_not_assigned_gets_nothing() {
    let published = publish(&document(|document| {
        document["apps"][0]["assignments"] = serde_json::json!({"groups": ["Partners"]});
    }));
    let refusal = ask_for(&published, "phone-app", "sam@example.com", "openid").unwrap_err();
    assert_eq!((refusal.code, refusal.status), ("invalid_grant", 400));
    assert_eq!(refusal.description, "The user is not active.");
    let refusal = ask_for(&published, "web-app", "ada@example.com", "openid").unwrap_err();
    assert_eq!((refusal.code, refusal.status), ("access_denied", 400));
    assert_eq!(refusal.description, "User is not assigned to the client application.");
}

#[test]
fn an_operator_is_refused_what_the_token_endpoint_refuses_before_any_policy() {
    let published = publish(&document(|_| ()));
    let refusal = |client, scope| ask_for(&published, client, "", scope).unwrap_err();
    assert_eq!(refusal("billing-service", "").code, "unauthorized_client");
    assert_eq!(refusal("web-app", "a\"b").code, "invalid_scope");
    assert_eq!(refusal("web-app", "openid").code, "invalid_scope");
}

#[test]
fn an_audience_is_chosen_as_the_server_spells_it() {
    let published = publish(&document(|_| ()));
    let server = find_server(&published, "internal").unwrap().definition();
    let choose = |parameters: &[(&str, &str)]| choose_audience(server, &form(parameters));
    assert_eq!(choose(&[]).unwrap(), "https://api.mycompany.com");
    let slash = [("resource", "https://my-partner-api.com/")];
    assert_eq!(choose(&slash).unwrap(), "https://my-partner-api.com");
    assert_eq!(choose(&[("audience", "x")]).unwrap_err(), Refusal::unknown_audience());
}
