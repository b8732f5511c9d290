//! `L0820` to `L0844`: what is odd about claims, applications, servers and hooks.

use super::document::*;

super::codes! {
    CLAIM_UNREACHABLE {
        id: "L0820",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a claim that no token has",
        meaning: "A claim is under scopes that no rule grants, or is of ID tokens where no rule \
                  grants `openid`.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "color", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "'blue'",
      "conditions": {"scopes": ["write"]}}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["openid", "profile", "email", "read"]}}}
    ]}]"#
        ),
        mend: "Have a rule grant one of its scopes, or remove `conditions.scopes`.",
    }
    CLAIM_THIN {
        id: "L0821",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a claim that only userinfo has",
        meaning: "An ID token that comes with an access token has only claims with \
                  `alwaysIncludeInToken`; all others are at the userinfo endpoint.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "color", "claimType": "IDENTITY", "valueType": "EXPRESSION", "value": "'blue'"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Set `alwaysIncludeInToken`, or have the client ask userinfo.",
    }
    CLAIM_OF_MANY_GROUPS {
        id: "L0822",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a claim of more than a hundred groups",
        meaning: "More than a hundred groups pass the filter of a claim. For a person in more \
                  than a hundred of them every grant but `authorization_code` is refused, and a \
                  token with so many names is too long for many a header.",
        example: document!(
            groups!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "groups", "claimType": "RESOURCE", "valueType": "GROUPS", "group_filter_type": "CONTAINS", "value": "team"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Narrow the filter, or say in an expression which groups count.",
    }
    GROUP_UNKNOWN {
        id: "L0823",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a group that does not exist",
        meaning: "An expression names a group that there is none of, so that nobody is in it; or \
                  no group passes the filter of a claim.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "is_admin", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "isMemberOfGroupName('Admins')"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Correct the name, or make the group.",
    }
    CLAIM_OF_OTHER_TOKEN {
        id: "L0824",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a claim of access tokens under a scope of OpenID Connect",
        meaning: "Claims of type `RESOURCE` are in access tokens only, those of type `IDENTITY` \
                  in ID tokens and userinfo only. A claim under `profile` or `email` is most \
                  often meant for the client, which reads the latter.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "nick", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "'ada'",
      "conditions": {"scopes": ["profile"]}}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Make it an `IDENTITY` claim, or one of each.",
    }
    CLAIM_FAILS {
        id: "L0825",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a claim that fails for somebody",
        meaning: "The expression of a claim cannot be evaluated for a person who is there, and \
                  the token is refused. It was found by asking for people as they are.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "claims": [{"name": "initial", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "user.firstName.substring(0, 1)"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Ask whether there is a value: `user.firstName?.substring(0, 1)`.",
    }
    UNASSIGNED {
        id: "L0830",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "an application to which nobody is assigned",
        meaning: "A person gets tokens of an application only if they or a group of theirs are \
                  assigned to it, whatever rules say.",
        example: document!(
            unassigned!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Assign users or groups; `Everyone` is a group.",
    }
    GRANT_WITHOUT_RULE {
        id: "L0831",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a grant of an application that no rule allows",
        meaning: "An application may use a grant, and no rule of any server that is for this \
                  client lists it: most often a service, and rules without `client_credentials`.",
        example: document!(
            service!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "List the grant in a rule, or take it from the application.",
    }
    REDIRECT_URI {
        id: "L0832",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a redirect URI that is easily missed",
        meaning: "Redirect URIs are compared byte by byte. One without a path, one that is \
                  nothing but `/` and one without TLS are often not what the client sends.",
        example: document!(
            bare!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Register exactly what the client sends, with a path of its own.",
    }
    LEGACY_OFF {
        id: "L0833",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a grant of before OAuth 2.1 that no server answers",
        meaning: "The application may use the grants `password` or `implicit`, and no server has \
                  it in `legacyGrants`.",
        example: document!(
            web!(", \"implicit\""),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Take the grant from the application, or list it in `legacyGrants` of the server.",
    }
    AUDIENCE_UNBOUND {
        id: "L0840",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "an audience that no application is bound to",
        meaning: "An application that is bound to an audience is its resource server: it alone \
                  may introspect and exchange its tokens, beside their own client. Without one \
                  every client may.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "List the audience in `resource_server_for` of the application.",
    }
    AUDIENCE_SHARED {
        id: "L0841",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "an audience of two servers",
        meaning: "A resource server that compares only `aud` takes tokens of both servers, \
                  whatever the policies of the one say.",
        example: document!(
            web!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]
  }, {
    "name": "second",
    "audiences": ["api://shop"],
    "scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Give each server an audience of its own.",
    }
    ISSUER_OF_DEFAULT {
        id: "L0842",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a default server with an id of its own",
        meaning: "The default server is found by its id and as `default`. The issuer in its \
                  tokens always ends in `default`, and a client that was configured with the id \
                  finds another than it expects.",
        example: document!(
            web!(),
            r#""id": "aus1", "default": true,
    "scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Use the issuer that ends in `default` everywhere.",
    }
    SUBJECTS_DIFFER {
        id: "L0843",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a subject that differs from token to token",
        meaning: "`sub` of access tokens is the user name until the claim `sub` says otherwise, \
                  that of ID tokens the id of the user. Who expects the layout of RFC 9068 most \
                  often expects them to be the same.",
        example: document!(
            web!(),
            r#""accessTokenFormat": "rfc9068",
    "scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Let the claim `sub` be `user?.id ?: app.clientId`.",
    }
    HOOK_UNUSED {
        id: "L0844",
        category: Category::Context,
        stage: Stage::Evaluation,
        title: "a hook that no rule asks",
        meaning: "An inline hook is asked only by rules that name it. A rule that is replaced \
                  through the management API without naming it has none any more.",
        example: document!(
            hook!(),
            r#""scopes": [{"name": "read"}, {"name": "write"}],
    "policies": [{"name": "Shop", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": [
      {"name": "People", "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]}}}
    ]}]"#
        ),
        mend: "Name it in `actions.token.inlineHook.id` of a rule.",
    }
}
