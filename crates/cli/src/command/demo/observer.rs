//! Observes the region itself: which instance actually writes, and what the groups actually hold.

use std::net::SocketAddr;

use writerlink_lab::World;
use writerlink_lab::world::elbv2::Transition;

use super::timeline::Timeline;
use crate::render::timeline::Kind;
use writerlink_lab::scene::{Link, Writer};

pub(super) struct Observer<'a> {
    links: &'a [Link],
    groups: Vec<ObservedGroup>,
    transitions: usize,
}

/// What was observed of one group. All times are seconds since the demo started.
#[derive(Debug, Clone, Default)]
pub(super) struct ObservedGroup {
    pub(super) writer: Option<Writer>,
    /// When the writer last changed.
    pub(super) promoted: Option<f64>,
    /// When the group first held the new writer.
    pub(super) registered: Option<f64>,
    /// Since when the group has held the writer and nothing else.
    pub(super) right: Option<f64>,
    /// When the group was first empty.
    pub(super) emptied: Option<f64>,
    /// Whether all of its targets take traffic.
    pub(super) healthy: bool,
}

impl<'a> Observer<'a> {
    /// Records the writers before anything happens.
    pub(super) fn new(links: &'a [Link], world: &World, timeline: &Timeline) -> Self {
        let observed = |link: &Link| {
            let writer = link.writer(world);
            if let Some(writer) = &writer {
                let text = format!("{} at {} is the writer", writer.instance, writer.address);
                timeline.record(Kind::Truth, Some(link.database()), text);
            }
            ObservedGroup { writer, ..ObservedGroup::default() }
        };
        Self {
            links,
            groups: links.iter().map(observed).collect(),
            transitions: world.elbv2.timeline().len(),
        }
    }

    /// Records what has changed since the last look.
    pub(super) fn look(&mut self, world: &World, timeline: &Timeline) {
        for (link, group) in self.links.iter().zip(&mut self.groups) {
            group.see_writer(link, world, timeline);
            group.see_targets(&link.present(world), timeline.seconds());
        }
        let transitions = world.elbv2.timeline();
        for transition in &transitions[self.transitions..] {
            let link = self.links.iter().find(|link| link.group == transition.group);
            let database = link.map(Link::database);
            timeline.record(Kind::Target, database, moved(transition));
        }
        self.transitions = transitions.len();
    }

    /// Whether every database has failed over and every group has exactly the writer, healthy.
    pub(super) fn all_right(&self) -> bool {
        self.groups
            .iter()
            .all(|group| group.promoted.is_some() && group.right.is_some() && group.healthy)
    }

    /// What was observed, in the order of the links.
    pub(super) fn groups(&self) -> &[ObservedGroup] {
        &self.groups
    }
}

impl ObservedGroup {
    fn see_writer(&mut self, link: &Link, world: &World, timeline: &Timeline) {
        let writer = link.writer(world);
        if writer == self.writer {
            return;
        }
        if let Some(writer) = &writer {
            let text = match link.source.cluster() {
                Some(_) => {
                    format!("{} at {} is the writer", writer.instance, writer.address)
                }
                None => format!("the standby at {} has taken over", writer.address),
            };
            timeline.record(Kind::Truth, Some(link.database()), text);
        }
        self.writer = writer;
        self.promoted = Some(timeline.seconds());
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
        None => format!("{target} is removed"),
    }
}
