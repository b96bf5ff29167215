//! The databases: what is true of them, and what the RDS API says.
//!
//! Three things move at different moments after a failover, and the model keeps them apart: the
//! true writer ([`Rds::writer`]), the writer in DescribeDBClusters ([`Rds::members`]), and the
//! answer of DNS ([`crate::world::dns`]). Operations are methods of [`World`], named as in the API.

mod add;
mod blue_green;
mod cluster;
mod custom_endpoint;
mod delete;
mod describe;
mod endpoint;
mod engine;
mod failover;
mod global;
mod instance;
mod network;
mod proxy;
mod readers;
mod reboot;
mod refusal;
mod rename;
mod shown;
mod standby;
mod tags;

use std::collections::BTreeMap;
use std::net::IpAddr;

pub use blue_green::{
    Cancellation, Deployment, DeploymentKey, DeploymentStatus, DescribeDeployments, Pair, Side,
    SwitchoverStep,
};
pub use cluster::{Capacity, ClusterKey, DbCluster, Form, Member, Naming};
pub use custom_endpoint::{
    CustomEndpoint, CustomKind, DbClusterEndpoint, DescribeDbClusterEndpoints, EndpointKind,
    NewCustomEndpoint, Promoted,
};
pub use describe::{DescribeRequest, Filter};
pub use engine::{Engine, Layout};
pub use failover::FailoverEvent;
pub use global::{GlobalMember, GlobalRole, GlobalStep, SecondaryName, Shift};
pub use instance::{DbInstance, InstanceKey, MultiAz, Status};
pub use network::Network;
pub use proxy::{DbProxy, DbProxyEndpoint, EndpointRole, EngineFamily, ProxyEndpointKey};
pub use reboot::Reboot;
pub use shown::Listed;

use crate::world::World;
use crate::world::elbv2::Tags;
use instance::{Host, Serving, Writes};

/// All databases of the region.
#[derive(Clone, Debug, Default)]
pub struct Rds {
    /// What the names of Multi-AZ DB clusters answer, from the next move of each on.
    pub multi_az_cluster_names: Naming,
    /// What the writer endpoint's name of a secondary cluster answers, from the next move of each
    /// on.
    pub secondary_name: SecondaryName,
    /// What becomes of promoted members of custom endpoints for readers, from the next move of each
    /// on.
    pub promoted_members: Promoted,
    /// Whether a cluster's failover has events of its instances beside its own: a shutdown when it
    /// starts, a restart when the former writer is back, and a new topology when DNS first moves.
    /// AWS documents these events (RDS-EVENT-0004, 0006 and 0385) and says that 0385 comes with
    /// changes of DNS; which of them a failover has, and when, is not documented or measured.
    pub failover_tells_of_instances: bool,
    clusters: BTreeMap<ClusterKey, DbCluster>,
    instances: BTreeMap<InstanceKey, DbInstance>,
    custom_endpoints: Vec<CustomEndpoint>,
    proxies: Vec<DbProxy>,
    proxy_endpoints: BTreeMap<ProxyEndpointKey, DbProxyEndpoint>,
    deployments: BTreeMap<DeploymentKey, Deployment>,
    made: u32,
    /// Tags by resource id.
    tags: BTreeMap<String, Tags>,
}

