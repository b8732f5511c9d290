//! What whoever looks at a preview should know of it: what it leaves out, and what people stumble
//! over (authorization-server §8). One constructor for each thing that can be said.

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A word that stays the same, for programs.
    pub code: &'static str,
    pub message: String,
}

impl Warning {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn engines_differ() -> Self {
        Self::new(
            "engines-differ",
            "machine code and interpreter give different answers: this is a bug of Claimsmith, \
             please report it",
        )
    }

    pub(super) fn index_differs() -> Self {
        Self::new(
            "index-differs",
            "the index of the rules gives another decision than the rules in order: this is a bug \
             of Claimsmith, please report it",
        )
    }

    pub(super) fn hook_not_run(id: &str) -> Self {
        let words = "is not asked by a preview; at issuance it may change claims and lifetimes";
        Self::new("hook-not-run", format!("the inline hook `{id}` {words}"))
    }

    pub(super) fn hook_missing(id: &str) -> Self {
        let words = "is not there or not active, and will not be asked";
        Self::new("hook-missing", format!("the inline hook `{id}` that the rule names {words}"))
    }

    pub(super) fn second_factor() -> Self {
        Self::new(
            "second-factor",
            "the rule or the client demands a second factor: the person is asked for one, and what \
             follows takes it for proven",
        )
    }

    pub(super) fn consent(scopes: &[&str]) -> Self {
        let scopes = scopes.join(", ");
        Self::new("consent-required", format!("the person is asked to agree to {scopes} first"))
    }

    pub(super) fn key_bound() -> Self {
        Self::new(
            "dpop-bound",
            "the client's tokens are bound to a key that it proves (DPoP): the access token then \
             has `cnf` besides, and a request without a proof is refused",
        )
    }

    /// Trip-up 1.
    pub(super) fn no_policy(server: &str) -> Self {
        let words = "has no active access policy, so that it denies every request";
        Self::new("no-policy", format!("the authorization server `{server}` {words}"))
    }

    /// Trip-up 2.
    pub(super) fn not_assigned(login: &str, client: &str) -> Self {
        let words = "neither by themselves nor by one of their groups";
        Self::new("not-assigned", format!("{login} is not assigned to `{client}`, {words}"))
    }

    /// Trip-up 3.
    pub(super) fn grant_in_no_rule(grant: &str, client: &str) -> Self {
        let words = "lists the grant";
        Self::new(
            "grant-in-no-rule",
            format!("no active rule of a policy for `{client}` {words} {grant}"),
        )
    }

    /// Trip-up 4.
    pub(super) fn scope_in_no_rule(scope: &str, client: &str) -> Self {
        let words = "may grant the scope";
        Self::new(
            "scope-in-no-rule",
            format!(
                "no active rule of a policy for `{client}` {words} {scope}; OpenID scopes and \
                 offline_access must be listed like any other"
            ),
        )
    }

    pub(super) fn defaults_narrowed(left_out: &[&str]) -> Self {
        let words = "default scopes that the rule does not list are left out";
        Self::new("scope-not-granted", format!("{words}: {}", left_out.join(", ")))
    }

    /// Trip-up 6.
    pub(super) fn no_refresh_grant(client: &str) -> Self {
        let words = "is granted, but there is no refresh token: the grants of";
        Self::new(
            "refresh-grant-missing",
            format!("`offline_access` {words} `{client}` do not have refresh_token among them"),
        )
    }

    /// Trip-up 6.
    pub(super) fn no_offline_access(client: &str) -> Self {
        Self::new(
            "offline-access-missing",
            format!(
                "`{client}` may use refresh tokens, but gets none unless it asks for the scope \
                 `offline_access`"
            ),
        )
    }

    /// Trip-up 7.
    pub(super) fn thin_identity_token(names: &[String]) -> Self {
        let words = "are told at userinfo only: an access token comes with the ID token, and they \
                     are not always included";
        Self::new("thin-id-token", format!("{} {words}", names.join(", ")))
    }

    /// Trip-up 8.
    pub(super) fn subjects_differ(access: &str, identity: &str) -> Self {
        let words = "of the access token is";
        Self::new(
            "sub-differs",
            format!("`sub` {words} `{access}`, and of the ID token the user's id `{identity}`"),
        )
    }

    /// Trip-up 9.
    pub(super) fn default_issuer(id: &str, issuer: &str) -> Self {
        let words = "is the default server: its issuer is always";
        Self::new("default-issuer", format!("`{id}` {words} {issuer}, by whatever id it is asked"))
    }

    /// Trip-up 25.
    pub(super) fn nonce_needed() -> Self {
        Self::new("nonce-needed", "tokens by way of the browser need a `nonce` in the request")
    }

    pub(super) fn hybrid() -> Self {
        Self::new(
            "hybrid",
            "the tokens shown are those of the token endpoint; the ones beside the code have the \
             same claims but for `c_hash`, and an ID token without an access token beside it has \
             all of its claims",
        )
    }

    pub(super) fn userinfo_fails(why: &str) -> Self {
        Self::new("userinfo-fails", format!("userinfo would fail: {why}"))
    }

    pub(super) fn session_id() -> Self {
        Self::new(
            "session-id",
            "an expression reads `session.id`, which is another in every session: a preview has one \
             that is made up",
        )
    }
}
