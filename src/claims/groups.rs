//! Claims of type `GROUPS`: the names of the user's groups that pass a filter. Every group of the
//! directory is held against the filter once, when the plan is made.

use super::ClaimFault;
use crate::directory::{Directory, User};
use crate::server::GroupFilter;
use claimsmith_runtime::pattern::Pattern;

/// Most names in one claim (authorization-server §8), unless the request began with a code.
pub const LIMIT: usize = 100;

/// The grant without a limit (OEL §4.1).
const UNLIMITED: &str = "authorization_code";

/// A filter with its answers.
#[derive(Debug)]
pub(super) struct GroupsClaim {
    /// By index in the directory: the name as JSON, if the group passes.
    passing: Vec<Option<String>>,
}

impl GroupsClaim {
    /// Holds every group of the directory against the filter.
    ///
    /// # Errors
    /// In words what is wrong with a regular expression.
    pub(super) fn new(
        filter: GroupFilter,
        value: &str,
        directory: &Directory,
    ) -> Result<Self, String> {
        let test = test_of(filter, value)?;
        let name = |name: &String| test(name).then(|| serde_json::Value::from(&**name).to_string());
        Ok(Self { passing: directory.groups().iter().map(|group| name(&group.name)).collect() })
    }

    /// How many groups of the directory pass.
    pub(super) fn n_passing(&self) -> usize {
        self.passing.iter().flatten().count()
    }

    /// Appends the names as a JSON list; answers `false`, and appends nothing, where no group
    /// passes.
    pub(super) fn write(
        &self,
        user: &User,
        claim: &str,
        grant_type: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<bool, ClaimFault> {
        let most = if grant_type == UNLIMITED { usize::MAX } else { LIMIT };
        let names = user.groups.iter().filter_map(|group| self.passing.get(*group)?.as_deref());
        let start = buffer.len();
        for (index, name) in names.enumerate() {
            if index >= most {
                buffer.truncate(start);
                return Err(ClaimFault::too_many_groups(claim, LIMIT));
            }
            buffer.push(if index == 0 { b'[' } else { b',' });
            buffer.extend_from_slice(name.as_bytes());
        }
        let has_any = buffer.len() > start;
        if has_any {
            buffer.push(b']');
        }
        Ok(has_any)
    }
}

/// Whether a name passes.
type Test = Box<dyn Fn(&str) -> bool>;

/// The filters of authorization-server §1.4: all but regular expressions without regard to case.
fn test_of(filter: GroupFilter, value: &str) -> Result<Test, String> {
    let wanted = value.to_lowercase();
    Ok(match filter {
        GroupFilter::StartsWith => Box::new(move |name| name.to_lowercase().starts_with(&wanted)),
        GroupFilter::Equals => Box::new(move |name| name.to_lowercase() == wanted),
        GroupFilter::Contains => Box::new(move |name| name.to_lowercase().contains(&wanted)),
        GroupFilter::Regex => {
            let bare = value.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            let pattern = Pattern::new(bare.unwrap_or(value))?;
            Box::new(move |name| pattern.matches(name))
        }
    })
}
