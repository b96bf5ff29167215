//! What the RDS API tells, in core's words: which is not always what is true.

use std::collections::BTreeMap;

use writerlink_core::discover::PUBLISH;
use writerlink_core::source::Identifier;
use writerlink_core::topology::{
    Cluster, CustomEndpoint, Form, Instance, ListedProxyEndpoint, Member, Membership, Network,
    Proxy, ProxyEndpoint, Standby,
};

use super::standby::placement;
use crate::world::World;
use crate::world::rds::{self, Capacity, CustomKind, DbProxyEndpoint, Listed, MultiAz, Status};
use crate::world::vpc::VPC_ID;

/// What DescribeDBClusters tells, which is not always what is true.
pub(super) fn clusters(world: &World) -> BTreeMap<Identifier, Cluster> {
    let rds = &world.rds;
    let listed = rds.clusters().filter(|cluster| cluster.listed == Listed::Yes);
    let told = listed.filter_map(|cluster| {
        let members = rds.members(cluster).into_iter().filter_map(|member| {
            Some(Member {
                instance: member.instance.parse().ok()?,
                writer: member.is_cluster_writer,
            })
        });
        Some((
            cluster.identifier.parse().ok()?,
            Cluster {
                engine: cluster.engine.name().to_owned(),
                resource_id: cluster.resource_id.parse().ok(),
                form: match cluster.capacity {
                    Capacity::Instances => Form::Instances,
                    Capacity::ServerlessV1 => Form::ServerlessV1,
                    Capacity::Limitless => Form::Limitless,
                    Capacity::OutsideVpc => Form::OutsideVpc,
                },
                status: cluster.status.to_string(),
                publish: publish(world, &cluster.resource_id),
                endpoint: Some(world.cluster_endpoint(&cluster.identifier))
                    .and_then(|name| name.parse().ok()),
                port: Some(cluster.port),
                members: members.collect(),
                replicates: cluster.replication_source().is_some(),
            },
        ))
    });
    told.collect()
}

/// What a database's tag consents to.
fn publish(world: &World, resource: &str) -> Option<String> {
    let mut tags = world.rds.tags(resource);
    tags.find(|(key, _)| *key == PUBLISH).map(|(_, value)| value.clone())
}

/// What DescribeDBInstances tells.
pub(super) fn instances(world: &World) -> BTreeMap<Identifier, Instance> {
    let databases = &world.rds;
    let listed = databases.instances().filter(|instance| instance.listed == Listed::Yes);
    let told = listed.filter_map(|instance| {
        let refuses = instance.multi_az() == MultiAz::Yes && !instance.engine.standby_accepts_tcp();
        Some((
            instance.identifier.parse().ok()?,
            Instance {
                engine: instance.engine.name().to_owned(),
                resource_id: instance.resource_id.parse().ok(),
                status: instance.status.to_string(),
                publish: publish(world, &instance.resource_id),
                endpoint: instance.endpoint.as_ref().and_then(|name| name.parse().ok()),
                port: Some(instance.port),
                cluster: databases
                    .cluster_of(instance)
                    .and_then(|cluster| cluster.identifier.parse().ok()),
                vpc: Some(VPC_ID.to_owned()),
                standby: if refuses { Standby::RefusesTcp } else { Standby::Unknown },
                network: Some(match instance.network {
                    rds::Network::Ipv4 => Network::Ipv4,
                    rds::Network::Dual => Network::Dual,
                }),
                placement: placement(world, instance),
            },
        ))
    });
    told.collect()
}

/// What DescribeDBClusterEndpoints tells of custom endpoints.
pub(super) fn custom_endpoints(world: &World) -> BTreeMap<Identifier, CustomEndpoint> {
    let list = |names: &[String]| names.iter().filter_map(|name| name.parse().ok()).collect();
    let told = world.rds.clusters().flat_map(|cluster| {
        let endpoints = world.rds.custom_endpoints_of(cluster);
        endpoints.filter_map(move |endpoint| {
            let custom = CustomEndpoint {
                cluster: cluster.identifier.parse().ok()?,
                status: Status::Available.to_string(),
                takes_writer: endpoint.kind == CustomKind::Any,
                members: match endpoint.static_members.as_slice() {
                    [] => Membership::AllBut(list(&endpoint.excluded_members)),
                    names => Membership::Only(list(names)),
                },
            };
            Some((endpoint.identifier.parse().ok()?, custom))
        })
    });
    told.collect()
}

/// What DescribeDBProxies shows.
pub(super) fn proxies(world: &World) -> BTreeMap<Identifier, Proxy> {
    let shown = world.rds.proxies().filter_map(|proxy| {
        let default = world.rds.proxy_endpoint(&proxy.name, None)?;
        Some((
            proxy.name.parse().ok()?,
            Proxy {
                port: Some(proxy.family.port()),
                default: proxy_endpoint(default),
                endpoints: BTreeMap::new(),
            },
        ))
    });
    shown.collect()
}

/// What DescribeDBProxyEndpoints shows of the endpoints that are not a proxy's default.
pub(super) fn proxy_endpoints(world: &World) -> BTreeMap<String, ListedProxyEndpoint> {
    let shown = world.rds.proxies().flat_map(|proxy| {
        world.rds.endpoints_of(proxy).filter_map(|endpoint| {
            let listed = ListedProxyEndpoint {
                proxy: proxy.name.parse().ok()?,
                name: endpoint.name.as_ref()?.parse().ok()?,
                endpoint: proxy_endpoint(endpoint),
            };
            Some((format!("{}/{}", listed.proxy, listed.name), listed))
        })
    });
    shown.collect()
}

fn proxy_endpoint(endpoint: &DbProxyEndpoint) -> ProxyEndpoint {
    ProxyEndpoint {
        status: endpoint.status.to_string(),
        endpoint: endpoint.host.parse().ok(),
        vpc: Some(VPC_ID.to_owned()),
    }
}
