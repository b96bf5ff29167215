//! The operations DescribeDBClusters and DescribeDBInstances.

use super::{DbCluster, DbInstance, Listed, Rds};
use crate::world::paging::{Page, PageRequest};
use crate::world::{ApiError, World};

/// The parameters of a Describe operation.
#[derive(Clone, Debug, Default)]
pub struct DescribeRequest {
    /// `DBClusterIdentifier` or `DBInstanceIdentifier`: a name or an ARN.
    pub identifier: Option<String>,
    pub filters: Vec<Filter>,
    /// Which page.
    pub page: PageRequest,
}

/// A filter: entries that have one of the values.
#[derive(Clone, Debug)]
pub struct Filter {
    /// What is compared, such as `db-cluster-id`.
    pub name: String,
    /// What it may be.
    pub values: Vec<String>,
}

impl World {
    /// DescribeDBClusters, ordered by name. A name that does not exist is an error; a filter that
    /// matches nothing is not.
    pub fn describe_db_clusters(
        &self,
        request: &DescribeRequest,
    ) -> Result<Page<&DbCluster>, ApiError> {
        let mut clusters = match &request.identifier {
            Some(name) => vec![self.rds.find_cluster(name)?],
            None => self.rds.clusters().filter(|cluster| cluster.listed == Listed::Yes).collect(),
        };
        for filter in &request.filters {
            let test = cluster_filter(filter)?;
            clusters.retain(|cluster| test(cluster));
        }
        clusters.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        request.page.of_rds(clusters, |cluster| cluster.identifier.clone())
    }

    /// DescribeDBInstances, ordered by name. A name that does not exist is an error; a filter that
    /// matches nothing is not.
    pub fn describe_db_instances(
        &self,
        request: &DescribeRequest,
    ) -> Result<Page<&DbInstance>, ApiError> {
        let mut instances = match &request.identifier {
            Some(name) => vec![self.rds.find_instance(name)?],
            None => {
                self.rds.instances().filter(|instance| instance.listed == Listed::Yes).collect()
            }
        };
        for filter in &request.filters {
            let test = instance_filter(filter, &self.rds)?;
            instances.retain(|instance| test(instance));
        }
        instances.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        request.page.of_rds(instances, |instance| instance.identifier.clone())
    }
}

type Test<'a, T> = Box<dyn Fn(&T) -> bool + 'a>;

fn cluster_filter(filter: &Filter) -> Result<Test<'_, DbCluster>, ApiError> {
    Ok(match filter.name.as_str() {
        "db-cluster-id" => Box::new(|cluster| filter.names(&cluster.identifier, &cluster.arn)),
        "db-cluster-resource-id" => Box::new(|cluster| filter.has(&cluster.resource_id)),
        "engine" => Box::new(|cluster| filter.has(cluster.engine.name())),
        _ => return Err(unknown_filter(filter)),
    })
}

fn instance_filter<'a>(filter: &'a Filter, rds: &'a Rds) -> Result<Test<'a, DbInstance>, ApiError> {
    Ok(match filter.name.as_str() {
        "db-cluster-id" => Box::new(|instance| {
            let cluster = rds.cluster_of(instance);
            cluster.is_some_and(|cluster| filter.names(&cluster.identifier, &cluster.arn))
        }),
        "db-instance-id" => Box::new(|instance| filter.names(&instance.identifier, &instance.arn)),
        "dbi-resource-id" => Box::new(|instance| filter.has(&instance.resource_id)),
        "engine" => Box::new(|instance| filter.has(instance.engine.name())),
        _ => return Err(unknown_filter(filter)),
    })
}

fn unknown_filter(filter: &Filter) -> ApiError {
    ApiError::invalid_parameter_value(format!("Unrecognized filter name: {}", filter.name))
}

impl Filter {
    fn names(&self, identifier: &str, arn: &str) -> bool {
        self.values.iter().any(|value| value.eq_ignore_ascii_case(identifier) || value == arn)
    }

    fn has(&self, text: &str) -> bool {
        self.values.iter().any(|value| value == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::rds::{Engine, MultiAz};
    use crate::world::vpc::Zone;

    fn world() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world
            .add_aurora(
                "orders",
                Engine::AuroraMysql,
                &[("orders-1", Zone::A), ("orders-2", Zone::B)],
            )
            .expect("good names");
        world.add_aurora("graph", Engine::Neptune, &[("graph-1", Zone::A)]).expect("good names");
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
        world
    }

    fn filtered(name: &str, value: &str) -> DescribeRequest {
        DescribeRequest {
            filters: vec![Filter { name: name.to_owned(), values: vec![value.to_owned()] }],
            ..DescribeRequest::default()
        }
    }

    fn instances(world: &World, request: &DescribeRequest) -> Vec<String> {
        let page = world.describe_db_instances(request).expect("a good request");
        page.items.iter().map(|instance| instance.identifier.clone()).collect()
    }

    #[test]
    fn clusters_of_neptune_are_listed_too() {
        let world = world();
        let page = world.describe_db_clusters(&DescribeRequest::default()).expect("a good request");
        let names: Vec<_> = page.items.iter().map(|cluster| cluster.identifier.as_str()).collect();
        assert_eq!(names, ["graph", "orders"]);
    }

    #[test]
    fn a_name_an_arn_and_a_filter_find_the_same_instance() {
        let world = world();
        for identifier in ["billing", "BILLING", "arn:aws:rds:eu-west-1:111122223333:db:billing"] {
            let request = DescribeRequest {
                identifier: Some(identifier.to_owned()),
                ..DescribeRequest::default()
            };
            assert_eq!(instances(&world, &request), ["billing"], "{identifier}");
        }
        assert_eq!(instances(&world, &filtered("db-instance-id", "billing")), ["billing"]);
        assert_eq!(instances(&world, &filtered("engine", "mysql")), ["billing"]);
        assert_eq!(
            instances(&world, &filtered("db-cluster-id", "orders")),
            ["orders-1", "orders-2"]
        );
        let arn = "arn:aws:rds:eu-west-1:111122223333:cluster:orders";
        assert_eq!(instances(&world, &filtered("db-cluster-id", arn)), ["orders-1", "orders-2"]);
    }

    #[test]
    fn an_unknown_name_is_an_error_and_an_unknown_value_of_a_filter_is_not() {
        let world = world();
        let request =
            DescribeRequest { identifier: Some("nobody".to_owned()), ..DescribeRequest::default() };
        assert_eq!(
            world.describe_db_instances(&request).expect_err("unknown").code,
            "DBInstanceNotFound"
        );
        let elsewhere = DescribeRequest {
            identifier: Some("arn:aws:rds:us-east-1:111122223333:db:billing".to_owned()),
            ..DescribeRequest::default()
        };
        assert_eq!(
            world.describe_db_instances(&elsewhere).expect_err("another region").code,
            "DBInstanceNotFound"
        );
        assert_eq!(
            world.describe_db_clusters(&request).expect_err("unknown").code,
            "DBClusterNotFoundFault"
        );
        assert_eq!(instances(&world, &filtered("db-cluster-id", "nobody")), [""; 0]);
        let refusal =
            world.describe_db_clusters(&filtered("colour", "blue")).expect_err("no such filter");
        assert_eq!(refusal.code, "InvalidParameterValue");
    }
}
