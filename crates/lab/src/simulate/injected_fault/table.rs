//! The table of the faults that the simulation injects, one row each.

use std::time::Duration;

use super::lasts::{deadline, short_or_usual, usual};
use super::steps::*;
use super::{Family, Row};
use crate::fault::{DeliveryFault, Effect, NameEffect};
use crate::simulate::begin::{
    Api, Begun, Drawn, Lie, Site, Writers, groups, messages, moves, sets, standbys,
};
use crate::simulate::step::RunStep::{Begin, Deregister, Register};
use crate::world::ApiError;

/// The columns: the name; its words; what it strikes; the steps of a run that it can strike; for
/// how long it lasts; and how it begins, which says how it is undone.
macro_rules! table {
    ($($(#[$doc:meta])+ $fault:ident: $words:literal, $family:ident, $steps:expr, $lasts:expr,
        $begin:expr;)+) => {
        /// A fault that the simulation injects. A failover, a change of a set and a kill of the run
        /// are faults too.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum InjectedFault {
            $($(#[$doc])+ $fault,)+
        }

        impl InjectedFault {
            /// All faults, in the order of the table. The last ones happen only in some settings.
            pub const ALL: &[InjectedFault] = &[$(InjectedFault::$fault),+];

            pub(super) fn row(self) -> Row {
                match self {
                    $(InjectedFault::$fault => Row {
                        words: $words,
                        family: Family::$family,
                        steps: $steps,
                        lasts: $lasts,
                        begin: $begin,
                    },)+
                }
            }
        }
    };
}

impl InjectedFault {
    /// The rows that can happen in every setting.
    pub(in crate::simulate) const COMMON: &[InjectedFault] =
        Self::ALL.split_at(InjectedFault::ScaledOut as usize).0;
}

const MINUTE: Duration = Duration::from_secs(60);

const REGISTER: Api = Api::Everywhere("RegisterTargets");
const DEREGISTER: Api = Api::Everywhere("DeregisterTargets");
const INTERFACES: Api = Api::Everywhere("DescribeNetworkInterfaces");
const HEALTH: Api = Api::Everywhere("DescribeTargetHealth");

fn expired() -> Effect {
    let message = "The security token included in the request is expired";
    Effect::Error(ApiError::new("ExpiredToken", 403, message))
}

/// It happens to runs, and does not change the region.
fn nothing(_: &Drawn, _: &mut Site<'_>) -> Result<Begun, ApiError> {
    Ok(Begun::default())
}

table! {
    /// A cluster or a Multi-AZ instance gets another writer.
    FailOver: "failover", Hosts, ANY, usual, Drawn::fail_over;
    /// All databases of a zone lose their hosts at once.
    ZoneLost: "zone lost", Hosts, ANY, usual, |d, s| Ok(d.lose_zone(s));
    /// A host is replaced by one with another address.
    HostReplaced: "host replaced", Hosts, ANY, usual, Drawn::replace_host;
    /// A message is delivered more than once.
    MessageDuplicated: "SNS: duplicated", Messages, ANY, usual,
        |d, s| d.on_delivery(s, d.duplicates());
    /// A message is never delivered.
    MessageLost: "SNS: lost", Messages, ANY, usual, |d, s| d.on_delivery(s, DeliveryFault::Lose);
    /// A message is minutes late.
    MessageLate: "SNS: late by minutes", Messages, ANY, |dice, _| dice.seconds(0, 240),
        |d, s| d.on_delivery(s, DeliveryFault::Delay(MINUTE + d.lasts));
    /// A message is overtaken by those after it.
    MessageOutOfOrder: "SNS: out of order", Messages, ANY, |dice, _| dice.seconds(5, 40),
        |d, s| d.on_delivery(s, DeliveryFault::Delay(d.lasts));
    /// A message that is no event.
    MessageMalformed: "SNS: malformed", Messages, ANY, usual, Drawn::malformed;
    /// A forged message, with addresses and groups in its text.
    MessageForged: "SNS: forged", Messages, ANY, usual, Drawn::forged;
    /// An event of a database that no binding follows.
    MessageOfStranger: "SNS: unknown source", Messages, ANY, usual,
        |_, s| messages::of_stranger(s);
    /// The RDS API throttles calls.
    RdsThrottled: "RDS: throttled", RdsApi, RDS, short_or_usual,
        |d, s| Ok(d.strike(s, Api::RdsList, Effect::Throttle));
    /// The RDS API answers 500.
    RdsServerError: "RDS: 5xx", RdsApi, RDS, short_or_usual,
        |d, s| Ok(d.strike(s, Api::RdsList, Effect::ServerErrorBefore));
    /// The RDS API is slow, perhaps too slow.
    RdsSlow: "RDS: slow", RdsApi, RDS, short_or_usual,
        |d, s| Ok(d.strike(s, Api::RdsList, d.delay()));
    /// The RDS API goes on naming a former writer.
    RdsStale: "RDS: stale", RdsApi, RDS, short_or_usual, |d, s| d.insist(s, Writers::AsBefore);
    /// The RDS API no longer lists a database.
    RdsAbsent: "RDS: absent", RdsApi, RDS, short_or_usual, Drawn::unlist;
    /// A database has another name for a while, and comes back only after that is done.
    RdsRenamed: "RDS: renamed", RdsApi, RDS, |dice, pace| pace.rename + dice.seconds(1, 90),
        Drawn::rename;
    /// A database is being modified, and serves.
    RdsModifying: "RDS: modifying", RdsApi, RDS, short_or_usual, Drawn::show_status;
    /// The RDS API names no writer.
    RdsNoWriter: "RDS: no writer", RdsApi, RDS, short_or_usual,
        |d, s| d.insist(s, Writers::Nobody);
    /// The RDS API names two writers.
    RdsTwoWriters: "RDS: two writers", RdsApi, RDS, short_or_usual,
        |d, s| d.insist(s, Writers::Two);
    /// A page of the RDS API's list is lost.
    RdsPageLost: "RDS: page lost", RdsApi, RDS, short_or_usual,
        |d, s| Ok(d.strike(s, Api::RdsList, d.lost_page()));
    /// The function has no permission to read the RDS API.
    RdsDenied: "RDS: denied", RdsApi, RDS, short_or_usual,
        |d, s| Ok(d.strike(s, Api::RdsList, Effect::AccessDenied));
    /// DNS keeps its previous answer for a name.
    DnsStale: "DNS: stale", Dns, DNS, short_or_usual, |d, s| Ok(d.answer_as_before(s));
    /// The answer for a name alternates for half a minute.
    DnsFlapping: "DNS: flapping", Dns, DNS, |_, _| Duration::from_secs(30), |d, s| Ok(d.flap(s));
    /// A name does not exist.
    DnsNxDomain: "DNS: NXDOMAIN", Dns, DNS, short_or_usual,
        |d, s| Ok(d.answer(s, NameEffect::NxDomain));
    /// The server fails.
    DnsServFail: "DNS: SERVFAIL", Dns, DNS, short_or_usual,
        |d, s| Ok(d.answer(s, NameEffect::ServFail));
    /// The server is silent.
    DnsTimeout: "DNS: timeout", Dns, DNS, short_or_usual,
        |d, s| Ok(d.answer(s, NameEffect::Timeout));
    /// A name has no address.
    DnsEmpty: "DNS: empty", Dns, DNS, short_or_usual, |d, s| Ok(d.answer(s, NameEffect::Empty));
    /// A name has several addresses.
    DnsSeveral: "DNS: several addresses", Dns, DNS, short_or_usual, |d, s| Ok(d.answer_several(s));
    /// A name has a public address.
    DnsPublic: "DNS: public", Dns, DNS, short_or_usual, |d, s| Ok(d.lie(s, Lie::Public));
    /// A name has a loopback address.
    DnsLoopback: "DNS: loopback", Dns, DNS, short_or_usual, |d, s| Ok(d.lie(s, Lie::Loopback));
    /// A name has an address of the VPC at which none of the database's hosts is.
    DnsPoisoned: "DNS: a non-member", Dns, DNS, short_or_usual, |d, s| Ok(d.lie(s, Lie::Nobody));
    /// A name has addresses of the other family only.
    DnsWrongFamily: "DNS: wrong family", Dns, DNS, short_or_usual,
        |d, s| Ok(d.lie(s, Lie::OtherFamily));
    /// An answer is cut short over UDP. In process there is no UDP: the resolver would come back
    /// over TCP and get the true answer.
    DnsTruncated: "DNS: truncated (*)", Dns, DNS, short_or_usual,
        |d, s| Ok(d.answer(s, NameEffect::Truncate));
    /// ELBv2 throttles reads.
    ReadThrottled: "ELB reads: throttled", Reads, READS, usual,
        |d, s| Ok(d.strike(s, Api::GroupRead, Effect::Throttle));
    /// ELBv2 answers a read with 500.
    ReadServerError: "ELB reads: 5xx", Reads, READS, usual,
        |d, s| Ok(d.strike(s, Api::GroupRead, Effect::ServerErrorBefore));
    /// ELBv2 answers a read of the targets as it was before the latest change. (What kind of group
    /// it is does not change.)
    ReadStale: "ELB reads: stale", Reads, TARGETS, |dice, _| dice.seconds(0, 10),
        |d, s| Ok(d.strike(s, Api::InGroup("DescribeTargetHealth"), Effect::Stale));
    /// No listener forwards to the group.
    GroupUnused: "targets: unused", Targets, TARGETS, usual, |_, s| groups::take_out_of_use(s);
    /// The group has a target that is not ours: outside `allow`.
    ForeignTarget: "targets: foreign", Targets, TARGETS, usual, |_, s| groups::add_foreign(s);
    /// The group has a target on another port.
    OtherPort: "targets: other port", Targets, TARGETS, usual, |_, s| groups::add_other_port(s);
    /// The load balancer takes minutes to find a target healthy.
    SlowToHealthy: "NLB: slow to healthy", Targets, TARGETS, usual,
        |d, s| Ok(d.slow_registrations(s));
    /// The load balancer's health checks do not reach the targets.
    NeverHealthy: "NLB: never healthy", Targets, TARGETS, usual,
        |_, s| Ok(groups::shut_checks_out(s));
    /// ELBv2 throttles writes.
    WriteThrottled: "ELB writes: throttled", Writes, WRITES, usual,
        |d, s| Ok(d.strike(s, Api::GroupWrite, Effect::Throttle));
    /// ELBv2 answers a write with 500 and has not done it.
    WriteErrorBefore: "ELB writes: 5xx before", Writes, WRITES, usual,
        |d, s| Ok(d.strike(s, Api::GroupWrite, Effect::ServerErrorBefore));
    /// ELBv2 answers a write with 500 and has done it.
    WriteErrorAfter: "ELB writes: 5xx after", Writes, WRITES, usual,
        |d, s| Ok(d.strike(s, Api::GroupWrite, Effect::ServerErrorAfter));
    /// The answer to a write is lost.
    WriteReplyLost: "ELB writes: reply lost", Writes, WRITES, usual,
        |d, s| Ok(d.strike(s, Api::GroupWrite, d.lost_reply()));
    /// A write is done in part.
    WritePartial: "ELB writes: partial", Writes, only(&[Deregister]), usual,
        |d, s| Ok(d.strike(s, DEREGISTER, Effect::Partial));
    /// The group's quota of targets is reached.
    QuotaReached: "ELB writes: quota", Writes, only(&[Register]), usual,
        |_, s| Ok(groups::reach_quota(s));
    /// The group was deleted.
    GroupGone: "ELB: group gone", Writes, GROUP, usual, |_, s| Ok(groups::delete_group(s));
    /// RegisterTargets is not permitted.
    RegisterDenied: "denied: Register", Writes, only(&[Register]), usual,
        |d, s| Ok(d.strike(s, REGISTER, Effect::AccessDenied));
    /// DeregisterTargets is not permitted.
    DeregisterDenied: "denied: Deregister", Writes, only(&[Deregister]), usual,
        |d, s| Ok(d.strike(s, DEREGISTER, Effect::AccessDenied));
    /// DescribeTargetHealth is not permitted.
    HealthDenied: "denied: TargetHealth", Reads, TARGETS, usual,
        |d, s| Ok(d.strike(s, HEALTH, Effect::AccessDenied));
    /// The credentials expire.
    CredentialsExpired: "credentials expired", Function, AWS, usual,
        |d, s| Ok(d.strike(s, Api::Everywhere("*"), expired()));
    /// The run is killed.
    Killed: "Lambda: killed", Function, RUNNING, usual, nothing;
    /// A write of a killed run lands after it.
    LateWrite: "Lambda: killed, late write", Function, WRITES, |dice, _| dice.seconds(0, 2),
        |d, s| Ok(d.land_late(s));
    /// The run has little time.
    DeadlineNear: "Lambda: deadline near", Function, NO_WRITE, deadline, nothing;
    /// Two runs at once: no concurrency is reserved.
    TwoAtOnce: "Lambda: two at once", Function, ALIVE, usual, nothing;
    /// The function's clock is wrong.
    ClockSkew: "Lambda: clock skew", Function, only(&[Begin]), usual, nothing;
    /// A cluster gets another reader.
    ScaledOut: "reader added", Sets, ANY, usual, Drawn::scale_out;
    /// A cluster loses a reader for a while.
    ScaledIn: "reader removed", Sets, ANY, usual, |d, s| Ok(d.scale_in(s));
    /// A cluster loses all of its readers for a while.
    ReadersGone: "all readers removed", Sets, ANY, usual, |_, s| Ok(sets::remove_all_readers(s));
    /// A proxy's node is replaced.
    NodeReplaced: "proxy node replaced", Sets, ANY, usual, Drawn::replace_node;
    /// A name outside RDS resolves to other machines.
    HostMoved: "host name moved", Sets, ANY, usual, |d, s| Ok(d.move_host(s));
    /// Each answer holds some of a name's addresses.
    DnsPartial: "DNS: partial answer", Dns, DNS, short_or_usual, Drawn::tell_parts;
    /// A blue/green deployment is switched over.
    SwitchedOver: "blue/green: switched over", Names, ANY, |_, pace| pace.switchover.whole(),
        |_, s| moves::switch_over(s);
    /// The switchover of a blue/green deployment is begun and cancelled.
    SwitchoverCancelled: "blue/green: cancelled", Names, ANY, |dice, _| dice.seconds(0, 30),
        |_, s| moves::begin_and_cancel(s);
    /// A database is deleted and created again with the same name.
    MadeAgain: "deleted and recreated", Names, ANY, |dice, pace| pace.delete + dice.seconds(0, 60),
        |_, s| moves::delete(s);
    /// A global database moves its writer to another Region for a while.
    Demoted: "global: writer elsewhere", Names, ANY,
        |dice, pace| pace.global_move + dice.seconds(0, 120), Drawn::demote;
    /// The function has no permission to read network interfaces.
    InterfacesDenied: "EC2: denied", Reads, PROOF, usual,
        |d, s| Ok(d.strike(s, INTERFACES, Effect::AccessDenied));
    /// EC2 throttles calls.
    InterfacesThrottled: "EC2: throttled", Reads, PROOF, usual,
        |d, s| Ok(d.strike(s, INTERFACES, Effect::Throttle));
    /// EC2 does not answer.
    InterfacesUnread: "EC2: 5xx", Reads, PROOF, usual,
        |d, s| Ok(d.strike(s, INTERFACES, Effect::ServerErrorBefore));
    /// A standby gets another host.
    StandbyReplaced: "standby replaced", Hosts, ANY, usual, |_, s| standbys::replace(s);
    /// A standby gets another host, and another database its address.
    AddressReused: "standby's address reused", Hosts, ANY, |dice, _| dice.seconds(60, 300),
        Drawn::reuse_standby;
    /// A database comes that has the instance's security groups and a standby too.
    NeighbourAdded: "standby's neighbour", Hosts, ANY, |dice, _| dice.seconds(30, 200),
        Drawn::add_neighbour;
}
