//! Instances, as `DescribeDBInstances` lists them.

use aws_sdk_rds::types::{DbInstance, DbSubnetGroup, Endpoint, VpcSecurityGroupMembership};
use writerlink_core::failure::bounded;
use writerlink_core::source::Identifier;
use writerlink_core::standby::Placement;
use writerlink_core::topology::{Instance, Network, Standby};

use super::field::{host_name, identifier, port, publish};

/// An instance under its identifier, unless RDS would not have accepted that.
pub(super) fn convert(instance: &DbInstance) -> Option<(Identifier, Instance)> {
    Some((identifier(instance.db_instance_identifier())?, instance_of(instance)))
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
        placement: placement(instance),
    }
}

/// Where an instance and its standby are.
fn placement(instance: &DbInstance) -> Placement {
    let subnets = instance.db_subnet_group().map(DbSubnetGroup::subnets).unwrap_or_default();
    let member = |group: &VpcSecurityGroupMembership| {
        let status = group.status().unwrap_or_default().to_owned();
        Some((group.vpc_security_group_id()?.to_owned(), status))
    };
    let pending = instance.pending_modified_values();
    Placement {
        multi_az: instance.multi_az(),
        multi_az_changes: pending.is_some_and(|pending| pending.multi_az().is_some()),
        zone: instance.availability_zone().map(str::to_owned),
        secondary_zone: instance.secondary_availability_zone().map(str::to_owned),
        subnets: subnets.iter().filter_map(|s| s.subnet_identifier()).map(str::to_owned).collect(),
        security_groups: instance.vpc_security_groups().iter().filter_map(member).collect(),
        replicates: instance.read_replica_source_db_instance_identifier().is_some()
            || instance.read_replica_source_db_cluster_identifier().is_some(),
    }
}

/// The families of an instance's addresses. A word that RDS may add later does not say that a
/// family is missing.
fn network(word: Option<&str>) -> Option<Network> {
    match word? {
        "IPV4" => Some(Network::Ipv4),
        "DUAL" => Some(Network::Dual),
        _ => None,
    }
}

/// What an instance's standby does. A Multi-AZ DB instance deployment of MariaDB, MySQL, Oracle or
/// PostgreSQL has a standby that serves no client (AWS docs: "Multi-AZ DB instance deployments for
/// Amazon RDS"). Nothing is known of SQL Server, which mirrors or uses Always On, and of RDS
/// Custom, which does not set `MultiAZ` (botocore rds 2014-10-31).
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

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::builders::DbInstanceBuilder;
    use aws_sdk_rds::types::{PendingModifiedValues, Subnet, Tag};

    use super::*;

    fn instance(name: &str, engine: &str) -> DbInstanceBuilder {
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
        let (name, listed) = convert(&listed).expect("an instance");
        assert_eq!(name.as_str(), "orders-1");
        let wanted = Instance {
            engine: "aurora-postgresql".to_owned(),
            resource_id: None,
            status: "available".to_owned(),
            publish: None,
            endpoint: Some("orders-1.abc.eu-west-1.rds.amazonaws.com".parse().expect("name")),
            port: Some(5432),
            cluster: Some("orders".parse().expect("an identifier")),
            vpc: Some("vpc-1".to_owned()),
            standby: Standby::Unknown,
            network: Some(Network::Dual),
            placement: Placement::default(),
        };
        assert_eq!(listed, wanted);
    }

    #[test]
    fn an_instance_keeps_its_zones_subnets_and_security_groups_with_their_status() {
        let group = |id: &str, status: &str| {
            VpcSecurityGroupMembership::builder().vpc_security_group_id(id).status(status).build()
        };
        let subnet = Subnet::builder().subnet_identifier("subnet-1").build();
        let listed = instance("billing", "postgres")
            .multi_az(true)
            .availability_zone("eu-west-1a")
            .secondary_availability_zone("eu-west-1b")
            .db_subnet_group(DbSubnetGroup::builder().subnets(subnet).build())
            .vpc_security_groups(group("sg-1", "active"))
            .vpc_security_groups(group("sg-2", "adding"))
            .pending_modified_values(PendingModifiedValues::builder().multi_az(false).build())
            .read_replica_source_db_instance_identifier("orders");
        let text = str::to_owned;
        let wanted = Placement {
            multi_az: Some(true),
            multi_az_changes: true,
            zone: Some(text("eu-west-1a")),
            secondary_zone: Some(text("eu-west-1b")),
            subnets: [text("subnet-1")].into(),
            security_groups: [("sg-1", "active"), ("sg-2", "adding")]
                .map(|(id, status)| (text(id), text(status)))
                .into(),
            replicates: true,
        };
        assert_eq!(instance_of(&listed.build()).placement, wanted);
        let plain = instance_of(&instance("billing", "postgres").build());
        assert_eq!(plain.placement, Placement::default());
    }

    #[test]
    fn an_instance_that_is_being_created_has_no_endpoint() {
        assert_eq!(instance_of(&instance("new", "mysql").build()).endpoint, None);
    }

    #[test]
    fn an_instance_keeps_its_resource_id_its_cluster_and_the_tag_that_consents() {
        let tag = Tag::builder().key("writerlink:publish").value("link").build();
        let node = instance("ledger-instance-1", "postgres")
            .db_cluster_identifier("ledger")
            .dbi_resource_id("db-63B5")
            .tag_list(tag);
        let node = instance_of(&node.build());
        let id = |text: &str| Some(text.parse::<Identifier>().expect("an identifier"));
        assert_eq!((node.cluster, node.resource_id), (id("ledger"), id("db-63b5")));
        assert_eq!(node.publish.as_deref(), Some("link"));
    }

    #[test]
    fn an_identifier_that_cannot_be_read_is_left_out() {
        assert_eq!(convert(&instance("a--b", "mysql").build()), None);
        assert!(convert(&instance("fine", "mysql").build()).is_some());
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
}
