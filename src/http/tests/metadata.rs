//! What a server says of itself: both documents, wherever they are asked for, and its keys.

use super::*;

const OAUTH: &str = "/oauth2/internal/.well-known/oauth-authorization-server";
const INSERTED: &str = "/.well-known/oauth-authorization-server/oauth2/internal";
const OPENID: &str = "/oauth2/internal/.well-known/openid-configuration";
const KEYS: &str = "/oauth2/internal/v1/keys";

#[test]
fn the_document_of_rfc_8414_says_what_is_there_and_nothing_else() {
    let world = World::demo();
    let methods = [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "none",
    ];
    let public = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
    let public = [&public[..], &["EdDSA"]].concat();
    let signing = [&["HS256", "HS384", "HS512"], &public[..]].concat();
    let expected = json!({
        "issuer": issuer("internal"),
        "token_endpoint": issuer("internal") + "/v1/token",
        "jwks_uri": issuer("internal") + "/v1/keys",
        "authorization_endpoint": issuer("internal") + "/v1/authorize",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "pushed_authorization_request_endpoint": issuer("internal") + "/v1/par",
        "device_authorization_endpoint": issuer("internal") + "/v1/device/authorize",
        "grant_types_supported": GRANT_TYPES,
        "subject_types_supported": ["public"],
        "scopes_supported": [
            "openid", "profile", "email", "address", "phone", "offline_access", "device_sso",
            "read:customers", "process:payments",
        ],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": public,
        "claims_supported":
            ["ver", "jti", "iss", "aud", "iat", "exp", "uid", "sub", "cid", "scp"],
        "end_session_endpoint": issuer("internal") + "/v1/logout",
        "introspection_endpoint": issuer("internal") + "/v1/introspect",
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": signing,
        "revocation_endpoint": issuer("internal") + "/v1/revoke",
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": signing,
    });
    for path in [OAUTH, INSERTED] {
        let answer = world.get(path);
        assert_eq!(answer.expect(200), expected, "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[test]
fn the_document_of_openid_leaves_out_programs_and_adds_id_tokens() {
    let world = World::demo();
    let (openid, oauth) = (world.get(OPENID).expect(200), world.get(OAUTH).expect(200));
    let claims = [
        "iss",
        "ver",
        "sub",
        "aud",
        "iat",
        "exp",
        "jti",
        "auth_time",
        "amr",
        "idp",
        "nonce",
        "at_hash",
        "name",
        "email",
    ];
    let listed = openid["claims_supported"].as_array().unwrap();
    for claim in claims {
        assert_eq!(listed.iter().filter(|listed| *listed == claim).count(), 1, "{claim}");
    }
    assert_eq!(openid["id_token_signing_alg_values_supported"], json!(["RS256"]));
    for parameter in ["request_parameter_supported", "request_uri_parameter_supported"] {
        assert_eq!(openid[parameter], false, "{parameter}");
    }
    assert_eq!(openid["end_session_endpoint"], issuer("internal") + "/v1/logout");
    assert_eq!(openid["prompt_values_supported"], json!(["none", "login", "consent"]));
    let levels = ["urn:okta:loa:1fa:any", "urn:okta:loa:2fa:any"];
    assert_eq!(openid["acr_values_supported"], json!(levels));
    let of_people = GRANT_TYPES.iter().filter(|grant| **grant != "client_credentials");
    assert_eq!(openid["grant_types_supported"], json!(of_people.collect::<Vec<_>>()));
    for (name, value) in oauth.as_object().unwrap() {
        if name != "claims_supported" && name != "grant_types_supported" {
            assert_eq!(&openid[name], value, "{name}");
        }
    }
}

#[test]
fn decision_30_the_claims_of_access_tokens_are_those_of_their_format() {
    for (format, named) in
        [("rfc9068", &["client_id", "scope"][..]), ("both", &["cid", "scp", "client_id", "scope"])]
    {
        let world = World::with(|document| {
            internal(document)["accessTokenFormat"] = json!(format);
        });
        let listed = world.get(OAUTH).expect(200)["claims_supported"].clone();
        for name in ["cid", "scp", "client_id", "scope"] {
            let is_listed = listed.as_array().unwrap().iter().any(|listed| listed == name);
            assert_eq!(is_listed, named.contains(&name), "{format}: {name}");
        }
    }
}

#[test]
fn scopes_are_listed_only_where_they_are_published() {
    let world = World::with(|document| {
        let scopes = &mut internal(document)["scopes"];
        scopes[0]["metadataPublish"] = json!("NO_CLIENTS");
        scopes[2]["metadataPublish"] = json!("ALL_CLIENTS");
        let openid = json!({"name": "openid", "metadataPublish": "NO_CLIENTS"});
        scopes.as_array_mut().unwrap().push(openid);
    });
    let listed = world.get(OAUTH).expect(200)["scopes_supported"].clone();
    let expected = [
        "profile",
        "email",
        "address",
        "phone",
        "offline_access",
        "device_sso",
        "process:payments",
        "admin:users",
    ];
    assert_eq!(listed, json!(expected));
    assert_eq!(world.ask(&[]).status, 200, "what is not listed may be had all the same");
}

#[test]
fn every_address_in_a_document_is_answered() {
    let world = World::demo();
    let document = world.get(OAUTH).expect(200);
    for name in ["token_endpoint", "introspection_endpoint", "jwks_uri"] {
        let address = text_of(&document[name]);
        let path = address.strip_prefix(URL).unwrap();
        assert_ne!(world.get(path).status, 404, "{name}");
    }
}

#[test]
fn the_issuer_of_the_default_server_is_the_same_at_both_its_addresses() {
    let world = World::with(|document| {
        document["authorizationServers"][1]["id"] = json!("aus1234567890");
    });
    for id in ["default", "aus1234567890"] {
        let document = world.get(&format!("/oauth2/{id}/.well-known/openid-configuration"));
        assert_eq!(document.expect(200)["issuer"], issuer("default"));
    }
}

#[test]
fn a_server_that_is_unknown_or_inactive_is_not_found() {
    let world = World::with(|document| internal(document)["status"] = json!("INACTIVE"));
    let summary = "Not found: Resource not found: internal (AuthorizationServer)";
    for path in [OAUTH, INSERTED, OPENID, KEYS] {
        world.get(path).is_management_error(404, "E0000007", summary);
        let other = path.replace("internal", "nowhere");
        let summary = summary.replace("internal", "nowhere");
        world.get(&other).is_management_error(404, "E0000007", &summary);
        let odd = world.get(&path.replace("internal", "%FF%00"));
        assert_eq!(odd.expect(404)["errorCode"], "E0000007");
    }
}

#[test]
fn metadata_for_a_client_is_answered_only_if_there_is_such_a_client() {
    let world = World::with(|document| document["apps"][3]["status"] = json!("INACTIVE"));
    for path in [OAUTH, INSERTED, OPENID] {
        assert_eq!(world.get(&format!("{path}?client_id=web-app")).status, 200);
        assert_eq!(world.get(&format!("{path}?client_id=&other=1")).status, 200);
        for id in ["nobody-here", "partner-service", "%00"] {
            let answer = world.get(&format!("{path}?client_id={id}"));
            answer.is_management_error(400, "invalid_client", UNKNOWN_CLIENT);
        }
        let answer = world.get(&format!("{path}?client_id=%FF"));
        let description = "The request parameters are not valid UTF-8.";
        answer.refuses(400, "invalid_request", description);
    }
}

#[test]
fn the_keys_are_public_members_only_and_may_be_kept_for_an_hour() {
    let world = World::demo();
    let answer = world.get(KEYS);
    let keys = answer.expect(200);
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let names: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut names_sorted = names.clone();
    names_sorted.sort_unstable();
    assert_eq!(names_sorted, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&json!("RS256"), &json!("sig")));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=3600, must-revalidate"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let other = world.get("/oauth2/default/v1/keys").expect(200);
    assert_ne!(other["keys"][0]["kid"], keys[0]["kid"]);
}
