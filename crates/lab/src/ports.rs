//! Core's ports on the world, without a wire: what the simulation runs on.
//!
//! Time comes from a [`Clock`], as it does for the run; with
//! [`VirtualTime`](crate::virtual_time::VirtualTime) an hour takes milliseconds. Faults strike here
//! as they do on the wire, in core's own words for what they come to.
//!
//! A write that was sent lands by itself, whether its caller still waits for the answer or was
//! killed meanwhile: ELBv2's writes cannot be taken back.

mod api_view;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use writerlink_core::evidence::Answer;
use writerlink_core::failure::{CallError, Failure, LookupError, Rejection};
use writerlink_core::ports::{
    Clock, Filter, GroupTags, LONGEST_WRITE, ListedGroup, Page, Rds, Resolver, TargetGroupRead,
    TargetGroupWrite, action,
};
use writerlink_core::source::Identifier;
use writerlink_core::target::{
    Family, Registration, StateReason, Target, TargetGroup, TargetGroupArn, Zone,
};
use writerlink_core::topology::{
    Cluster, CustomEndpoint, HostName, Instance, ListedProxyEndpoint, Proxy,
};

use crate::fault::Effect;
use crate::world::dns::{Code, ResourceRecord, TTL};
use crate::world::elbv2::{
    self, GroupProtocol, GroupSelection, IpFamily, TargetRequest, TargetType,
};
use crate::world::paging::PageRequest;
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, Service, World};

/// How long a call takes that nothing goes wrong with.
const CALL: Duration = Duration::from_millis(20);

/// How long one attempt of a read waits for an answer that does not come, as in `writerlink-aws`.
const READ_TIMEOUT: Duration = Duration::from_secs(12);

/// The most entries on a page of RDS and of ELBv2's target groups, which core's adapter asks for.
const RDS_PAGE: usize = 100;
const GROUPS_PAGE: usize = 400;

/// How long a lookup waits for an answer that does not come, as in `writerlink-aws`.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// All of core's ports on one world.
#[derive(Clone)]
pub struct InProcess<C> {
    shared: Arc<Mutex<Shared>>,
    clock: C,
    caller: u64,
    observer: Option<Arc<dyn Observer>>,
}

/// Hears what the world makes of the calls.
pub trait Observer: Send + Sync {
    /// A fault strikes a call of this operation on this resource.
    fn struck(&self, caller: u64, operation: &str, resource: &str, effect: &Effect);

    /// A write takes effect at this moment, or is refused: the world before it, and after it.
    fn landed(
        &self,
        caller: u64,
        write: &Write,
        before: &Present,
        world: &World,
        result: &Result<(), ApiError>,
    );
}

/// The targets of a group that are not on their way out.
pub type Present = Vec<(SocketAddr, &'static str)>;

/// A change of a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The group's ARN.
    pub group: String,
    /// What is done with the targets.
    pub deed: Deed,
    /// The targets.
    pub targets: Vec<TargetRequest>,
}

/// What is done with targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// RegisterTargets.
    Register,
    /// DeregisterTargets.
    Deregister,
}

struct Shared {
    world: World,
    on_the_way: BTreeMap<(Duration, u64), Sent>,
    /// What came of writes that have landed, until their callers ask.
    answers: BTreeMap<u64, Result<(), ApiError>>,
    sent: u64,
}

/// A write on its way.
struct Sent {
    write: Write,
    caller: u64,
    observer: Option<Arc<dyn Observer>>,
}

/// The world behind its lock, brought up to the moment.
pub struct Guard<'a>(MutexGuard<'a, Shared>);

impl Deref for Guard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0.world
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0.world
    }
}

