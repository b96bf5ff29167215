//! What a play assumes: of AWS, where nobody has measured it, and of the settings that a function
//! is deployed with.

use std::time::Duration;

use serde::Serialize;

use super::handler::Program;
use crate::wire::Busy;
use crate::world::elbv2::LeavingHealth;
use crate::world::pace::Delays;
use crate::world::{Pace, World};

/// What is assumed of the region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionAssumptions {
    /// How nodes see the health of a target that is being removed.
    pub leaving_health: LeavingHealth,
    /// Delays that replace the scenario's and those that the seed draws.
    pub delays: Delays,
}

/// Which events a function is invoked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subscription {
    /// Failovers of clusters and of instances, and what is told of blue/green deployments and of
    /// global databases.
    #[default]
    Failover,
    /// Also the other events of instances that a failover of their cluster brings about (categories
    /// `availability` and `notification`).
    Instances,
}

/// The settings of a Lambda function that decide how it is invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionSettings {
    /// How long an invocation may take, in seconds as they are written in a template.
    pub timeout: Duration,
    /// How often an invocation that ended in an error is tried again.
    pub retries: usize,
    /// When an invocation that finds no free environment is tried again.
    pub busy: Busy,
    /// Which events it is invoked with.
    pub subscription: Subscription,
}

/// A program's own work takes as long as it takes, however fast the region is. So a time-out up to
/// this is not shortened, and a longer one is not shortened below it.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(30);

impl FunctionSettings {
    /// As `infra/reconciler.yaml` deploys ours.
    pub const OURS: FunctionSettings = FunctionSettings {
        timeout: Duration::from_secs(240),
        retries: 0,
        busy: Busy::Backoff,
        subscription: Subscription::Instances,
    };

    /// Those of a function whose template says nothing (AWS docs: "Configure Lambda function
    /// timeout", 3 s; "Configuring error handling settings for asynchronous invocations", 2), and
    /// whose subscription is that of the template that most of them copy (AWS Database Blog,
    /// "Access Amazon RDS across AWS accounts": `failover` and `failure`).
    pub const OF_LAMBDA: FunctionSettings = FunctionSettings {
        timeout: Duration::from_secs(3),
        retries: 2,
        busy: Busy::Backoff,
        subscription: Subscription::Failover,
    };

    /// The usual ones of a program: our own function's, or Lambda's for any other.
    pub fn of(program: &Program) -> FunctionSettings {
        match program {
            Program::File(_) => FunctionSettings::OURS,
            Program::Command(_) => FunctionSettings::OF_LAMBDA,
        }
    }

    /// The time-out on the wall while the region is so many times as fast.
    pub(super) fn timeout_at(&self, speed: f64) -> Duration {
        let least = self.timeout.min(SHORTEST_TIMEOUT);
        self.timeout.div_f64(speed).max(least)
    }
}

/// What was assumed, as a verdict says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Assumptions {
    /// How nodes saw the health of a target that was being removed.
    pub leaving_health: LeavingHealth,
    /// How many seconds later than the API nodes learnt of a target's health.
    pub health_lag: f64,
    /// Which showed a new writer first after a failover: `rds-api` or `dns`.
    pub shown_first: String,
    /// Which events the program was invoked with.
    pub subscription: Subscription,
    /// Whether the program was invoked every minute.
    pub schedule: bool,
    /// The function's time-out in seconds.
    pub timeout: f64,
    /// How often an invocation that ended in an error was tried again.
    pub retries: usize,
    /// `backoff` or `at-once`: when an invocation that found no free environment was tried again.
    pub queue: String,
}

impl Assumptions {
    pub(super) fn of(world: &World, function: FunctionSettings, schedule: bool) -> Assumptions {
        let Pace { health_lag, topology_lag, dns_lag, .. } = world.pace;
        Assumptions {
            leaving_health: world.elbv2.leaving_health,
            health_lag: health_lag.as_secs_f64(),
            shown_first: if dns_lag < topology_lag { "dns" } else { "rds-api" }.to_owned(),
            subscription: function.subscription,
            schedule,
            timeout: function.timeout.as_secs_f64(),
            retries: function.retries,
            queue: match function.busy {
                Busy::Backoff => "backoff",
                Busy::AtOnce => "at-once",
            }
            .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_goes_with_the_region_but_leaves_a_program_the_time_that_its_own_work_takes() {
        for (timeout, speed, on_the_wall) in [
            (3, 1.0, 3),
            (3, 5.0, 3),
            (3, 0.5, 6),
            (60, 1.0, 60),
            (60, 5.0, 30),
            (240, 1.0, 240),
            (240, 5.0, 48),
            (240, 30.0, 30),
        ] {
            let timeout = Duration::from_secs(timeout);
            let settings = FunctionSettings { timeout, ..FunctionSettings::OF_LAMBDA };
            let expected = Duration::from_secs(on_the_wall);
            assert_eq!(settings.timeout_at(speed), expected, "{timeout:?} at {speed}");
        }
    }

    #[test]
    fn our_settings_are_those_that_the_template_deploys() {
        let template = include_str!("../../../../infra/writerlink.yaml");
        let ours = FunctionSettings::OURS;
        let timeout = format!("Timeout: {}", ours.timeout.as_secs());
        assert!(template.lines().any(|line| line.trim() == timeout));
        let retries = format!("MaximumRetryAttempts: {}", ours.retries);
        let of_ours = "FunctionName: !Ref ReconcilerFunction, ";
        assert!(template.lines().any(|line| line.contains(of_ours) && line.contains(&retries)));
        assert_eq!(ours.subscription, Subscription::Instances);
        assert!(template.contains("EventCategories: [availability, "));
    }
}
