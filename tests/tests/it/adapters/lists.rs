//! The lists of RDS: those that are wanted, each to its last page, and one that is refused beside
//! others that are not.

use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::source::Identifier;
use writerlink_core::topology::{Databases, Named, Scope};

use super::aws_server::{AwsServer, Reply, cut, error, ok};
use super::driver::{topology_of, topology_of_hurried};

const EVERYTHING: Scope = Scope { custom_endpoints: true, proxies: true, ..Scope::DATABASES };

fn read_ports(clients: &Clients) -> ReadPorts {
    clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap()
}

fn identifiers<'a>(listed: impl Iterator<Item = &'a Identifier>) -> Vec<&'a str> {
    listed.map(Identifier::as_str).collect()
}

/// The operation that a request asks for.
fn operation(body: &str) -> &str {
    let action = body.strip_prefix("Action=").unwrap_or(body);
    action.split('&').next().unwrap_or(action)
}

/// A region whose every list has a page for each of `a`, `b` and `c`.
fn in_pages(body: &str) -> Reply {
    let (name, next) = match body {
        _ if body.contains("Marker=two") => ("c", ""),
        _ if body.contains("Marker=one") => ("b", "<Marker>two</Marker>"),
        _ => ("a", "<Marker>one</Marker>"),
    };
    let (list, entry) = match operation(body) {
        "DescribeDBClusters" => (
            "DBClusters",
            format!("<DBCluster><DBClusterIdentifier>{name}</DBClusterIdentifier></DBCluster>"),
        ),
        "DescribeDBInstances" => (
            "DBInstances",
            format!("<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier></DBInstance>"),
        ),
        "DescribeDBClusterEndpoints" => (
            "DBClusterEndpoints",
            format!(
                "<DBClusterEndpointList><DBClusterEndpointIdentifier>{name}</DBClusterEndpointIdentifier><DBClusterIdentifier>orders</DBClusterIdentifier><CustomEndpointType>ANY</CustomEndpointType></DBClusterEndpointList>"
            ),
        ),
        "DescribeDBProxies" => (
            "DBProxies",
            format!(
                "<member><DBProxyName>{name}</DBProxyName><EngineFamily>MYSQL</EngineFamily></member>"
            ),
        ),
        "DescribeDBProxyEndpoints" => (
            "DBProxyEndpoints",
            format!(
                "<member><DBProxyName>a</DBProxyName><DBProxyEndpointName>{name}</DBProxyEndpointName></member>"
            ),
        ),
        other => panic!("nobody asks for {other}"),
    };
    let operation = operation(body);
    ok(format!(
        "<{operation}Response><{operation}Result><{list}>{entry}</{list}>{next}</{operation}Result></{operation}Response>"
    ))
}

#[tokio::test]
async fn every_list_is_read_to_its_last_page() {
    let server = AwsServer::start(in_pages).await;
    let topology = topology_of(&read_ports(&server.clients()).rds, EVERYTHING).await.unwrap();
    let (custom, proxies) = (topology.custom_endpoints.unwrap(), topology.proxies.unwrap());
    for listed in [
        identifiers(topology.clusters.keys()),
        identifiers(topology.instances.keys()),
        identifiers(custom.keys()),
        identifiers(proxies.keys()),
        identifiers(proxies.values().next().unwrap().endpoints.keys()),
    ] {
        assert_eq!(listed, ["a", "b", "c"]);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 15);
    assert!(requests.iter().all(|body| body.contains("MaxRecords=100")));
}

#[tokio::test]
async fn what_nobody_follows_is_not_asked_for() {
    let of_databases = ["DescribeDBClusters", "DescribeDBInstances"];
    let of_endpoints = ["DescribeDBClusterEndpoints"];
    let of_proxies = ["DescribeDBProxies", "DescribeDBProxyEndpoints"];
    for number in 0..8 {
        let scope = Scope {
            databases: if number & 1 > 0 { Databases::All } else { Databases::None },
            custom_endpoints: number & 2 > 0,
            proxies: number & 4 > 0,
        };
        let server = AwsServer::start(in_pages).await;
        topology_of(&read_ports(&server.clients()).rds, scope.clone()).await.unwrap();
        let requests = server.requests();
        let asked = |operations: &[&str]| {
            let of =
                |wanted: &str| requests.iter().filter(|body| operation(body) == wanted).count();
            operations.iter().map(|wanted| of(wanted)).collect::<Vec<_>>()
        };
        let pages = |wanted: bool| if wanted { 3 } else { 0 };
        assert_eq!(asked(&of_databases), [pages(number & 1 > 0); 2], "{scope:?}");
        assert_eq!(asked(&of_endpoints), [pages(scope.custom_endpoints)], "{scope:?}");
        assert_eq!(asked(&of_proxies), [pages(scope.proxies); 2], "{scope:?}");
    }
}

fn named(clusters: &[&str], instances: &[&str]) -> Scope {
    let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let named = Named { clusters: names(clusters), instances: names(instances) };
    Scope { databases: Databases::Named(named), ..Scope::default() }
}