impl<C: fmt::Debug> fmt::Debug for InProcess<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("clock", &self.clock)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl<C: Clock + Sync> InProcess<C> {
    /// Ports on a world whose time is the clock's.
    pub fn new(world: World, clock: C) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                world,
                on_the_way: BTreeMap::new(),
                answers: BTreeMap::new(),
                sent: 0,
            })),
            clock,
            caller: 0,
            observer: None,
        }
    }

    /// The same ports for one caller, whom the observer is to know by this number.
    pub fn observed(&self, caller: u64, observer: Arc<dyn Observer>) -> Self
    where
        C: Clone,
    {
        Self { caller, observer: Some(observer), ..self.clone() }
    }

    /// The world at this moment.
    pub fn world(&self) -> Guard<'_> {
        Guard(self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.advance(self.clock.now());
        shared
    }

    /// Whether the budgets have tokens for a call at this moment, which it takes.
    fn admits(&self, name: &'static str) -> bool {
        let (prefix, operation) = name.split_once(':').unwrap_or(("", name));
        let service =
            if prefix == Service::Rds.iam_prefix() { Service::Rds } else { Service::Elbv2 };
        self.lock().world.admits(service, operation)
    }

    /// The fault that strikes a call at this moment.
    fn fault(&self, shared: &mut Shared, name: &'static str, resource: &str) -> Option<Effect> {
        let operation = name.rsplit(':').next().unwrap_or(name);
        let effect = shared.world.faults.take(operation, resource)?;
        if let Some(observer) = &self.observer {
            observer.struck(self.caller, operation, resource, &effect);
        }
        Some(effect)
    }

    /// A page of a list, whose entries come in the order of their keys.
    async fn page<K: Ord + ToString, T>(
        &self,
        name: &'static str,
        size: usize,
        marker: Option<String>,
        list: impl Fn(&World) -> BTreeMap<K, T>,
    ) -> Result<Page<(K, T)>, CallError> {
        let request = PageRequest { max_records: None, marker };
        let cut = |world: &World| {
            let entries = list(world).into_iter().collect();
            let page = request.cut(entries, size, |(key, _)| key.to_string());
            Ok(Page { entries: page.items, next: page.marker })
        };
        self.read(name, "", cut, cut, |page: &mut Page<(K, T)>| every_other(&mut page.entries))
            .await
    }

    /// A call that changes nothing. `thin` takes entries out of an answer of which a page is lost,
    /// `lag` tells what a reading that lags behind would.
    async fn read<T: Default>(
        &self,
        name: &'static str,
        resource: &str,
        act: impl FnOnce(&World) -> Result<T, ApiError>,
        lag: impl FnOnce(&World) -> Result<T, ApiError>,
        thin: impl FnOnce(&mut T),
    ) -> Result<T, CallError> {
        let admitted = self.admits(name);
        self.clock.sleep(CALL).await;
        if !admitted {
            return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
        }
        let (fault, answer) = {
            let mut shared = self.lock();
            let fault = self.fault(&mut shared, name, resource);
            let answer = match fault {
                Some(Effect::Stale) => lag(&shared.world),
                _ => act(&shared.world),
            };
            (fault, answer.map_err(|error| refused(name, &error)))
        };
        let fail = |failure, why: &str| Err(CallError::new(name, failure, why));
        match fault {
            Some(Effect::Throttle) => fail(Failure::Throttled, "Rate exceeded"),
            Some(Effect::AccessDenied) => {
                fail(Failure::Rejected(Rejection::AccessDenied), "not authorized")
            }
            Some(Effect::Error(error)) => Err(refused(name, &error)),
            Some(
                Effect::ServerErrorBefore
                | Effect::ServerErrorAfter
                | Effect::ResetBefore
                | Effect::ResetAfter
                | Effect::MalformedXml
                | Effect::Truncated,
            ) => fail(Failure::Unreachable, "no usable answer"),
            Some(Effect::Hang) => {
                self.clock.sleep(READ_TIMEOUT).await;
                fail(Failure::Unreachable, "no answer in time")
            }
            Some(Effect::Delay(delay)) if delay >= READ_TIMEOUT => {
                self.clock.sleep(READ_TIMEOUT).await;
                fail(Failure::Unreachable, "no answer in time")
            }
            Some(Effect::Delay(delay)) => {
                self.clock.sleep(delay).await;
                answer
            }
            Some(Effect::EmptyPage) => Ok(T::default()),
            Some(Effect::LostPage) => answer.map(|mut answer| {
                thin(&mut answer);
                answer
            }),
            Some(Effect::Stale | Effect::Partial | Effect::Late(_) | Effect::Ignored) | None => {
                answer
            }
        }
    }

    /// A call that changes a group: it is sent, lands, and is answered.
    async fn write(&self, name: &'static str, mut write: Write) -> Result<(), CallError> {
        if !self.admits(name) {
            self.clock.sleep(CALL).await;
            return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
        }
        let arrival = CALL / 2;
        let (fault, ticket) = {
            let mut shared = self.lock();
            let fault = self.fault(&mut shared, name, &write.group);
            let lands_after = match &fault {
                None
                | Some(
                    Effect::Delay(_)
                    | Effect::ServerErrorAfter
                    | Effect::ResetAfter
                    | Effect::MalformedXml
                    | Effect::Truncated
                    | Effect::EmptyPage
                    | Effect::LostPage
                    | Effect::Stale,
                ) => Some(arrival),
                Some(Effect::Partial) => {
                    write.targets.truncate(1);
                    Some(arrival)
                }
                Some(Effect::Late(by)) => Some(*by),
                Some(
                    Effect::Throttle
                    | Effect::AccessDenied
                    | Effect::Error(_)
                    | Effect::ServerErrorBefore
                    | Effect::ResetBefore
                    | Effect::Hang
                    | Effect::Ignored,
                ) => None,
            };
            let lands = lands_after.map(|after| self.clock.now() + after);
            (fault, lands.map(|when| shared.send(when, self.sent(write))))
        };
        let lost = |why: &str| Err(CallError::new(name, Failure::AnswerLost, why));
        let answered_after = match fault {
            Some(Effect::Delay(delay)) => CALL + delay,
            Some(Effect::Hang) => LONGEST_WRITE,
            _ => CALL,
        };
        self.clock.sleep(answered_after.min(LONGEST_WRITE)).await;
        match fault {
            Some(Effect::Throttle) => {
                return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
            }
            Some(Effect::AccessDenied) => {
                return Err(CallError::new(
                    name,
                    Failure::Rejected(Rejection::AccessDenied),
                    "not authorized",
                ));
            }
            Some(Effect::Error(error)) => return Err(refused(name, &error)),
            Some(Effect::ServerErrorBefore | Effect::ResetBefore) => {
                return lost("no answer, and nothing was done");
            }
            Some(
                Effect::ServerErrorAfter
                | Effect::ResetAfter
                | Effect::MalformedXml
                | Effect::Truncated,
            ) => {
                return lost("no usable answer, and it was done");
            }
            Some(Effect::Partial) => return lost("no usable answer, and a part of it was done"),
            Some(Effect::Late(_)) => return lost("no answer, and it is still to be done"),
            _ if answered_after >= LONGEST_WRITE => return lost("no answer in time"),
            _ => {}
        }
        let answer = ticket.and_then(|ticket| self.lock().answers.remove(&ticket));
        answer.unwrap_or(Ok(())).map_err(|error| refused(name, &error))
    }

    fn sent(&self, write: Write) -> Sent {
        Sent { write, caller: self.caller, observer: self.observer.clone() }
    }
}

