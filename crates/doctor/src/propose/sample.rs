//! A small Region for tests: cluster `orders` with two readers, instance `billing`, proxy `front`
//! with the endpoint `front-ro`, and a target group for each test to fill.

use std::collections::BTreeMap;

use writerlink_aws::account::{ClusterMember, Proxy, ProxyEndpoint, TargetSeen};

use super::Region;
use super::region::Names;
use crate::account::{ById, Databases, Resolved};
use crate::fixture;

/// The databases, and what their names resolved to: `10.20.0.1` is the writer of `orders`, `.2` and
/// `.3` are its readers, `.11` is `billing`, `.21` and `.22` are `front`, `.31` is `front-ro`.
pub(super) fn databases() -> (Databases, ById<Resolved>) {
    let mut databases = fixture::sound().databases;
    let member =
        ClusterMember { instance: "orders-3".to_owned(), is_writer: false, promotion_tier: None };
    let cluster = databases.clusters.as_mut().expect("it is read").get_mut("orders");
    cluster.expect("the fixture has it").members.push(member);
    let instances = databases.instances.as_mut().expect("it is read");
    let mut billing = fixture::multi_az();
    billing.id = "billing".to_owned();
    billing.endpoint = Some("billing.abc.eu-west-1.rds.amazonaws.com".to_owned());
    for instance in [fixture::instance("orders-3", "a"), billing] {
        instances.insert(instance.id.clone(), instance);
    }
    databases.proxies = Ok([("front".to_owned(), front())].into());
    // RDS lists the default endpoint among the others.
    let (name, endpoint) = ("default".to_owned(), front().endpoint);
    let default = ProxyEndpoint { name, endpoint, ..front_ro() };
    let endpoints = [default, front_ro()].map(|one| (one.name.clone(), one));
    databases.proxy_endpoints = Ok(endpoints.into());
    let name = |id: &str| format!("{id}.abc.eu-west-1.rds.amazonaws.com");
    let names = [
        (fixture::ENDPOINT.to_owned(), vec![1]),
        (name("orders-1"), vec![1]),
        (name("orders-2"), vec![2]),
        (name("orders-3"), vec![3]),
        (name("billing"), vec![11]),
        ("front.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned(), vec![21, 22]),
        ("front-ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned(), vec![31]),
    ];
    let resolved = |lasts: Vec<u8>| Resolved {
        addresses: lasts.into_iter().map(|last| [10, 20, 0, last].into()).collect(),
        aliases: Vec::new(),
        ttl: 5,
        missing: false,
    };
    (databases, names.map(|(name, lasts)| (name, Ok(resolved(lasts)))).into())
}

fn front() -> Proxy {
    Proxy {
        name: "front".to_owned(),
        status: "available".to_owned(),
        engine_family: "POSTGRESQL".to_owned(),
        endpoint: Some("front.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned()),
        vpc: Some("vpc-1".to_owned()),
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        security_groups: vec!["sg-db".to_owned()],
    }
}

fn front_ro() -> ProxyEndpoint {
    ProxyEndpoint {
        name: "front-ro".to_owned(),
        proxy: "front".to_owned(),
        status: "available".to_owned(),
        endpoint: Some("front-ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned()),
        vpc: Some("vpc-1".to_owned()),
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        security_groups: vec!["sg-db".to_owned()],
    }
}

/// The Region, with target groups of these names and targets.
pub(super) fn region(groups: &[(&str, &[u8])]) -> Region {
    let mut account = fixture::sound();
    let (databases, v4) = databases();
    account.databases = databases;
    let model = account.links.groups.as_ref().expect("it is read")[fixture::GROUP].clone();
    let mut all = BTreeMap::new();
    let listener = account.links.listeners.values_mut().flatten().flatten().next();
    let forwards = &mut listener.expect("the fixture has one").forwards;
    for (name, targets) in groups {
        let arn = arn(name);
        let targets: Vec<TargetSeen> = targets.iter().map(|last| fixture::target(*last)).collect();
        account.links.targets.insert(arn.clone(), Ok(targets));
        let forward = writerlink_aws::account::Forward { group: arn.clone(), weight: 1 };
        forwards.push(forward);
        let group = writerlink_aws::account::GroupDetail {
            arn: arn.clone(),
            name: (*name).to_owned(),
            ..model.clone()
        };
        all.insert(arn, group);
    }
    account.links.groups = Ok(all);
    Region { account, names: Names { v4, v6: ById::new() }, tagged: Ok(BTreeMap::new()) }
}

/// The ARN of a target group of [`region`].
pub(super) fn arn(name: &str) -> String {
    fixture::GROUP.replace("/orders/", &format!("/{name}/"))
}
