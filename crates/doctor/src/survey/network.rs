//! The subnets of the databases and load balancers, and what guards them.

use std::collections::BTreeSet;

use futures_util::future::join3;
use writerlink_aws::account::{AccountReader, Peer};
use writerlink_core::config::Binding;
use writerlink_core::failure::CallError;
use writerlink_core::source::{Identifier, Source};

use super::each;
use crate::account::{Account, ById, Network};
use crate::read::Gap;

pub(super) async fn read(
    bindings: &[&Binding],
    account: &Account,
    reader: &AccountReader,
) -> Network {
    let mut wanted = Wanted::default();
    for binding in bindings {
        wanted.add(binding, account);
    }
    let functions = account.events.functions.values();
    let functions = functions.filter_map(|facts| facts.function.as_ref().ok()?.as_ref());
    let ours = functions.filter(|function| function.variables.contains_key("WRITERLINK_CONFIG"));
    let vpcs = ours.filter_map(|function| function.vpc.as_ref());
    wanted.security_groups.extend(vpcs.flat_map(|vpc| vpc.security_groups.iter().cloned()));
    let (subnets, groups) = (list(&wanted.subnets), list(&wanted.security_groups));
    let (subnets, groups, acls) = join3(
        when(&subnets, reader.subnets(&subnets)),
        when(&groups, reader.security_groups(&groups)),
        when(&subnets, reader.network_acls(&subnets)),
    )
    .await;
    let subnets =
        spread(&wanted.subnets, subnets, "ec2:DescribeSubnets", |subnet| vec![subnet.id.clone()]);
    let security_groups =
        spread(&wanted.security_groups, groups, "ec2:DescribeSecurityGroups", |group| {
            vec![group.id.clone()]
        });
    let acls = spread(&wanted.subnets, acls, "ec2:DescribeNetworkAcls", |acl| acl.subnets.clone());
    let rules = security_groups
        .values()
        .flatten()
        .flat_map(|group| group.ingress.iter().chain(&group.egress));
    let lists = rules.flat_map(|rule| &rule.peers).filter_map(|peer| match peer {
        Peer::PrefixList(id) => Some(id.clone()),
        Peer::Network(_) | Peer::Group(_) => None,
    });
    let prefix_lists =
        each(lists.collect(), |id| async move { reader.prefix_list(&id).await }).await;
    Network { subnets, security_groups, prefix_lists, acls }
}

/// What must be asked for.
#[derive(Default)]
struct Wanted {
    subnets: BTreeSet<String>,
    security_groups: BTreeSet<String>,
}

impl Wanted {
    fn add(&mut self, binding: &Binding, account: &Account) {
        let databases = &account.databases;
        let instances = databases.instances.as_ref().into_iter().flat_map(|all| all.values());
        let cluster = binding.source.cluster().map(Identifier::as_str);
        let own = instances.filter(|instance| match &binding.source {
            Source::Instance(id) => instance.id == id.as_str(),
            _ => cluster.is_some() && instance.cluster.as_deref() == cluster,
        });
        for instance in own {
            self.security_groups.extend(instance.security_groups.iter().cloned());
            let subnets = instance.subnet_group.iter().flat_map(|group| &group.subnets);
            self.subnets.extend(subnets.map(|subnet| subnet.id.clone()));
        }
        let clusters = databases.clusters.as_ref().ok();
        let group = clusters.zip(cluster).and_then(|(all, id)| all.get(id)?.subnet_group.clone());
        let groups = databases.subnet_groups.as_ref().ok();
        let group = groups.zip(group).and_then(|(all, name)| all.get(&name));
        let subnets = group.into_iter().flat_map(|group| &group.subnets);
        self.subnets.extend(subnets.map(|subnet| subnet.id.clone()));
        self.add_proxy(binding, account);
        self.add_balancers(binding, account);
    }

    fn add_proxy(&mut self, binding: &Binding, account: &Account) {
        let Source::Proxy(name, endpoint) = &binding.source else { return };
        let databases = &account.databases;
        let proxy = databases.proxies.as_ref().ok().and_then(|all| all.get(name.as_str()));
        let endpoints = databases.proxy_endpoints.as_ref().ok();
        let endpoint =
            endpoints.zip(endpoint.as_ref()).and_then(|(all, name)| all.get(name.as_str()));
        for (subnets, groups) in proxy
            .map(|proxy| (&proxy.subnets, &proxy.security_groups))
            .into_iter()
            .chain(endpoint.map(|endpoint| (&endpoint.subnets, &endpoint.security_groups)))
        {
            self.subnets.extend(subnets.iter().cloned());
            self.security_groups.extend(groups.iter().cloned());
        }
    }

    fn add_balancers(&mut self, binding: &Binding, account: &Account) {
        let (Ok(groups), Ok(balancers)) = (&account.links.groups, &account.links.balancers) else {
            return;
        };
        let group = groups.get(binding.target_group.as_str());
        let arns = group.into_iter().flat_map(|group| &group.load_balancers);
        for balancer in arns.filter_map(|arn| balancers.get(arn)) {
            self.security_groups.extend(balancer.security_groups.iter().cloned());
            self.subnets.extend(balancer.zones.iter().filter_map(|zone| zone.subnet.clone()));
        }
    }
}

fn list(ids: &BTreeSet<String>) -> Vec<String> {
    ids.iter().cloned().collect()
}

/// Without an id the call would list everything in the Region.
async fn when<T>(
    ids: &[String],
    answer: impl Future<Output = Result<Vec<T>, CallError>>,
) -> Result<Vec<T>, CallError> {
    if ids.is_empty() { Ok(Vec::new()) } else { answer.await }
}

/// The things of one answer by the ids that were asked for. An id that the answer leaves out was
/// not read.
pub(super) fn spread<T: Clone>(
    ids: &BTreeSet<String>,
    answer: Result<Vec<T>, CallError>,
    call: &str,
    keys: impl Fn(&T) -> Vec<String>,
) -> ById<T> {
    let answer = answer.map_err(Gap::from);
    let of_one = |id: &String| match &answer {
        Ok(things) => {
            things.iter().find(|thing| keys(thing).contains(id)).cloned().ok_or_else(|| {
                Gap::unread(
                    call,
                    &format!("AWS does not list {id}"),
                    "Look whether it exists, and in \
                which account.",
                )
            })
        }
        Err(gap) => Err(gap.clone()),
    };
    ids.iter().map(|id| (id.clone(), of_one(id))).collect()
}
