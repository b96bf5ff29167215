//! The delays of the region, each with its source.

mod switchover;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

pub use switchover::SwitchoverPace;

/// Every delay of the model.
///
/// A database's failover is a race of five clocks: when the writer moves, when the RDS API says so,
/// when DNS says so (and for how long it alternates), when the events are sent, and when they
/// arrive. Each is a field, so that a test can put them in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the creation of a reader to `available`, endpoint included. AWS takes several minutes.
    pub create_instance: Duration,
    /// From the deletion of an instance or a cluster until it is gone.
    pub delete: Duration,
    /// How long a restart keeps a database from accepting connections (AWS docs: "Rebooting a DB
    /// instance").
    pub reboot: Duration,
    /// How long a change of a cluster's network type takes.
    pub modify: Duration,
    /// From a rename until the new name resolves; the old one is gone at once (AWS docs,
    /// "Renaming a DB instance": up to 10 minutes).
    pub rename: Duration,
    /// From the start of an Aurora failover until the new writer writes (AWS docs: "typically
    /// restored in less than 60 seconds, and often less than 30").
    pub promote: Duration,
    /// From the start of a Multi-AZ failover until the standby serves (AWS docs: "typically 60-120
    /// seconds").
    pub promote_standby: Duration,
    /// From the start of a Multi-AZ DB cluster's failover until the new writer writes (AWS docs,
    /// "Failing over a Multi-AZ DB cluster": "typically under 35 seconds" for the whole, both
    /// readers having applied what the lost writer left).
    pub promote_multi_az_cluster: Duration,
    /// From the promotion until the RDS API shows the new writer. AWS states no figure; the API is
    /// not current.
    pub topology_lag: Duration,
    /// From the promotion until DNS answers the new address for the first time.
    pub dns_lag: Duration,
    /// How long DNS then goes back and forth (measured by users of aws-mysql-jdbc, issue 377: 20 to
    /// 30 s).
    pub flap: Duration,
    /// How long each answer lasts while DNS goes back and forth; never zero. An RDS record's TTL is
    /// 5 s.
    pub flap_period: Duration,
    /// From the promotion of an Aurora writer until RDS writes its "completed" event (measured by
    /// others: 16 to 39 s after "started").
    pub completed: Duration,
    /// From the promotion of a Multi-AZ DB cluster's writer until RDS writes its "completed" event:
    /// what is left of those 35 s. Nobody has measured it.
    pub completed_multi_az_cluster: Duration,
    /// From the promotion of a standby until RDS writes its "completed" event (measured by others:
    /// usable 3 to 42 s before it).
    pub completed_standby: Duration,
    /// From the promotion of a standby until the AvailabilityZone field has swapped (measured by
    /// others: 1 to 9 minutes).
    pub zone_lag: Duration,
    /// From a proxy's node leaving DNS until it stops accepting connections. Neither documented nor
    /// measured.
    pub proxy_drain: Duration,
    /// From an event's time until SNS has it (AWS docs: "might take up to five minutes").
    pub event_lag: Duration,
    /// From a message's publication until the function is invoked.
    pub delivery: Duration,
    /// From RegisterTargets until the first health check of a target counts (measured by others: 70
    /// to 180 s; AWS docs: "can take a few minutes").
    pub registration: Duration,
    /// From DeregisterTargets until no node of the load balancer sends a new connection to the
    /// target, whatever the deregistration delay (AWS docs, "Edit target group attributes for your
    /// Network Load Balancer": "due to configuration propagation delay", no figure; users measured
    /// about 120 s: aws/containers-roadmap, issue 470, and
    /// kubernetes-sigs/aws-load-balancer-controller, issue 2366; AWS support spoke of 180 to 300 s:
    /// the latter's issue 1834).
    pub deregistration: Duration,
    /// From a change of a target's health in the API until the load balancer's nodes act on it:
    /// send it new connections, or no more, and reset those that it has. Nobody has measured it for
    /// a target that becomes healthy. A user measured new connections to an unhealthy target for 30
    /// to 40 s (aws/containers-roadmap, issue 470). One delay for all nodes and targets. Users
    /// measured `registration` until traffic arrived, so it contains this delay of the first check,
    /// and the default is zero.
    pub health_lag: Duration,
    /// From the start of a switchover or failover of a global database until its writer has come to
    /// this Region, or gone (AWS docs, "Using switchover or failover in Amazon Aurora Global
    /// Database": a failover in minutes; of a switchover no figure).
    pub global_move: Duration,
    /// How long a blue/green switchover takes.
    pub switchover: SwitchoverPace,
    /// By how much the durations that a caller sets (health check intervals, deregistration delays)
    /// are divided; never zero. One, but in a world in haste, where AWS's smallest interval of 5 s
    /// would be as long as a failover.
    pub haste: u32,
}

