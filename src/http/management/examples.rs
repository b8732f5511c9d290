//! A body of each form that is taken, as somebody would send it: for who reads the document, and for
//! programs that try what it says, which guess no expression and no names that fit each other.

use serde_json::{Value, json};

/// What stands in an address of the document where nothing else is said: what every organization has.
pub(super) const IN_PATHS: &[(&str, &str)] = &[("authServerId", "default"), ("id", "me")];

/// A body of the form of this name.
pub(super) fn of(form: &str) -> Option<Value> {
    EXAMPLES.iter().find(|(name, _)| *name == form).map(|(_, example)| example())
}

type Example = (&'static str, fn() -> Value);

const EXAMPLES: &[Example] = &[
    ("ApiToken", || json!({ "name": "Reports", "scopes": ["okta.users.read", "okta.logs.read"] })),
    ("AppUser", || json!({ "credentials": { "userName": "ada" }, "profile": { "desk": 3 } })),
    ("Application", application),
    ("ApplicationIssuer", || json!({ "issuerMode": "DYNAMIC" })),
    ("ApplicationGroupAssignment", || json!({ "priority": 1, "profile": { "desk": 3 } })),
    ("AuthorizationServer", || {
        json!({
            "name": "Orders", "description": "of the shop", "audiences": ["api://orders"],
            "accessTokenFormat": "rfc9068", "refreshPolicy": "SNAPSHOT",
        })
    }),
    ("AuthorizationServerPolicy", || {
        json!({
            "type": "OAUTH_AUTHORIZATION_POLICY", "name": "Everybody", "priority": 1,
            "conditions": { "clients": { "include": ["ALL_CLIENTS"] } },
        })
    }),
    ("AuthorizationServerPolicyRule", rule),
    ("ChangedUser", || json!({ "profile": { "lastName": "Lovelace" } })),
    ("CsrMetadata", || {
        json!({
            "subject": { "countryName": "US", "organizationName": "Shop", "commonName": "orders" },
            "subjectAltNames": { "dnsNames": ["orders.example.com"] },
        })
    }),
    ("GroupRule", || {
        json!({
            "type": "group_rule", "name": "Lovelaces",
            "conditions": { "expression": {
                "type": "urn:okta:expression:1.0", "value": "user.lastName == 'Lovelace'",
            } },
            "actions": { "assignUserToGroups": { "groupIds": ["00g1emaKYZTWRYYRRTSK"] } },
        })
    }),
    ("InlineHook", || {
        json!({
            "name": "Enrich", "type": "com.okta.oauth2.tokens.transform", "version": "1.0.0",
            "channel": { "type": "HTTP", "version": "1.0.0", "config": {
                "uri": "https://hooks.example.com/tokens", "method": "POST",
                "authScheme": { "type": "HEADER", "key": "Authorization", "value": "a secret" },
            } },
        })
    }),
    ("LinkedObject", || {
        json!({
            "primary": { "name": "manager", "title": "Manager", "type": "USER" },
            "associated": { "name": "subordinate", "title": "Subordinate", "type": "USER" },
        })
    }),
    ("NewGroup", || json!({ "profile": { "name": "Buyers", "description": "who buy" } })),
    ("NewUser", || {
        json!({
            "profile": {
                "login": "joan@example.com", "email": "joan@example.com", "firstName": "Joan",
                "lastName": "Byron",
            },
            "credentials": { "password": { "value": "a password of Ada" } },
        })
    }),
    ("OAuth2Claim", || {
        json!({
            "name": "customer", "status": "ACTIVE", "claimType": "RESOURCE",
            "valueType": "EXPRESSION", "value": "user?.email ?? app.clientId",
            "conditions": { "scopes": [] }, "alwaysIncludeInToken": true,
        })
    }),
    ("OAuth2Scope", || {
        json!({
            "name": "orders:read", "displayName": "Orders", "consent": "IMPLICIT",
            "metadataPublish": "ALL_CLIENTS",
        })
    }),
    ("TokenPolicy", || {
        json!({
            "name": "Prices", "conditions": { "scopes": { "include": ["openid"] } },
            "actions": { "claims": [
                { "name": "price_list", "value": "'retail'", "claimType": "RESOURCE" },
            ] },
        })
    }),
    ("TokenPreviewRequest", || {
        json!({
            "client_id": "orders", "scopes": ["openid"], "explain": true,
            "user": { "profile": {
                "login": "new@example.com", "email": "new@example.com", "firstName": "New",
                "lastName": "Person",
            } },
        })
    }),
    ("TrustedOrigin", || {
        json!({
            "name": "Shop", "origin": "https://shop.example.com",
            "scopes": [{ "type": "CORS" }, { "type": "REDIRECT" }],
        })
    }),
    ("UserSchema", || {
        json!({ "definitions": { "custom": { "properties": {
            "level": { "title": "Level", "type": "integer" },
            "teams": { "title": "Teams", "type": "array", "items": { "type": "string" } },
        } } } })
    }),
];

fn application() -> Value {
    json!({
        "name": "oidc_client", "label": "Orders", "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": {
            "client_id": "orders", "token_endpoint_auth_method": "client_secret_basic",
        } },
        "settings": { "oauthClient": {
            "application_type": "web",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "redirect_uris": ["https://shop.example.com/callback"],
        } },
        "profile": { "tier": "gold" },
    })
}

fn rule() -> Value {
    json!({
        "type": "RESOURCE_ACCESS", "name": "Employees", "priority": 1,
        "conditions": {
            "people": { "groups": { "include": ["EVERYONE"] } },
            "grantTypes": { "include": ["authorization_code", "client_credentials"] },
            "scopes": { "include": ["*"] },
            "elCondition": { "condition": "user?.lastName != 'Nobody'" },
        },
        "actions": { "token": {
            "accessTokenLifetimeMinutes": 60, "refreshTokenLifetimeMinutes": 0,
            "refreshTokenWindowMinutes": 10080,
        } },
    })
}
