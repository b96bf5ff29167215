//! Reads: one attempt each, all pages, made again by core's driver, never half.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use writerlink_aws::http::LONGEST_ANSWER;
use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::TargetGroupRead;
use writerlink_core::source::Identifier;
use writerlink_core::target::TargetGroupArn;
use writerlink_core::topology::Scope;

use super::aws_server::{AwsServer, GROUP, REGION, Reply, cut, error, ok};
use super::driver::{tagged_groups_of_hurried, targets_of, topology_of, topology_of_hurried};

fn read_ports(clients: &Clients) -> ReadPorts {
    clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap()
}

fn group() -> TargetGroupArn {
    GROUP.parse().unwrap()
}

fn clusters(members: &str, marker: &str) -> Reply {
    ok(format!(
        "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>{members}</DBClusters>{marker}</DescribeDBClustersResult></DescribeDBClustersResponse>"
    ))
}

fn instances(names: &[&str], marker: &str) -> Reply {
    let list: String = names
        .iter()
        .map(|name| {
            format!(
                "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><Engine>mysql</Engine></DBInstance>"
            )
        })
        .collect();
    ok(format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{list}</DBInstances>{marker}</DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    ))
}

fn health(members: &str) -> Reply {
    ok(format!(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{members}</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"
    ))
}

#[tokio::test]
async fn the_topology_is_read_from_all_pages() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("DescribeDBClusters") => clusters(
            "<DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><Engine>aurora-postgresql</Engine><Status>available</Status><Endpoint>orders.cluster-x.eu-west-1.rds.amazonaws.com</Endpoint><Port>5432</Port><DBClusterMembers><DBClusterMember><DBInstanceIdentifier>a</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter></DBClusterMember></DBClusterMembers></DBCluster>",
            "",
        ),
        _ if body.contains("Marker=two") => instances(&["c"], ""),
        _ if body.contains("Marker=one") => instances(&["b"], "<Marker>two</Marker>"),
        _ => instances(&["a"], "<Marker>one</Marker>"),
    })
    .await;
    let topology = topology_of(&read_ports(&server.clients()).rds, Scope::DATABASES).await.unwrap();
    let names: Vec<&str> = topology.instances.keys().map(Identifier::as_str).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let orders = topology.clusters.values().next().unwrap();
    assert!(orders.members[0].writer);
    assert!(server.requests().iter().all(|body| body.contains("MaxRecords=100")));
}

#[tokio::test]
async fn pages_that_go_round_in_a_circle_end_in_an_error() {
    let server = AwsServer::start(|body| match body.contains("DescribeDBClusters") {
        true => clusters("", "<Marker>again</Marker>"),
        false => instances(&[], ""),
    })
    .await;
    let rds = read_ports(&server.clients()).rds;
    let given_up =
        timeout(Duration::from_secs(5), topology_of(&rds, Scope::DATABASES)).await.unwrap();
    let error = given_up.unwrap_err();
    assert_eq!((error.call, error.failure), ("rds:DescribeDBClusters", Failure::Unreachable));
    assert!(error.detail.contains("again"), "{error}");
}

#[tokio::test]
async fn a_denied_read_names_the_permission() {
    let server = AwsServer::start(|body| match body.contains("DescribeDBClusters") {
        true => clusters("", ""),
        false => error(
            403,
            "AccessDenied",
            "User: x is not authorized to perform: rds:DescribeDBInstances",
        ),
    })
    .await;
    let error =
        topology_of(&read_ports(&server.clients()).rds, Scope::DATABASES).await.unwrap_err();
    assert_eq!(
        (error.call, error.failure),
        ("rds:DescribeDBInstances", Failure::Rejected(Rejection::AccessDenied))
    );
    assert!(error.detail.starts_with("AccessDenied: User: x"), "{error}");
}

