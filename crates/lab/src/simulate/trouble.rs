//! The table of faults: everything that a script may bring about, and the steps of a run that each
//! can strike.

use super::step::RunStep;
use crate::fault::Effect;

/// A fault, or another thing that a run has to live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
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
    /// A message that somebody else made up, with addresses and groups in its text.
    MessageForged,
    /// An event of a database that nobody follows.
    MessageOfStranger,
    /// The RDS API asks for fewer calls.
    RdsThrottled,
    /// The RDS API answers 500.
    RdsServerError,
    /// The RDS API is slow, perhaps too slow.
    RdsSlow,
    /// The RDS API goes on naming a former writer.
    RdsStale,
    /// The RDS API lists a database no more.
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
    /// The RDS API may not be read.
    RdsDenied,
    /// A name goes on answering what it answered before.
    DnsStale,
    /// A name goes back and forth for half a minute.
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
    /// over TCP and hear the truth.
    DnsTruncated,
    /// ELBv2 asks for fewer reads.
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
    /// ELBv2 asks for fewer writes.
    WriteThrottled,
    /// ELBv2 answers a write with 500 and has not done it.
    WriteErrorBefore,
    /// ELBv2 answers a write with 500 and has done it.
    WriteErrorAfter,
    /// The answer to a write is lost.
    WriteReplyLost,
    /// A write is done in part.
    WritePartial,
    /// No more targets may be registered.
    QuotaReached,
    /// The group was deleted.
    GroupGone,
    /// The load balancer takes minutes to find a target healthy.
    SlowToHealthy,
    /// The load balancer's checks do not get through.
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
    /// A name that is not of RDS stands for other machines.
    HostMoved,
    /// Each answer holds some of a name's addresses.
    DnsPartial,
    /// A blue/green deployment is switched over.
    SwitchedOver,
    /// The switchover of a blue/green deployment is begun and cancelled.
    SwitchoverCancelled,
    /// A database is deleted, and made once more under its name.
    MadeAgain,
    /// Writing leaves a global database's cluster for another Region for a while.
    Demoted,
}

/// Who is at fault, which decides what steps are struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// What happens to databases, at any moment.
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

impl Trouble {
    /// All of the table, in its order. The last rows happen to what only some settings have.
    pub const ALL: [Trouble; 67] = [
        Trouble::FailOver,
        Trouble::ZoneLost,
        Trouble::HostReplaced,
        Trouble::MessageDuplicated,
        Trouble::MessageLost,
        Trouble::MessageLate,
        Trouble::MessageOutOfOrder,
        Trouble::MessageMalformed,
        Trouble::MessageForged,
        Trouble::MessageOfStranger,
        Trouble::RdsThrottled,
        Trouble::RdsServerError,
        Trouble::RdsSlow,
        Trouble::RdsStale,
        Trouble::RdsAbsent,
        Trouble::RdsRenamed,
        Trouble::RdsModifying,
        Trouble::RdsNoWriter,
        Trouble::RdsTwoWriters,
        Trouble::RdsPageLost,
        Trouble::RdsDenied,
        Trouble::DnsStale,
        Trouble::DnsFlapping,
        Trouble::DnsNxDomain,
        Trouble::DnsServFail,
        Trouble::DnsTimeout,
        Trouble::DnsEmpty,
        Trouble::DnsSeveral,
        Trouble::DnsPublic,
        Trouble::DnsLoopback,
        Trouble::DnsPoisoned,
        Trouble::DnsWrongFamily,
        Trouble::DnsTruncated,
        Trouble::ReadThrottled,
        Trouble::ReadServerError,
        Trouble::ReadStale,
        Trouble::GroupUnused,
        Trouble::ForeignTarget,
        Trouble::OtherPort,
        Trouble::SlowToHealthy,
        Trouble::NeverHealthy,
        Trouble::WriteThrottled,
        Trouble::WriteErrorBefore,
        Trouble::WriteErrorAfter,
        Trouble::WriteReplyLost,
        Trouble::WritePartial,
        Trouble::QuotaReached,
        Trouble::GroupGone,
        Trouble::RegisterDenied,
        Trouble::DeregisterDenied,
        Trouble::HealthDenied,
        Trouble::CredentialsExpired,
        Trouble::Killed,
        Trouble::LateWrite,
        Trouble::DeadlineNear,
        Trouble::TwoAtOnce,
        Trouble::ClockSkew,
        Trouble::ScaledOut,
        Trouble::ScaledIn,
        Trouble::ReadersGone,
        Trouble::NodeReplaced,
        Trouble::HostMoved,
        Trouble::DnsPartial,
        Trouble::SwitchedOver,
        Trouble::SwitchoverCancelled,
        Trouble::MadeAgain,
        Trouble::Demoted,
    ];