impl Shared {
    /// Brings the world up to a moment; what is on its way lands in between.
    fn advance(&mut self, to: Duration) {
        while let Some(entry) = self.on_the_way.first_entry()
            && entry.key().0 <= to
        {
            let ((when, ticket), sent) = entry.remove_entry();
            self.world.advance(when);
            self.land(ticket, &sent);
        }
        self.world.advance(to);
    }

    fn send(&mut self, lands: Duration, sent: Sent) -> u64 {
        self.sent += 1;
        self.on_the_way.insert((lands, self.sent), sent);
        self.sent
    }

    fn land(&mut self, ticket: u64, sent: &Sent) {
        let Write { group, deed, targets } = &sent.write;
        let before = sent.observer.as_ref().map(|_| present(&self.world, group));
        let result = match deed {
            Deed::Register => self.world.register_targets(group, targets),
            Deed::Deregister => self.world.deregister_targets(group, targets),
        };
        if let (Some(observer), Some(before)) = (&sent.observer, before) {
            observer.landed(sent.caller, &sent.write, &before, &self.world, &result);
        }
        self.answers.insert(ticket, result);
    }
}

/// The targets of a group that are not on their way out, each with its state.
pub fn present(world: &World, group: &str) -> Present {
    let targets = world.elbv2.present(group).into_iter();
    targets
        .filter_map(|target| {
            Some((SocketAddr::new(target.address()?, target.key.port), target.state.as_str()))
        })
        .collect()
}

