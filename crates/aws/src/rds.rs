//! Reads clusters and instances, and where somebody follows them custom endpoints and proxies.

use std::collections::BTreeMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{
    ClusterScalabilityType, DbCluster, DbClusterEndpoint, DbClusterMember, DbInstance, DbProxy,
    DbProxyEndpoint, Endpoint, Tag,
};
use writerlink_core::discover::PUBLISH;
use writerlink_core::failure::{CallError, bounded};
use writerlink_core::ports::Rds;
use writerlink_core::source::Identifier;
use writerlink_core::topology::{
    Cluster, CustomEndpoint, Form, HostName, Instance, Member, Membership, Network, Proxy,
    ProxyEndpoint, Scope, Standby, Topology,
};

use crate::error::read_error;
use crate::pages::{all, listed};
use crate::watch::Watch;

const CLUSTERS: &str = "rds:DescribeDBClusters";
const INSTANCES: &str = "rds:DescribeDBInstances";
const CLUSTER_ENDPOINTS: &str = "rds:DescribeDBClusterEndpoints";
const PROXIES: &str = "rds:DescribeDBProxies";
const PROXY_ENDPOINTS: &str = "rds:DescribeDBProxyEndpoints";

/// The most that one page may hold (botocore rds 2014-10-31, `MaxRecords`).
const PAGE: i32 = 100;

/// Reads all clusters and instances of a Region.
#[derive(Debug, Clone)]
pub struct RdsClient(Client);

impl RdsClient {
    pub(crate) fn new(rds: Client) -> Self {
        Self(rds)
    }

    async fn databases(&self) -> Result<Topology, CallError> {
        let (clusters, instances) = tokio::try_join!(self.clusters(), self.instances())?;
        Ok(topology_of(&clusters, &instances))
    }

    async fn proxies(&self) -> Result<BTreeMap<Identifier, Proxy>, CallError> {
        let (proxies, endpoints) = tokio::try_join!(self.proxies_alone(), self.proxy_endpoints())?;
        Ok(proxies_of(&proxies, &endpoints))
    }

    async fn custom_endpoints(&self) -> Result<BTreeMap<Identifier, CustomEndpoint>, CallError> {
        let endpoints = self.cluster_endpoints().await?;
        Ok(endpoints.iter().filter_map(custom_endpoint_of).collect())
    }
}

/// A method that reads a list of RDS to its last page: its name and what it gives, the call, the
/// operation of the SDK, the element that the answer is, and the one that holds the list.
macro_rules! lists {
    ($($name:ident: $entry:ty = $call:ident, $operation:ident, $answer:literal, $list:ident, $element:literal;)*) => {
        impl RdsClient {
            $(async fn $name(&self) -> Result<Vec<$entry>, CallError> {
                all($call, async |marker| {
                    let watch = Watch::expecting($answer);
                    let request = self.0.$operation().max_records(PAGE).set_marker(marker);
                    let sent = request.customize().interceptor(watch.clone()).send().await;
                    let page = sent.map_err(|error| read_error($call, &error, watch.sent()))?;
                    Ok((listed($call, $element, page.$list)?, page.marker))
                })
                .await
            })*
        }
    };
}

lists! {
    clusters: DbCluster = CLUSTERS, describe_db_clusters, "DescribeDBClustersResponse", db_clusters, "DBClusters";
    instances: DbInstance = INSTANCES, describe_db_instances, "DescribeDBInstancesResponse", db_instances, "DBInstances";
    cluster_endpoints: DbClusterEndpoint = CLUSTER_ENDPOINTS, describe_db_cluster_endpoints, "DescribeDBClusterEndpointsResponse", db_cluster_endpoints, "DBClusterEndpoints";
    proxies_alone: DbProxy = PROXIES, describe_db_proxies, "DescribeDBProxiesResponse", db_proxies, "DBProxies";
    proxy_endpoints: DbProxyEndpoint = PROXY_ENDPOINTS, describe_db_proxy_endpoints, "DescribeDBProxyEndpointsResponse", db_proxy_endpoints, "DBProxyEndpoints";
}