/// A change of a database that is due later.
#[derive(Clone, Debug)]
pub enum RdsChange {
    /// A new instance becomes available.
    InstanceReady(InstanceKey),
    /// A member becomes the writer.
    Promote(ClusterKey, Option<InstanceKey>),
    /// The RDS API shows a new writer.
    ShowWriter(ClusterKey, InstanceKey),
    /// A cluster's failover is reported as complete.
    FailoverComplete(ClusterKey, InstanceKey),
    /// An instance accepts connections again.
    Serve(InstanceKey),
    /// An instance has an event of a failover of its cluster.
    Tell(InstanceKey, FailoverEvent),
    /// An instance's restart is reported as complete.
    Restarted(InstanceKey),
    /// A standby takes over.
    PromoteStandby(InstanceKey),
    /// A standby's takeover is reported as complete.
    StandbyComplete(InstanceKey),
    /// The RDS API shows an instance's zones as they are.
    ShowZones(InstanceKey),
    /// A cluster's network type has changed.
    NetworkChanged(ClusterKey, Network),
    /// An instance has got a standby, or lost it.
    MultiAzChanged(InstanceKey, MultiAz),
    /// An instance's new name is ready.
    InstanceRenamed(InstanceKey),
    /// A cluster's new name is ready and replaces this one.
    ClusterRenamed(ClusterKey, String),
    /// An instance is gone.
    InstanceGone(InstanceKey),
    /// A cluster is gone.
    ClusterGone(ClusterKey),
    /// A replaced node of a proxy stops accepting connections.
    ProxyNodeGone(ProxyEndpointKey, IpAddr),
    /// Writing moves between Regions.
    Global(ClusterKey, GlobalStep),
    /// A blue/green deployment goes on.
    Deployment(DeploymentKey, SwitchoverStep),
}

impl Rds {
    /// All clusters, in the order they were made.
    pub fn clusters(&self) -> impl Iterator<Item = &DbCluster> {
        self.clusters.values()
    }

    /// All instances, in the order they were made.
    pub fn instances(&self) -> impl Iterator<Item = &DbInstance> {
        self.instances.values()
    }

    /// The cluster of that name, in any case, or of that ARN: RDS operations take either (botocore
    /// rds 2014-10-31).
    pub fn cluster(&self, name: &str) -> Option<&DbCluster> {
        self.clusters()
            .find(|cluster| cluster.identifier.eq_ignore_ascii_case(name) || cluster.arn == name)
    }

    /// The instance of that name, in any case, or of that ARN.
    pub fn instance(&self, name: &str) -> Option<&DbInstance> {
        self.instances()
            .find(|instance| instance.identifier.eq_ignore_ascii_case(name) || instance.arn == name)
    }

    /// The cluster an instance belongs to.
    pub fn cluster_of(&self, instance: &DbInstance) -> Option<&DbCluster> {
        self.clusters.get(&instance.cluster?)
    }

    /// A cluster's members as DescribeDBClusters shows them.
    pub fn members(&self, cluster: &DbCluster) -> Vec<Member> {
        let member = |key: &InstanceKey| {
            let instance = self.instances.get(key)?;
            let writers = cluster.told_writers.as_ref().unwrap_or(&cluster.shown_writers);
            Some(Member {
                instance: instance.identifier.clone(),
                is_cluster_writer: writers.contains(key),
                promotion_tier: instance.promotion_tier,
            })
        };
        cluster.members.iter().filter_map(member).collect()
    }

    /// The writer of the cluster that a name truly leads to at this moment. During a failover it is
    /// the old one until the promotion, during a blue/green switchover that of blue until green
    /// takes writes.
    pub fn writer(&self, cluster: &str) -> Option<&DbInstance> {
        let cluster = self.clusters().find(|known| known.name.eq_ignore_ascii_case(cluster))?;
        self.instances.get(&cluster.writer?)
    }

    /// The instance that a name truly leads to at this moment.
    pub fn true_instance(&self, instance: &str) -> Option<&DbInstance> {
        self.instances().find(|known| known.name.eq_ignore_ascii_case(instance))
    }

    /// The address of the instance that truly writes in a cluster.
    pub fn writer_address(&self, cluster: &str) -> Option<IpAddr> {
        self.writer(cluster).map(DbInstance::address)
    }

    /// The address an instance truly serves at.
    pub fn instance_address(&self, instance: &str) -> Option<IpAddr> {
        self.true_instance(instance).map(DbInstance::address)
    }

