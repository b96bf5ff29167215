//! The table of the faults that the simulation injects, and which steps of a run each can strike.

use super::step::RunStep;
use crate::fault::Effect;

/// A fault that the simulation injects. A failover, a change of a set and a kill of the run are
/// faults too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InjectedFault {
    /// A cluster or a Multi-AZ instance gets another writer.
    FailOver,
    /// All databases of a zone lose their hosts at once.
    ZoneLost,
    /// A host is replaced by one with another address.
    HostReplaced,
    /// A message is delivered more than once.
    MessageDuplicated,
    /// A message is never delivered.
    MessageLost,
    /// A message is minutes late.
    MessageLate,
    /// A message is overtaken by those after it.
    MessageOutOfOrder,
    /// A message that is no event.
    MessageMalformed,
    /// A forged message, with addresses and groups in its text.
    MessageForged,
    /// An event of a database that no binding follows.
    MessageOfStranger,
    /// The RDS API throttles calls.
    RdsThrottled,
    /// The RDS API answers 500.
    RdsServerError,
    /// The RDS API is slow, perhaps too slow.
    RdsSlow,
    /// The RDS API goes on naming a former writer.
    RdsStale,
    /// The RDS API no longer lists a database.
    RdsAbsent,
    /// A database has another name for a while.
    RdsRenamed,
    /// A database is being modified, and serves.
    RdsModifying,
    /// The RDS API names no writer.
    RdsNoWriter,
    /// The RDS API names two writers.
    RdsTwoWriters,
    /// A page of the RDS API's list is lost.
    RdsPageLost,
    /// The function has no permission to read the RDS API.
    RdsDenied,
    /// DNS keeps its previous answer for a name.
    DnsStale,
    /// The answer for a name alternates for half a minute.
    DnsFlapping,
    /// A name does not exist.
    DnsNxDomain,
    /// The server fails.
    DnsServFail,
    /// The server is silent.
    DnsTimeout,
    /// A name has no address.
    DnsEmpty,
    /// A name has several addresses.
    DnsSeveral,
    /// A name has a public address.
    DnsPublic,
    /// A name has a loopback address.
    DnsLoopback,
    /// A name has an address of the VPC at which none of the database's hosts is.
    DnsPoisoned,
    /// A name has addresses of the other family only.
    DnsWrongFamily,
    /// An answer is cut short over UDP. In process there is no UDP: the resolver would come back
    /// over TCP and get the true answer.
    DnsTruncated,
    /// ELBv2 throttles reads.
    ReadThrottled,
    /// ELBv2 answers a read with 500.
    ReadServerError,
    /// ELBv2 answers a read as it was before the latest change.
    ReadStale,
    /// No listener forwards to the group.
    GroupUnused,
    /// The group has a target that is not ours: outside `allow`.
    ForeignTarget,
    /// The group has a target on another port.
    OtherPort,
    /// ELBv2 throttles writes.
    WriteThrottled,
    /// ELBv2 answers a write with 500 and has not done it.
    WriteErrorBefore,
    /// ELBv2 answers a write with 500 and has done it.
    WriteErrorAfter,
    /// The answer to a write is lost.
    WriteReplyLost,
    /// A write is done in part.
    WritePartial,
    /// The group's quota of targets is reached.
    QuotaReached,
    /// The group was deleted.
    GroupGone,
    /// The load balancer takes minutes to find a target healthy.
    SlowToHealthy,
    /// The load balancer's health checks do not reach the targets.
    NeverHealthy,
    /// The run is killed.
    Killed,
    /// A write of a killed run lands after it.
    LateWrite,
    /// The run has little time.
    DeadlineNear,
    /// Two runs at once: no concurrency is reserved.
    TwoAtOnce,
    /// The function's clock is wrong.
    ClockSkew,
    /// The credentials expire.
    CredentialsExpired,
    /// RegisterTargets is not permitted.
    RegisterDenied,
    /// DeregisterTargets is not permitted.
    DeregisterDenied,
    /// DescribeTargetHealth is not permitted.
    HealthDenied,
    /// A cluster gets another reader.
    ScaledOut,
    /// A cluster loses a reader for a while.
    ScaledIn,
    /// A cluster loses all of its readers for a while.
    ReadersGone,
    /// A proxy's node is replaced.
    NodeReplaced,
    /// A name outside RDS resolves to other machines.
    HostMoved,
    /// Each answer holds some of a name's addresses.
    DnsPartial,
    /// A blue/green deployment is switched over.
    SwitchedOver,
    /// The switchover of a blue/green deployment is begun and cancelled.
    SwitchoverCancelled,
    /// A database is deleted and created again with the same name.
    MadeAgain,
    /// A global database moves its writer to another Region for a while.
    Demoted,
}