impl Rds for RdsClient {
    async fn topology(&self, scope: Scope) -> Result<Topology, CallError> {
        let (databases, custom_endpoints, proxies) = tokio::join!(
            async {
                if scope.databases { self.databases().await } else { Ok(Topology::default()) }
            },
            async {
                if scope.custom_endpoints {
                    self.custom_endpoints().await
                } else {
                    Ok(BTreeMap::new())
                }
            },
            async { if scope.proxies { self.proxies().await } else { Ok(BTreeMap::new()) } },
        );
        // Who needs other lists only can go on with those.
        let databases = match databases {
            Err(error) if scope.proxies => Topology { unread: Some(error), ..Topology::default() },
            read => read?,
        };
        Ok(Topology { custom_endpoints, proxies, ..databases })
    }
}

/// Sorts both lists. What cannot be named in a configuration (an identifier that RDS would not have
/// taken) is left out, so that it never hides the rest.
fn topology_of(clusters: &[DbCluster], instances: &[DbInstance]) -> Topology {
    let clusters: BTreeMap<_, _> = clusters
        .iter()
        .filter_map(|cluster| {
            Some((identifier(cluster.db_cluster_identifier())?, cluster_of(cluster)))
        })
        .collect();
    let instances = instances
        .iter()
        .filter_map(|instance| {
            Some((identifier(instance.db_instance_identifier())?, instance_of(instance)))
        })
        .collect();
    Topology { clusters, instances, ..Topology::default() }
}

fn cluster_of(cluster: &DbCluster) -> Cluster {
    Cluster {
        engine: bounded(cluster.engine().unwrap_or_default()),
        resource_id: identifier(cluster.db_cluster_resource_id()),
        form: form(cluster),
        status: cluster.status().unwrap_or_default().to_owned(),
        publish: publish(cluster.tag_list()),
        endpoint: host_name(cluster.endpoint()),
        port: port(cluster.port()),
        members: cluster.db_cluster_members().iter().filter_map(member_of).collect(),
        replicates: cluster
            .replication_source_identifier()
            .is_some_and(|origin| !origin.is_empty()),
    }
}

fn form(cluster: &DbCluster) -> Form {
    if cluster.vpc_networking_enabled() == Some(false) {
        Form::OutsideVpc
    } else if cluster.cluster_scalability_type() == Some(&ClusterScalabilityType::Limitless) {
        Form::Limitless
    } else if cluster.engine_mode() == Some("serverless") {
        Form::ServerlessV1
    } else {
        Form::Instances
    }
}

fn member_of(member: &DbClusterMember) -> Option<Member> {
    Some(Member {
        instance: identifier(member.db_instance_identifier())?,
        writer: member.is_cluster_writer().unwrap_or_default(),
    })
}

/// The list has the endpoints of the writer and of all readers too, which have no
/// `CustomEndpointType`. Of the two lists of members one is empty: an endpoint whose static list is
/// not goes by it.
fn custom_endpoint_of(endpoint: &DbClusterEndpoint) -> Option<(Identifier, CustomEndpoint)> {
    let list = |names: &[String]| names.iter().filter_map(|name| name.parse().ok()).collect();
    let members = match endpoint.static_members() {
        [] => Membership::AllBut(list(endpoint.excluded_members())),
        names => Membership::Only(list(names)),
    };
    let custom = CustomEndpoint {
        cluster: identifier(endpoint.db_cluster_identifier())?,
        status: endpoint.status().unwrap_or_default().to_owned(),
        takes_writer: endpoint.custom_endpoint_type()? != "READER",
        members,
    };
    Some((identifier(endpoint.db_cluster_endpoint_identifier())?, custom))
}

fn proxies_of(proxies: &[DbProxy], endpoints: &[DbProxyEndpoint]) -> BTreeMap<Identifier, Proxy> {
    let mut listed: BTreeMap<Identifier, Proxy> = proxies
        .iter()
        .filter_map(|proxy| Some((identifier(proxy.db_proxy_name())?, proxy_of(proxy))))
        .collect();
    for endpoint in endpoints {
        let of = identifier(endpoint.db_proxy_name()).and_then(|proxy| listed.get_mut(&proxy));
        if let (Some(proxy), Some(name)) = (of, identifier(endpoint.db_proxy_endpoint_name())) {
            proxy.endpoints.insert(name, proxy_endpoint_of(endpoint));
        }
    }
    listed
}