impl Pace {
    /// The pace of AWS, as documented or as others measured it.
    pub fn real() -> Pace {
        Pace {
            create_instance: Duration::from_secs(300),
            delete: Duration::from_secs(120),
            reboot: Duration::from_secs(15),
            modify: Duration::from_secs(240),
            rename: Duration::from_secs(300),
            promote: Duration::from_secs(8),
            promote_standby: Duration::from_secs(45),
            promote_multi_az_cluster: Duration::from_secs(20),
            topology_lag: Duration::from_secs(5),
            dns_lag: Duration::from_secs(6),
            flap: Duration::from_secs(25),
            flap_period: Duration::from_secs(4),
            completed: Duration::from_secs(20),
            completed_multi_az_cluster: Duration::from_secs(12),
            completed_standby: Duration::from_secs(22),
            zone_lag: Duration::from_secs(180),
            proxy_drain: Duration::from_secs(60),
            event_lag: Duration::from_secs(10),
            delivery: Duration::from_millis(100),
            registration: Duration::from_secs(90),
            deregistration: Duration::from_secs(120),
            health_lag: Duration::ZERO,
            global_move: Duration::from_secs(60),
            switchover: SwitchoverPace::real(),
            haste: 1,
        }
    }

    /// The same story in seconds, for a demonstration: every delay in the same order, a failover
    /// over in about ten seconds.
    pub fn brisk() -> Pace {
        Pace {
            create_instance: Duration::from_millis(800),
            delete: Duration::from_secs(2),
            reboot: Duration::from_millis(800),
            modify: Duration::from_secs(2),
            rename: Duration::from_secs(2),
            promote: Duration::from_millis(1200),
            promote_standby: Duration::from_millis(1800),
            promote_multi_az_cluster: Duration::from_millis(1500),
            topology_lag: Duration::from_millis(900),
            dns_lag: Duration::from_millis(1500),
            flap: Duration::from_millis(4200),
            flap_period: Duration::from_millis(700),
            completed: Duration::from_millis(3000),
            completed_multi_az_cluster: Duration::from_millis(2000),
            completed_standby: Duration::from_millis(3500),
            zone_lag: Duration::from_secs(12),
            proxy_drain: Duration::from_secs(4),
            event_lag: Duration::from_millis(300),
            delivery: Duration::from_millis(20),
            registration: Duration::from_secs(2),
            deregistration: Duration::from_millis(2700),
            health_lag: Duration::ZERO,
            global_move: Duration::from_millis(1500),
            switchover: SwitchoverPace::brisk(),
            haste: 20,
        }
    }

    /// How long a duration that a caller set lasts at this pace.
    pub fn of_caller(&self, set: Duration) -> Duration {
        set / self.haste.max(1)
    }
}

/// How long each answer lasts at the least while DNS goes back and forth.
const SHORTEST_FLAP: Duration = Duration::from_millis(100);