/// What a fault strikes, which decides the steps that it can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Changes of databases, at any moment.
    Databases,
    /// Messages, which come at any moment.
    Messages,
    /// Answers of the RDS API.
    RdsApi,
    /// Answers of DNS.
    Dns,
    /// Answers to reads of groups.
    Reads,
    /// What the targets of a group look like.
    Targets,
    /// Answers to writes of groups.
    Writes,
    /// The function itself.
    Function,
}

impl InjectedFault {
    /// All faults, in the order of the table. The last ones happen only in some settings.
    pub const ALL: [InjectedFault; 67] = [
        InjectedFault::FailOver,
        InjectedFault::ZoneLost,
        InjectedFault::HostReplaced,
        InjectedFault::MessageDuplicated,
        InjectedFault::MessageLost,
        InjectedFault::MessageLate,
        InjectedFault::MessageOutOfOrder,
        InjectedFault::MessageMalformed,
        InjectedFault::MessageForged,
        InjectedFault::MessageOfStranger,
        InjectedFault::RdsThrottled,
        InjectedFault::RdsServerError,
        InjectedFault::RdsSlow,
        InjectedFault::RdsStale,
        InjectedFault::RdsAbsent,
        InjectedFault::RdsRenamed,
        InjectedFault::RdsModifying,
        InjectedFault::RdsNoWriter,
        InjectedFault::RdsTwoWriters,
        InjectedFault::RdsPageLost,
        InjectedFault::RdsDenied,
        InjectedFault::DnsStale,
        InjectedFault::DnsFlapping,
        InjectedFault::DnsNxDomain,
        InjectedFault::DnsServFail,
        InjectedFault::DnsTimeout,
        InjectedFault::DnsEmpty,
        InjectedFault::DnsSeveral,
        InjectedFault::DnsPublic,
        InjectedFault::DnsLoopback,
        InjectedFault::DnsPoisoned,
        InjectedFault::DnsWrongFamily,
        InjectedFault::DnsTruncated,
        InjectedFault::ReadThrottled,
        InjectedFault::ReadServerError,
        InjectedFault::ReadStale,
        InjectedFault::GroupUnused,
        InjectedFault::ForeignTarget,
        InjectedFault::OtherPort,
        InjectedFault::SlowToHealthy,
        InjectedFault::NeverHealthy,
        InjectedFault::WriteThrottled,
        InjectedFault::WriteErrorBefore,
        InjectedFault::WriteErrorAfter,
        InjectedFault::WriteReplyLost,
        InjectedFault::WritePartial,
        InjectedFault::QuotaReached,
        InjectedFault::GroupGone,
        InjectedFault::RegisterDenied,
        InjectedFault::DeregisterDenied,
        InjectedFault::HealthDenied,
        InjectedFault::CredentialsExpired,
        InjectedFault::Killed,
        InjectedFault::LateWrite,
        InjectedFault::DeadlineNear,
        InjectedFault::TwoAtOnce,
        InjectedFault::ClockSkew,
        InjectedFault::ScaledOut,
        InjectedFault::ScaledIn,
        InjectedFault::ReadersGone,
        InjectedFault::NodeReplaced,
        InjectedFault::HostMoved,
        InjectedFault::DnsPartial,
        InjectedFault::SwitchedOver,
        InjectedFault::SwitchoverCancelled,
        InjectedFault::MadeAgain,
        InjectedFault::Demoted,
    ];

    /// The rows that can happen in every setting.
    pub(super) const COMMON: usize = 57;