#[tokio::test]
async fn databases_that_are_asked_for_by_name_cost_no_page_of_others() {
    let server = AwsServer::start(|body| {
        ok(format!(
            "<{0}Response><{0}Result><DBClusters/><DBInstances/></{0}Result></{0}Response>",
            operation(body)
        ))
    })
    .await;
    let rds = read_ports(&server.clients()).rds;
    topology_of(&rds, named(&["orders", "stock"], &["billing"])).await.unwrap();
    let mut requests = server.requests();
    requests.sort();
    let filter = |name: &str, values: &[&str]| {
        let values = values.iter().enumerate();
        let values = values.map(|(n, v)| format!("&Filters.Filter.1.Values.Value.{}={v}", n + 1));
        format!("&Filters.Filter.1.Name={name}{}", values.collect::<String>())
    };
    let by_cluster = filter("db-cluster-id", &["orders", "stock"]);
    let wanted = [
        ("DescribeDBClusters", &by_cluster),
        ("DescribeDBInstances", &by_cluster),
        ("DescribeDBInstances", &filter("db-instance-id", &["billing"])),
    ];
    assert_eq!(requests.len(), wanted.len());
    for (asked, (operation, filter)) in requests.iter().zip(wanted) {
        let is_it = asked.contains(&format!("Action={operation}&")) && asked.contains(filter);
        assert!(is_it, "{asked}");
    }
}

/// AWS does not say whether a filter by a name that does not exist is refused.
#[tokio::test]
async fn a_filter_that_is_refused_because_a_name_does_not_exist_gives_way_to_the_whole_list() {
    let server = AwsServer::start(|body| match body.contains("Filters") {
        true => error(404, "DBClusterNotFoundFault", "DBCluster orders not found."),
        false => in_pages(body),
    })
    .await;
    let rds = read_ports(&server.clients()).rds;
    let topology = topology_of(&rds, named(&["orders"], &[])).await.unwrap();
    assert_eq!(identifiers(topology.clusters.keys()), ["a", "b", "c"]);
}

/// A region that denies one operation.
async fn denying(denied: &'static str) -> AwsServer {
    AwsServer::start(move |body| {
        if operation(body) == denied {
            error(403, "AccessDenied", "User: x is not authorized")
        } else {
            in_pages(body)
        }
    })
    .await
}

#[tokio::test]
async fn a_list_that_is_denied_says_so_itself_and_leaves_the_others_readable() {
    for denied in ["DescribeDBClusterEndpoints", "DescribeDBProxies", "DescribeDBProxyEndpoints"] {
        let server = denying(denied).await;
        let topology = topology_of(&read_ports(&server.clients()).rds, EVERYTHING).await.unwrap();
        assert_eq!((topology.clusters.len(), topology.instances.len()), (3, 3), "{denied}");
        let of_endpoints = denied == "DescribeDBClusterEndpoints";
        assert_eq!(
            (topology.custom_endpoints.is_err(), topology.proxies.is_err()),
            (of_endpoints, !of_endpoints),
            "{denied}"
        );
        let refusals = [topology.custom_endpoints.err(), topology.proxies.err()];
        let error = refusals.into_iter().flatten().next().unwrap();
        assert_eq!(
            (error.call, error.failure),
            (format!("rds:{denied}").as_str(), Failure::Rejected(Rejection::AccessDenied))
        );
    }
}

/// Nothing could be said of a cluster without them; and a half of the two would be taken for the
/// whole. Who follows proxies as well can go on with those.
#[tokio::test]
async fn clusters_or_instances_that_are_denied_fail_the_reading_of_both_and_leave_the_proxies_readable()
 {
    for denied in ["DescribeDBClusters", "DescribeDBInstances"] {
        let server = denying(denied).await;
        let rds = read_ports(&server.clients()).rds;
        let error = topology_of(&rds, Scope::DATABASES).await.unwrap_err();
        let topology = topology_of(&rds, EVERYTHING).await.unwrap();
        assert!(
            topology.proxies.is_ok()
                && topology.clusters.is_empty()
                && topology.instances.is_empty()
        );
        for error in [Some(error), topology.unread] {
            let error = error.unwrap();
            assert_eq!(
                (error.call, error.failure),
                (format!("rds:{denied}").as_str(), Failure::Rejected(Rejection::AccessDenied))
            );
        }
    }
}

/// A member that an answer lacks would be taken for one that has left.
#[tokio::test]
async fn a_list_that_ends_too_soon_hides_no_endpoint_and_no_proxy() {
    for operation in ["DescribeDBClusterEndpoints", "DescribeDBProxies", "DescribeDBProxyEndpoints"]
    {
        let Reply::Answer(_, whole) = in_pages(&format!("Action={operation}&Marker=two")) else {
            panic!("it is an answer")
        };
        for xml in cut(&whole) {
            let what = xml.clone();
            let server = AwsServer::start(move |body| match body.contains(operation) {
                true => ok(&xml),
                false => in_pages(body),
            })
            .await;
            let topology =
                topology_of_hurried(&read_ports(&server.clients()).rds, EVERYTHING).await.unwrap();
            let failed = |error: CallError| error.failure;
            let failures =
                [topology.custom_endpoints.err().map(failed), topology.proxies.err().map(failed)];
            assert!(failures.contains(&Some(Failure::Unreachable)), "{what}: {failures:?}");
        }
    }
}
