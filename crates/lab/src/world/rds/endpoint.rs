//! Endpoints: their names, and what DNS should answer for them.

use super::{ClusterKey, DbCluster, DbInstance, Form, InstanceKey, Naming, SecondaryName};
use crate::world::World;
use crate::world::dns::{Move, Record};
use crate::world::rds::Rds;

/// The part of every endpoint's name that AWS gives an account in a region.
pub(super) const ACCOUNT_LABEL: &str = "c0ffee1234ab";

impl Rds {
    /// The record of the writer endpoint of a cluster without a writer.
    fn secondary_record(
        &self,
        cluster: &DbCluster,
        endpoint: impl Fn(&DbInstance) -> Option<String>,
    ) -> Record {
        let first = self.readers(cluster).find_map(endpoint);
        match (self.secondary_name, first) {
            (SecondaryName::Reader, Some(name)) if cluster.global.is_some() => Record::Alias(name),
            _ => Record::Absent,
        }
    }
}

impl World {
    /// The name that follows a cluster's writer.
    pub fn cluster_endpoint(&self, cluster: &str) -> String {
        self.endpoint(cluster, &format!("cluster-{ACCOUNT_LABEL}"))
    }

    /// The name that answers one of a cluster's readers.
    pub fn reader_endpoint(&self, cluster: &str) -> String {
        self.endpoint(cluster, &format!("cluster-ro-{ACCOUNT_LABEL}"))
    }

    /// An instance's own name.
    pub fn instance_endpoint(&self, instance: &str) -> String {
        self.endpoint(instance, ACCOUNT_LABEL)
    }

    pub(super) fn endpoint(&self, name: &str, label: &str) -> String {
        format!("{name}.{label}.{}.rds.amazonaws.com", self.region)
    }

    /// Points an instance's name at the address it serves at.
    pub(super) fn point_instance(&mut self, key: InstanceKey, how: Move) {
        let Some(instance) = self.rds.instances.get(&key) else {
            return;
        };
        if instance.endpoint.is_some() {
            let name = self.instance_endpoint(&instance.name);
            self.repoint(&name, instance.record(), how);
        }
    }

    /// Points a cluster's names: the one that follows the writer, and those that answer one of
    /// several members.
    pub(super) fn point_cluster(&mut self, key: ClusterKey, how: Move) {
        let Some(cluster) = self.rds.clusters.get(&key) else {
            return;
        };
        let (record, _) = self.cluster_records(cluster, |instance| instance.name.clone());
        let name = self.cluster_endpoint(&cluster.name);
        self.repoint(&name, record, how);
        self.point_sets(key, how);
    }

    /// The records of a cluster's names: the writer endpoint and the reader endpoint. A cluster
    /// without any reader answers the writer for both (AWS docs: "Reader endpoints for Amazon
    /// Aurora": "the reader endpoint connects to the primary instance"); one whose readers are all
    /// unavailable does the same here; the documentation does not say.
    pub(super) fn cluster_records(
        &self,
        cluster: &DbCluster,
        name_of: impl Fn(&DbInstance) -> String,
    ) -> (Record, Record) {
        let endpoint = |instance: &DbInstance| {
            let has_one = instance.endpoint.is_some();
            has_one.then(|| self.instance_endpoint(&name_of(instance)))
        };
        let writer = cluster.writer.and_then(|key| self.rds.instances.get(&key));
        let name = writer.and_then(endpoint);
        let by_address = matches!(cluster.form, Form::ThreeNodes)
            && self.rds.multi_az_cluster_names == Naming::Address;
        let record = match (writer, &name) {
            (Some(writer), Some(_)) if by_address => writer.record(),
            (_, Some(name)) => Record::Alias(name.clone()),
            (_, None) => self.rds.secondary_record(cluster, endpoint),
        };
        let mut readers: Vec<String> =
            self.rds.available_readers(cluster).filter_map(endpoint).collect();
        if readers.is_empty() {
            readers.extend(name);
        }
        (record, Record::one_of(readers))
    }

    /// Makes a name unknown to DNS at once.
    pub(super) fn forget_name(&mut self, name: &str) {
        self.repoint(name, Record::Absent, Move::AtOnce);
    }
}

impl DbInstance {
    /// The record of its name.
    pub(super) fn record(&self) -> Record {
        Record::Addresses(self.addresses())
    }
}
