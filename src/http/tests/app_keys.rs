//! The key pairs that are held for an application, and requests for certificates of them
//! (authorization-server §5.4).

use super::apps::{APPS, service};
use super::people::Office;
use super::*;
use crate::token::certificate::{COMMON_NAME, Certificate, self_signed};
use crate::token::digest;

impl Office {
    fn path_of_new(&self, label: &str) -> String {
        Self::one(&self.add_app(service(label)))
    }

    fn posted(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, body)
    }
}

fn decoded(text: &Value) -> Vec<u8> {
    STANDARD.decode_to_vec(text_of(text)).unwrap()
}

#[test]
fn a_key_is_made_with_a_certificate_and_given_to_another_application() {
    let office = Office::open();
    let (one, other) = (office.path_of_new("One"), office.path_of_new("Other"));
    let keys = format!("{one}/credentials/keys");
    assert_eq!(office.get(&keys), json!([]));
    let made = office.posted(&format!("{keys}/generate?validityYears=2"), &Value::Null).expect(201);
    let kid = text_of(&made["kid"]);
    assert_eq!(
        (&made["kty"], &made["use"], &made["e"]),
        (&json!("RSA"), &json!("sig"), &json!("AQAB"))
    );
    let certificate = Certificate::read(&decoded(&made["x5c"][0])).unwrap();
    assert_eq!(certificate.until - certificate.from, 2 * 31_557_600);
    let thumbprint = URL_SAFE_NO_PAD.encode_to_string(digest(&certificate.der));
    assert_eq!(made["x5t#S256"], thumbprint);
    assert_eq!(office.get(&keys), json!([made]));
    assert_eq!(office.get(&format!("{keys}/{kid}")), made);
    assert!(!office.get(&keys).to_string().contains("sealed"));

    let target = other.strip_prefix(APPS).unwrap().trim_start_matches('/');
    let clone = format!("{keys}/{kid}/clone?targetAid={target}");
    assert_eq!(office.posted(&clone, &Value::Null).expect(201)["kid"], kid);
    assert_eq!(office.get(&format!("{other}/credentials/keys/{kid}"))["x5c"], made["x5c"]);
    // It has it already.
    office.posted(&clone, &Value::Null).expect(400);
    let mut pinned = service("One");
    pinned["credentials"]["signing"] = json!({ "kid": kid });
    office.ask(Method::PUT, &one, &pinned).expect(400);
    for (path, status) in [
        (format!("{keys}/generate"), 400),
        (format!("{keys}/generate?validityYears=1"), 400),
        (format!("{keys}/generate?validityYears=11"), 400),
        (format!("{keys}/nosuch/clone?targetAid={target}"), 404),
        (format!("{keys}/{kid}/clone"), 400),
        (format!("{keys}/{kid}/clone?targetAid=nosuch"), 404),
        (format!("{APPS}/nosuch/credentials/keys/generate?validityYears=2"), 404),
    ] {
        office.posted(&path, &Value::Null).expect(status);
    }
}

#[test]
fn keys_of_an_application_end_with_it() {
    let office = Office::open();
    let app = office.path_of_new("Short-lived");
    let generate = format!("{app}/credentials/keys/generate?validityYears=10");
    office.posted(&generate, &Value::Null).expect(201);
    let world = &office.world;
    let kept = |kind: &str| {
        let kept = world.runtime.block_on(world.surface.store.list(kind));
        kept.unwrap().value.len()
    };
    // The key, and that it was made.
    let n_kept = || (kept("application-key"), kept("application-credentials"));
    assert_eq!(n_kept(), (1, 1));
    office.post(&format!("{app}/lifecycle/deactivate"), Value::Null);
    assert_eq!(n_kept(), (1, 1));
    office.gone(&app);
    let mut endings = crate::store::organization::Endings::new(world.surface.store.clone());
    world.runtime.block_on(endings.remove()).unwrap();
    assert_eq!(n_kept(), (0, 0));
}

/// A certificate of the key that a request is for, as somebody else signs it: the numbers of both keys
/// are of one length.
fn certificate_for(request: &[u8], until: i64) -> Vec<u8> {
    const BEFORE: &[u8] = &[0x02, 0x82, 0x01, 0x01, 0x00];
    let numbers = |der: &[u8]| {
        let at = der.windows(BEFORE.len()).position(|bytes| bytes == BEFORE).unwrap();
        at + BEFORE.len()..at + BEFORE.len() + 256
    };
    let signer = SigningKey::generate(Algorithm::Rs256).unwrap();
    let name = [(COMMON_NAME, "Somebody")];
    let mut der = self_signed(&signer, &name, &[7; 8], (NOW - 10, until)).unwrap();
    let (of_signer, of_request) = (numbers(&der), numbers(request));
    der[of_signer].copy_from_slice(&request[of_request]);
    der
}

