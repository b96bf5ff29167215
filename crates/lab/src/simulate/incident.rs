//! One incident of a script: when and where it happens, for how long, how it begins, and how it is
//! undone.

mod databases;
mod groups;
mod messages;
mod moves;
mod names;
mod sets;
mod undo;

use std::net::SocketAddr;
use std::time::Duration;

use writerlink_core::source::Source;

pub(super) use self::messages::FORGED_ADDRESS;
pub(super) use self::names::is_a_lie;
pub(super) use self::undo::Undo;

use self::groups::{add_target, delete_listeners};
use self::messages::{MALFORMED, event, forged, say};
use super::injected_fault::InjectedFault;
use super::setting::Bound;
use super::setting::set::GUESTS;
use super::step::RunStep;
use crate::fault::{DeliveryFault, Effect, Fault};
use crate::world::{ApiError, World};

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub(super) fault: InjectedFault,
    pub(super) when: When,
    /// For how long; nothing, where it happens at one moment.
    pub(super) lasts: Duration,
    /// Which binding, where it concerns one.
    pub(super) place: usize,
    /// What else was drawn for it: which of several forms it takes.
    pub(super) form: usize,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At this moment.
    At(Duration),
    /// When a run takes this step, from this moment on.
    In(RunStep, Duration),
}

/// How the region changed.
#[derive(Default)]
pub(super) struct Begun {
    /// In words, for the transcript.
    pub(super) words: String,
    /// How it is undone.
    pub(super) undo: Option<Undo>,
    /// The name whose DNS answers it changes.
    pub(super) name: Option<String>,
    /// The message that it strikes is still to come.
    pub(super) awaits_message: bool,
    /// Until when databases move because of it.
    pub(super) moves_until: Option<Duration>,
}

impl Incident {
    /// Begins the incident. It is skipped if the region refuses it, such as a failover of a
    /// database that is being renamed.
    pub(super) fn begin(&self, world: &mut World, bounds: &[Bound], topic: &str) -> Begun {
        let bound = &bounds[self.place];
        self.try_begin(world, bound, bounds, topic).unwrap_or_else(|refusal| Begun {
            words: format!("skipped: {refusal}"),
            ..Begun::default()
        })
    }

