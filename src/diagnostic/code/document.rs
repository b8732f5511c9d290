//! Pieces of the documents that provoke remarks about policies: somebody who asks, an application,
//! and one server.

/// A document of these people and applications, and of one server.
macro_rules! document {
    ($before:expr, $server:literal) => {
        Example::Document(concat!(
            r#"{
  "version": 1,
  "organization": {"name": "Example", "subDomain": "example"},
"#,
            $before,
            r#"  "authorizationServers": [{
    "name": "shop",
    "audiences": ["api://shop"],
    "#,
            $server,
            r#"
  }]
}"#
        ))
    };
}

/// Ada, in these groups.
macro_rules! ada {
    ($groups:expr) => {
        concat!(
            r#"  "users": [{
    "profile": {"login": "ada@example.com", "email": "ada@example.com"},
    "groups": ["#,
            $groups,
            "]\n  }],\n"
        )
    };
}

/// An application of the web whose redirect URI ends so, with further grants, and who may use it.
macro_rules! application {
    ($uri:literal, $grants:literal, $assignments:literal) => {
        concat!(
            r#"  "apps": [{
    "label": "Shop",
    "credentials": {"oauthClient": {
      "client_id": "web-shop",
      "client_secret": {"env": "SHOP_CLIENT_SECRET"}
    }},
    "settings": {"oauthClient": {
      "application_type": "web",
      "grant_types": ["authorization_code""#,
            $grants,
            r#"],
      "redirect_uris": ["https://shop.example.com"#,
            $uri,
            r#""]
    }},
    "assignments": {"groups": ["#,
            $assignments,
            "]}\n  }],\n"
        )
    };
}

/// Ada, and an application of the web for everybody.
macro_rules! web {
    () => {
        web!("")
    };
    ($grants:literal) => {
        concat!(ada!(""), application!("/callback", $grants, "\"Everyone\""))
    };
}

/// The same, assigned to nobody.
macro_rules! unassigned {
    () => {
        concat!(ada!(""), application!("/callback", "", ""))
    };
}

/// The same, with a redirect URI that has no path.
macro_rules! bare {
    () => {
        concat!(ada!(""), application!("", "", "\"Everyone\""))
    };
}

/// The same, and a hook.
macro_rules! hook {
    () => {
        concat!(
            web!(),
            r#"  "inlineHooks": [{
    "name": "Enrich",
    "type": "com.okta.oauth2.tokens.transform",
    "channel": {"type": "HTTP", "config": {"uri": "https://hooks.example.com/enrich"}}
  }],
"#
        )
    };
}

/// Ten groups, each between `before` and `after`.
macro_rules! ten {
    ($before:literal, $of:literal, $after:literal) => {
        concat!(
            $before, "team ", $of, "0", $after, ", ", $before, "team ", $of, "1", $after, ", ",
            $before, "team ", $of, "2", $after, ", ", $before, "team ", $of, "3", $after, ", ",
            $before, "team ", $of, "4", $after, ",\n    ", $before, "team ", $of, "5", $after,
            ", ", $before, "team ", $of, "6", $after, ", ", $before, "team ", $of, "7", $after,
            ", ", $before, "team ", $of, "8", $after, ", ", $before, "team ", $of, "9", $after
        )
    };
}

/// A hundred and ten groups, each between `before` and `after`.
macro_rules! many {
    ($before:literal, $after:literal) => {
        concat!(
            ten!($before, "a", $after),
            ",\n    ",
            ten!($before, "b", $after),
            ",\n    ",
            ten!($before, "c", $after),
            ",\n    ",
            ten!($before, "d", $after),
            ",\n    ",
            ten!($before, "e", $after),
            ",\n    ",
            ten!($before, "f", $after),
            ",\n    ",
            ten!($before, "g", $after),
            ",\n    ",
            ten!($before, "h", $after),
            ",\n    ",
            ten!($before, "i", $after),
            ",\n    ",
            ten!($before, "j", $after),
            ",\n    ",
            ten!($before, "k", $after)
        )
    };
}

/// The application of the web, and Ada in a hundred and ten groups.
macro_rules! groups {
    () => {
        concat!(
            "  \"groups\": [\n    ",
            many!(r#"{"name": ""#, r#""}"#),
            "\n  ],\n",
            ada!(many!("\"", "\"")),
            application!("/callback", "", "\"Everyone\"")
        )
    };
}

/// A service.
macro_rules! service {
    () => {
        r#"  "apps": [{
    "label": "Billing",
    "credentials": {"oauthClient": {
      "client_id": "billing",
      "client_secret": {"env": "BILLING_CLIENT_SECRET"}
    }},
    "settings": {"oauthClient": {
      "application_type": "service",
      "grant_types": ["client_credentials"]
    }}
  }],
"#
    };
}

pub(super) use {
    ada, application, bare, document, groups, hook, many, service, ten, unassigned, web,
};
