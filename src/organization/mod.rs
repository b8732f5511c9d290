//! The organization as one document: read, validated whole, turned into servers and people.
//! Everything wrong is reported at once with path and place. Expressions are taken as text; they
//! are compiled by whoever publishes, who also knows the issuers and compares them with audiences.

mod application;
mod canonical;
mod assignment;
mod claim;
mod credential;
mod decode;
mod difference;
mod entities;
mod expression;
mod grants;
mod group;
mod group_rule;
mod hook;
mod identity;
mod import;
mod linked_object;
mod okta;
mod policy;
mod presence;
mod reference;
mod schema;
mod server;
mod snapshot;
mod sweep;
mod theme;
mod token_policy;
mod trusted_origin;
mod user;
mod version;

pub use application::{LEEWAY, usual_pkce, usual_rotation};
pub use canonical::{canonical, canonical_without_users, with_directory_of};
pub use decode::Problem;
pub use difference::{Difference, Entry, MemberChange, What, changes, compare};
pub use entities::{
    Membership, below, forget_link, groups_given, groups_of, is_named, join, join_servers,
    keep_memberships_by_rule, leave_group, link_of, locate, memberships_by_rule, own_id, parent_of,
    server_of, set_memberships_by_rule, split, split_servers, tag_of_group, tag_of_link,
    tag_of_membership, tag_of_relation, tag_of_user, users_named_in, without_client, without_group,
    without_user,
};
pub use group_rule::EXPRESSION_TYPE;
pub use identity::{Digest, claim_id, grant_id, key_id, scope_id, secret_id};
pub use import::{
    Adopted, Imported, Recording, adopt, import, import_recording, read_all, read_everything,
    read_named,
};
pub use linked_object::CHAIN_AT_MOST;
pub use okta::{Answers, PATHS, Translated, paths_below, translate};
pub use schema::{ATTRIBUTE_TYPES, BASE_ATTRIBUTES};
pub use snapshot::Snapshot;
pub use sweep::{DueSweep, Sweep, has_active_rule, rules_and_groups};
pub use theme::{Colours, Theme};
pub use user::{read_kept_user, read_single_user};
pub use version::{Version, forget_old_versions, versions};

use crate::directory::{Attribute, Directory};
use crate::document::Node;
use crate::server::{AuthorizationServer, GroupRule, InlineHook, LinkedObject, TrustedOrigin};
use decode::{Object, Place, Problems};

/// The document that `--demo` serves.
pub const DEMO: &str = include_str!("demo.json");

/// The document of an organization that begins: the default authorization server, with a policy that
/// allows what is usual (authorization-server §1.2).
pub const BEGINNING: &str = include_str!("beginning.json");

/// The only version of documents there is.
const VERSION: u32 = 1;

/// The members of a document.
const MEMBERS: &[&str] = &[
    "version",
    "organization",
    "userSchema",
    "linkedObjects",
    "groups",
    "users",
    "groupRules",
    "apps",
    "inlineHooks",
    "trustedOrigins",
    "authorizationServers",
];

/// All that a document describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    /// `idp` of ID tokens.
    pub id: String,
    pub name: String,
    /// `org.subDomain` in expressions.
    pub sub_domain: String,
    pub theme: Box<Theme>,
    /// The base attributes first.
    pub user_schema: Vec<Attribute>,
    pub directory: Directory,
    pub linked_objects: Vec<LinkedObject>,
    pub group_rules: Vec<GroupRule>,
    pub hooks: Vec<InlineHook>,
    pub trusted_origins: Vec<TrustedOrigin>,
    pub servers: Vec<AuthorizationServer>,
}

/// Reads a document. `digest` is SHA-256, from which ids are made where the document gives none.
///
/// # Errors
/// Everything that is wrong with it, in the order of the document. Nothing is half read.
pub fn read(document: &Node, digest: Digest<'_>) -> Result<Organization, Vec<Problem>> {
    match read_what_can_be(document, digest) {
        (Some(organization), problems) if problems.is_empty() => Ok(organization),
        (_, problems) => Err(problems),
    }
}

/// As [`read`], with what could be read beside what is wrong, so that more of it can be told at
/// once. Nothing may be made of an organization that comes with problems.
pub(crate) fn read_what_can_be(
    document: &Node,
    digest: Digest<'_>,
) -> (Option<Organization>, Vec<Problem>) {
    read_after(&[], document, digest)
}

/// As [`read_what_can_be`], where null in the place of a server says that it is as it is in `known` in
/// the same place. Nothing but servers may be otherwise than when those were read.
pub(crate) fn read_after(
    known: &[&AuthorizationServer],
    document: &Node,
    digest: Digest<'_>,
) -> (Option<Organization>, Vec<Problem>) {
    let problems = Problems::default();
    let organization = read_whole(&Place::top(document, &problems), known, digest);
    let mut list = problems.into_list();
    list.sort_by_key(|problem| problem.span);
    (organization, list)
}

fn read_whole(
    place: &Place<'_>,
    known: &[&AuthorizationServer],
    digest: Digest<'_>,
) -> Option<Organization> {
    let top = place.object(MEMBERS)?;
    if let Some(version) = top.require("version") {
        version.integer(VERSION..=VERSION);
    }
    let (name, sub_domain, theme) = read_names(&top);
    let user_schema = schema::read_schema(top.find("userSchema"));
    let groups = group::read_groups(&top, digest);
    let of_groups = Directory::new(Vec::new(), groups.clone());
    let users = user::read_users(&top, &user_schema, &of_groups, digest);
    let linked_objects = linked_object::read_linked_objects(&top, digest);
    linked_object::check_links(&top, &linked_objects, &users);
    let directory = Directory::new(users, groups);
    let group_rules = group_rule::read_group_rules(&top, &directory, digest);
    let applications = application::read_applications(&top, &directory, digest);
    let directory = directory.with_applications(applications);
    let hooks = hook::read_hooks(&top, digest);
    let trusted_origins = trusted_origin::read_trusted_origins(&top, digest);
    let servers = server::read_servers(&top, known, (&directory, &hooks, &user_schema), digest);
    let id = identity::id_of(identity::ORGANIZATION, &[&sub_domain], digest);
    let theme = Box::new(theme);
    Some(Organization {
        id,
        name,
        sub_domain,
        theme,
        user_schema,
        directory,
        linked_objects,
        group_rules,
        hooks,
        trusted_origins,
        servers,
    })
}

/// `organization.name`, `organization.subDomain` and `organization.theme`.
fn read_names(top: &Object<'_>) -> (String, String, Theme) {
    let object =
        top.require("organization").and_then(|p| p.object(&["name", "subDomain", "theme"]));
    let text = |name: &str| {
        let place = object.as_ref()?.require(name)?;
        place.text_up_to(255).map(str::to_owned)
    };
    let theme = object.as_ref().map(theme::read_theme).unwrap_or_default();
    (text("name").unwrap_or_default(), text("subDomain").unwrap_or_default(), theme)
}

#[cfg(test)]
mod tests;