    /// The words of its row.
    pub fn words(self) -> &'static str {
        match self {
            InjectedFault::FailOver => "failover",
            InjectedFault::ZoneLost => "zone lost",
            InjectedFault::HostReplaced => "host replaced",
            InjectedFault::MessageDuplicated => "SNS: duplicated",
            InjectedFault::MessageLost => "SNS: lost",
            InjectedFault::MessageLate => "SNS: late by minutes",
            InjectedFault::MessageOutOfOrder => "SNS: out of order",
            InjectedFault::MessageMalformed => "SNS: malformed",
            InjectedFault::MessageForged => "SNS: forged",
            InjectedFault::MessageOfStranger => "SNS: unknown source",
            InjectedFault::RdsThrottled => "RDS: throttled",
            InjectedFault::RdsServerError => "RDS: 5xx",
            InjectedFault::RdsSlow => "RDS: slow",
            InjectedFault::RdsStale => "RDS: stale",
            InjectedFault::RdsAbsent => "RDS: absent",
            InjectedFault::RdsRenamed => "RDS: renamed",
            InjectedFault::RdsModifying => "RDS: modifying",
            InjectedFault::RdsNoWriter => "RDS: no writer",
            InjectedFault::RdsTwoWriters => "RDS: two writers",
            InjectedFault::RdsPageLost => "RDS: page lost",
            InjectedFault::RdsDenied => "RDS: denied",
            InjectedFault::DnsStale => "DNS: stale",
            InjectedFault::DnsFlapping => "DNS: flapping",
            InjectedFault::DnsNxDomain => "DNS: NXDOMAIN",
            InjectedFault::DnsServFail => "DNS: SERVFAIL",
            InjectedFault::DnsTimeout => "DNS: timeout",
            InjectedFault::DnsEmpty => "DNS: empty",
            InjectedFault::DnsSeveral => "DNS: several addresses",
            InjectedFault::DnsPublic => "DNS: public",
            InjectedFault::DnsLoopback => "DNS: loopback",
            InjectedFault::DnsPoisoned => "DNS: a non-member",
            InjectedFault::DnsWrongFamily => "DNS: wrong family",
            InjectedFault::DnsTruncated => "DNS: truncated (*)",
            InjectedFault::ReadThrottled => "ELB reads: throttled",
            InjectedFault::ReadServerError => "ELB reads: 5xx",
            InjectedFault::ReadStale => "ELB reads: stale",
            InjectedFault::GroupUnused => "targets: unused",
            InjectedFault::ForeignTarget => "targets: foreign",
            InjectedFault::OtherPort => "targets: other port",
            InjectedFault::SlowToHealthy => "NLB: slow to healthy",
            InjectedFault::NeverHealthy => "NLB: never healthy",
            InjectedFault::WriteThrottled => "ELB writes: throttled",
            InjectedFault::WriteErrorBefore => "ELB writes: 5xx before",
            InjectedFault::WriteErrorAfter => "ELB writes: 5xx after",
            InjectedFault::WriteReplyLost => "ELB writes: reply lost",
            InjectedFault::WritePartial => "ELB writes: partial",
            InjectedFault::QuotaReached => "ELB writes: quota",
            InjectedFault::GroupGone => "ELB: group gone",
            InjectedFault::RegisterDenied => "denied: Register",
            InjectedFault::DeregisterDenied => "denied: Deregister",
            InjectedFault::HealthDenied => "denied: TargetHealth",
            InjectedFault::CredentialsExpired => "credentials expired",
            InjectedFault::Killed => "Lambda: killed",
            InjectedFault::LateWrite => "Lambda: killed, late write",
            InjectedFault::DeadlineNear => "Lambda: deadline near",
            InjectedFault::TwoAtOnce => "Lambda: two at once",
            InjectedFault::ClockSkew => "Lambda: clock skew",
            InjectedFault::ScaledOut => "reader added",
            InjectedFault::ScaledIn => "reader removed",
            InjectedFault::ReadersGone => "all readers removed",
            InjectedFault::NodeReplaced => "proxy node replaced",
            InjectedFault::HostMoved => "host name moved",
            InjectedFault::DnsPartial => "DNS: partial answer",
            InjectedFault::SwitchedOver => "blue/green: switched over",
            InjectedFault::SwitchoverCancelled => "blue/green: cancelled",
            InjectedFault::MadeAgain => "deleted and recreated",
            InjectedFault::Demoted => "global: writer elsewhere",
        }
    }

    /// Whether it can strike a run in this step.
    pub fn can_strike(self, step: RunStep) -> bool {
        use RunStep::{
            Begin, Deregister, Group, Idle, Names, NamesAgain, Pause, ReadBack, Register, Targets,
        };
        match self {
            InjectedFault::WritePartial => step == Deregister,
            InjectedFault::QuotaReached | InjectedFault::RegisterDenied => step == Register,
            InjectedFault::DeregisterDenied => step == Deregister,
            InjectedFault::LateWrite => matches!(step, Register | Deregister),
            // The reading that lags is the one of the targets; what kind of group it is does not
            // change.
            InjectedFault::HealthDenied | InjectedFault::ReadStale => {
                matches!(step, Targets | ReadBack)
            }
            InjectedFault::GroupGone => {
                matches!(step, Group | Targets | Register | ReadBack | Deregister)
            }
            InjectedFault::CredentialsExpired => {
                !matches!(step, Idle | Begin | Names | NamesAgain | Pause)
            }
            // A run asks before it waits for the first time.
            InjectedFault::Killed => !matches!(step, Idle | Begin),
            // A write ends before its run's time does, or it is not begun.
            InjectedFault::DeadlineNear => !matches!(step, Idle | Begin | Register | Deregister),
            InjectedFault::TwoAtOnce => step != Idle,
            InjectedFault::ClockSkew => step == Begin,
            _ => match self.family() {
                Family::Databases | Family::Messages => step != Begin,
                family => family.strikes(step),
            },
        }
    }

    /// Whether it can happen to a binding whose source is not a database.
    pub(super) fn is_of_any_source(self) -> bool {
        matches!(
            self.family(),
            Family::Dns | Family::Reads | Family::Targets | Family::Writes | Family::Function
        )
    }

    /// Whether it moves a database to another host.
    pub(super) fn moves_a_host(self) -> bool {
        matches!(
            self,
            InjectedFault::FailOver | InjectedFault::ZoneLost | InjectedFault::HostReplaced
        )
    }

    /// Whether it moves a name from one database to another, for good or for a while.
    pub(super) fn moves_a_name(self) -> bool {
        matches!(
            self,
            InjectedFault::SwitchedOver
                | InjectedFault::SwitchoverCancelled
                | InjectedFault::MadeAgain
                | InjectedFault::Demoted
        )
    }

    pub(super) fn family(self) -> Family {
        match self {
            InjectedFault::FailOver
            | InjectedFault::ZoneLost
            | InjectedFault::HostReplaced
            | InjectedFault::ScaledOut
            | InjectedFault::ScaledIn
            | InjectedFault::ReadersGone
            | InjectedFault::NodeReplaced
            | InjectedFault::HostMoved
            | InjectedFault::SwitchedOver
            | InjectedFault::SwitchoverCancelled
            | InjectedFault::MadeAgain
            | InjectedFault::Demoted => Family::Databases,
            InjectedFault::MessageDuplicated
            | InjectedFault::MessageLost
            | InjectedFault::MessageLate
            | InjectedFault::MessageOutOfOrder
            | InjectedFault::MessageMalformed
            | InjectedFault::MessageForged
            | InjectedFault::MessageOfStranger => Family::Messages,
            InjectedFault::RdsThrottled
            | InjectedFault::RdsServerError
            | InjectedFault::RdsSlow
            | InjectedFault::RdsStale
            | InjectedFault::RdsAbsent
            | InjectedFault::RdsRenamed
            | InjectedFault::RdsModifying
            | InjectedFault::RdsNoWriter
            | InjectedFault::RdsTwoWriters
            | InjectedFault::RdsPageLost
            | InjectedFault::RdsDenied => Family::RdsApi,
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
            | InjectedFault::DnsTruncated
            | InjectedFault::DnsPartial => Family::Dns,
            InjectedFault::ReadThrottled
            | InjectedFault::ReadServerError
            | InjectedFault::ReadStale
            | InjectedFault::HealthDenied => Family::Reads,
            InjectedFault::GroupUnused
            | InjectedFault::ForeignTarget
            | InjectedFault::OtherPort
            | InjectedFault::SlowToHealthy
            | InjectedFault::NeverHealthy => Family::Targets,
            InjectedFault::WriteThrottled
            | InjectedFault::WriteErrorBefore
            | InjectedFault::WriteErrorAfter
            | InjectedFault::WriteReplyLost
            | InjectedFault::WritePartial
            | InjectedFault::QuotaReached
            | InjectedFault::GroupGone
            | InjectedFault::RegisterDenied
            | InjectedFault::DeregisterDenied => Family::Writes,
            InjectedFault::CredentialsExpired
            | InjectedFault::Killed
            | InjectedFault::LateWrite
            | InjectedFault::DeadlineNear
            | InjectedFault::TwoAtOnce
            | InjectedFault::ClockSkew => Family::Function,
        }
    }

    /// The row of a fault that struck a call.
    pub(super) fn of_call(operation: &str, effect: &Effect) -> Option<InjectedFault> {
        if matches!(effect, Effect::Error(error) if error.code == "ExpiredToken") {
            return Some(InjectedFault::CredentialsExpired);
        }
        Some(match (operation, effect) {
            (operation, effect) if operation.starts_with("DescribeDB") => match effect {
                Effect::Throttle => InjectedFault::RdsThrottled,
                Effect::ServerErrorBefore => InjectedFault::RdsServerError,
                Effect::Delay(_) => InjectedFault::RdsSlow,
                Effect::EmptyPage | Effect::LostPage => InjectedFault::RdsPageLost,
                Effect::AccessDenied => InjectedFault::RdsDenied,
                _ => return None,
            },
            ("DescribeTargetHealth" | "DescribeTargetGroups", effect) => match effect {
                Effect::Throttle => InjectedFault::ReadThrottled,
                Effect::ServerErrorBefore => InjectedFault::ReadServerError,
                Effect::Stale => InjectedFault::ReadStale,
                Effect::AccessDenied => InjectedFault::HealthDenied,
                _ => return None,
            },
            ("RegisterTargets" | "DeregisterTargets", effect) => match effect {
                Effect::Throttle => InjectedFault::WriteThrottled,
                Effect::ServerErrorBefore => InjectedFault::WriteErrorBefore,
                Effect::ServerErrorAfter => InjectedFault::WriteErrorAfter,
                Effect::ResetAfter | Effect::Hang | Effect::Truncated | Effect::Late(_) => {
                    InjectedFault::WriteReplyLost
                }
                Effect::Partial => InjectedFault::WritePartial,
                Effect::AccessDenied if operation == "RegisterTargets" => {
                    InjectedFault::RegisterDenied
                }
                Effect::AccessDenied => InjectedFault::DeregisterDenied,
                _ => return None,
            },
            _ => return None,
        })
    }
}

impl Family {
    fn strikes(self, step: RunStep) -> bool {
        match self {
            Family::Databases | Family::Messages | Family::Function => true,
            Family::RdsApi => matches!(step, RunStep::Topology | RunStep::TopologyAgain),
            Family::Dns => matches!(step, RunStep::Names | RunStep::NamesAgain),
            Family::Reads => matches!(step, RunStep::Group | RunStep::Targets | RunStep::ReadBack),
            Family::Targets => matches!(step, RunStep::Targets | RunStep::ReadBack),
            Family::Writes => matches!(step, RunStep::Register | RunStep::Deregister),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_in_the_table_once_and_can_strike_somewhere() {
        let rows: BTreeSet<_> = InjectedFault::ALL.into_iter().collect();
        assert_eq!(rows.len(), InjectedFault::ALL.len());
        for fault in InjectedFault::ALL {
            assert!(RunStep::ALL.into_iter().any(|step| fault.can_strike(step)), "{fault:?}");
        }
    }
}