    /// The rows that can happen in every setting.
    pub(super) const COMMON: usize = 57;

    /// The words of its row.
    pub fn words(self) -> &'static str {
        match self {
            Trouble::FailOver => "failover",
            Trouble::ZoneLost => "a zone is lost",
            Trouble::HostReplaced => "host replaced",
            Trouble::MessageDuplicated => "SNS: duplicated",
            Trouble::MessageLost => "SNS: lost",
            Trouble::MessageLate => "SNS: late by minutes",
            Trouble::MessageOutOfOrder => "SNS: out of order",
            Trouble::MessageMalformed => "SNS: malformed",
            Trouble::MessageForged => "SNS: forged",
            Trouble::MessageOfStranger => "SNS: unknown source",
            Trouble::RdsThrottled => "RDS: throttled",
            Trouble::RdsServerError => "RDS: 5xx",
            Trouble::RdsSlow => "RDS: slow",
            Trouble::RdsStale => "RDS: stale",
            Trouble::RdsAbsent => "RDS: absent",
            Trouble::RdsRenamed => "RDS: renamed",
            Trouble::RdsModifying => "RDS: modifying",
            Trouble::RdsNoWriter => "RDS: no writer",
            Trouble::RdsTwoWriters => "RDS: two writers",
            Trouble::RdsPageLost => "RDS: a page lost",
            Trouble::RdsDenied => "RDS: denied",
            Trouble::DnsStale => "DNS: stale",
            Trouble::DnsFlapping => "DNS: flapping",
            Trouble::DnsNxDomain => "DNS: NXDOMAIN",
            Trouble::DnsServFail => "DNS: SERVFAIL",
            Trouble::DnsTimeout => "DNS: timeout",
            Trouble::DnsEmpty => "DNS: empty",
            Trouble::DnsSeveral => "DNS: several addresses",
            Trouble::DnsPublic => "DNS: public",
            Trouble::DnsLoopback => "DNS: loopback",
            Trouble::DnsPoisoned => "DNS: a non-member",
            Trouble::DnsWrongFamily => "DNS: wrong family",
            Trouble::DnsTruncated => "DNS: truncated (*)",
            Trouble::ReadThrottled => "ELB reads: throttled",
            Trouble::ReadServerError => "ELB reads: 5xx",
            Trouble::ReadStale => "ELB reads: stale",
            Trouble::GroupUnused => "targets: unused",
            Trouble::ForeignTarget => "targets: foreign",
            Trouble::OtherPort => "targets: other port",
            Trouble::SlowToHealthy => "NLB: slow to healthy",
            Trouble::NeverHealthy => "NLB: never healthy",
            Trouble::WriteThrottled => "ELB writes: throttled",
            Trouble::WriteErrorBefore => "ELB writes: 5xx before",
            Trouble::WriteErrorAfter => "ELB writes: 5xx after",
            Trouble::WriteReplyLost => "ELB writes: reply lost",
            Trouble::WritePartial => "ELB writes: partial",
            Trouble::QuotaReached => "ELB writes: quota",
            Trouble::GroupGone => "ELB: group gone",
            Trouble::RegisterDenied => "denied: Register",
            Trouble::DeregisterDenied => "denied: Deregister",
            Trouble::HealthDenied => "denied: TargetHealth",
            Trouble::CredentialsExpired => "credentials expired",
            Trouble::Killed => "Lambda: killed",
            Trouble::LateWrite => "Lambda: killed, late write",
            Trouble::DeadlineNear => "Lambda: deadline near",
            Trouble::TwoAtOnce => "Lambda: two at once",
            Trouble::ClockSkew => "Lambda: clock skew",
            Trouble::ScaledOut => "a reader more",
            Trouble::ScaledIn => "a reader less",
            Trouble::ReadersGone => "all readers gone",
            Trouble::NodeReplaced => "a proxy's node replaced",
            Trouble::HostMoved => "a host's name moved",
            Trouble::DnsPartial => "DNS: a part of a set",
            Trouble::SwitchedOver => "blue/green: switched over",
            Trouble::SwitchoverCancelled => "blue/green: cancelled",
            Trouble::MadeAgain => "deleted, made again",
            Trouble::Demoted => "global: writing elsewhere",
        }
    }

    /// Whether it can strike a run in this step.
    pub fn can_strike(self, step: RunStep) -> bool {
        use RunStep::{
            Begin, Deregister, Group, Idle, Names, NamesAgain, Pause, ReadBack, Register, Targets,
        };
        match self {
            Trouble::WritePartial => step == Deregister,
            Trouble::QuotaReached | Trouble::RegisterDenied => step == Register,
            Trouble::DeregisterDenied => step == Deregister,
            Trouble::LateWrite => matches!(step, Register | Deregister),
            // The reading that lags is the one of the targets; what kind of group it is does not
            // change.
            Trouble::HealthDenied | Trouble::ReadStale => matches!(step, Targets | ReadBack),
            Trouble::GroupGone => {
                matches!(step, Group | Targets | Register | ReadBack | Deregister)
            }
            Trouble::CredentialsExpired => {
                !matches!(step, Idle | Begin | Names | NamesAgain | Pause)
            }
            // A run asks before it waits for the first time.
            Trouble::Killed => !matches!(step, Idle | Begin),
            // A write ends before its run's time does, or it is not begun.
            Trouble::DeadlineNear => !matches!(step, Idle | Begin | Register | Deregister),
            Trouble::TwoAtOnce => step != Idle,
            Trouble::ClockSkew => step == Begin,
            _ => match self.family() {
                Family::Databases | Family::Messages => step != Begin,
                family => family.strikes(step),
            },
        }
    }

    /// Whether it can happen to a binding whose source is no database.
    pub(super) fn is_of_any_source(self) -> bool {
        matches!(
            self.family(),
            Family::Dns | Family::Reads | Family::Targets | Family::Writes | Family::Function
        )
    }

    /// Whether it moves a database to another host.
    pub(super) fn moves_a_host(self) -> bool {
        matches!(self, Trouble::FailOver | Trouble::ZoneLost | Trouble::HostReplaced)
    }

    /// Whether it moves a name from one database to another, or makes it another's for a while.
    pub(super) fn moves_a_name(self) -> bool {
        matches!(
            self,
            Trouble::SwitchedOver
                | Trouble::SwitchoverCancelled
                | Trouble::MadeAgain
                | Trouble::Demoted
        )
    }

    pub(super) fn family(self) -> Family {
        match self {
            Trouble::FailOver
            | Trouble::ZoneLost
            | Trouble::HostReplaced
            | Trouble::ScaledOut
            | Trouble::ScaledIn
            | Trouble::ReadersGone
            | Trouble::NodeReplaced
            | Trouble::HostMoved
            | Trouble::SwitchedOver
            | Trouble::SwitchoverCancelled
            | Trouble::MadeAgain
            | Trouble::Demoted => Family::Databases,
            Trouble::MessageDuplicated
            | Trouble::MessageLost
            | Trouble::MessageLate
            | Trouble::MessageOutOfOrder
            | Trouble::MessageMalformed
            | Trouble::MessageForged
            | Trouble::MessageOfStranger => Family::Messages,
            Trouble::RdsThrottled
            | Trouble::RdsServerError
            | Trouble::RdsSlow
            | Trouble::RdsStale
            | Trouble::RdsAbsent
            | Trouble::RdsRenamed
            | Trouble::RdsModifying
            | Trouble::RdsNoWriter
            | Trouble::RdsTwoWriters
            | Trouble::RdsPageLost
            | Trouble::RdsDenied => Family::RdsApi,
            Trouble::DnsStale
            | Trouble::DnsFlapping
            | Trouble::DnsNxDomain
            | Trouble::DnsServFail
            | Trouble::DnsTimeout
            | Trouble::DnsEmpty
            | Trouble::DnsSeveral
            | Trouble::DnsPublic
            | Trouble::DnsLoopback
            | Trouble::DnsPoisoned
            | Trouble::DnsWrongFamily
            | Trouble::DnsTruncated
            | Trouble::DnsPartial => Family::Dns,
            Trouble::ReadThrottled
            | Trouble::ReadServerError
            | Trouble::ReadStale
            | Trouble::HealthDenied => Family::Reads,
            Trouble::GroupUnused
            | Trouble::ForeignTarget
            | Trouble::OtherPort
            | Trouble::SlowToHealthy
            | Trouble::NeverHealthy => Family::Targets,
            Trouble::WriteThrottled
            | Trouble::WriteErrorBefore
            | Trouble::WriteErrorAfter
            | Trouble::WriteReplyLost
            | Trouble::WritePartial
            | Trouble::QuotaReached
            | Trouble::GroupGone
            | Trouble::RegisterDenied
            | Trouble::DeregisterDenied => Family::Writes,
            Trouble::CredentialsExpired
            | Trouble::Killed
            | Trouble::LateWrite
            | Trouble::DeadlineNear
            | Trouble::TwoAtOnce
            | Trouble::ClockSkew => Family::Function,
        }
    }

    /// The row of a fault that struck a call.
    pub(super) fn of_call(operation: &str, effect: &Effect) -> Option<Trouble> {
        if matches!(effect, Effect::Error(error) if error.code == "ExpiredToken") {
            return Some(Trouble::CredentialsExpired);
        }
        Some(match (operation, effect) {
            (operation, effect) if operation.starts_with("DescribeDB") => match effect {
                Effect::Throttle => Trouble::RdsThrottled,
                Effect::ServerErrorBefore => Trouble::RdsServerError,
                Effect::Delay(_) => Trouble::RdsSlow,
                Effect::EmptyPage | Effect::LostPage => Trouble::RdsPageLost,
                Effect::AccessDenied => Trouble::RdsDenied,
                _ => return None,
            },
            ("DescribeTargetHealth" | "DescribeTargetGroups", effect) => match effect {
                Effect::Throttle => Trouble::ReadThrottled,
                Effect::ServerErrorBefore => Trouble::ReadServerError,
                Effect::Stale => Trouble::ReadStale,
                Effect::AccessDenied => Trouble::HealthDenied,
                _ => return None,
            },
            ("RegisterTargets" | "DeregisterTargets", effect) => match effect {
                Effect::Throttle => Trouble::WriteThrottled,
                Effect::ServerErrorBefore => Trouble::WriteErrorBefore,
                Effect::ServerErrorAfter => Trouble::WriteErrorAfter,
                Effect::ResetAfter | Effect::Hang | Effect::Truncated | Effect::Late(_) => {
                    Trouble::WriteReplyLost
                }
                Effect::Partial => Trouble::WritePartial,
                Effect::AccessDenied if operation == "RegisterTargets" => Trouble::RegisterDenied,
                Effect::AccessDenied => Trouble::DeregisterDenied,
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
        let rows: BTreeSet<_> = Trouble::ALL.into_iter().collect();
        assert_eq!(rows.len(), Trouble::ALL.len());
        for trouble in Trouble::ALL {
            assert!(RunStep::ALL.into_iter().any(|step| trouble.can_strike(step)), "{trouble:?}");
        }
    }
}
