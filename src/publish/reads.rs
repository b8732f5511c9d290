//! What the policies of a version read of people: so much is recorded of a decision, and a version
//! that reads more cannot be asked of it (decision 37).

use super::{Published, RunningServer};
use crate::audit::Extent;
use crate::claims::system_attributes;
use crate::program::Reads;
use crate::schema::Path;
use crate::server::ExpressionText;
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

impl RunningServer {
    /// What each expression of the server reads of the user.
    #[must_use]
    pub fn reads(&self) -> Vec<(&ExpressionText, Reads)> {
        let definition = self.definition();
        let mut all = self.plan().reads(definition, self.programs());
        all.extend(definition.conditions().filter_map(|condition| {
            let id = self.condition_id(condition)?;
            Some((condition, self.programs().reads_of(id).pop()?))
        }));
        all
    }

    /// Where the branches of each expression of the server stand.
    #[must_use]
    pub fn branches(&self) -> Vec<(&ExpressionText, Vec<Span>)> {
        let definition = self.definition();
        let mut all = self.plan().branches(definition, self.programs());
        all.extend(definition.conditions().filter_map(|condition| {
            let id = self.condition_id(condition)?;
            Some((condition, self.programs().branches(id, &[&condition.text]).pop()?))
        }));
        all
    }

    /// The attributes that are read without an expression: by the server's own claims, and by token
    /// policies that compare them.
    pub fn plain_reads(&self) -> impl Iterator<Item = &str> + '_ {
        let policies = self.definition().token_policies.iter();
        let tests = policies.flat_map(|policy| &policy.user_attributes);
        let own = system_attributes().map(|name| -> &str { name });
        own.chain(tests.map(|test| test.name.as_str()))
    }
}

impl Published {
    /// What of a person is recorded, as far as this version reads it.
    #[must_use]
    pub fn extent(&self) -> &Arc<Extent> {
        self.extent_cell().get_or_init(|| {
            let mut attributes: BTreeSet<String> = BTreeSet::new();
            let (mut everything, mut reached) = (false, BTreeSet::new());
            for server in self.all_servers() {
                attributes.extend(server.plain_reads().map(str::to_owned));
                for (_, reads) in server.reads() {
                    attributes.extend(reads.attributes);
                    everything |= reads.everything;
                    let by_links = |path: &Path| path.linked_objects().is_some();
                    reached.extend(reads.reached.into_iter().filter(by_links));
                }
            }
            if everything {
                attributes.extend(self.user_schema().iter().map(|known| known.name.clone()));
            }
            let groups = self.directory().groups().iter().map(|group| group.id.clone()).collect();
            let attributes = attributes.into_iter().collect();
            Arc::new(Extent { attributes, groups, reached: reached.into_iter().collect() })
        })
    }
}
