//! Clusters, as `DescribeDBClusters` lists them.

use aws_sdk_rds::types::{ClusterScalabilityType, DbCluster, DbClusterMember};
use writerlink_core::failure::bounded;
use writerlink_core::source::Identifier;
use writerlink_core::topology::{Cluster, Form, Member};

use super::field::{host_name, identifier, port, publish};

/// A cluster under its identifier, unless RDS would not have accepted that.
pub(super) fn convert(cluster: &DbCluster) -> Option<(Identifier, Cluster)> {
    Some((identifier(cluster.db_cluster_identifier())?, cluster_of(cluster)))
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

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::Tag;

    use super::*;

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
        let (name, cluster) = convert(&listed).expect("a cluster");
        assert_eq!(name.as_str(), "orders");
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
            let (_, ledger) = convert(&listed).expect("a cluster");
            assert!(ledger.members[0].writer, "{engine}");
        }
    }

    #[test]
    fn a_cluster_keeps_its_engine_its_resource_id_and_the_tag_that_consents() {
        let tag = Tag::builder().key("writerlink:publish").value("link").build();
        let graph = DbCluster::builder()
            .engine("docdb")
            .db_cluster_resource_id("cluster-ABC")
            .tag_list(tag);
        let graph = cluster_of(&graph.build());
        assert_eq!(graph.engine, "docdb");
        assert_eq!(graph.resource_id, Some("cluster-abc".parse().expect("an identifier")));
        assert_eq!(graph.publish.as_deref(), Some("link"));
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
