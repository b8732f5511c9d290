//! Exchanges as data: every request of `tests/exchanges` gets the answer that is written there, over
//! a fixed organization, with a clock that stands still. `UPDATE=1` writes the answers anew; the
//! difference is then read like any other change. `replay` asks them again of stores that fail.

mod covered;
mod player;
mod replay;
mod story;
mod words;

use super::*;
use crate::publish::Published;
use crate::publish::fixture::publish;
use crate::store::Fails;
use player::{Player, organization, world_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use story::{File, Step, Story, files};

/// What is different in an organization: JSON pointers and the values there.
type Changes = Vec<(String, String)>;

/// The organization of a story, published; most stories share one.
#[derive(Default)]
struct Organizations(Vec<(Changes, Arc<Published>)>);

impl Organizations {
    fn of(&mut self, file: &File, story: &Story) -> Arc<Published> {
        let mut changes: Changes =
            file.before(story).iter().flat_map(|former| former.with.clone()).collect();
        changes.extend(story.with.iter().cloned());
        if let Some((_, published)) = self.0.iter().find(|(known, _)| *known == changes) {
            return Arc::clone(published);
        }
        let published = Arc::new(publish(&organization(&changes).to_string()));
        self.0.push((changes, Arc::clone(&published)));
        published
    }
}

#[test]
fn every_exchange_gets_the_answer_that_is_written() {
    let update = std::env::var_os("UPDATE").is_some();
    let only = std::env::var("STORY").unwrap_or_default();
    let mut organizations = Organizations::default();
    let mut wrong = Vec::new();
    for mut file in files() {
        for index in 0..file.stories.len() {
            let mut story = file.stories[index].clone();
            if !story.title.contains(&only) {
                continue;
            }
            let published = organizations.of(&file, &story);
            let played = catch_unwind(AssertUnwindSafe(|| play(&file, &mut story, &published)));
            match played {
                Ok(found) => wrong.extend(found),
                Err(_) => wrong.push(format!("{}: {}: panicked", file.name(), story.title)),
            }
            file.stories[index] = story;
        }
        if update {
            file.write();
        }
    }
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Plays a story, puts the answers it got in it, and says which were others.
fn play(file: &File, story: &mut Story, published: &Arc<Published>) -> Vec<String> {
    let (world, _) = world_of(published, 0, Fails::Before);
    let mut player = Player::new(&world);
    for former in file.before(story) {
        if let Err(error) = player.play(former) {
            return vec![format!("{}: before {}: {error}", file.name(), story.title)];
        }
    }
    let mut wrong = Vec::new();
    let title = story.title.clone();
    for step in &mut story.steps {
        player.take(step);
        let Step::Exchange(exchange) = step else { continue };
        let told = player.ask(exchange);
        if !player.agrees(&exchange.answer, &told) {
            let (name, asked) = (file.name(), exchange.title());
            let named = player.named(told);
            wrong.push(format!(
                "{name}: {title}: {asked}\nexpected {}\nfound    {}",
                exchange.answer,
                named.print()
            ));
            exchange.answer = named.print();
        }
    }
    wrong
}
