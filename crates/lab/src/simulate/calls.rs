//! The ports that a simulated run gets: those of the region, with every call recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use writerlink_core::evidence::Answer;
use writerlink_core::failure::{CallError, Failure, LookupError, Rejection};
use writerlink_core::ports::{
    Filter, GroupTags, ListedGroup, Page, Rds, Resolver, StandbyRead, TargetGroupRead,
    TargetGroupWrite,
};
use writerlink_core::source::Identifier;
use writerlink_core::standby::{Attributes, Interface};
use writerlink_core::target::{Family, Registration, Target, TargetGroupArn, TargetState};
use writerlink_core::topology::{
    Cluster, CustomEndpoint, HostName, Instance, ListedProxyEndpoint, Proxy, Topology,
};

use super::injected_fault::{Family as FaultFamily, InjectedFault};
use super::judge::Judge;
use super::record::{Call, Record};
use super::region::{Kind, SimulatedRegion, State};
use super::step::RunStep;
use super::transcript::Who;
use crate::ports::InProcess;
use crate::virtual_time::VirtualTime;

/// The ports of one run.
#[derive(Clone)]
pub(super) struct Calls {
    run: u64,
    sim: Arc<SimulatedRegion>,
    region: InProcess<VirtualTime>,
}

impl Calls {
    pub(super) fn new(run: u64, sim: &Arc<SimulatedRegion>) -> Calls {
        Calls { run, region: sim.region.observed(run, sim.clone()), sim: sim.clone() }
    }

    fn begin(&self, kind: Kind) -> Call {
        self.sim.begin_call(self.run, kind)
    }

    /// The index of the binding of a group. A group without a binding breaks S5.
    fn binding(&self, group: &TargetGroupArn) -> usize {
        let found = self.sim.bounds.iter().position(|bound| bound.link.group == group.as_str());
        found.unwrap_or_else(|| {
            let now = self.sim.now();
            self.sim.state().judge.accuse(
                "S5",
                now,
                format!("{group} is not a group of a binding"),
            );
            0
        })
    }

    /// A reading of the topology begins, unless one goes on.
    fn begin_topology(&self) {
        let goes_on = |record: &Record| record.reading.is_some();
        if self.sim.state().runs.get(&self.run).is_some_and(goes_on) {
            return;
        }
        let call = self.begin(Kind::Topology);
        let began = self.sim.now();
        if let Some(record) = self.sim.state().runs.get_mut(&self.run) {
            record.reading = Some((call, began));
        }
    }

    /// The run takes a reading of the topology in.
    pub(super) fn hear_topology(&self, result: &Result<Topology, CallError>) {
        let reading = self.sim.state().runs.get_mut(&self.run).and_then(|run| run.reading.take());
        // A reading of no list at all begins and ends here.
        let (call, began) = reading.unwrap_or_else(|| (self.begin(Kind::Topology), self.sim.now()));
        self.end(&call, |state| {
            let ours = |index: usize| &self.sim.bounds[index].link;
            state.mark_active(call.step, |fault, place, _| match fault {
                InjectedFault::RdsStale
                | InjectedFault::RdsAbsent
                | InjectedFault::RdsModifying
                | InjectedFault::RdsNoWriter
                | InjectedFault::RdsTwoWriters => result.is_ok(),
                InjectedFault::RdsRenamed => result.as_ref().is_ok_and(|topology| {
                    let id = ours(place).database().parse().expect("an identifier");
                    !topology.clusters.contains_key(&id) && !topology.instances.contains_key(&id)
                }),
                _ => false,
            });
            if let Some(record) = state.runs.get_mut(&self.run) {
                record.hear_topology(&self.sim.bounds, began, result.as_ref().ok());
            }
            if let Err(error) = result {
                self.say(state, || format!("{error}"));
            }
        });
    }

    /// After a throttled call the driver makes the next ones wait.
    fn hear_throttle<T>(&self, result: Result<T, CallError>) -> Result<T, CallError> {
        let is_throttled = result.as_ref().is_err_and(|error| error.failure == Failure::Throttled);
        if let Some(record) = self.sim.state().runs.get_mut(&self.run) {
            record.rds_has_throttled |= is_throttled;
        }
        result
    }

    fn say(&self, state: &mut State, what: impl FnOnce() -> String) {
        state.transcript.say(self.sim.now(), Who::Run(self.run), what);
    }

    /// Ends a call; `record` records its answer.
    fn end<T>(&self, call: &Call, record: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.sim.state();
        self.sim.end_call(call, &mut state);
        record(&mut state)
    }

