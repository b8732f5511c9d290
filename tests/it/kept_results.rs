//! What lambdas make of groups is kept under their symbols: evaluating again gives what the first
//! time gave, and what the interpreter gives, which keeps nothing.

use claimsmith::document;
use claimsmith::program::{
    Engine, EvaluationFault, Length, ProgramId, ProgramSet, Roots, SetBuilder, Subject, Worker,
};
use claimsmith::schema::Schema;
use std::sync::Arc;

const ROLES: &str =
    r#"user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", ""))"#;

/// Programs of one set.
struct Compiled {
    schema: Arc<Schema>,
    set: ProgramSet,
    ids: Vec<ProgramId>,
}

fn compiled(context: &str, expressions: &[&str]) -> Compiled {
    let (schema, _) = Subject::infer(&document::read(context.as_bytes()).unwrap()).unwrap();
    let schema = Arc::new(schema);
    let mut builder = SetBuilder::new(Arc::clone(&schema));
    let ids =
        expressions.iter().map(|text| builder.add_json(text, Length::Free).unwrap().0).collect();
    let set = builder.finish(Engine::Native);
    assert!(set.is_native());
    Compiled { schema, set, ids }
}

impl Compiled {
    fn subject(&self, context: &str) -> Subject {
        Subject::read(&document::read(context.as_bytes()).unwrap(), &self.schema).unwrap()
    }

    fn answer(
        &self,
        program: usize,
        subject: &Subject,
        engine: Engine,
    ) -> Result<String, EvaluationFault> {
        let resolved = self.set.resolve(subject.table());
        let roots = Roots::of(subject, &self.set, &resolved, 0);
        let mut worker = Worker::new();
        let json = self.set.json(self.ids[program], &roots, &mut worker, engine)?;
        Ok(String::from_utf8(json.to_vec()).unwrap())
    }

    /// Asks machine code three times: nothing is kept, something is, all is.
    fn agree(&self, program: usize, subject: &Subject) -> Result<String, EvaluationFault> {
        let interpreted = self.answer(program, subject, Engine::Interpreter);
        for turn in 0..3 {
            let native = self.answer(program, subject, Engine::Native);
            assert_eq!(native, interpreted, "in turn {turn}");
        }
        interpreted
    }
}

fn context(groups: &[String]) -> String {
    let profile = serde_json::json!({"email": "a@b", "long": "x".repeat(50_000)});
    serde_json::json!({"user": {"profile": profile, "groups": groups}}).to_string()
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_was_kept_is_what_would_be_made() {
    let groups = names(&[
        "role_admin",
        "Everyone",
        "role_",
        "",
        "role_\"q\"",
        "role_\\",
        "role_\n",
        "role_é",
        "role_role_x",
        "role_0123456789012345678901234567890123456789",
        "Role_x",
        "role_012345678901234567890123456",
        "role_01234567890123456789012345678",
    ]);
    let expressions = [
        ROLES,
        "user.groups.map(g => g.length())",
        "user.groups.map(g => g.startsWith('role_') ? g + '!' : null)",
        "user.groups.filter(g => g.length() > 4).map(g => g.toUpperCase()).map(u => u + u.length())",
        "user.groups.map(g => g == 'Everyone')",
        "user.groups.name.map(n => n + 'x')",
        "user.groups.filter(g => g matches 'role_[a-z]+').map(g => g.name)",
    ];
    let about = context(&groups);
    let compiled = compiled(&about, &expressions);
    let subject = compiled.subject(&about);
    for program in 0..expressions.len() {
        compiled.agree(program, &subject).unwrap();
    }
    assert!(subject.table().kept().n_fragments() > groups.len());
}

#[test]
fn a_group_that_faults_faults_each_time() {
    let groups = names(&["abc", "abcd", "abcde"]);
    let about = context(&groups);
    let compiled = compiled(&about, &["user.groups.map(g => 10 / (g.length() - 4))"]);
    let fault = compiled.agree(0, &compiled.subject(&about)).unwrap_err();
    assert_eq!(fault.code.id, "E0604");
    assert_eq!(compiled.subject(&about).table().kept().n_fragments(), 0);
}

#[test]
fn what_is_kept_costs_what_it_would_cost() {
    // Each group takes some thousands of steps.
    let groups: Vec<String> = (0..120).map(|n| format!("{n:03}{}", "g".repeat(997))).collect();
    let lambda = "user.groups.filter(g => (g + g + g + g + g + g).length() > 1)\
        .map(g => g.substring(0, 3))";
    let dear = "(user.long + user.long).length() > 1 && (user.long + user.long).length() > 1";
    let both = format!("{dear} ? {lambda} : {{'none'}}");
    let about = context(&groups);
    let compiled = compiled(&about, &[lambda, &both]);
    let subject = compiled.subject(&about);
    compiled.agree(0, &subject).unwrap();
    assert_eq!(subject.table().kept().n_fragments(), groups.len());
    let fault = compiled.agree(1, &subject).unwrap_err();
    assert_eq!(fault.code.id, "E0606");
}

#[test]
fn a_long_answer_ends_where_it_would_end() {
    let long: Vec<String> = (0..3_000).map(|n| format!("role_{n:06}")).collect();
    let too_long: Vec<String> = (0..9_000).map(|n| format!("role_{n:06}")).collect();
    for (groups, fits) in [(long, true), (too_long, false)] {
        let about = context(&groups);
        let compiled = compiled(&about, &[ROLES]);
        assert_eq!(compiled.agree(0, &compiled.subject(&about)).is_ok(), fits);
    }
}

#[test]
fn a_group_that_is_renamed_joined_or_doubled_is_made_anew() {
    let first = context(&names(&["role_a", "role_b", "Everyone"]));
    let compiled = compiled(&first, &[ROLES]);
    let answers: Vec<String> = [
        first.clone(),
        context(&names(&["role_c", "role_b", "Everyone"])),
        context(&names(&["role_a", "role_a", "role_b", "Everyone"])),
        context(&names(&["Everyone"])),
        first,
    ]
    .iter()
    .map(|about| compiled.agree(0, &compiled.subject(about)).unwrap())
    .collect();
    let wanted = [r#"["a","b"]"#, r#"["c","b"]"#, r#"["a","a","b"]"#, "[]", r#"["a","b"]"#];
    assert_eq!(answers, wanted);
}

#[test]
fn threads_that_share_a_table_agree() {
    let groups: Vec<String> = (0..500).map(|n| format!("role_{n}")).collect();
    let about = context(&groups);
    let compiled = compiled(&about, &[ROLES, "user.groups.map(g => g + '.')"]);
    let subject = compiled.subject(&about);
    let wanted = [0, 1].map(|program| compiled.answer(program, &subject, Engine::Interpreter));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (program, wanted) in (0..50).map(|turn| turn % 2).zip(wanted.iter().cycle()) {
                    assert_eq!(compiled.answer(program, &subject, Engine::Native), *wanted);
                }
            });
        }
    });
}
