//! Reads what a proposal needs of a whole Region. It decides nothing: what could not be read keeps
//! its reason.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::future::{join, join3, join5};
use futures_util::stream;
use jiff::Timestamp;
use writerlink_aws::account::{AccountReader, GroupDetail, Subnet};
use writerlink_core::ports::{Resolver, TargetGroupRead};
use writerlink_core::target::{Family, TargetGroupArn};

use super::network::spread;
use super::{AT_ONCE, by, each, resolve};
use crate::account::{Account, ById, Databases, Resolved};
use crate::propose::database::subnet_sets;
use crate::propose::owner::endpoints;
use crate::propose::region::{Names, Region, can_follow, family};
use crate::read::{Gap, Read};

/// The tag by which a group asks for a binding.
const SOURCE: &str = "writerlink:source";

/// The most groups of which one call gives the tags (ELBv2 API reference, "DescribeTags").
const TAGGED_AT_ONCE: usize = 20;

/// Reads the Region of `reader`. `number` is the account's, if it is known.
pub async fn read(
    number: Read<String>,
    region: &str,
    reader: &AccountReader,
    resolver: &impl Resolver,
    tags: &impl TargetGroupRead,
) -> Region {
    let nothing_yet = Gap::unread("none", "it is not read for a proposal", "");
    let mut account = Account::unread(region, Timestamp::now(), &nothing_yet);
    account.number = number;
    let (databases, groups, balancers) =
        join3(databases(reader), reader.groups(), reader.balancers()).await;
    account.databases = databases;
    account.links.groups = by(groups, |group| group.arn.clone());
    account.links.balancers = by(balancers, |balancer| balancer.arn.clone());
    let groups = account.links.groups.iter().flat_map(|all| all.values());
    let groups: Vec<GroupDetail> = groups.filter(|group| can_follow(group)).cloned().collect();
    let arns: BTreeSet<String> = groups.iter().map(|group| group.arn.clone()).collect();
    let balancers = groups.iter().flat_map(|group| group.load_balancers.clone()).collect();
    let (targets, listeners, tagged, subnets, names) = join5(
        each(arns.clone(), |arn| async move { reader.targets(&arn).await }),
        each(balancers, |arn| async move { reader.listeners(&arn).await }),
        tagged(&arns, tags),
        subnets(&account.databases, reader),
        names(&groups, &account.databases, resolver),
    )
    .await;
    account.links.targets = targets;
    account.links.listeners = listeners;
    account.network.subnets = subnets;
    Region { account, names, tagged }
}

async fn databases(reader: &AccountReader) -> Databases {
    let (instances, clusters, subnet_groups, proxies, endpoints) = join5(
        reader.instances(),
        reader.clusters(),
        reader.subnet_groups(),
        reader.proxies(),
        reader.proxy_endpoints(),
    )
    .await;
    Databases {
        instances: by(instances, |instance| instance.id.clone()),
        clusters: by(clusters, |cluster| cluster.id.clone()),
        subnet_groups: by(subnet_groups, |group| group.name.clone()),
        proxies: by(proxies, |proxy| proxy.name.clone()),
        proxy_endpoints: by(endpoints, |endpoint| endpoint.name.clone()),
        maintenance: Ok(Vec::new()),
    }
}

async fn tagged(
    groups: &BTreeSet<String>,
    tags: &impl TargetGroupRead,
) -> Read<BTreeMap<String, String>> {
    let arns: Vec<TargetGroupArn> = groups.iter().filter_map(|arn| arn.parse().ok()).collect();
    let mut tagged = BTreeMap::new();
    for some in arns.chunks(TAGGED_AT_ONCE) {
        for (arn, mut own) in tags.tags(some).await? {
            tagged.extend(own.remove(SOURCE).map(|source| (arn.to_string(), source)));
        }
    }
    Ok(tagged)
}

/// The databases' subnets. One call asks for those of one database, because a subnet that does not
/// exist fails the whole call.
async fn subnets(databases: &Databases, reader: &AccountReader) -> ById<Subnet> {
    let sets = subnet_sets(databases).into_iter().map(|ids| async move {
        let list: Vec<String> = ids.iter().cloned().collect();
        let answer = reader.subnets(&list).await;
        spread(&ids, answer, "ec2:DescribeSubnets", |subnet| vec![subnet.id.clone()])
    });
    let answers: Vec<_> = stream::iter(sets).buffer_unordered(AT_ONCE).collect().await;
    let mut all = ById::new();
    for (id, read) in answers.into_iter().flatten() {
        // A subnet that two databases have may have been read for one of them only.
        if read.is_ok() || !all.contains_key(&id) {
            all.insert(id, read);
        }
    }
    all
}

async fn names(groups: &[GroupDetail], databases: &Databases, resolver: &impl Resolver) -> Names {
    let hosts: BTreeSet<&str> = endpoints(databases).into_iter().map(|(_, name)| name).collect();
    let of = |wanted: Family| {
        let is_wanted = groups.iter().any(|group| family(group) == wanted);
        let hosts: Vec<&str> = if is_wanted { hosts.iter().copied().collect() } else { vec![] };
        lookups(hosts, wanted, resolver)
    };
    let (v4, v6) = join(of(Family::V4), of(Family::V6)).await;
    Names { v4, v6 }
}

async fn lookups(hosts: Vec<&str>, family: Family, resolver: &impl Resolver) -> ById<Resolved> {
    let lookups = hosts
        .into_iter()
        .map(|name| async move { (name.to_owned(), resolve(name, family, resolver).await) });
    stream::iter(lookups).buffer_unordered(AT_ONCE).collect().await
}