/// Whether a filter of RDS keeps an entry with this name, which is or belongs to this cluster.
fn matches(filter: &Filter, id: &Identifier, cluster: Option<&Identifier>) -> bool {
    match filter {
        Filter::Clusters(names) => cluster.is_some_and(|cluster| names.contains(cluster)),
        Filter::Instances(names) => names.contains(id),
    }
}

impl<C: Clock + Sync> Rds for InProcess<C> {
    async fn clusters(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Cluster)>, CallError> {
        let list = |world: &World| {
            let mut clusters = api_view::clusters(world);
            clusters.retain(|id, _| filter.is_none_or(|filter| matches(filter, id, Some(id))));
            clusters
        };
        self.page(action::CLUSTERS, RDS_PAGE, marker, list).await
    }

    async fn instances(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Instance)>, CallError> {
        let list = |world: &World| {
            let mut instances = api_view::instances(world);
            instances.retain(|id, instance| {
                filter.is_none_or(|filter| matches(filter, id, instance.cluster.as_ref()))
            });
            instances
        };
        self.page(action::INSTANCES, RDS_PAGE, marker, list).await
    }

    async fn custom_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, CustomEndpoint)>, CallError> {
        self.page(action::CUSTOM_ENDPOINTS, RDS_PAGE, marker, api_view::custom_endpoints).await
    }

    async fn proxies(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Proxy)>, CallError> {
        self.page(action::PROXIES, RDS_PAGE, marker, api_view::proxies).await
    }

    async fn proxy_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<ListedProxyEndpoint>, CallError> {
        let page = self.page(action::PROXY_ENDPOINTS, RDS_PAGE, marker, api_view::proxy_endpoints);
        let Page { entries, next } = page.await?;
        Ok(Page { entries: entries.into_iter().map(|(_, listed)| listed).collect(), next })
    }
}

impl<C: Clock + Sync> Resolver for InProcess<C> {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        use crate::world::dns::Family as Asked;
        self.clock.sleep(CALL).await;
        let asked = match family {
            Family::V4 => Asked::V4,
            Family::V6 => Asked::V6,
        };
        let reply = self.world().resolve(name.as_str(), asked);
        self.clock.sleep(reply.delay.min(LOOKUP_TIMEOUT)).await;
        if reply.delay >= LOOKUP_TIMEOUT {
            return Err(LookupError::Timeout);
        }
        match reply.code {
            Code::NxDomain => Err(LookupError::NxDomain),
            Code::ServFail => Err(LookupError::Refused("SERVFAIL".to_owned())),
            Code::Silence => {
                self.clock.sleep(LOOKUP_TIMEOUT).await;
                Err(LookupError::Timeout)
            }
            Code::NoError if reply.addresses().is_empty() => Err(LookupError::NoAddress),
            Code::NoError => {
                let alias = |record: &ResourceRecord| match record {
                    ResourceRecord::Alias { target, .. } => target.parse().ok(),
                    ResourceRecord::Address { .. } => None,
                };
                let mut addresses = reply.addresses();
                addresses.sort();
                Ok(Answer {
                    aliases: reply.records.iter().filter_map(alias).collect(),
                    addresses,
                    ttl: Duration::from_secs(TTL.into()),
                })
            }
        }
    }
}

impl<C: Clock + Sync> TargetGroupRead for InProcess<C> {
    async fn describe(&self, arns: &[TargetGroupArn]) -> Result<Vec<ListedGroup>, CallError> {
        let selection = GroupSelection::Arns(arns.iter().map(ToString::to_string).collect());
        let told = |world: &World| Ok(listed(world, world.target_groups(&selection)?).collect());
        // As on the wire, the first group that a call names is its resource.
        let resource = arns.first().map_or("", TargetGroupArn::as_str);
        self.read(action::GROUPS, resource, told, told, every_other).await
    }