    fn try_begin(
        &self,
        world: &mut World,
        bound: &Bound,
        bounds: &[Bound],
        topic: &str,
    ) -> Result<Begun, ApiError> {
        match self.fault {
            InjectedFault::FailOver => self.fail_over(world, bound),
            InjectedFault::ZoneLost => Ok(self.lose_zone(world, bounds)),
            InjectedFault::HostReplaced => self.replace_host(world, bound),
            InjectedFault::MessageDuplicated => {
                self.message(world, DeliveryFault::Duplicate(1 + self.small(3)), bound, topic)
            }
            InjectedFault::MessageLost => self.message(world, DeliveryFault::Lose, bound, topic),
            InjectedFault::MessageLate => {
                let late = DeliveryFault::Delay(Duration::from_secs(60) + self.lasts);
                self.message(world, late, bound, topic)
            }
            InjectedFault::MessageOutOfOrder => {
                self.message(world, DeliveryFault::Delay(self.lasts), bound, topic)
            }
            InjectedFault::MessageMalformed => {
                say(world, topic, MALFORMED[self.form % MALFORMED.len()].to_owned())
            }
            InjectedFault::MessageForged => say(world, topic, forged(self.form, bound)),
            InjectedFault::MessageOfStranger => {
                say(world, topic, event(world, "db-cluster", "somebody-else", 71))
            }
            InjectedFault::RdsThrottled => Ok(self.on_rds(world, bound, Effect::Throttle)),
            InjectedFault::RdsServerError => {
                Ok(self.on_rds(world, bound, Effect::ServerErrorBefore))
            }
            InjectedFault::RdsSlow => Ok(self.on_rds(
                world,
                bound,
                Effect::Delay(Duration::from_millis(200 + 40 * u64::from(self.small(120)))),
            )),
            InjectedFault::RdsPageLost if self.form.is_multiple_of(2) => {
                Ok(self.on_rds(world, bound, Effect::EmptyPage))
            }
            InjectedFault::RdsPageLost => Ok(self.on_rds(world, bound, Effect::LostPage)),
            InjectedFault::RdsDenied => Ok(self.on_rds(world, bound, Effect::AccessDenied)),
            InjectedFault::RdsStale | InjectedFault::RdsNoWriter | InjectedFault::RdsTwoWriters => {
                self.insist(world, bound)
            }
            InjectedFault::RdsAbsent => self.unlist(world, bound),
            InjectedFault::RdsRenamed => self.rename(world, bound),
            InjectedFault::RdsModifying => self.show_status(world, bound),
            InjectedFault::DnsStale
            | InjectedFault::DnsFlapping
            | InjectedFault::DnsNxDomain
            | InjectedFault::DnsServFail
            | InjectedFault::DnsTimeout
            | InjectedFault::DnsEmpty
            | InjectedFault::DnsSeveral
            | InjectedFault::DnsPublic
            | InjectedFault::DnsLoopback
            | InjectedFault::DnsPoisoned
            | InjectedFault::DnsWrongFamily
            | InjectedFault::DnsTruncated => Ok(self.on_name(world, bound)),
            InjectedFault::ReadThrottled => Ok(self.on_read(world, bound, Effect::Throttle)),
            InjectedFault::ReadServerError => {
                Ok(self.on_read(world, bound, Effect::ServerErrorBefore))
            }
            InjectedFault::ReadStale => {
                Ok(self.on_calls(world, "DescribeTargetHealth", Some(bound), Effect::Stale))
            }
            InjectedFault::HealthDenied => {
                Ok(self.on_calls(world, "DescribeTargetHealth", None, Effect::AccessDenied))
            }
            InjectedFault::WriteThrottled => Ok(self.on_write(world, bound, Effect::Throttle)),
            InjectedFault::WriteErrorBefore => {
                Ok(self.on_write(world, bound, Effect::ServerErrorBefore))
            }
            InjectedFault::WriteErrorAfter => {
                Ok(self.on_write(world, bound, Effect::ServerErrorAfter))
            }
            InjectedFault::WriteReplyLost => {
                // What is still on its way lands within the longest write.
                let late =
                    Effect::Late(Duration::from_millis(100 + 20 * u64::from(self.small(140))));
                let forms = [Effect::ResetAfter, Effect::Hang, Effect::Truncated, late];
                Ok(self.on_write(world, bound, forms[self.form % forms.len()].clone()))
            }
            InjectedFault::WritePartial => {
                Ok(self.on_calls(world, "DeregisterTargets", None, Effect::Partial))
            }
            InjectedFault::RegisterDenied => {
                Ok(self.on_calls(world, "RegisterTargets", None, Effect::AccessDenied))
            }
            InjectedFault::DeregisterDenied => {
                Ok(self.on_calls(world, "DeregisterTargets", None, Effect::AccessDenied))
            }
            InjectedFault::CredentialsExpired => {
                let message = "The security token included in the request is expired";
                let error = ApiError::new("ExpiredToken", 403, message);
                Ok(self.on_calls(world, "*", None, Effect::Error(error)))
            }
            InjectedFault::QuotaReached => {
                world.elbv2.set_target_quota(1);
                Ok(Begun::undone_by("a group may hold at most 1 target".to_owned(), Undo::Quota))
            }
            InjectedFault::GroupUnused => {
                let balancer = delete_listeners(world, bound)?;
                let words = format!("no listener forwards to the group of {}", bound.link.name);
                Ok(Begun::undone_by(words, Undo::Listener(balancer)))
            }
            InjectedFault::GroupGone => {
                // It may have none already.
                let _ = delete_listeners(world, bound);
                world.remove_target_group(&bound.link.group);
                Ok(Begun::of(format!("the group of {} is deleted", bound.link.name)))
            }
            InjectedFault::ForeignTarget => {
                let target = SocketAddr::from(([10, 30, 0, 77], bound.link.port));
                add_target(world, bound, target, Some("all"))
            }
            InjectedFault::ScaledOut => self.scale_out(world, bound),
            InjectedFault::ScaledIn => {
                let reader = bound.instances[self.form % bound.instances.len()];
                self.scale_in(world, bound, &[reader])
            }
            InjectedFault::ReadersGone => {
                let readers: Vec<_> = bound.instances.iter().chain(&GUESTS).copied().collect();
                self.scale_in(world, bound, &readers)
            }
            InjectedFault::NodeReplaced => self.replace_node(world, bound),
            InjectedFault::HostMoved => Ok(self.move_host(world, bound)),
            InjectedFault::DnsPartial => self.tell_parts(world, bound),
            InjectedFault::SwitchedOver | InjectedFault::SwitchoverCancelled => {
                self.switch_over(world, bound)
            }
            InjectedFault::MadeAgain => self.delete(world, bound),
            InjectedFault::Demoted => self.demote(world, bound),
            InjectedFault::OtherPort => match bound.truth(world).pop_first() {
                Some(writer) => {
                    let target = SocketAddr::new(writer.ip(), writer.port() + 1);
                    add_target(world, bound, target, None)
                }
                None => Ok(Begun::of("there is no writer".to_owned())),
            },
            InjectedFault::SlowToHealthy => {
                let undo = Undo::Registration(world.pace.registration);
                world.pace.registration = Duration::from_secs(180 + u64::from(self.small(120)));
                let seconds = world.pace.registration.as_secs();
                Ok(Begun::undone_by(format!("a target takes {seconds} s to its first check"), undo))
            }
            InjectedFault::NeverHealthy => {
                world.elbv2.shut_checks_out(&bound.link.group);
                let words =
                    format!("the checks of the group of {} do not get through", bound.link.name);
                Ok(Begun::undone_by(words, Undo::Checks))
            }
            // These happen to runs and do not change the region.
            InjectedFault::Killed
            | InjectedFault::LateWrite
            | InjectedFault::DeadlineNear
            | InjectedFault::TwoAtOnce
            | InjectedFault::ClockSkew => Ok(Begun::default()),
        }
    }