    /// A write is about to be sent: it is judged by what the run knows.
    fn send(&self, index: usize, judge: impl FnOnce(&mut Judge, &Record)) {
        let mut state = self.sim.state();
        let State { judge: of, runs, counts, .. } = &mut *state;
        if let Some(record) = runs.get_mut(&self.run) {
            record.views[index].count_look(&self.sim.bounds[index]);
            judge(of, record);
            record.views[index].send();
            counts.writes += 1;
        }
    }

    /// W3: no write to either address of a warm binding begins between a failover, at whose
    /// beginning both were targets and no write was under way, and the new writer's being healthy.
    fn judge_failover(&self, index: usize, of: &[SocketAddr]) {
        let now = self.sim.now();
        let state = &mut *self.sim.state();
        let Some((began, both)) = &state.failed_over[index] else { return };
        if of.iter().any(|target| both.contains(target)) {
            let name = &self.sim.bounds[index].link.name;
            let after = now.saturating_sub(*began).as_secs();
            let text = format!(
                "{name}: a write to {of:?} begins {after} s after a failover, and the new writer \
                 is not healthy yet"
            );
            state.judge.accuse("W3", now, text);
        }
    }

    fn mark_if_gone(
        &self,
        state: &mut State,
        index: usize,
        step: RunStep,
        error: Option<&CallError>,
    ) {
        let is_gone =
            error.is_some_and(|error| error.failure == Failure::Rejected(Rejection::NotFound));
        if is_gone && state.is_gone[index] {
            state.coverage.mark(InjectedFault::GroupGone, step);
        }
    }
}

/// The lists of one reading of the topology are one call in the record: the first page begins it,
/// and it ends when the run takes the topology in.
impl Rds for Calls {
    async fn clusters(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Cluster)>, CallError> {
        self.begin_topology();
        self.hear_throttle(self.region.clusters(filter, marker).await)
    }

    async fn instances(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Instance)>, CallError> {
        self.begin_topology();
        let page = self.hear_throttle(self.region.instances(filter, marker).await)?;
        let names = page.entries.iter().filter_map(|(_, instance)| instance.endpoint.clone());
        self.sim.state().listed.extend(names);
        Ok(page)
    }

    async fn custom_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, CustomEndpoint)>, CallError> {
        self.begin_topology();
        self.hear_throttle(self.region.custom_endpoints(marker).await)
    }

    async fn proxies(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Proxy)>, CallError> {
        self.begin_topology();
        self.hear_throttle(self.region.proxies(marker).await)
    }

    async fn proxy_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<ListedProxyEndpoint>, CallError> {
        self.begin_topology();
        self.hear_throttle(self.region.proxy_endpoints(marker).await)
    }
}

impl Resolver for Calls {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        if self.sim.is_neighbour(name) {
            return self.region.lookup(name, family).await;
        }
        let Some(index) = self.sim.whose(name) else {
            let now = self.sim.now();
            self.sim.state().judge.accuse(
                "S6",
                now,
                format!("DNS is asked for {name}, which is not a name of a binding"),
            );
            return Err(LookupError::NxDomain);
        };
        let bound = &self.sim.bounds[index];
        let call = self.begin(Kind::Name(index));
        {
            let mut state = self.sim.state();
            let now = self.sim.now();
            if let Some(record) = state.runs.get_mut(&self.run) {
                let topology = record.topologies.last().cloned();
                record.views[index].begin_look(index, bound, topology, now);
            }
        }
        let result = self.region.lookup(name, family).await;
        self.end(&call, |state| {
            state.mark_active(call.step, |fault, _, of| {
                fault.family() == FaultFamily::Dns && of == Some(name.as_str())
            });
            let now = self.sim.now();
            if let Some(record) = state.runs.get_mut(&self.run) {
                record.views[index].hear_name(name, result.as_ref().ok(), now);
            }
        });
        result
    }
}

impl TargetGroupRead for Calls {
    async fn describe(&self, groups: &[TargetGroupArn]) -> Result<Vec<ListedGroup>, CallError> {
        let indexes: Vec<usize> = groups.iter().map(|group| self.binding(group)).collect();
        let calls: Vec<Call> =
            indexes.iter().map(|index| self.begin(Kind::Group(*index))).collect();
        let result = self.region.describe(groups).await;
        for ((group, index), call) in groups.iter().zip(indexes).zip(calls) {
            self.end(&call, |state| {
                self.mark_if_gone(state, index, call.step, result.as_ref().err());
                let is_described = result.as_ref().is_ok_and(|listed| {
                    listed.iter().any(|(arn, found)| arn == group && found.is_ok())
                });
                if !is_described && let Some(record) = state.runs.get_mut(&self.run) {
                    record.views[index].saw_wrong = true;
                }
                if let Err(error) = &result {
                    self.say(state, || format!("{}: {error}", self.sim.bounds[index].link.name));
                }
            });
        }
        result
    }