    async fn targets(&self, arn: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        let name = action::TARGETS;
        let told = |world: &World| world.target_health(arn.as_str(), &[]);
        let lagging = |world: &World| world.target_health_a_change_ago(arn.as_str());
        let rows = self.read(name, arn.as_str(), told, lagging, |_| {}).await?;
        rows.iter()
            .map(|row| {
                let ip = row.key.id.parse().map_err(|_| {
                    CallError::new(
                        name,
                        Failure::Rejected(Rejection::Other),
                        format!("the target {:?} is no address", row.key.id),
                    )
                })?;
                Ok(Target {
                    address: SocketAddr::new(ip, row.key.port),
                    zone: row.key.zone.clone().map(Zone),
                    state: row.state.as_str().into(),
                    reason: (row.reason)
                        .map(|reason| StateReason::new(reason.code(), reason.description())),
                })
            })
            .collect()
    }

    async fn groups(&self, marker: Option<String>) -> Result<Page<ListedGroup>, CallError> {
        self.page(action::GROUPS, GROUPS_PAGE, marker, groups).await
    }

    async fn tags(&self, groups: &[TargetGroupArn]) -> Result<Vec<GroupTags>, CallError> {
        let arns: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let tags = |world: &World| {
            let tags = world.elbv2_tags(&arns)?.into_iter();
            Ok(tags.filter_map(|(arn, tags)| group_tags(arn, tags)).collect())
        };
        self.read(action::TAGS, "", tags, tags, every_other).await
    }
}

/// All groups of the Region.
fn groups(world: &World) -> BTreeMap<TargetGroupArn, Result<TargetGroup, CallError>> {
    let groups = world.target_groups(&GroupSelection::All).unwrap_or_default();
    listed(world, groups).collect()
}

fn listed<'a>(
    world: &'a World,
    groups: Vec<&'a elbv2::TargetGroup>,
) -> impl Iterator<Item = ListedGroup> + 'a {
    let described =
        |group: &elbv2::TargetGroup| Some((group.arn.parse().ok()?, Ok(described(world, group))));
    groups.into_iter().filter_map(described)
}

fn group_tags(arn: &str, tags: &elbv2::Tags) -> Option<GroupTags> {
    let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Some((arn.parse().ok()?, tags))
}

fn described(world: &World, group: &elbv2::TargetGroup) -> TargetGroup {
    TargetGroup {
        target_type: match group.target_type {
            TargetType::Ip => "ip".to_owned(),
            TargetType::Instance => "instance".to_owned(),
        },
        protocol: match group.protocol {
            GroupProtocol::Tcp => "TCP",
            GroupProtocol::Tls => "TLS",
            GroupProtocol::Udp => "UDP",
            GroupProtocol::TcpUdp => "TCP_UDP",
            GroupProtocol::Http => "HTTP",
        }
        .to_owned(),
        family: match group.family {
            IpFamily::Ipv4 => Family::V4,
            IpFamily::Ipv6 => Family::V6,
        },
        vpc: Some(VPC_ID.to_owned()),
        in_use: !world.balancers_of(&group.arn).is_empty(),
    }
}

impl<C: Clock + Sync> TargetGroupWrite for InProcess<C> {
    async fn register(&self, arn: &TargetGroupArn, target: &Registration) -> Result<(), CallError> {
        let write = Write {
            group: arn.as_str().to_owned(),
            deed: Deed::Register,
            targets: vec![request(target.address, target.zone.as_ref())],
        };
        self.write(action::REGISTER, write).await
    }

    async fn deregister(&self, arn: &TargetGroupArn, targets: &[Target]) -> Result<(), CallError> {
        let write = Write {
            group: arn.as_str().to_owned(),
            deed: Deed::Deregister,
            targets: targets.iter().map(|t| request(t.address, t.zone.as_ref())).collect(),
        };
        self.write(action::DEREGISTER, write).await
    }
}