/// Delays that differ from a pace, in seconds.
macro_rules! delays {
    ($($field:ident)*) => {
        #[doc = "Delays that differ from the pace's, in seconds of the region; see the fields of"]
        #[doc = "[`Pace`]."]
        #[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
        pub struct Delays { $(
            #[doc = concat!("[`Pace::", stringify!($field), "`]")]
            pub $field: Option<Seconds>,
        )* }

        impl Delays {
            /// Reads them from texts such as `health-lag=30`.
            ///
            /// # Errors
            /// What is wrong with a text, and what is allowed.
            pub fn read(texts: &[impl AsRef<str>]) -> Result<Delays, String> {
                texts.iter().try_fold(Delays::default(), |mut delays, text| {
                    let (name, seconds) = text.as_ref().split_once('=').unwrap_or_default();
                    let seconds: f64 = seconds.trim().parse().map_err(|_| {
                        format!(
                            "`{}` is no delay: write NAME=SECONDS, such as health-lag=30",
                            text.as_ref()
                        )
                    })?;
                    let seconds =
                        Seconds::try_from(seconds).map_err(|error| format!("{name}: {error}"))?;
                    let field = match name.trim() {
                        $( name if name == stringify!($field).replace('_', "-") => {
                            &mut delays.$field
                        } )*
                        name => {
                            let names = [$( stringify!($field) ),*].join(", ").replace('_', "-");
                            return Err(format!("there is no delay `{name}`; there are: {names}"));
                        }
                    };
                    *field = Some(seconds);
                    delays.check().map_err(|(key, allowed)| format!("{key}: {allowed}"))?;
                    Ok(delays)
                })
            }

            /// Refuses what no region can have: an answer of DNS that lasts too short a time, while
            /// DNS goes back and forth for perhaps a day. Gives the key and what is allowed.
            ///
            /// # Errors
            /// The key, and what is allowed.
            pub fn check(&self) -> Result<(), (&'static str, String)> {
                match self.flap_period {
                    Some(Seconds(period)) if period < SHORTEST_FLAP => {
                        let allowed = SHORTEST_FLAP.as_secs_f64();
                        Err(("flap-period", format!("write {allowed} seconds at least")))
                    }
                    _ => Ok(()),
                }
            }

            /// Sets them.
            pub fn apply(&self, pace: &mut Pace) {
                $( if let Some(Seconds(delay)) = self.$field { pace.$field = delay; } )*
            }
        }
    };
}

delays! {
    create_instance delete reboot modify rename promote promote_standby promote_multi_az_cluster
    topology_lag dns_lag flap flap_period completed completed_multi_az_cluster completed_standby
    zone_lag proxy_drain event_lag delivery registration deregistration health_lag
    global_move
}

/// A duration, written as a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct Seconds(pub Duration);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        // A day is longer than anything here takes.
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) if seconds <= 86_400.0 => Ok(Seconds(duration)),
            _ => Err(format!("{seconds} is no delay: write 0 to 86400 seconds")),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Pace::real()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_haste_everything_keeps_its_order() {
        for pace in [Pace::real(), Pace::brisk()] {
            assert!(pace.delete > pace.promote, "a deleted writer is replaced before it is gone");
            assert!(pace.dns_lag > pace.topology_lag);
            assert!(pace.flap > pace.flap_period * 2, "DNS alternates more than once");
            assert!(
                pace.completed < pace.dns_lag + pace.flap,
                "the last event comes while DNS still alternates"
            );
            assert!(
                pace.promote < pace.promote_multi_az_cluster
                    && pace.promote_multi_az_cluster < pace.promote_standby
            );
            assert!(pace.completed_multi_az_cluster < pace.dns_lag + pace.flap);
            assert!(pace.zone_lag > pace.completed_standby);
            assert!(
                pace.switchover.gap > Duration::ZERO && pace.switchover.dns_step > Duration::ZERO
            );
            assert!(
                pace.deregistration > pace.registration,
                "nodes let go of a target later than they take up another"
            );
        }
    }

    #[test]
    fn delays_are_read_by_name_and_what_is_wrong_is_told() {
        let delays = Delays::read(&["health-lag=30", "dns-lag = 0.5"]).expect("they are delays");
        let mut pace = Pace::real();
        delays.apply(&mut pace);
        assert_eq!(pace.health_lag, Duration::from_secs(30));
        assert_eq!(pace.dns_lag, Duration::from_millis(500));
        for (text, words) in [
            ("health-lag", "write NAME=SECONDS"),
            ("health-lag=soon", "write NAME=SECONDS"),
            ("health-lag=-1", "write 0 to 86400 seconds"),
            ("helth-lag=1", "there is no delay `helth-lag`; there are: create-instance, "),
        ] {
            let error = Delays::read(&[text]).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_multi_az_clusters_failover_is_over_in_what_aws_calls_typical() {
        let pace = Pace::real();
        let whole = pace.promote_multi_az_cluster + pace.completed_multi_az_cluster;
        assert!(whole < Duration::from_secs(35), "{whole:?}");
    }

    #[test]
    fn what_a_caller_sets_is_as_long_as_said_at_the_real_pace() {
        let interval = Duration::from_secs(30);
        assert_eq!(Pace::real().of_caller(interval), interval);
        assert!(Pace::brisk().of_caller(interval) < interval);
    }
}
