//! What the claims and rules of a draft take: each is handed on as something to be evaluated, over
//! the people of the organization in turns.

use super::Draft;
use super::compile::CompiledServer;
use crate::claims::ClaimMember;
use crate::directory::{Access, PackError, Session};
use crate::program::{Engine, Roots, Worker};
use crate::server::AuthorizationServer;
use std::hint::black_box;

/// So many people at most take turns.
const PEOPLE: usize = 64;

/// One thing to measure: its place in the document, and what evaluates it so many times.
type Measure<'m> = dyn FnMut(&str, &mut dyn FnMut(Engine, u32)) + 'm;

impl Draft {
    /// Hands on all claims of each kind of token of each server, as one program, and, if asked to
    /// tell them apart, each claim and condition. `now` is in microseconds since 1970.
    ///
    /// # Errors
    /// What is too large for a record.
    pub fn measure(
        &self,
        apart: bool,
        now: i64,
        measure: &mut Measure<'_>,
    ) -> Result<(), PackError> {
        for (server, made) in self.organization.servers.iter().zip(&self.servers) {
            self.measure_server(server, made, (apart, now), measure)?;
        }
        Ok(())
    }

    fn measure_server(
        &self,
        server: &AuthorizationServer,
        made: &CompiledServer,
        (apart, now): (bool, i64),
        measure: &mut Measure<'_>,
    ) -> Result<(), PackError> {
        let audience = server.audiences.first().map_or("", String::as_str);
        let access = Access { scopes: &[], audience, grant_type: "authorization_code" };
        let session = Session { id: None, methods: &["pwd"] };
        let programs = &made.programs;
        let request = self.records.pack_request(0, &access, None, Some(session), programs)?;
        let resolved = programs.resolve(self.records.groups());
        let n_people = self.organization.directory.users().len().min(PEOPLE);
        let people = (0..n_people).map(Some).chain((n_people == 0).then_some(None));
        let roots: Vec<Roots<'_>> = people
            .map(|index| index.and_then(|index| self.records.person(index)))
            .map(|user| user.map(|user| &**user))
            .map(|user| self.records.roots(user, 0, &request, &resolved, now))
            .collect();
        let mut worker = Worker::new();
        let mut turns = roots.iter().cycle();
        let mut repeat = |n: u32, evaluate: &mut dyn FnMut(&Roots<'_>, &mut Worker)| {
            for roots in turns.by_ref().take(n as usize) {
                evaluate(black_box(roots), &mut worker);
            }
        };
        for ClaimMember { path, objects } in made.plan.members(server, apart) {
            measure(&path, &mut |engine, n| {
                repeat(n, &mut |roots, worker| {
                    for (object, selected) in &objects {
                        let json = programs.object(*object, &[*selected], roots, worker, engine);
                        drop(black_box(json.map(<[u8]>::len)));
                    }
                });
            });
        }
        for condition in server.conditions().filter(|_| apart) {
            let Some(id) = made.conditions.get(&condition.text) else { continue };
            measure(&condition.path, &mut |engine, n| {
                repeat(n, &mut |roots, worker| {
                    drop(black_box(programs.condition(*id, roots, worker, engine)));
                });
            });
        }
        Ok(())
    }
}
