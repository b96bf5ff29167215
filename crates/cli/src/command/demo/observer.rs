//! Looks at the region itself: who truly writes, and what the groups truly hold.

use std::net::SocketAddr;

use writerlink_lab::World;
use writerlink_lab::world::elbv2::Transition;

use super::story::Story;
use crate::render::timeline::Kind;
use writerlink_lab::scene::{Link, Writer};

/// The witness of a play.
pub(super) struct Observer<'a> {
    links: &'a [Link],
    accounts: Vec<Account>,
    transitions: usize,
}

/// What was seen of one group. All times are seconds of the story.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    /// Who writes.
    pub(super) writer: Option<Writer>,
    /// When that changed last.
    pub(super) promoted: Option<f64>,
    /// When the group first held the new writer.
    pub(super) registered: Option<f64>,
    /// Since when it has held the writer and nothing else.
    pub(super) right: Option<f64>,
    /// When it first held nothing at all.
    pub(super) emptied: Option<f64>,
    /// Whether its one target takes traffic.
    pub(super) healthy: bool,
}

impl<'a> Observer<'a> {
    /// Tells how things stand before anything happens.
    pub(super) fn new(links: &'a [Link], world: &World, story: &Story) -> Self {
        let account = |link: &Link| {
            let writer = link.writer(world);
            if let Some(writer) = &writer {
                let text = format!("{} at {} is the writer", writer.instance, writer.address);
                story.tell(Kind::Truth, Some(link.database()), text);
            }
            Account { writer, ..Account::default() }
        };
        Self {
            links,
            accounts: links.iter().map(account).collect(),
            transitions: world.elbv2.timeline().len(),
        }
    }

    /// Tells what has changed since the last look.
    pub(super) fn look(&mut self, world: &World, story: &Story) {
        for (link, account) in self.links.iter().zip(&mut self.accounts) {
            account.see_writer(link, world, story);
            account.see_targets(&link.present(world), story.seconds());
        }
        let transitions = world.elbv2.timeline();
        for transition in &transitions[self.transitions..] {
            let link = self.links.iter().find(|link| link.group == transition.group);
            let database = link.map(Link::database);
            story.tell(Kind::Target, database, moved(transition));
        }
        self.transitions = transitions.len();
    }

    /// Whether every database has failed over and every group has exactly the writer, taking
    /// traffic.
    pub(super) fn is_content(&self) -> bool {
        self.accounts
            .iter()
            .all(|account| account.promoted.is_some() && account.right.is_some() && account.healthy)
    }

    /// What was seen, in the order of the links.
    pub(super) fn accounts(&self) -> &[Account] {
        &self.accounts
    }
}

impl Account {
    fn see_writer(&mut self, link: &Link, world: &World, story: &Story) {
        let writer = link.writer(world);
        if writer == self.writer {
            return;
        }
        if let Some(writer) = &writer {
            let text = match link.source.cluster() {
                Some(_) => {
                    format!("{} at {} is the writer", writer.instance, writer.address)
                }
                None => format!("the standby serves, at {}", writer.address),
            };
            story.tell(Kind::Truth, Some(link.database()), text);
        }
        self.writer = writer;
        self.promoted = Some(story.seconds());
        self.registered = None;
        self.right = None;
    }

    fn see_targets(&mut self, present: &[(SocketAddr, &'static str)], now: f64) {
        let writer = self.writer.as_ref().map(|writer| writer.address);
        let is_writer = |(address, _): &(SocketAddr, _)| Some(*address) == writer;
        if present.is_empty() {
            self.emptied.get_or_insert(now);
        }
        if present.iter().any(is_writer) {
            self.registered.get_or_insert(now);
        }
        if present.len() == 1 && present.iter().all(is_writer) {
            self.right.get_or_insert(now);
        } else {
            self.right = None;
        }
        self.healthy = present.iter().all(|(_, state)| *state == "healthy");
    }
}

fn moved(transition: &Transition) -> String {
    let target = &transition.target;
    match transition.to {
        Some(state) => format!("{target} is {}", state.as_str()),
        None => format!("{target} is gone"),
    }
}