    async fn targets(&self, group: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        let index = self.binding(group);
        let bound = &self.sim.bounds[index];
        let call = self.begin(Kind::Targets(index));
        let result = self.region.targets(group).await;
        self.end(&call, |state| {
            let now = self.sim.now();
            self.mark_if_gone(state, index, call.step, result.as_ref().err());
            let shown = result.as_deref().unwrap_or_default();
            let has = |of: TargetState| shown.iter().any(|target| target.state == of);
            state.mark_active(call.step, |fault, place, _| match fault {
                InjectedFault::GroupUnused => place == index && has(TargetState::Unused),
                InjectedFault::ForeignTarget => {
                    place == index
                        && shown.iter().any(|target| {
                            !bound.owns(target.address) && target.address.port() == bound.link.port
                        })
                }
                InjectedFault::OtherPort => {
                    place == index
                        && shown.iter().any(|target| target.address.port() != bound.link.port)
                }
                InjectedFault::SlowToHealthy => has(TargetState::Initial),
                InjectedFault::NeverHealthy => {
                    place == index && (has(TargetState::Initial) || has(TargetState::Unhealthy))
                }
                _ => false,
            });
            if let Some(record) = state.runs.get_mut(&self.run) {
                record.views[index].hear_targets(bound, result.as_deref().ok(), now);
            }
            if let Err(error) = &result {
                self.say(state, || format!("{}: {error}", bound.link.name));
            }
        });
        result
    }

    async fn groups(&self, marker: Option<String>) -> Result<Page<ListedGroup>, CallError> {
        self.region.groups(marker).await
    }

    async fn tags(&self, groups: &[TargetGroupArn]) -> Result<Vec<GroupTags>, CallError> {
        self.region.tags(groups).await
    }
}

impl StandbyRead for Calls {
    async fn interfaces(
        &self,
        vpc: &str,
        marker: Option<String>,
    ) -> Result<Page<Interface>, CallError> {
        let call = self.begin(Kind::Proof);
        let began = self.sim.now();
        let result = self.region.interfaces(vpc, marker).await;
        self.end(&call, |state| {
            if let Some(record) = state.runs.get_mut(&self.run) {
                record.interfaces.push((began, result.is_ok()));
            }
            if let Err(error) = &result {
                self.say(state, || format!("{error}"));
            }
        });
        result
    }

    async fn group_attributes(&self, group: &TargetGroupArn) -> Result<Attributes, CallError> {
        self.region.group_attributes(group).await
    }

    async fn balancers_of(&self, group: &TargetGroupArn) -> Result<BTreeSet<String>, CallError> {
        self.region.balancers_of(group).await
    }

    async fn balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
        self.region.balancers(arns).await
    }

    async fn balancer_attributes(&self, arn: &str) -> Result<Attributes, CallError> {
        self.region.balancer_attributes(arn).await
    }
}

impl TargetGroupWrite for Calls {
    async fn register(
        &self,
        group: &TargetGroupArn,
        target: &Registration,
    ) -> Result<(), CallError> {
        let index = self.binding(group);
        let bound = &self.sim.bounds[index];
        let pair = self.sim.pair(index);
        self.send(index, |judge, record| {
            judge.registers(record, index, bound, target, &self.sim.context(index, &pair));
        });
        self.judge_failover(index, &[target.address]);
        let call = self.begin(Kind::Register(index));
        let result = self.region.register(group, target).await;
        self.end(&call, |state| {
            if let Some(record) = state.runs.get_mut(&self.run) {
                match &result {
                    Ok(()) => record.views[index].acknowledge(target.address),
                    Err(error) => record.views[index].write_failed(error.failure),
                }
            }
        });
        result
    }

    async fn deregister(
        &self,
        group: &TargetGroupArn,
        targets: &[Target],
    ) -> Result<(), CallError> {
        let index = self.binding(group);
        let bound = &self.sim.bounds[index];
        let pair = self.sim.pair(index);
        self.send(index, |judge, record| {
            judge.deregisters(record, index, bound, targets, &self.sim.context(index, &pair));
        });
        {
            let away: Vec<_> = targets.iter().map(|target| target.address).collect();
            self.judge_failover(index, &away);
            let mut state = self.sim.state();
            if let Some(record) = state.runs.get_mut(&self.run) {
                record.views[index].send_away(&away);
            }
        }
        let call = self.begin(Kind::Deregister(index));
        let result = self.region.deregister(group, targets).await;
        self.end(&call, |state| {
            if let (Err(error), Some(record)) = (&result, state.runs.get_mut(&self.run)) {
                record.views[index].write_failed(error.failure);
            }
        });
        result
    }
}