fn proxy_of(proxy: &DbProxy) -> Proxy {
    Proxy {
        port: proxy.engine_family().and_then(port_of_family),
        default: ProxyEndpoint {
            status: proxy.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            endpoint: host_name(proxy.endpoint()),
            vpc: proxy.vpc_id().map(str::to_owned),
        },
        endpoints: BTreeMap::new(),
    }
}

fn proxy_endpoint_of(endpoint: &DbProxyEndpoint) -> ProxyEndpoint {
    ProxyEndpoint {
        status: endpoint.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        endpoint: host_name(endpoint.endpoint()),
        vpc: endpoint.vpc_id().map(str::to_owned),
    }
}

/// A proxy listens on the default port of its engine family, and on no other (AWS docs: "Connecting
/// to a database through RDS Proxy").
fn port_of_family(family: &str) -> Option<u16> {
    match family {
        "MYSQL" => Some(3306),
        "POSTGRESQL" => Some(5432),
        "SQLSERVER" => Some(1433),
        _ => None,
    }
}

fn instance_of(instance: &DbInstance) -> Instance {
    let endpoint = instance.endpoint();
    Instance {
        engine: bounded(instance.engine().unwrap_or_default()),
        resource_id: identifier(instance.dbi_resource_id()),
        status: instance.db_instance_status().unwrap_or_default().to_owned(),
        publish: publish(instance.tag_list()),
        endpoint: host_name(endpoint.and_then(Endpoint::address)),
        port: port(endpoint.and_then(Endpoint::port)),
        cluster: identifier(instance.db_cluster_identifier()),
        vpc: instance.db_subnet_group().and_then(|group| group.vpc_id()).map(str::to_owned),
        standby: standby(instance),
        network: network(instance.network_type()),
    }
}

/// Any other word than the two that there are is no reason to think that a family is missing.
fn network(word: Option<&str>) -> Option<Network> {
    match word? {
        "IPV4" => Some(Network::Ipv4),
        "DUAL" => Some(Network::Dual),
        _ => None,
    }
}

/// A Multi-AZ DB instance deployment keeps a standby that serves nobody, for MariaDB, MySQL, Oracle
/// and PostgreSQL (AWS docs: "Multi-AZ DB instance deployments for Amazon RDS"). SQL Server mirrors
/// or uses Always On, and RDS Custom does not set `MultiAZ` (botocore rds 2014-10-31), so of those
/// nothing is known.
fn standby(instance: &DbInstance) -> Standby {
    let engine = instance.engine().unwrap_or_default();
    let refuses =
        matches!(engine, "mysql" | "mariadb" | "postgres") || engine.starts_with("oracle-");
    if refuses && instance.multi_az() == Some(true) {
        Standby::RefusesTcp
    } else {
        Standby::Unknown
    }
}

/// RDS lists a database's tags with it (botocore rds 2014-10-31, `DBCluster.TagList` and
/// `DBInstance.TagList`). Whether it leaves them out for who may not list tags, nobody has
/// measured; without them nobody consents.
fn publish(tags: &[Tag]) -> Option<String> {
    let tag = tags.iter().find(|tag| tag.key() == Some(PUBLISH))?;
    Some(tag.value().unwrap_or_default().to_owned())
}

fn identifier(text: Option<&str>) -> Option<Identifier> {
    text?.parse().ok()
}

fn host_name(text: Option<&str>) -> Option<HostName> {
    text?.parse().ok()
}

