//! The region as a value: its services, its clock, and its scheduled changes.

pub mod budget;
pub mod dns;
pub mod elbv2;
pub mod events;
pub mod hosts;
pub mod ids;
pub mod journal;
pub mod pace;
pub mod paging;
pub mod rds;
pub mod schedule;
pub mod sns;
pub mod surroundings;
pub mod vpc;

use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use budget::Budgets;
pub use journal::{Call, Journal, Outcome, Service};
pub use pace::Pace;

pub use crate::api_error::ApiError;
use crate::fault::FaultPlan;
use schedule::Schedule;

/// One AWS region of one account, with everything in it.
#[derive(Clone, Debug)]
pub struct World {
    /// The region's name, `eu-west-1` unless changed before anything is created.
    pub region: String,
    /// The account's number, `111122223333` unless changed before anything is created.
    pub account: String,
    /// How long everything takes.
    pub pace: Pace,
    /// The databases: what is true of them, and what the RDS API says.
    pub rds: rds::Rds,
    /// Databases that are not of RDS.
    pub hosts: hosts::Hosts,
    /// Load balancers and target groups.
    pub elbv2: elbv2::Elbv2,
    /// Event subscriptions and the events so far.
    pub events: events::Events,
    /// Topics, subscriptions and what waits to be delivered.
    pub sns: sns::Sns,
    /// What a resolver would answer.
    pub dns: dns::Dns,
    /// What stands around all of that and does not change by itself.
    pub surroundings: surroundings::Surroundings,
    /// What is to go wrong.
    pub faults: FaultPlan,
    /// How many API calls are taken; without budgets, any number.
    pub budgets: Option<Budgets>,
    /// Every API call that was made.
    pub calls: Journal,
    now: Duration,
    epoch: Timestamp,
    /// From this moment on, time runs so many times as fast as in the world's timestamps.
    haste: (Duration, f64),
    schedule: Schedule<WorldChange>,
}

/// Something that is due at a later moment.
#[derive(Clone, Debug)]
pub enum WorldChange {
    /// A database changes.
    Rds(rds::RdsChange),
    /// A target or a load balancer changes.
    Elbv2(elbv2::TargetChange),
    /// An RDS event reaches its subscribers.
    Events(events::EventsChange),
    /// A message leaves a topic.
    Sns(sns::SnsChange),
}

impl World {
    /// An empty region whose clock begins at `epoch`, in eu-west-1, at the pace AWS was measured to
    /// have.
    pub fn new(epoch: Timestamp) -> World {
        World {
            region: "eu-west-1".to_owned(),
            account: "111122223333".to_owned(),
            pace: Pace::real(),
            rds: rds::Rds::default(),
            hosts: hosts::Hosts::default(),
            elbv2: elbv2::Elbv2::default(),
            events: events::Events::default(),
            sns: sns::Sns::default(),
            dns: dns::Dns::default(),
            surroundings: surroundings::Surroundings::default(),
            faults: FaultPlan::default(),
            budgets: None,
            calls: Journal::default(),
            now: Duration::ZERO,
            epoch,
            haste: (Duration::ZERO, 1.0),
            schedule: Schedule::default(),
        }
    }

    /// The same region at another pace.
    pub fn with_pace(mut self, pace: Pace) -> World {
        self.pace = pace;
        self
    }

    /// Time since the world began.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// From now on, time runs so many times as fast as the clock on the wall. The timestamps are
    /// the wall's: a function compares the time of an event with its own clock.
    ///
    /// # Panics
    ///
    /// When the speed is no positive number.
    pub(crate) fn runs_at(&mut self, speed: f64) {
        assert!(speed.is_finite() && speed > 0.0, "{speed} is no speed");
        self.haste = (self.now, speed);
    }

    /// The moment, as a timestamp.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp_at(self.now)
    }

    /// The timestamp of another moment of this world.
    pub fn timestamp_at(&self, when: Duration) -> Timestamp {
        let (from, speed) = self.haste;
        let by_the_wall = when.min(from) + when.saturating_sub(from).div_f64(speed);
        SignedDuration::try_from(by_the_wall)
            .ok()
            .and_then(|since| self.epoch.checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// Takes a call's tokens at this moment. Whether the call may go on: a call that may not is
    /// answered `Rate exceeded`.
    pub(crate) fn admits(&mut self, service: Service, operation: &str) -> bool {
        let now = self.now;
        self.budgets.as_mut().is_none_or(|budgets| budgets.take(now, service, operation))
    }

    /// The ARN of a Lambda function.
    pub fn function_arn(&self, name: &str) -> String {
        format!("arn:aws:lambda:{}:{}:function:{name}", self.region, self.account)
    }

    /// Moves the clock to `to` and carries out, in order, everything that falls due on the way. An
    /// earlier moment than
    /// [`now`](World::now) changes nothing: time does not go back.
    pub fn advance(&mut self, to: Duration) {
        while let Some((when, change)) = self.schedule.pop_due(to) {
            self.now = self.now.max(when);
            self.carry_out(change);
        }
        self.now = self.now.max(to);
    }

    /// Moves the clock by `by`; see [`advance`](World::advance).
    pub fn pass(&mut self, by: Duration) {
        self.advance(self.now.saturating_add(by));
    }

    /// Schedules a change for `delay` from now.
    pub fn after(&mut self, delay: Duration, change: WorldChange) {
        self.schedule.push(self.now.saturating_add(delay), change);
    }

    /// When the next scheduled change is due.
    pub fn next_due(&self) -> Option<Duration> {
        self.schedule.next_due()
    }

    /// Whether a TCP connection to this address would be accepted by a database or a proxy at this
    /// moment.
    ///
    /// An Aurora reader accepts as its writer does; the standby of a Multi-AZ instance refuses, and
    /// so does a database that is being created, stopped or restarted (AWS docs, "Multi-AZ DB
    /// instance deployments": a standby does not serve read traffic).
    pub fn accepts_tcp(&self, address: IpAddr) -> bool {
        self.rds.accepts_tcp(address) || self.hosts.accepts_tcp(address, None)
    }

    /// The same, of one port.
    pub fn listens(&self, address: IpAddr, port: u16) -> bool {
        self.rds.listens(address, port) || self.hosts.accepts_tcp(address, Some(port))
    }

    fn carry_out(&mut self, change: WorldChange) {
        match change {
            WorldChange::Rds(change) => self.apply_rds(change),
            WorldChange::Elbv2(change) => self.apply_elbv2(change),
            WorldChange::Events(change) => self.apply_events(change),
            WorldChange::Sns(change) => self.apply_sns(change),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_haste_the_timestamps_are_those_of_the_clock_on_the_wall() {
        let mut world = World::new(Timestamp::UNIX_EPOCH);
        world.pass(Duration::from_secs(600));
        world.runs_at(5.0);
        world.pass(Duration::from_secs(50));
        assert_eq!(world.timestamp().as_second(), 610);
        assert_eq!(world.timestamp_at(Duration::from_secs(300)).as_second(), 300);
    }
}
