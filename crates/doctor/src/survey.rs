//! Reads what the checks need of an account. It reads each thing once, for all bindings together,
//! and decides nothing: what could not be read keeps its reason.

mod events;
mod links;
mod network;
pub mod region;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream;
use jiff::Timestamp;
use writerlink_aws::account::AccountReader;
use writerlink_core::config::Binding;
use writerlink_core::failure::LookupError;
use writerlink_core::ports::Resolver;
use writerlink_core::source::Source;
use writerlink_core::target::Family;
use writerlink_core::topology::HostName;

use crate::account::{Account, ById, Databases, Resolved};
use crate::read::{Gap, Read};

/// The most calls that are made at once. The budgets of calls are the account's.
const AT_ONCE: usize = 6;

/// Reads the account for these bindings. Outcomes are published to `notify_topic`.
pub async fn survey(
    bindings: &[&Binding],
    notify_topic: Option<&str>,
    region: &str,
    reader: &AccountReader,
    resolver: &impl Resolver,
) -> Account {
    let nothing_yet = Gap::unread("none", "it was not read", "");
    let mut account = Account::unread(region, Timestamp::now(), &nothing_yet);
    account.number = reader.identity().await.map(|caller| caller.account).map_err(Gap::from);
    let (databases, links) = join(databases(bindings, reader), links::read(bindings, reader)).await;
    account.databases = databases;
    account.links = links;
    account.events = events::read(notify_topic, &account, reader).await;
    account.network = network::read(bindings, &account, reader).await;
    account.names = names(bindings, &account, resolver).await;
    account.links.targets_later = links::targets(bindings, reader).await;
    account
}

/// Things by a key of theirs.
fn by<T, E>(answer: Result<Vec<T>, E>, key: impl Fn(&T) -> String) -> Read<BTreeMap<String, T>>
where
    Gap: From<E>,
{
    Ok(answer?.into_iter().map(|thing| (key(&thing), thing)).collect())
}

/// Asks for each id, a few at once.
async fn each<T, E, F>(ids: BTreeSet<String>, ask: impl Fn(String) -> F) -> ById<T>
where
    Gap: From<E>,
    F: Future<Output = Result<T, E>>,
{
    let answers = ids.into_iter().map(|id| {
        let answer = ask(id.clone());
        async move { (id, answer.await.map_err(Gap::from)) }
    });
    stream::iter(answers).buffer_unordered(AT_ONCE).collect().await
}

async fn databases(bindings: &[&Binding], reader: &AccountReader) -> Databases {
    let any = |test: fn(&Source) -> bool| bindings.iter().any(|binding| test(&binding.source));
    let proxies = any(|source| matches!(source, Source::Proxy(..)));
    let databases = any(Source::is_database);
    let instances = async {
        match databases {
            true => by(reader.instances().await, |instance| instance.id.clone()),
            false => Ok(BTreeMap::new()),
        }
    };
    let clusters = async {
        match databases {
            true => by(reader.clusters().await, |cluster| cluster.id.clone()),
            false => Ok(BTreeMap::new()),
        }
    };
    let (instances, clusters) = join(instances, clusters).await;
    let subnet_groups = async {
        match databases {
            true => by(reader.subnet_groups().await, |group| group.name.clone()),
            false => Ok(BTreeMap::new()),
        }
    };
    let maintenance = async {
        match databases {
            true => reader.maintenance().await.map_err(Gap::from),
            false => Ok(Vec::new()),
        }
    };
    let (subnet_groups, maintenance) = join(subnet_groups, maintenance).await;
    let (proxies, proxy_endpoints) = if proxies {
        let (proxies, endpoints) = join(reader.proxies(), reader.proxy_endpoints()).await;
        (by(proxies, |proxy| proxy.name.clone()), by(endpoints, |endpoint| endpoint.name.clone()))
    } else {
        (Ok(BTreeMap::new()), Ok(BTreeMap::new()))
    };
    Databases { instances, clusters, subnet_groups, proxies, proxy_endpoints, maintenance }
}

/// The names of the bindings' endpoints and of their instances.
async fn names(
    bindings: &[&Binding],
    account: &Account,
    resolver: &impl Resolver,
) -> ById<Resolved> {
    let mut names = BTreeMap::new();
    for binding in bindings {
        let is_v6 = account.links.groups.as_ref().is_ok_and(|groups| {
            let group = groups.get(binding.target_group.as_str());
            group.is_some_and(|group| group.address_type == "ipv6")
        });
        let family = if is_v6 { Family::V6 } else { Family::V4 };
        names.extend(endpoints(&binding.source, account).into_iter().map(|name| (name, family)));
    }
    let lookups = names.into_iter().map(|(name, family)| async move {
        let answer = resolve(&name, family, resolver).await;
        (name, answer)
    });
    stream::iter(lookups).buffer_unordered(AT_ONCE).collect().await
}

fn endpoints(source: &Source, account: &Account) -> Vec<String> {
    let databases = &account.databases;
    let cluster =
        source.cluster().and_then(|id| databases.clusters.as_ref().ok()?.get(id.as_str()));
    let instances = databases.instances.as_ref();
    let instance = |id: &str| instances.ok()?.get(id)?.endpoint.clone();
    match source {
        Source::Name(host) => vec![host.to_string()],
        Source::Instance(id) => instance(id.as_str()).into_iter().collect(),
        Source::Proxy(name, None) => {
            let proxy = databases.proxies.as_ref().ok().and_then(|all| all.get(name.as_str()));
            proxy.and_then(|proxy| proxy.endpoint.clone()).into_iter().collect()
        }
        Source::Proxy(_, Some(endpoint)) => {
            let endpoints = databases.proxy_endpoints.as_ref().ok();
            let found = endpoints.and_then(|all| all.get(endpoint.as_str()));
            found.and_then(|endpoint| endpoint.endpoint.clone()).into_iter().collect()
        }
        _ => {
            let Some(cluster) = cluster else { return Vec::new() };
            let members = cluster.members.iter().filter_map(|member| instance(&member.instance));
            let own = [cluster.endpoint.clone(), cluster.reader_endpoint.clone()];
            own.into_iter().flatten().chain(members).collect()
        }
    }
}

async fn resolve(name: &str, family: Family, resolver: &impl Resolver) -> Read<Resolved> {
    let gap = |why: &str| {
        Gap::unread(
            "a DNS lookup",
            why,
            "Ask a server that knows the name: \
        `servers` of `[dns]`, or run this in the VPC.",
        )
    };
    let host: HostName = name.parse().map_err(|_| gap("it is no DNS name"))?;
    let nothing = |missing| Resolved { addresses: vec![], aliases: vec![], ttl: 0, missing };
    match resolver.lookup(&host, family).await {
        Ok(answer) => Ok(Resolved {
            addresses: answer.addresses,
            aliases: answer.aliases.iter().map(ToString::to_string).collect(),
            ttl: answer.ttl.as_secs(),
            missing: false,
        }),
        Err(LookupError::NxDomain) => Ok(nothing(true)),
        Err(LookupError::NoAddress) => Ok(nothing(false)),
        Err(error) => Err(gap(&format!("`{name}`: {error}"))),
    }
}
