//! Moves the names from blue to green: in DNS, in the RDS API, and in truth.

use std::collections::BTreeMap;

use super::super::{Database, DeploymentKey, Pair, Rename};
use crate::world::World;
use crate::world::dns::{Move, Record};
use crate::world::rds::instance::Writes;
use crate::world::rds::{DbInstance, InstanceKey, Rds};

/// An endpoint of production that is taken from blue to green.
struct Endpoint {
    /// Its name, the one that blue has afterwards, and the one that green had.
    names: [String; 3],
    /// What blue's and green's names resolve to afterwards.
    records: [Record; 2],
}

impl World {
    /// Takes each endpoint of blue to green, one after the other, and blue's records to its new
    /// names.
    pub(super) fn move_records(&mut self, pairs: &[Pair]) {
        let pace = self.pace.switchover.clone();
        let mut at = pace.dns;
        for Endpoint { names, records } in self.endpoints(pairs) {
            let (later, [production, old, green], [blues, greens]) =
                (at + pace.gap, names, records);
            self.repoint(&production, Record::Absent, Move::After(at));
            self.repoint(&production, greens, Move::After(later));
            self.repoint(&old, blues, Move::After(at));
            self.repoint(&green, Record::Absent, Move::After(later));
            at += pace.dns_step;
        }
    }

    fn endpoints(&self, pairs: &[Pair]) -> Vec<Endpoint> {
        let sides = pairs.iter().flat_map(|pair| [&pair.blue, &pair.green]);
        let renamed: BTreeMap<InstanceKey, &Rename> = sides
            .filter_map(|side| Some((side.database.instance()?, side.renamed.as_ref()?)))
            .collect();
        let name_of = |instance: &DbInstance| match renamed.get(&instance.key) {
            Some(rename) => rename.to.clone(),
            None => instance.name.clone(),
        };
        let mut endpoints = Vec::new();
        for Pair { blue, green } in pairs {
            let (Some(blues), Some(greens)) = (&blue.renamed, &green.renamed) else {
                continue;
            };
            let names = [&blues.from, &blues.to, &greens.from];
            match (blue.database, green.database) {
                (Database::Cluster(blue), Database::Cluster(green)) => {
                    let clusters = [blue, green].map(|key| self.rds.clusters.get(&key));
                    let records = clusters.map(|cluster| match cluster {
                        Some(cluster) => self.cluster_records(cluster, name_of),
                        None => (Record::Absent, Record::Absent),
                    });
                    let [(blue, blue_readers), (green, green_readers)] = records;
                    endpoints.push(Endpoint {
                        names: names.map(|name| self.cluster_endpoint(name)),
                        records: [blue, green],
                    });
                    endpoints.push(Endpoint {
                        names: names.map(|name| self.reader_endpoint(name)),
                        records: [blue_readers, green_readers],
                    });
                }
                (blue, green) => {
                    let record = |side: Database| {
                        let instance = side.instance().and_then(|key| self.rds.instances.get(&key));
                        instance.map_or(Record::Absent, DbInstance::record)
                    };
                    endpoints.push(Endpoint {
                        names: names.map(|name| self.instance_endpoint(name)),
                        records: [record(blue), record(green)],
                    });
                }
            }
        }
        endpoints
    }

    /// Both sides accept connections; green takes writes, under the names of production, and blue
    /// does not.
    pub(super) fn open(&mut self, key: DeploymentKey) {
        for Pair { blue, green } in self.pairs(key) {
            for (side, writes) in [(blue, Writes::Refused), (green, Writes::Allowed)] {
                if let Some(instance) = side.database.instance() {
                    self.rds.allow_writes(instance, writes);
                    self.serve(instance);
                }
                let Some(rename) = side.renamed else { continue };
                let name = match side.database {
                    Database::Cluster(key) => {
                        self.rds.clusters.get_mut(&key).map(|cluster| &mut cluster.name)
                    }
                    Database::Instance(key) => {
                        self.rds.instances.get_mut(&key).map(|instance| &mut instance.name)
                    }
                };
                if let Some(name) = name {
                    *name = rename.to;
                }
            }
        }
    }

    /// The RDS API shows the new names.
    pub(super) fn show_names(&mut self, key: DeploymentKey) {
        let mut pairs = self.pairs(key);
        for side in pairs.iter_mut().flat_map(|pair| [&mut pair.blue, &mut pair.green]) {
            let Some(Rename { to, .. }) = side.renamed.clone() else {
                continue;
            };
            match side.database {
                Database::Cluster(key) => {
                    side.arn = self.cluster_arn(&to);
                    if let Some(cluster) = self.rds.clusters.get_mut(&key) {
                        cluster.identifier = to;
                        cluster.arn.clone_from(&side.arn);
                    }
                }
                Database::Instance(key) => {
                    side.arn = self.instance_arn(&to);
                    let endpoint = self.instance_endpoint(&to);
                    if let Some(instance) = self.rds.instances.get_mut(&key) {
                        instance.identifier = to;
                        instance.arn.clone_from(&side.arn);
                        instance.endpoint = Some(endpoint);
                    }
                }
            }
        }
        if let Some(deployment) = self.rds.deployments.get_mut(&key) {
            deployment.pairs = pairs;
        }
    }

    pub(super) fn pairs(&self, key: DeploymentKey) -> Vec<Pair> {
        let deployment = self.rds.deployments.get(&key);
        deployment.map_or_else(Vec::new, |deployment| deployment.pairs.clone())
    }
}

impl Rds {
    /// The pairs with the names of both sides before and after: blue gets `-oldN`, the first number
    /// that no name of blue's has had, and green blue's. A pair that lacks a side keeps its names.
    pub(super) fn renamed(&self, pairs: &[Pair]) -> Vec<Pair> {
        let blues: Vec<String> =
            pairs.iter().filter_map(|pair| self.shown_name(pair.blue.database)).collect();
        let is_free = |number: &u32| {
            let mut olds = blues.iter().map(|blue| format!("{blue}-old{number}"));
            olds.all(|old| self.cluster(&old).is_none() && self.instance(&old).is_none())
        };
        let number = (1..).find(is_free).unwrap_or(1);
        let renamed = |pair: &Pair| {
            let mut pair = pair.clone();
            let names = (self.shown_name(pair.blue.database), self.shown_name(pair.green.database));
            if let (Some(blue), Some(green)) = names {
                pair.blue.renamed =
                    Some(Rename { to: format!("{blue}-old{number}"), from: blue.clone() });
                pair.green.renamed = Some(Rename { from: green, to: blue });
            }
            pair
        };
        pairs.iter().map(renamed).collect()
    }
}
