//! Custom endpoints, as `DescribeDBClusterEndpoints` lists them.

use aws_sdk_rds::types::DbClusterEndpoint;
use writerlink_core::source::Identifier;
use writerlink_core::topology::{CustomEndpoint, Membership};

use super::field::identifier;

/// A custom endpoint under its identifier. The list has the endpoints of the writer and of all
/// readers too, which have no `CustomEndpointType`. An endpoint has either static members or
/// excluded members: one that has static members goes by them.
pub(super) fn convert(endpoint: &DbClusterEndpoint) -> Option<(Identifier, CustomEndpoint)> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_rds::types::builders::DbClusterEndpointBuilder;

    use super::*;

    fn id(text: &str) -> Identifier {
        text.parse().expect(text)
    }

    fn custom(name: &str, kind: Option<&str>) -> DbClusterEndpointBuilder {
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
            assert_eq!(convert(&listed.build()), Some((id(name), wanted)));
        }
    }

    #[test]
    fn the_endpoints_that_every_cluster_has_are_no_custom_ones() {
        for kind in ["WRITER", "READER"] {
            let listed = DbClusterEndpoint::builder()
                .db_cluster_identifier("orders")
                .endpoint_type(kind)
                .build();
            assert_eq!(convert(&listed), None, "{kind}");
        }
        assert_eq!(convert(&custom("reports", None).build()), None);
    }
}