fn port(number: Option<i32>) -> Option<u16> {
    u16::try_from(number?).ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_rds::types::DbSubnetGroup;

    use super::*;

    fn id(text: &str) -> Identifier {
        text.parse().expect(text)
    }

    fn instance(name: &str, engine: &str) -> aws_sdk_rds::types::builders::DbInstanceBuilder {
        DbInstance::builder()
            .db_instance_identifier(name)
            .engine(engine)
            .db_instance_status("available")
    }

    #[test]
    fn an_instance_keeps_its_name_port_cluster_vpc_and_network() {
        let endpoint = Endpoint::builder()
            .address("Orders-1.abc.eu-west-1.rds.amazonaws.com")
            .port(5432)
            .build();
        let listed = instance("orders-1", "aurora-postgresql")
            .endpoint(endpoint)
            .db_cluster_identifier("orders")
            .db_subnet_group(DbSubnetGroup::builder().vpc_id("vpc-1").build())
            .network_type("DUAL")
            .build();
        let topology = topology_of(&[], &[listed]);
        let wanted = Instance {
            engine: "aurora-postgresql".to_owned(),
            resource_id: None,
            status: "available".to_owned(),
            publish: None,
            endpoint: Some("orders-1.abc.eu-west-1.rds.amazonaws.com".parse().expect("name")),
            port: Some(5432),
            cluster: Some(id("orders")),
            vpc: Some("vpc-1".to_owned()),
            standby: Standby::Unknown,
            network: Some(Network::Dual),
        };
        assert_eq!(topology.instances[&id("orders-1")], wanted);
    }

    #[test]
    fn an_instance_that_is_being_created_has_no_endpoint_and_hides_nothing() {
        let topology =
            topology_of(&[], &[instance("new", "mysql").build(), instance("old", "mysql").build()]);
        assert_eq!(topology.instances[&id("new")].endpoint, None);
        assert!(topology.instances.contains_key(&id("old")));
    }

    #[test]
    fn a_database_keeps_the_one_tag_that_consents() {
        let tags = |value: Option<&str>| {
            let other = Tag::builder().key("team").value("orders").build();
            let ours = Tag::builder().key("writerlink:publish").set_value(value.map(str::to_owned));
            [other, ours.build()]
        };
        assert_eq!(publish(&tags(Some("link"))), Some("link".to_owned()));
        assert_eq!(publish(&tags(None)), Some(String::new()));
        assert_eq!(publish(&tags(None)[..1]), None);
        let listed = instance("billing", "mysql").set_tag_list(Some(tags(Some("link")).into()));
        let cluster = DbCluster::builder().set_tag_list(Some(tags(Some("link")).into()));
        let told = [instance_of(&listed.build()).publish, cluster_of(&cluster.build()).publish];
        assert_eq!(told, [Some("link".to_owned()), Some("link".to_owned())]);
    }

    #[test]
    fn a_cluster_keeps_its_members_and_their_writer_flags() {
        let member = |name: &str, writer| {
            DbClusterMember::builder()
                .db_instance_identifier(name)
                .is_cluster_writer(writer)
                .build()
        };
        let listed = DbCluster::builder()
            .db_cluster_identifier("Orders")
            .engine("aurora-mysql")
            .status("available")
            .port(3306)
            .db_cluster_members(member("orders-1", false))
            .db_cluster_members(member("orders-2", true))
            .build();
        let topology = topology_of(&[listed], &[]);
        let cluster = &topology.clusters[&id("orders")];
        let members: Vec<_> =
            cluster.members.iter().map(|m| (m.instance.as_str(), m.writer)).collect();
        assert_eq!(members, [("orders-1", false), ("orders-2", true)]);
        assert_eq!((cluster.port, &cluster.endpoint), (Some(3306), &None));
    }

    #[test]
    fn a_multi_az_db_cluster_is_not_set_aside_with_its_engine() {
        for engine in ["postgres", "mysql"] {
            let member = DbClusterMember::builder()
                .db_instance_identifier("ledger-instance-1")
                .is_cluster_writer(true)
                .build();
            let listed = DbCluster::builder()
                .db_cluster_identifier("ledger")
                .engine(engine)
                .db_cluster_members(member)
                .build();
            let node =
                instance("ledger-instance-1", engine).db_cluster_identifier("ledger").build();
            let topology = topology_of(&[listed], &[node]);
            assert!(topology.clusters[&id("ledger")].members[0].writer, "{engine}");
            assert_eq!(topology.instances[&id("ledger-instance-1")].cluster, Some(id("ledger")));
        }
    }

    #[test]
    fn a_database_keeps_its_engine_and_its_resource_id() {
        let cluster = DbCluster::builder()
            .db_cluster_identifier("graph")
            .engine("docdb")
            .db_cluster_resource_id("cluster-ABC");
        let member = instance("graph-1", "docdb").dbi_resource_id("db-63B5");
        let topology = topology_of(&[cluster.build()], &[member.build()]);
        let (cluster, member) =
            (&topology.clusters[&id("graph")], &topology.instances[&id("graph-1")]);
        assert_eq!((cluster.engine.as_str(), member.engine.as_str()), ("docdb", "docdb"));
        let ids = (&cluster.resource_id, &member.resource_id);
        assert_eq!(ids, (&Some(id("cluster-abc")), &Some(id("db-63b5"))));
    }

    #[test]
    fn what_a_clusters_capacity_is_made_up_of_is_kept() {
        let cluster = DbCluster::builder();
        for (listed, form) in [
            (cluster.clone(), Form::Instances),
            (
                cluster.clone().engine_mode("provisioned").vpc_networking_enabled(true),
                Form::Instances,
            ),
            (cluster.clone().engine_mode("serverless"), Form::ServerlessV1),
            (
                cluster.clone().cluster_scalability_type(ClusterScalabilityType::Standard),
                Form::Instances,
            ),
            (
                cluster.clone().cluster_scalability_type(ClusterScalabilityType::Limitless),
                Form::Limitless,
            ),
            (cluster.clone().vpc_networking_enabled(false), Form::OutsideVpc),
        ] {
            assert_eq!(cluster_of(&listed.build()).form, form);
        }
    }

    #[test]
    fn an_identifier_that_cannot_be_read_is_left_out_alone() {
        let topology = topology_of(
            &[],
            &[instance("a--b", "mysql").build(), instance("fine", "mysql").build()],
        );
        assert_eq!(topology.instances.keys().map(Identifier::as_str).collect::<Vec<_>>(), ["fine"]);
    }

    #[test]
    fn only_a_multi_az_standby_of_the_documented_engines_refuses_tcp() {
        for (engine, multi_az, wanted) in [
            ("mysql", true, Standby::RefusesTcp),
            ("mariadb", true, Standby::RefusesTcp),
            ("postgres", true, Standby::RefusesTcp),
            ("oracle-ee", true, Standby::RefusesTcp),
            ("oracle-se2-cdb", true, Standby::RefusesTcp),
            ("postgres", false, Standby::Unknown),
            ("sqlserver-ee", true, Standby::Unknown),
            ("custom-oracle-ee", true, Standby::Unknown),
            ("aurora-mysql", true, Standby::Unknown),
        ] {
            assert_eq!(
                standby(&instance("x", engine).multi_az(multi_az).build()),
                wanted,
                "{engine} {multi_az}"
            );
        }
    }

    fn custom(
        name: &str,
        kind: Option<&str>,
    ) -> aws_sdk_rds::types::builders::DbClusterEndpointBuilder {
        DbClusterEndpoint::builder()
            .db_cluster_endpoint_identifier(name)
            .db_cluster_identifier("Orders")
            .status("available")
            .set_custom_endpoint_type(kind.map(str::to_owned))
    }

    #[test]
    fn a_custom_endpoint_keeps_its_cluster_its_type_and_the_one_list_that_it_has() {
        let ids = |names: &[&str]| names.iter().map(|name| id(name)).collect();
        let only =
            custom("Reports", Some("READER")).static_members("orders-2").static_members("Orders-3");
        let all_but = custom("any", Some("ANY")).excluded_members("orders-1");
        for (listed, name, takes_writer, members) in [
            (only, "reports", false, Membership::Only(ids(&["orders-2", "orders-3"]))),
            (all_but, "any", true, Membership::AllBut(ids(&["orders-1"]))),
            (custom("all", Some("ANY")), "all", true, Membership::AllBut(BTreeSet::new())),
        ] {
            let wanted = CustomEndpoint {
                cluster: id("orders"),
                status: "available".to_owned(),
                takes_writer,
                members,
            };
            assert_eq!(custom_endpoint_of(&listed.build()), Some((id(name), wanted)));
        }
    }

    #[test]
    fn the_endpoints_that_every_cluster_has_are_no_custom_ones() {
        for kind in ["WRITER", "READER"] {
            let listed = DbClusterEndpoint::builder()
                .db_cluster_identifier("orders")
                .endpoint_type(kind)
                .build();
            assert_eq!(custom_endpoint_of(&listed), None, "{kind}");
        }
        assert_eq!(custom_endpoint_of(&custom("reports", None).build()), None);
    }

    fn proxy(name: &str, family: &str) -> DbProxy {
        DbProxy::builder()
            .db_proxy_name(name)
            .status("available".into())
            .engine_family(family)
            .endpoint(format!("{name}.proxy-abc.eu-west-1.rds.amazonaws.com"))
            .vpc_id("vpc-1")
            .build()
    }

    fn endpoint_of_proxy(proxy: &str, name: &str, host: &str) -> DbProxyEndpoint {
        DbProxyEndpoint::builder()
            .db_proxy_name(proxy)
            .db_proxy_endpoint_name(name)
            .status("modifying".into())
            .endpoint(host)
            .vpc_id("vpc-2")
            .build()
    }

    #[test]
    fn a_proxys_default_endpoint_is_told_with_the_proxy_and_the_others_by_name() {
        let further =
            endpoint_of_proxy("Front", "Read-Only", "read-only.endpoint.proxy-abc.example.com");
        let stray = endpoint_of_proxy("gone", "lost", "lost.example.com");
        let listed = proxies_of(&[proxy("Front", "POSTGRESQL")], &[further, stray]);
        let told = |status: &str, host: &str, vpc: &str| ProxyEndpoint {
            status: status.to_owned(),
            endpoint: Some(host.parse().expect("name")),
            vpc: Some(vpc.to_owned()),
        };
        let wanted = Proxy {
            port: Some(5432),
            default: told("available", "front.proxy-abc.eu-west-1.rds.amazonaws.com", "vpc-1"),
            endpoints: [(
                id("read-only"),
                told("modifying", "read-only.endpoint.proxy-abc.example.com", "vpc-2"),
            )]
            .into(),
        };
        assert_eq!(listed, [(id("front"), wanted)].into());
    }

    /// RDS lists the default endpoint with the others too, `IsDefault` (botocore rds 2014-10-31,
    /// `DBProxyEndpoint`); by which name, nobody has measured.
    #[test]
    fn the_default_endpoint_in_the_list_of_endpoints_takes_no_ones_place() {
        for name in ["default", "front"] {
            let alone = proxies_of(&[proxy("front", "MYSQL")], &[]);
            let listed = proxies_of(
                &[proxy("front", "MYSQL")],
                &[
                    endpoint_of_proxy("front", name, "elsewhere.example.com"),
                    endpoint_of_proxy("front", "read-only", "read-only.example.com"),
                ],
            );
            let front = &listed[&id("front")];
            assert_eq!(front.default, alone[&id("front")].default, "{name}");
            assert!(front.endpoints.contains_key(&id("read-only")), "{name}");
        }
    }

    #[test]
    fn a_proxys_port_is_that_of_its_engine_family_and_an_unknown_family_has_none() {
        for (family, port) in [
            ("MYSQL", Some(3306)),
            ("POSTGRESQL", Some(5432)),
            ("SQLSERVER", Some(1433)),
            ("ORACLE", None),
        ] {
            let listed = proxies_of(&[proxy("front", family)], &[]);
            assert_eq!(listed[&id("front")].port, port, "{family}");
        }
    }

    #[test]
    fn a_proxy_that_is_being_created_may_have_no_endpoint_yet() {
        let creating = DbProxy::builder().db_proxy_name("front").status("creating".into()).build();
        let front = &proxies_of(&[creating], &[])[&id("front")];
        assert_eq!((front.default.status.as_str(), &front.default.endpoint), ("creating", &None));
    }

    #[test]
    fn a_cluster_replicates_while_it_names_an_origin() {
        for (origin, replicates) in [
            (None, false),
            (Some(""), false),
            (Some("arn:aws:rds:us-east-1:111122223333:cluster:far"), true),
        ] {
            let listed =
                DbCluster::builder().set_replication_source_identifier(origin.map(str::to_owned));
            assert_eq!(cluster_of(&listed.build()).replicates, replicates, "{origin:?}");
        }
    }
}