    fn on_rds(&self, world: &mut World, bound: &Bound, effect: Effect) -> Begun {
        let operations = match &bound.link.source {
            Source::Custom { .. } => ["DescribeDBClusters", "DescribeDBClusterEndpoints"],
            Source::Proxy(..) => ["DescribeDBProxies"; 2],
            _ => ["DescribeDBClusters", "DescribeDBInstances"],
        };
        self.on_calls(world, operations[(self.form / 2) % 2], None, effect)
    }

    fn on_read(&self, world: &mut World, bound: &Bound, effect: Effect) -> Begun {
        let operation = match self.when {
            When::In(RunStep::Group, _) => "DescribeTargetGroups",
            _ => "DescribeTargetHealth",
        };
        let only = self.form.is_multiple_of(2).then_some(bound);
        self.on_calls(world, operation, only, effect)
    }

    fn on_write(&self, world: &mut World, bound: &Bound, effect: Effect) -> Begun {
        let operation = match self.when {
            When::In(RunStep::Register, _) => "RegisterTargets",
            When::In(RunStep::Deregister, _) => "DeregisterTargets",
            _ => ["RegisterTargets", "DeregisterTargets"][self.form % 2],
        };
        let only = (self.form % 3 == 2).then_some(bound);
        self.on_calls(world, operation, only, effect)
    }

    /// A fault on calls: on a few of them, or on all while it lasts.
    fn on_calls(
        &self,
        world: &mut World,
        operation: &str,
        of: Option<&Bound>,
        effect: Effect,
    ) -> Begun {
        let mut fault = Fault::on(operation, effect.clone());
        if let Some(bound) = of {
            fault = fault.of(&bound.link.group);
        }
        let few = self.form % 5;
        let times = if few < 3 {
            fault = fault.times(1 + self.small(3));
            format!("{} times at most", 1 + self.small(3))
        } else {
            "every time".to_owned()
        };
        let on = fault.on.clone();
        world.faults.add(fault);
        let place = of.map_or(String::new(), |bound| format!(" of {}", bound.link.name));
        Begun::undone_by(
            format!("{operation}{place}: {effect:?}, {times}"),
            Undo::Calls(on, effect),
        )
    }

    /// A number below `sides` of what was drawn, apart from the form's parity.
    fn small(&self, sides: u32) -> u32 {
        u32::try_from(self.form / 16).unwrap_or_default() % sides
    }
}

impl Begun {
    fn of(words: String) -> Begun {
        Begun { words, ..Begun::default() }
    }

    fn undone_by(words: String, undo: Undo) -> Begun {
        Begun { undo: Some(undo), ..Begun::of(words) }
    }
}