    /// Whether the database at this address would take a write: it accepts connections, is not a
    /// reader, and is neither the green database of a blue/green deployment nor the blue one that a
    /// switchover left behind.
    pub fn takes_writes(&self, address: IpAddr) -> bool {
        let writes = |instance: &DbInstance| {
            let cluster = self.cluster_of(instance);
            instance.writes == Writes::Allowed
                && cluster.is_none_or(|cluster| cluster.writer == Some(instance.key))
        };
        let mut here = self.instances().filter(|instance| instance.address() == address);
        here.any(|instance| instance.accepts_tcp(address) && writes(instance))
    }

    /// Whether a TCP connection to this address would be accepted by a database or a proxy.
    pub fn accepts_tcp(&self, address: IpAddr) -> bool {
        self.instances().any(|instance| instance.accepts_tcp(address))
            || self.proxy_accepts_tcp(address, None)
    }

    /// Whether a database or a proxy accepts connections at this address and port.
    pub fn listens(&self, address: IpAddr, port: u16) -> bool {
        let mut instances = self.instances();
        instances.any(|instance| instance.port == port && instance.accepts_tcp(address))
            || self.proxy_accepts_tcp(address, Some(port))
    }

    pub(super) fn cluster_name(&self, key: ClusterKey) -> Option<String> {
        self.clusters.get(&key).map(|cluster| cluster.identifier.clone())
    }

    pub(super) fn instance_name(&self, key: InstanceKey) -> Option<String> {
        self.instances.get(&key).map(|instance| instance.identifier.clone())
    }

    fn readers<'a>(&'a self, cluster: &'a DbCluster) -> impl Iterator<Item = &'a DbInstance> {
        let others = cluster.members.iter().filter(|key| cluster.writer != Some(**key));
        others.filter_map(|key| self.instances.get(key))
    }

    fn next_number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }
}

impl World {
    /// The ARN of a cluster.
    pub fn cluster_arn(&self, identifier: &str) -> String {
        format!("arn:aws:rds:{}:{}:cluster:{identifier}", self.region, self.account)
    }

    /// The ARN of an instance.
    pub fn instance_arn(&self, identifier: &str) -> String {
        format!("arn:aws:rds:{}:{}:db:{identifier}", self.region, self.account)
    }

    pub(super) fn apply_rds(&mut self, change: RdsChange) {
        match change {
            RdsChange::InstanceReady(instance) => self.instance_ready(instance),
            RdsChange::Promote(cluster, target) => self.promote(cluster, target),
            RdsChange::ShowWriter(cluster, writer) => self.show_writer(cluster, writer),
            RdsChange::FailoverComplete(cluster, writer) => self.failover_complete(cluster, writer),
            RdsChange::Serve(instance) => self.serve(instance),
            RdsChange::Tell(instance, event) => self.tell_of_instance(instance, event),
            RdsChange::Restarted(instance) => self.restarted(instance),
            RdsChange::PromoteStandby(instance) => self.promote_standby(instance),
            RdsChange::StandbyComplete(instance) => self.standby_complete(instance),
            RdsChange::ShowZones(instance) => self.show_zones(instance),
            RdsChange::NetworkChanged(cluster, network) => self.network_changed(cluster, network),
            RdsChange::MultiAzChanged(instance, to) => self.multi_az_changed(instance, to),
            RdsChange::InstanceRenamed(instance) => self.instance_renamed(instance),
            RdsChange::ClusterRenamed(cluster, old) => self.cluster_renamed(cluster, &old),
            RdsChange::InstanceGone(instance) => self.instance_gone(instance),
            RdsChange::ClusterGone(cluster) => self.cluster_gone(cluster),
            RdsChange::ProxyNodeGone(endpoint, node) => self.rds.proxy_node_gone(endpoint, node),
            RdsChange::Global(cluster, step) => self.global_goes_on(cluster, step),
            RdsChange::Deployment(deployment, step) => self.deployment_goes_on(deployment, step),
        }
    }
}
