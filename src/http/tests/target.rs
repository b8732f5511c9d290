//! Which audience a token is for (decision 12).

use super::*;

const FIRST: &str = "https://api.mycompany.com";
const SECOND: &str = "https://my-partner-api.com";
const UNKNOWN: &str = "The 'audience' or 'resource' is none of the authorization server.";
const SEVERAL: &str = "The 'audience' and 'resource' parameters name more than one audience.";

fn audience_of(world: &World, form: &[(&str, &str)]) -> Value {
    part(&world.access_token(form), 1)["aud"].clone()
}

/// Decision 11.
#[test]
fn the_first_audience_is_meant_where_none_is_named() {
    assert_eq!(audience_of(&World::demo(), &[]), FIRST);
}

#[test]
fn an_audience_is_named_by_audience_or_by_resource_or_by_both_alike() {
    let world = World::demo();
    for form in [
        &[("audience", SECOND)][..],
        &[("resource", SECOND)],
        &[("resource", SECOND), ("resource", SECOND)],
        &[("audience", SECOND), ("resource", SECOND)],
        &[("resource", "https://my-partner-api.com/"), ("resource", SECOND)],
    ] {
        assert_eq!(audience_of(&world, form), SECOND, "{form:?}");
    }
}

/// Decision 12.
#[test]
fn audiences_that_disagree_are_refused_whichever_way_they_are_named() {
    let world = World::demo();
    for form in [
        [("audience", FIRST), ("resource", SECOND)],
        [("resource", FIRST), ("resource", SECOND)],
        [("resource", "https://api.mycompany.com/"), ("resource", SECOND)],
    ] {
        world.ask(&form).refuses(400, "invalid_target", SEVERAL);
    }
}

#[test]
fn an_audience_that_the_server_does_not_have_is_refused() {
    let world = World::demo();
    for name in ["audience", "resource"] {
        for value in [
            "https://other.example",
            "https://api.mycompany.com/v1",
            "https://api.mycompany.com//",
            "https://api.mycompany.com/?",
            "https://api.mycompany.com/#",
            "https://API.mycompany.com",
            "http://api.mycompany.com",
            "https://api.mycompany.com:443",
            "https://api.mycompany.com ",
            "api.mycompany.com",
            "api://default",
            "/",
        ] {
            world.ask(&[(name, value)]).refuses(400, "invalid_target", UNKNOWN);
        }
    }
    let known_too = [("resource", FIRST), ("resource", "https://other.example")];
    world.ask(&known_too).refuses(400, "invalid_target", UNKNOWN);
}

#[test]
fn a_slash_for_a_path_changes_nothing_and_the_token_has_the_server_s_spelling() {
    let world = World::demo();
    assert_eq!(audience_of(&world, &[("resource", "https://my-partner-api.com/")]), SECOND);
    let world = World::with(|document| {
        let server = internal(document);
        server["audiences"] = json!(["https://api.mycompany.com/", "https://x.example/a/"]);
        server["policies"] = json!([server["policies"][2]]);
        server["policies"][0]["rules"] = json!([server["policies"][0]["rules"][0]]);
        server["tokenPolicies"] = json!([]);
    });
    for resource in ["https://api.mycompany.com", "https://api.mycompany.com/"] {
        let aud = audience_of(&world, &[("resource", resource)]);
        assert_eq!(aud, "https://api.mycompany.com/");
    }
    world.ask(&[("resource", "https://x.example/a")]).refuses(400, "invalid_target", UNKNOWN);
}

#[test]
fn expressions_see_the_audience_that_was_chosen() {
    let world = World::demo();
    let claims = part(&world.access_token(&[("audience", SECOND)]), 1);
    assert_eq!(claims["partner_api"], true);
    assert!(part(&world.access_token(&[]), 1).get("partner_api").is_none());
}
