//! The rules of groups of a version, compiled, and whom they put where. What they read is the user
//! alone, so that who is in which group follows from the profile and from the groups given by hand.

use super::{Problem, Published};
use crate::diagnostic::Diagnostic;
use crate::directory::{Access, Directory, PackError, Records, User};
use crate::organization::{Membership, Organization};
use crate::program::{Condition, Engine, Groups, ProgramId, ProgramSet, SetBuilder, Worker};
use crate::schema::Position;
use crate::server::{GroupRule, GroupRuleStatus};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often rules that read groups are asked again with the groups that others gave meanwhile.
const ROUNDS: usize = 8;

/// No application and no time: neither can be asked for in a rule of groups (OEL §1.1, §3.3).
const NO_APPLICATION: usize = usize::MAX;
const NO_TIME: i64 = 0;

/// What rules of groups became. Versions of an organization share it as long as the rules, the schema
/// and the names of the groups stay as they are.
#[derive(Debug)]
pub(super) struct CompiledRules {
    rules: Vec<(GroupRule, ProgramId)>,
    pub(super) programs: ProgramSet,
    /// What is surprising about the expression of the rule with this index.
    remarks: Vec<(usize, Diagnostic)>,
}

/// Compiles the rules of an organization.
pub(super) fn compile_rules(
    organization: &Organization,
    records: &Records,
    document: &str,
    engine: Engine,
) -> Result<CompiledRules, Vec<Problem>> {
    let mut builder = SetBuilder::new(records.schema().clone());
    builder.at(Position::GroupRule);
    let (mut rules, mut remarks, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for (index, rule) in organization.group_rules.iter().enumerate() {
        match builder.add_condition(&rule.condition.text) {
            Ok((id, found)) => {
                remarks.extend(found.into_iter().map(|found| (index, found)));
                rules.push((rule.clone(), id));
            }
            Err(found) => problems.extend(
                found
                    .into_iter()
                    .map(|found| Problem::of_expression(document, &rule.condition, found)),
            ),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(CompiledRules { rules, programs: builder.finish(engine), remarks })
}

impl CompiledRules {
    /// Whether these are the rules that were compiled.
    pub(super) fn are(&self, rules: &[GroupRule]) -> bool {
        self.rules.iter().map(|(rule, _)| rule).eq(rules)
    }

    /// What is surprising about the rules of this document.
    pub(super) fn remarks_in<'r>(
        &'r self,
        rules: &'r [GroupRule],
        document: &'r str,
    ) -> impl Iterator<Item = Problem> + 'r {
        self.remarks.iter().filter_map(move |(index, found)| {
            let condition = &rules.get(*index)?.condition;
            Some(Problem::of_expression(document, condition, found.clone()))
        })
    }

    fn active(&self) -> impl Iterator<Item = (&GroupRule, ProgramId)> {
        let active = |(rule, _): &&(GroupRule, ProgramId)| rule.status == GroupRuleStatus::Active;
        self.rules.iter().filter(active).map(|(rule, id)| (rule, *id))
    }

    /// What the rules give a user who is in these groups by hand. A rule that reads groups sees those
    /// that others gave before, and what one gave stays: so it ends, in the same groups every time.
    /// Where a condition faults, it does not hold.
    fn give(
        &self,
        user: &User,
        (directory, records, resolved): (&Directory, &Records, &[u32]),
    ) -> Result<BTreeSet<Membership>, PackError> {
        let mut given = BTreeSet::new();
        if self.active().next().is_none() {
            return Ok(given);
        }
        let mut worker = Worker::new();
        let access = Access { scopes: &[], audience: "", grant_type: "" };
        let request = records.pack_request(NO_APPLICATION, &access, None, None, &self.programs)?;
        for _ in 0..ROUNDS {
            let mut now = user.clone();
            directory.join(&mut now, given.iter().map(|one: &Membership| one.group.as_str()));
            let is_in = |id: &String| directory.groups_of(&now).any(|group| group.id == *id);
            let person = records.pack_person(now.clone())?;
            let roots = records.roots(Some(&person), NO_APPLICATION, &request, resolved, NO_TIME);
            let mut gives = |rule: &GroupRule, id| {
                !rule.except_users.contains(&user.id)
                    && !rule.except_groups.iter().any(is_in)
                    && self.programs.condition(id, &roots, &mut worker, Engine::Native)
                        == Ok(Condition::True)
            };
            let n_given = given.len();
            for (rule, id) in self.active() {
                let is_given = |one: &Membership| one.rule == rule.id;
                if !given.iter().any(is_given) && gives(rule, id) {
                    given.extend(
                        rule.groups.iter().map(|group| Membership {
                            rule: rule.id.clone(),
                            group: group.clone(),
                        }),
                    );
                }
            }
            let is_read = self.programs.needs().groups() != Groups::Nothing
                || self.active().any(|(rule, _)| !rule.except_groups.is_empty());
            if given.len() == n_given || !is_read {
                break;
            }
        }
        Ok(given)
    }

    /// Has the users of a document join what the rules give them. Answers whether anybody did.
    pub(super) fn join(
        &self,
        directory: &mut Directory,
        records: &Records,
    ) -> Result<bool, PackError> {
        let resolved = self.programs.resolve(records.groups());
        let mut joined = Vec::new();
        for (index, user) in directory.users().iter().enumerate() {
            let given = self.give(user, (directory, records, &resolved))?;
            if !given.is_empty() {
                joined.push((index, given));
            }
        }
        for (index, given) in &joined {
            directory.join_user(*index, given.iter().map(|one| one.group.as_str()));
        }
        Ok(!joined.is_empty())
    }
}

/// Rules over the groups of a version.
#[derive(Debug)]
pub(super) struct RunningRules {
    pub(super) compiled: Arc<CompiledRules>,
    resolved: Vec<u32>,
}

impl RunningRules {
    pub(super) fn new(compiled: Arc<CompiledRules>, records: &Records) -> Self {
        let resolved = compiled.programs.resolve(records.groups());
        Self { compiled, resolved }
    }
}

impl Published {
    /// What rules give this user, whose groups are those given by hand.
    ///
    /// # Errors
    /// A profile that does not conform to the schema, or is too large or too deep for a record.
    pub fn memberships_by_rule(&self, user: &User) -> Result<BTreeSet<Membership>, PackError> {
        let RunningRules { compiled, resolved } = self.group_rules();
        compiled.give(user, (self.directory(), self.records(), resolved))
    }

    /// What rules read of groups.
    pub(super) fn groups_read_by_rules(&self) -> Groups {
        self.group_rules().compiled.programs.needs().groups()
    }

    /// Whether any rule puts anybody anywhere.
    #[must_use]
    pub fn has_group_rules(&self) -> bool {
        self.group_rules().compiled.active().next().is_some()
    }
}