#[test]
fn a_certificate_that_was_requested_makes_its_key_one_of_the_application() {
    let office = Office::open();
    let app = office.path_of_new("Certified");
    let (requests, keys) = (format!("{app}/credentials/csrs"), format!("{app}/credentials/keys"));
    let metadata = json!({
        "subject": {"countryName": "US", "organizationName": "Okta, Inc.", "commonName": "SP"},
        "subjectAltNames": {"dnsNames": ["dev.example.com"]},
    });
    let send = |id: &Value, bytes: Vec<u8>| {
        let path = format!("{requests}/{}/lifecycle/publish", text_of(id));
        let mut request = request(Method::POST, &path, Some("application/pkix-cert"), bytes);
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, office.authorization().parse().unwrap());
        office.world.send(request)
    };
    let far = NOW + 86_400;
    let base64 = |der: Vec<u8>| STANDARD.encode_to_string(der).into_bytes();
    for wrapped in [|der| der, base64] {
        let made = office.posted(&requests, &metadata).expect(201);
        let request = decoded(&made["csr"]);
        assert!(request.windows(15).any(|bytes| bytes == b"dev.example.com"));
        assert_eq!(office.get(&requests), json!([made]));
        assert_eq!(office.get(&format!("{requests}/{}", text_of(&made["id"]))), made);
        // Neither a certificate of another key, nor one that has ended, nor none.
        let other = SigningKey::generate(Algorithm::Rs256).unwrap();
        let other = self_signed(&other, &[(COMMON_NAME, "SP")], &[1], (NOW, far)).unwrap();
        for wrong in [other, certificate_for(&request, NOW), b"nosuch".to_vec()] {
            send(&made["id"], wrong).expect(400);
        }
        let certificate = certificate_for(&request, far);
        let key = send(&made["id"], wrapped(certificate.clone())).expect(201);
        assert_eq!(decoded(&key["x5c"][0]), certificate);
        assert_eq!(office.get(&format!("{keys}/{}", text_of(&key["kid"]))), key);
        assert_eq!(office.get(&requests), json!([]));
        send(&made["id"], certificate).expect(404);
    }
    assert_eq!(office.get(&keys).as_array().unwrap().len(), 2);
    let made = office.posted(&requests, &metadata).expect(201);
    office.gone(&format!("{requests}/{}", text_of(&made["id"])));
    assert_eq!(office.get(&requests), json!([]));
    for wrong in [
        json!({}),
        json!({"subject": {}}),
        json!({"subject": {"countryName": "USA"}}),
        json!({"subject": {"commonName": ""}}),
        json!({"subject": {"email": "a@b.c"}}),
        json!({"subject": {"commonName": "a"}, "subjectAltNames": {"dnsNames": ["a b"]}}),
        json!({"subject": {"commonName": "a"}, "subjectAltNames": {"dnsNames": "a"}}),
    ] {
        office.posted(&requests, &wrong).expect(400);
    }
}

#[test]
fn the_applications_of_a_group_and_of_a_user_are_told() {
    let office = Office::open();
    let app = office.add_app(service("Of a group"));
    let group = office.post("/api/v1/groups", json!({"profile": {"name": "Reporters"}}));
    let user = office.add("rita@example.com", "", json!({"groupIds": [group["id"]]}));
    let of_group = format!("/api/v1/groups/{}/apps", text_of(&group["id"]));
    let links = format!("/api/v1/users/{}/appLinks", text_of(&user["id"]));
    assert_eq!(office.get(&of_group), json!([]));
    office.put(&format!("{}/groups/{}", Office::one(&app), text_of(&group["id"])), &json!({}));
    assert_eq!(office.get(&of_group)[0]["id"], app["id"]);
    let told = office.get(&links);
    assert!(
        told.as_array().unwrap().iter().any(|link| link["appInstanceId"] == app["id"]),
        "{told}"
    );
    assert_eq!(office.ask(Method::GET, "/api/v1/groups/nosuch/apps", &Value::Null).status, 404);
}
