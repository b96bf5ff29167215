//! A DNS name and its timeline of records.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::world::Pace;

/// What a name resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing: the name does not exist.
    Absent,
    /// These addresses.
    Addresses(Vec<IpAddr>),
    /// This many of these addresses, the next ones for each query.
    SomeOf(Vec<IpAddr>, usize),
    /// Another name.
    Alias(String),
    /// One of these names, another for each query: a reader endpoint.
    OneOf(Vec<String>),
}

impl Record {
    /// One of these names, or nothing if there are none.
    pub fn one_of(names: Vec<String>) -> Record {
        if names.is_empty() { Record::Absent } else { Record::OneOf(names) }
    }
}

/// How the record of a name changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    AtOnce,
    /// After this long.
    After(Duration),
    /// As after a failover: with a lag, and then back and forth for a while.
    Failover,
}

/// A name: its records by the moment from which they hold, and the number of its queries.
#[derive(Clone, Debug, Default)]
pub(super) struct Name {
    timeline: BTreeMap<Duration, Record>,
    asked: usize,
}

impl Name {
    /// Appends a change of the name's record to the timeline.
    pub(super) fn repoint(&mut self, now: Duration, record: Record, how: Move, pace: &Pace) {
        let old = self.timeline.last_key_value().map_or(Record::Absent, |(_, last)| last.clone());
        if old == record {
            return;
        }
        let (from, alternates_until) = match how {
            Move::AtOnce => (now, now),
            Move::After(delay) => (now + delay, now + delay),
            Move::Failover => (now + pace.dns_lag, now + pace.dns_lag + pace.flap),
        };
        let current = self.timeline.range(..=now).next_back().map(|(when, _)| *when);
        self.timeline
            .retain(|when, _| *when < from && current.is_none_or(|current| current <= *when));
        let period = pace.flap_period.max(Duration::from_millis(1));
        let mut at = from;
        while at < alternates_until {
            self.timeline.insert(at, record.clone());
            self.timeline.insert(at + period, old.clone());
            at += 2 * period;
        }
        self.timeline.retain(|when, _| *when < alternates_until);
        self.timeline.insert(alternates_until, record);
    }

    /// The record at a moment, with one name chosen where it is one of several, and a part of the
    /// addresses if an answer lists only some.
    pub(super) fn ask(&mut self, now: Duration) -> Record {
        match self.at(now) {
            Record::OneOf(names) => {
                let turn = names.get(self.asked % names.len().max(1));
                self.asked = self.asked.wrapping_add(1);
                turn.cloned().map_or(Record::Absent, Record::Alias)
            }
            Record::SomeOf(addresses, at_a_time) => {
                let from = self.asked.wrapping_mul(at_a_time) % addresses.len().max(1);
                self.asked = self.asked.wrapping_add(1);
                let turn = addresses.iter().cycle().skip(from);
                Record::Addresses(turn.take(at_a_time.min(addresses.len())).copied().collect())
            }
            record => record,
        }
    }

    fn at(&self, moment: Duration) -> Record {
        let entry = self.timeline.range(..=moment).next_back();
        entry.map_or(Record::Absent, |(_, record)| record.clone())
    }
}