fn request(address: SocketAddr, zone: Option<&Zone>) -> TargetRequest {
    TargetRequest {
        zone: zone.map(|zone| zone.0.clone()),
        ..TargetRequest::new(&address.ip().to_string(), address.port())
    }
}

fn refused(name: &'static str, error: &ApiError) -> CallError {
    let failure = match error.code.as_ref() {
        "ExpiredToken" => Failure::Credentials,
        "TargetGroupNotFound" => Failure::Rejected(Rejection::NotFound),
        "InvalidTarget" | "ValidationError" => Failure::Rejected(Rejection::Invalid),
        "TooManyTargets" => Failure::Rejected(Rejection::Quota),
        "AccessDenied" => Failure::Rejected(Rejection::AccessDenied),
        _ => Failure::Rejected(Rejection::Other),
    };
    CallError::new(name, failure, &error.message)
}

/// Leaves of a list what is left when a part of it is lost.
fn every_other<T>(entries: &mut Vec<T>) {
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::future::{join_all, select};
    use writerlink_core::drive::read_topology;
    use writerlink_core::topology::Scope;

    use super::*;
    use crate::fault::Fault;
    use crate::scene::Scene;
    use crate::virtual_time::VirtualTime;
    use crate::world::{Budgets, Pace};

    const SECOND: Duration = Duration::from_secs(1);

    /// The scene's region, a group in it, and another address for it.
    fn region() -> (VirtualTime, InProcess<VirtualTime>, TargetGroupArn, Registration) {
        let scene = Scene::new(Pace::real()).expect("a good scene");
        let group = scene.links[0].group.parse().expect("an ARN");
        let target =
            Registration { address: "10.20.2.99:5432".parse().expect("an address"), zone: None };
        let time = VirtualTime::default();
        time.run(time.sleep(scene.world.now()));
        let region = InProcess::new(scene.world, time.clone());
        (time, region, group, target)
    }

    fn targets(region: &InProcess<VirtualTime>, group: &TargetGroupArn) -> usize {
        present(&region.world(), group.as_str()).len()
    }

    #[test]
    fn what_a_killed_caller_has_sent_lands_after_it() {
        let (time, region, group, target) = region();
        let killed = async {
            let write = pin!(region.register(&group, &target));
            let death = pin!(time.sleep(Duration::from_millis(1)));
            select(write, death).await;
        };
        time.run(killed);
        assert_eq!(targets(&region, &group), 1);
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 2);
    }

    #[test]
    fn a_late_write_is_lost_to_its_caller_and_lands_when_it_is_due() {
        let (time, region, group, target) = region();
        let late = Fault::on("RegisterTargets", Effect::Late(2 * SECOND)).times(1);
        region.world().faults.add(late);
        let answer = time.run(region.register(&group, &target));
        assert_eq!(answer.map_err(|error| error.failure), Err(Failure::AnswerLost));
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 1);
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 2);
    }

    #[test]
    fn a_call_over_the_budget_is_throttled_and_does_nothing() {
        let (time, region, group, target) = region();
        region.world().budgets = Some(Budgets::documented());
        let failure = |error: CallError| error.failure;
        // At one moment: in virtual time a second brings tokens back.
        let reads = time.run(join_all((0..41).map(|_| region.targets(&group))));
        assert_eq!(reads.iter().filter(|read| read.is_err()).count(), 1);
        let write = time.run(region.register(&group, &target)).map_err(failure);
        assert_eq!(write, Err(Failure::Throttled));
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 1);
        assert_eq!(time.run(region.register(&group, &target)), Ok(()));
    }

    #[test]
    fn a_lost_page_of_the_clusters_leaves_the_instances_alone() {
        let (time, region, ..) = region();
        let lost = Fault::on("DescribeDBClusters", Effect::EmptyPage).times(1);
        region.world().faults.add(lost);
        let topology =
            time.run(read_topology(&region, Scope::DATABASES, &time)).expect("it is answered");
        assert_eq!((topology.clusters.len(), topology.instances.len()), (0, 4));
    }
}
