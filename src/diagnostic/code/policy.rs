//! `L0801` to `L0814`: what is odd about policies, rules and scopes.

use super::document::*;

super::codes! {
    NO_POLICY {
        id: "L0801",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a server that denies everything",
        meaning: "A server without an active policy that has an active rule grants nothing to \
                  anybody: a new server does so until it has one.",
        example: document!(
            web!(),
            r#""description": "Nothing yet""#
        ),
        mend: "Add a policy for the clients, and to it a rule that says who may have which scopes \
               by which grant.",
    }
    POLICY_FOR_NOBODY {
        id: "L0802",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a policy that is for no application",
        meaning: "A policy is for the clients that it lists. Without any, or with inactive ones \
                  only, its rules are never looked at.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": []}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "List client ids in `conditions.clients.include`, or `ALL_CLIENTS`.",
    }
    MATCHES_NOTHING {
        id: "L0803",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a rule that matches nothing",
        meaning: "A rule without a grant, without a scope, or for no user and no group matches no \
                  request.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Say what it is for: `*` is every scope, `EVERYONE` everybody.",
    }
    NO_CLIENT_FOR_GRANT {
        id: "L0804",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a rule for grants that no client of it has",
        meaning: "None of the applications that the policy is for may use any grant of the rule, \
                  so that they are refused before a rule is looked at.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Services", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Give one of its grants to an application, or remove the rule.",
    }
    SHADOWED {
        id: "L0805",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a rule that is never reached",
        meaning: "The first rule that matches decides. Rules before this one match whatever it \
                  would, for the same clients, grants, people, scopes and audiences.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Everybody", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}},
      {"name": "Readers", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["read"]}}}
    ]}]"#
        ),
        mend: "Put it before the others, or remove it.",
    }
    DENY_AFTER_ALLOW {
        id: "L0806",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a rule that denies what was allowed before it",
        meaning: "The first rule that matches decides. Something that this rule denies an earlier \
                  one allows, and this one is not looked at.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Everybody", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["read", "write"]}}},
      {"name": "Never write", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code", "client_credentials"]}, "scopes": {"include": ["write"]}}, "actions": {"access": "DENY"}}
    ]}]"#
        ),
        mend: "Put rules that deny before those that allow.",
    }
    BROADER_FIRST {
        id: "L0807",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "an exception that comes after the rule",
        meaning: "A rule for everybody comes before one for fewer people who are to have \
                  something else, such as a shorter life of tokens. Whoever asks only for what \
                  the first lists gets what the first says.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Everybody", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "profile", "email", "read"]}}},
      {"name": "Ada", "conditions": {"people": {"users": {"include": ["ada@example.com"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}, "actions": {"token": {"accessTokenLifetimeMinutes": 5}}}
    ]}]"#
        ),
        mend: "Put the rule for fewer people first.",
    }
    OPENID_SCOPES_MISSING {
        id: "L0808",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a rule that lists `openid` without `profile` and `email`",
        meaning: "A rule matches only if it lists every scope that is asked for, those of OpenID \
                  Connect too. Many clients ask for `openid profile email` at once, and are \
                  refused.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "read"]}}}
    ]}]"#
        ),
        mend: "List them in the rule, or have clients ask for less.",
    }
    CONDITION_FAILS {
        id: "L0809",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a condition that fails for somebody",
        meaning: "A condition that cannot be evaluated refuses the request, and no later rule is \
                  looked at. A request of a service has no user.",
        example: document!(
            service!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Sales", "conditions": {"grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]}, "elCondition": {"condition": "user.department == 'Sales'"}}}
    ]}]"#
        ),
        mend: "Write `user?.department`, or ask first whether there is a value.",
    }
    LONG_ACCESS {
        id: "L0810",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "an access token that lives long",
        meaning: "A resource server that checks signatures takes a token until it ends, also \
                  after it was revoked or its person suspended. This one lives more than an hour.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}, "actions": {"token": {"accessTokenLifetimeMinutes": 1440}}}
    ]}]"#
        ),
        mend: "Let it live an hour or less and give refresh tokens, or have resource servers \
               introspect.",
    }
    SCOPE_NOT_GRANTED {
        id: "L0811",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a scope that no rule grants",
        meaning: "No active rule that allows lists the scope. Who asks for it is refused, also \
                  for all else they ask for.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "profile", "email", "read"]}}}
    ]}]"#
        ),
        mend: "List it in a rule, or remove it.",
    }
    CONSENT_FOR_SERVICE {
        id: "L0812",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a scope that needs consent, for services",
        meaning: "A rule lets services have the scope, and the scope needs the consent of a \
                  person. With `client_credentials` nobody is there to give it, and the request \
                  is refused with `consent_required`.",
        example: document!(
            service!(),
            r#""scopes": [{"name": "read", "consent": "REQUIRED"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "Services", "conditions": {"grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Let its `consent` be `FLEXIBLE`: people are asked then, services are not.",
    }
    NO_REFRESH_GRANT {
        id: "L0813",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "`offline_access` without the grant `refresh_token`",
        meaning: "A rule grants `offline_access`, which asks for a refresh token, and no \
                  application of the policy may use one. They get none, and nobody says so.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "profile", "email", "offline_access"]}}}
    ]}]"#
        ),
        mend: "Give the application the grant `refresh_token`, or do not list the scope.",
    }
    OFFLINE_NOT_GRANTED {
        id: "L0814",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "the grant `refresh_token` without `offline_access`",
        meaning: "An application has the grant `refresh_token`, and no rule grants it the scope \
                  `offline_access`, without which there is no refresh token.",
        example: document!(
            web!(", \"refresh_token\""),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "profile", "email", "read"]}}}
    ]}]"#
        ),
        mend: "List `offline_access` in the rule.",
    }
}