#[tokio::test]
async fn a_read_is_sent_once_and_made_again_by_the_driver() {
    type Case = (&'static str, fn() -> Reply);
    let cases: [Case; 4] = [
        ("500", || error(500, "InternalFailure", "oops")),
        ("HealthUnavailable", || error(500, "HealthUnavailable", "not now")),
        ("a reset", || Reply::Close),
        ("half an answer", || Reply::Half("<DescribeTargetHealthResponse>".to_owned())),
    ];
    for (name, reply) in cases {
        let failures = AtomicUsize::new(0);
        let server = AwsServer::start(move |_| match failures.fetch_add(1, Ordering::SeqCst) {
            0..4 => reply(),
            _ => health(""),
        })
        .await;
        let groups = read_ports(&server.clients()).groups;
        let once = groups.targets(&group()).await.unwrap_err();
        assert_eq!((once.failure, server.requests().len()), (Failure::Unreachable, 1), "{name}");
        assert_eq!(targets_of(&groups, &group()).await, Ok(vec![]), "{name}");
        assert_eq!(server.requests().len(), 5, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_parse_is_no_empty_group() {
    for xml in ["<html>welcome</html>", "<DescribeTargetHealthResponse><Descr", "", "{}"] {
        let server = AwsServer::start(move |_| ok(xml)).await;
        let result = read_ports(&server.clients()).groups.targets(&group()).await;
        assert_eq!(result.unwrap_err().failure, Failure::Unreachable, "{xml:?}");
    }
}

#[tokio::test]
async fn a_list_that_ends_too_soon_is_no_shorter_list() {
    let target = "<member><Target><Id>10.0.0.7</Id><Port>5432</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>";
    let Reply::Answer(_, targets) = health(&target.repeat(2)) else { panic!("it is an answer") };
    for xml in cut(&targets) {
        let server = AwsServer::start({
            let xml = xml.clone();
            move |_| ok(&xml)
        })
        .await;
        let result = read_ports(&server.clients()).groups.targets(&group()).await;
        assert_eq!(result.map_err(|error| error.failure), Err(Failure::Unreachable), "{xml}");
    }
}

#[tokio::test]
async fn a_topology_that_ends_too_soon_hides_no_cluster_and_no_instance() {
    let cluster = "<DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><Engine>aurora-mysql</Engine><DBClusterMembers><DBClusterMember><DBInstanceIdentifier>a</DBInstanceIdentifier></DBClusterMember></DBClusterMembers></DBCluster>";
    let (Reply::Answer(_, listed), Reply::Answer(_, members)) =
        (clusters(cluster, ""), instances(&["a"], ""))
    else {
        panic!("they are answers")
    };
    let cut_clusters = cut(&listed).map(|xml| (xml, members.clone()));
    let cut_instances = cut(&members).map(|xml| (listed.clone(), xml));
    for (clusters, instances) in cut_clusters.chain(cut_instances) {
        let what = format!("{clusters} {instances}");
        let server = AwsServer::start(move |body| match body.contains("DescribeDBClusters") {
            true => ok(&clusters),
            false => ok(&instances),
        })
        .await;
        let result =
            topology_of_hurried(&read_ports(&server.clients()).rds, Scope::DATABASES).await;
        assert_eq!(result.map_err(|error| error.failure), Err(Failure::Unreachable), "{what}");
    }
}

#[tokio::test]
async fn throttling_is_told_apart() {
    let server = AwsServer::start(|_| error(400, "Throttling", "Rate exceeded")).await;
    let error = read_ports(&server.clients()).groups.describe(&[group()]).await.unwrap_err();
    assert_eq!(error.failure, Failure::Throttled);
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_about_twelve_seconds() {
    let server = AwsServer::start(|_| Reply::Silence).await;
    let groups = read_ports(&server.clients()).groups;
    let begun = Instant::now();
    let error = groups.targets(&group()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable);
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(11_500), "{took:?}");
    assert!(took < Duration::from_millis(12_800), "{took:?}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_unreachable() {
    let clients = Clients::at("http://127.0.0.1:1", REGION).unwrap();
    let error = topology_of_hurried(&read_ports(&clients).rds, Scope::DATABASES).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable);
    assert!(error.detail.contains("refused"), "{error}");
}

#[tokio::test]
async fn targets_come_with_port_zone_and_state_in_order() {
    let server = AwsServer::start(|_| {
        health(
            "<member><Target><Id>10.0.0.9</Id><Port>5432</Port><AvailabilityZone>all</AvailabilityZone></Target><TargetHealth><State>draining</State></TargetHealth></member>\
             <member><Target><Id>10.0.0.7</Id><Port>5432</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>",
        )
    })
    .await;
    let targets = read_ports(&server.clients()).groups.targets(&group()).await.unwrap();
    let shown: Vec<String> =
        targets.iter().map(|t| format!("{} {:?} {}", t.address, t.zone, t.state)).collect();
    assert_eq!(shown, ["10.0.0.7:5432 None healthy", "10.0.0.9:5432 Some(Zone(\"all\")) draining"]);
    assert!(!server.requests()[0].contains("Targets.member"), "the whole group is asked for");
}

#[tokio::test]
async fn groups_are_asked_for_by_their_arns_in_one_call() {
    let others = GROUP.replace("orders", "others");
    let member = |arn: &str| {
        format!(
            "<member><TargetGroupArn>{arn}</TargetGroupArn><Protocol>TCP</Protocol><VpcId>vpc-1</VpcId><TargetType>ip</TargetType><LoadBalancerArns><member>arn:lb</member></LoadBalancerArns></member>"
        )
    };
    let list = format!("<TargetGroups>{}{}</TargetGroups>", member(GROUP), member(&others));
    let server = AwsServer::start(move |_| whole("DescribeTargetGroups", &list)).await;
    let asked = [group(), others.parse().unwrap()];
    let found = read_ports(&server.clients()).groups.describe(&asked).await.unwrap();
    let arns: Vec<&str> = found.iter().map(|(arn, _)| arn.as_str()).collect();
    assert_eq!(arns, [GROUP, others.as_str()]);
    let first = found[0].1.as_ref().unwrap();
    assert_eq!(
        (first.target_type.as_str(), first.vpc.as_deref(), first.in_use),
        ("ip", Some("vpc-1"), true)
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].contains("TargetGroupArns.member.1=arn"), "{requests:?}");
    assert!(requests[0].contains("TargetGroupArns.member.2=arn"), "{requests:?}");
}

#[tokio::test]
async fn a_group_of_another_region_is_refused_before_any_call_and_hides_no_other() {
    let server = AwsServer::start(|body| empty_or_one_group(operation(body), LISTS[6].1)).await;
    let elsewhere: TargetGroupArn = GROUP.replace("eu-west-1", "us-east-2").parse().unwrap();
    let groups = read_ports(&server.clients()).groups;
    let refused = Failure::Rejected(Rejection::Invalid);
    assert_eq!(groups.targets(&elsewhere).await.unwrap_err().failure, refused);
    let alone = groups.describe(std::slice::from_ref(&elsewhere)).await.unwrap();
    assert_eq!(alone[0].1.as_ref().unwrap_err().failure, refused);
    assert!(server.requests().is_empty());
    let both = groups.describe(&[elsewhere.clone(), group()]).await.unwrap();
    let is_ok: Vec<_> = both.iter().map(|(arn, found)| (arn.clone(), found.is_ok())).collect();
    assert_eq!(is_ok, [(elsewhere, false), (group(), true)]);
    assert!(!server.requests()[0].contains("us-east-2"), "{:?}", server.requests());
}

/// The calls of a reader, each with the list that its answer must have.
const LISTS: [(&str, &str); 8] = [
    ("DescribeDBClusters", "DBClusters"),
    ("DescribeDBInstances", "DBInstances"),
    ("DescribeDBClusterEndpoints", "DBClusterEndpoints"),
    ("DescribeDBProxies", "DBProxies"),
    ("DescribeDBProxyEndpoints", "DBProxyEndpoints"),
    ("DescribeTargetHealth", "TargetHealthDescriptions"),
    ("DescribeTargetGroups", "TargetGroups"),
    ("DescribeTags", "TagDescriptions"),
];

fn operation(body: &str) -> &str {
    let action = body.strip_prefix("Action=").unwrap_or(body);
    action.split('&').next().unwrap_or(action)
}

fn whole(operation: &str, inner: &str) -> Reply {
    ok(format!(
        "<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"
    ))
}

/// Everything that a reader reads, with the call's own error where the reading has none of its own.
async fn read_all(server: &AwsServer) -> Vec<CallError> {
    let read_ports = read_ports(&server.clients());
    let everything = Scope { custom_endpoints: true, proxies: true, ..Scope::DATABASES };
    let (topology, targets, found, tagged) = tokio::join!(
        topology_of_hurried(&read_ports.rds, everything),
        async { read_ports.groups.targets(&group()).await },
        async { read_ports.groups.describe(&[group()]).await },
        tagged_groups_of_hurried(&read_ports),
    );
    let mut errors = Vec::new();
    match topology {
        Ok(topology) => errors.extend(
            [topology.unread, topology.custom_endpoints.err(), topology.proxies.err()]
                .into_iter()
                .flatten(),
        ),
        Err(error) => errors.push(error),
    }
    errors.extend([targets.err(), found.err(), tagged.err()].into_iter().flatten());
    errors
}

fn empty_or_one_group(operation: &str, list: &str) -> Reply {
    let member = match operation {
        "DescribeTargetGroups" => {
            format!(
                "<member><TargetGroupArn>{GROUP}</TargetGroupArn><TargetType>ip</TargetType></member>"
            )
        }
        _ => String::new(),
    };
    whole(operation, &format!("<{list}>{member}</{list}>"))
}

#[tokio::test]
async fn an_answer_without_its_list_is_malformed_and_never_empty() {
    let list_of = |operation: &str| LISTS.iter().find(|(known, _)| *known == operation).unwrap().1;
    let server =
        AwsServer::start(move |body| empty_or_one_group(operation(body), list_of(operation(body))))
            .await;
    assert_eq!(read_all(&server).await, [], "an empty list is one");
    for (missing, list) in LISTS {
        for instead in
            ["", "<Marker></Marker>", "<Other><member/></Other>", "<Marker>next</Marker>"]
        {
            let server = AwsServer::start(move |body| match operation(body) {
                asked if asked == missing => whole(missing, instead),
                asked => empty_or_one_group(asked, list_of(asked)),
            })
            .await;
            let errors = read_all(&server).await;
            assert!(!errors.is_empty(), "{missing} {instead}");
            for error in errors {
                assert!(error.call.ends_with(missing), "{missing} {instead}: {error}");
                assert_eq!(error.failure, Failure::Unreachable, "{error}");
                assert!(
                    error.detail.contains("malformed") && error.detail.contains(list),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up_after_a_hundred_pages_and_says_so() {
    let pages = AtomicUsize::new(0);
    let server = AwsServer::start(move |body| match body.contains("DescribeDBClusters") {
        true => {
            let number = pages.fetch_add(1, Ordering::SeqCst);
            clusters("", &format!("<Marker>page-{number}</Marker>"))
        }
        false => instances(&[], ""),
    })
    .await;
    let error =
        topology_of(&read_ports(&server.clients()).rds, Scope::DATABASES).await.unwrap_err();
    assert_eq!((error.call, error.failure), ("rds:DescribeDBClusters", Failure::Unreachable));
    assert!(error.detail.contains("no end") && error.detail.contains("100"), "{error}");
    let asked = server.requests().iter().filter(|body| body.contains("DescribeDBClusters")).count();
    assert_eq!(asked, 100);
}

#[tokio::test]
async fn pages_that_go_round_a_longer_circle_end_in_an_error_too() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("DescribeDBInstances") => instances(&[], ""),
        _ if body.contains("Marker=a") => clusters("", "<Marker>b</Marker>"),
        _ if body.contains("Marker=b") => clusters("", "<Marker>c</Marker>"),
        _ => clusters("", "<Marker>a</Marker>"),
    })
    .await;
    let rds = read_ports(&server.clients()).rds;
    let error = topology_of(&rds, Scope::DATABASES).await.unwrap_err();
    assert!(error.detail.contains("circle"), "{error}");
    assert!(server.requests().len() <= 5, "{:?}", server.requests());
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_cut_off_while_it_arrives() {
    let server =
        AwsServer::start(|_| Reply::Endless("<DescribeTargetHealthResponse>".to_owned())).await;
    let begun = Instant::now();
    let error = read_ports(&server.clients()).groups.targets(&group()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable, "{error}");
    assert!(error.detail.contains("longer than 8 MiB"), "{error}");
    // What is more than the longest answer is what sockets hold.
    let written = server.endless();
    assert!(written < 3 * LONGEST_ANSWER, "{written}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
