//! The operations DescribeDBClusters and DescribeDBInstances.

use super::{DbCluster, DbInstance, Listed, Rds};
use crate::world::ApiError;
use crate::world::paging::{Page, PageRequest};

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

impl Rds {
    /// DescribeDBClusters, ordered by name. A name that does not exist is an error; a filter that
    /// matches nothing is not.
    pub fn describe_db_clusters(
        &self,
        request: &DescribeRequest,
    ) -> Result<Page<&DbCluster>, ApiError> {
        let mut clusters = match &request.identifier {
            Some(name) => vec![self.find_cluster(name)?],
            None => self.clusters().filter(|cluster| cluster.listed == Listed::Yes).collect(),
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
            Some(name) => vec![self.find_instance(name)?],
            None => self.instances().filter(|instance| instance.listed == Listed::Yes).collect(),
        };
        for filter in &request.filters {
            let test = instance_filter(filter, self)?;
            instances.retain(|instance| test(instance));
        }
        instances.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        request.page.of_rds(instances, |instance| instance.identifier.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::world::rds::{Engine, MultiAz};
    use crate::world::vpc::Zone;

    #[test]
    fn what_a_request_names_or_filters_is_found_by_any_of_its_names_and_only_in_its_region() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
        world.add_aurora("orders", Engine::AuroraMysql, &members).expect("good names");
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
        let found = |request: DescribeRequest| {
            let page = world.rds.describe_db_instances(&request);
            page.map(|page| page.items.len()).map_err(|refusal| refusal.code)
        };
        let orders = world.cluster_arn("orders");
        for (name, expected) in [
            ("BILLING", Ok(1)),
            ("arn:aws:rds:us-east-1:111122223333:db:billing", Err("DBInstanceNotFound".into())),
        ] {
            let request =
                DescribeRequest { identifier: Some(name.to_owned()), ..DescribeRequest::default() };
            assert_eq!(found(request), expected, "{name}");
        }
        for (name, value, expected) in [
            ("db-instance-id", "billing", Ok(1)),
            ("engine", "mysql", Ok(1)),
            ("db-cluster-id", orders.as_str(), Ok(2)),
            ("db-cluster-id", "nobody", Ok(0)),
            ("colour", "blue", Err("InvalidParameterValue".into())),
        ] {
            let filter = Filter { name: name.to_owned(), values: vec![value.to_owned()] };
            let request = DescribeRequest { filters: vec![filter], ..DescribeRequest::default() };
            assert_eq!(found(request), expected, "{name} {value}");
        }
    }
}
