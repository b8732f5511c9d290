//! Looking into a document that is known to be in order.

use crate::document::{Json, Member, Node};

pub(super) fn members_of(node: &Node) -> &[Member] {
    match &node.value {
        Json::Object(members) => members,
        _ => &[],
    }
}

pub(super) fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    members_of(node).iter().find(|member| member.key == name).map(|member| &member.value)
}

/// What is at the end of a path of members.
pub(super) fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, name| member(node, name))
}

pub(super) fn list_of<'n>(
    node: &'n Node,
    path: &[&str],
) -> impl Iterator<Item = &'n Node> + use<'n> {
    let elements = match at(node, path).map(|node| &node.value) {
        Some(Json::List(elements)) => elements.as_slice(),
        _ => &[],
    };
    elements.iter()
}

/// The text at the end of a path of members.
pub(super) fn text_of<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    match &at(node, path)?.value {
        Json::Text(text) => Some(text),
        _ => None,
    }
}
