//! Where in the document something stands: its path, and the bytes of its name.

use crate::document::{Json, Node};
use crate::source::Span;

/// A value of the document and the way to it. Of what stands in no document, as the server's own
/// scopes, the nearest that does.
#[derive(Clone, Debug)]
pub(super) struct Place<'d> {
    path: String,
    node: &'d Node,
}

impl<'d> Place<'d> {
    pub(super) fn top(node: &'d Node) -> Self {
        Self { path: String::new(), node }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The name of what stands there, if it has one, else all of it.
    pub(super) fn span(&self) -> Span {
        let name = ["name", "label", "client_id"].iter().find_map(|name| self.find(name));
        name.map_or(self.node.span, |name| name.node.span)
    }

    fn find(&self, name: &str) -> Option<Self> {
        let Json::Object(members) = &self.node.value else { return None };
        let member = members.iter().find(|member| member.key == name)?;
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Some(Self { path, node: &member.value })
    }

    /// The member of this name; where there is none, the place itself.
    pub(super) fn member(&self, name: &str) -> Self {
        self.find(name).unwrap_or_else(|| self.clone())
    }

    /// The element of a list that passes; where there is none, the place itself.
    fn element(&self, list: &str, passes: impl Fn(&Node) -> bool) -> Self {
        let found = self.find(list).and_then(|list| match &list.node.value {
            Json::List(nodes) => {
                let index = nodes.iter().position(passes)?;
                let path = format!("{}[{index}]", list.path);
                Some(Self { path, node: nodes.get(index)? })
            }
            _ => None,
        });
        found.unwrap_or_else(|| self.clone())
    }

    /// The element of a list whose member `key` is this text.
    pub(super) fn named(&self, list: &str, key: &str, text: &str) -> Self {
        self.element(list, |node| has(node, key, text))
    }

    /// The server of this id; of one that does not say its id, by its name.
    pub(super) fn server(&self, id: &str, name: &str) -> Self {
        let says_its_id =
            |node: &Node| matches!(&node.value, Json::Object(m) if m.iter().any(|m| m.key == "id"));
        let is_it =
            |node: &Node| has(node, "id", id) || !says_its_id(node) && has(node, "name", name);
        self.element("authorizationServers", is_it)
    }

    /// The claim of this name and type.
    pub(super) fn claim(&self, name: &str, claim_type: &str) -> Self {
        let is_it = |node: &Node| has(node, "name", name) && has(node, "claimType", claim_type);
        self.element("claims", is_it)
    }

    /// The element of a list of texts that is this one.
    pub(super) fn text(&self, list: &str, text: &str) -> Self {
        self.element(list, |node| matches!(&node.value, Json::Text(found) if found == text))
    }
}

fn has(node: &Node, key: &str, text: &str) -> bool {
    let Json::Object(members) = &node.value else { return false };
    members.iter().any(|member| {
        member.key == key && matches!(&member.value.value, Json::Text(found) if found == text)
    })
}
