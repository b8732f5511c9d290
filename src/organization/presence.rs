//! Reads what is known of an application beside how it gets tokens: how it is shown, and what of
//! Okta's settings there is only one choice of here. A setting that promises what this server does not
//! do is refused, lest somebody rely on it.

use super::decode::Object;

/// What else an application may say of itself.
pub(super) const MEMBERS: &[&str] = &["visibility", "accessibility"];

/// What else its settings may say.
pub(super) const SETTINGS: &[&str] = &[
    "client_uri",
    "logo_uri",
    "initiate_login_uri",
    "wildcard_redirect",
    "issuer_mode",
    "idp_initiated_login",
    "network",
    "subject_type",
    "participate_slo",
    "frontchannel_logout_session_required",
    "request_object_signing_alg",
    "id_token_encrypted_response_alg",
    "sector_identifier_uri",
    "frontchannel_logout_uri",
    "backchannel_token_delivery_mode",
    "backchannel_authentication_request_signing_alg",
    "backchannel_custom_authenticator_id",
];

/// Settings of which one word, or one of a few, is all there is.
const CHOICES: &[(&str, &[&str])] = &[
    ("wildcard_redirect", &["DISABLED"]),
    ("issuer_mode", &["ORG_URL", "DYNAMIC"]),
    ("subject_type", &["public"]),
];

/// Switches of what is not built.
const OFF: &[&str] = &["participate_slo", "frontchannel_logout_session_required"];

/// Settings of what is not built (decision 30).
const NOT_BUILT: &[&str] = &[
    "request_object_signing_alg",
    "id_token_encrypted_response_alg",
    "sector_identifier_uri",
    "frontchannel_logout_uri",
    "backchannel_token_delivery_mode",
    "backchannel_authentication_request_signing_alg",
    "backchannel_custom_authenticator_id",
];

/// Checks what an application says of how it is shown. Nothing here is for anybody but those who read
/// it.
pub(super) fn check_presence(application: &Object<'_>) {
    if let Some(place) = application.find("visibility")
        && let Some(shown) = place.object(&["autoLaunch", "autoSubmitToolbar", "hide", "appLinks"])
    {
        shown.boolean("autoLaunch", false);
        shown.boolean("autoSubmitToolbar", false);
        if let Some(hide) = shown.find("hide").and_then(|place| place.object(&["iOS", "web"])) {
            hide.boolean("iOS", true);
            hide.boolean("web", true);
        }
        let links = shown.find("appLinks").and_then(|place| place.open_object());
        for (_, place) in links.iter().flat_map(Object::members) {
            place.boolean();
        }
    }
    if let Some(place) = application.find("accessibility")
        && let Some(access) = place.object(&["selfService", "errorRedirectUrl", "loginRedirectUrl"])
    {
        access.boolean("selfService", false);
        access.text_up_to("errorRedirectUrl", 2048);
        access.text_up_to("loginRedirectUrl", 2048);
    }
}

/// Checks the settings of which this server knows one choice.
pub(super) fn check_settings(settings: &Object<'_>) {
    for (name, words) in CHOICES {
        let words: Vec<(&str, ())> = words.iter().map(|word| (*word, ())).collect();
        settings.find(name).and_then(|place| place.choice(&words));
    }
    for name in OFF {
        if let Some(place) = settings.find(name)
            && place.boolean() == Some(true)
        {
            place.blame("is not supported");
        }
    }
    for place in NOT_BUILT.iter().filter_map(|name| settings.find(name)) {
        place.blame("is not supported");
    }
    let login = settings.find("idp_initiated_login");
    if let Some(login) = login.and_then(|place| place.object(&["mode", "default_scope"])) {
        login
            .require("mode")
            .and_then(|place| place.choice(&[("DISABLED", ()), ("SPEC", ()), ("OKTA", ())]));
        login.texts("default_scope");
    }
    let network = settings.find("network");
    if let Some(network) =
        network.and_then(|place| place.object(&["connection", "include", "exclude"]))
    {
        network.require("connection").and_then(|place| place.choice(&[("ANYWHERE", ())]));
        for name in ["include", "exclude"] {
            if let Some(place) = network.find(name)
                && !place.list().is_empty()
            {
                place.blame("is not supported");
            }
        }
    }
}
