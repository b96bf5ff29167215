//! How the topology and the answers of DNS become evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::facts::{custom_endpoint, facts, is_up, proxy_endpoint};
use super::{Answer, Answers, Evidence, Key, Listing, MemberAt, Reading, Unknown};
use crate::failure::{CallError, LookupError};
use crate::guard::Allow;
use crate::source::{Fallback, Identifier, Source};
use crate::target::Family;
use crate::topology::{Cluster, HostName, Member, Topology};

/// The names that DNS must be asked for before [`weigh`]: the source's own name where it is a key,
/// and the names of a cluster's members. For `member_addresses`, also the names of the instances
/// that a blue/green deployment replaced.
pub fn questions(source: &Source, topology: &Topology) -> Vec<HostName> {
    let of_members = |id| {
        let cluster: Option<&Cluster> = topology.clusters.get(id);
        let members = cluster.into_iter().flat_map(|cluster| &cluster.members);
        members.filter_map(|m| endpoint_of(&m.instance, topology))
    };
    let mut names: Vec<HostName> = match source {
        Source::Instance(id) => {
            let own = endpoint_of(id, topology).into_iter();
            own.chain(replaced_names(source, topology)).cloned().collect()
        }
        Source::Cluster(id) => {
            let own = topology.clusters.get(id).and_then(|cluster| cluster.endpoint.as_ref());
            let of_members = of_members(id).chain(replaced_names(source, topology));
            own.into_iter().chain(of_members).cloned().collect()
        }
        Source::Member { cluster: id, .. } => {
            of_members(id).chain(replaced_names(source, topology)).cloned().collect()
        }
        Source::Readers(id, _) | Source::Custom { cluster: id, .. } => {
            of_members(id).cloned().collect()
        }
        Source::Proxy(name, endpoint) => proxy_endpoint(source, name, endpoint.as_ref(), topology)
            .ok()
            .and_then(|(_, endpoint)| endpoint.endpoint.clone())
            .into_iter()
            .collect(),
        Source::Name(host) => vec![host.clone()],
    };
    names.sort();
    names.dedup();
    names
}

/// Which instance each address belongs to, as far as the instances' own names answered: a cluster's
/// members, and the instances that a blue/green deployment replaced. Where both have an address, it
/// counts as a replaced instance's.
pub(crate) fn member_addresses(
    source: &Source,
    topology: &Topology,
    answers: &Answers,
) -> BTreeMap<IpAddr, Identifier> {
    let members = members_of_one(source, topology);
    let at = |id: &Identifier| {
        let answer = answers.get(endpoint_of(id, topology)?)?.as_ref().ok()?;
        Some(answer.addresses.iter().map(|address| (*address, id.clone())).collect::<Vec<_>>())
    };
    members.chain(replaced(source, topology)).filter_map(at).flatten().collect()
}

/// The members of the cluster of which one is followed: the writer, or a member in any role.
fn members_of_one<'a>(
    source: &'a Source,
    topology: &'a Topology,
) -> impl Iterator<Item = &'a Identifier> {
    let cluster = match source {
        Source::Cluster(id) | Source::Member { cluster: id, .. } => topology.clusters.get(id),
        _ => None,
    };
    let members = cluster.into_iter().flat_map(|cluster| &cluster.members);
    members.map(|member| &member.instance)
}

fn replaced_names<'a>(
    source: &'a Source,
    topology: &'a Topology,
) -> impl Iterator<Item = &'a HostName> {
    replaced(source, topology).filter_map(|id| endpoint_of(id, topology))
}

/// The instances that a blue/green deployment replaced. It gives their names to the new instances,
/// and renames them by the suffix `-oldN` (AWS docs: "Switching a blue/green deployment in Amazon
/// RDS").
fn replaced<'a>(
    source: &'a Source,
    topology: &'a Topology,
) -> impl Iterator<Item = &'a Identifier> {
    let instance = match source {
        Source::Instance(id) => Some(id),
        _ => None,
    };
    let names: Vec<&Identifier> = members_of_one(source, topology).chain(instance).collect();
    let is_replaced = move |id: &&Identifier| {
        let old = |name: &&Identifier| {
            let more =
                id.as_str().strip_prefix(name.as_str()).and_then(|more| more.strip_prefix("-old"));
            more.is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
            })
        };
        names.iter().any(old)
    };
    topology.instances.keys().filter(is_replaced)
}

/// What every key says.
pub fn weigh(
    source: &Source,
    topology: &Topology,
    answers: &Answers,
    allow: &Allow,
    family: Family,
) -> Evidence {
    let builder = EvidenceBuilder { topology, answers, allow, family };
    if let Err(unknown) = facts(source, topology) {
        return Evidence::unknown(source, unknown);
    }
    let by_api = |listing| Evidence::Set { key: Key::Topology, listing };
    let by_name = |listing| Evidence::Set { key: Key::Dns, listing };
    match source {
        Source::Instance(id) => Evidence::Instance { dns: builder.own_address(id) },
        Source::Cluster(id) => match topology.clusters.get(id) {
            Some(cluster) => Evidence::Cluster {
                topology: writer(id, cluster)
                    .and_then(|writer| builder.members_address(cluster, writer)),
                dns: builder.cluster_name(id, cluster),
            },
            None => Evidence::unknown(source, Unknown::SourceNotFound(source.clone())),
        },
        Source::Member { cluster: id, instance } => Evidence::Member {
            topology: builder
                .cluster(source, id)
                .and_then(|cluster| builder.members_address(cluster, instance)),
        },
        Source::Readers(id, fallback) => by_api(builder.readers(source, id, *fallback)),
        Source::Custom { cluster, endpoint } => by_api(builder.custom(source, cluster, endpoint)),
        Source::Proxy(name, endpoint) => by_name(
            proxy_endpoint(source, name, endpoint.as_ref(), topology).and_then(|(_, endpoint)| {
                let host = endpoint.endpoint.as_ref();
                builder.all(host.ok_or_else(|| Unknown::NoEndpoint(name.clone()))?)
            }),
        ),
        Source::Name(host) => by_name(builder.all(host)),
    }
}

/// What the keys say while the RDS API cannot be read because of `error`. `known` is the topology
/// that was read last.
///
/// Only a cluster's name says something then, and only as an alias of a member's name that `known`
/// lists. Its address must be the one that the member's own name gives. Without an alias the
/// address could be any machine's.
pub fn weigh_dns_alone(
    source: &Source,
    known: &Topology,
    answers: &Answers,
    allow: &Allow,
    family: Family,
    error: CallError,
) -> Evidence {
    let unknown = Unknown::Call(error);
    if let Source::Cluster(id) = source
        && let Some(cluster) = known.clusters.get(id)
    {
        let builder = EvidenceBuilder { topology: known, answers, allow, family };
        let dns = builder.cluster_alias(id, cluster);
        return Evidence::Cluster { topology: Err(unknown), dns };
    }
    Evidence::unknown(source, unknown)
}

/// The member that a topology names as the writer of a source that is a cluster.
pub(crate) fn listed_writer<'a>(source: &Source, topology: &'a Topology) -> Option<&'a Identifier> {
    match source {
        Source::Cluster(id) => writer(id, topology.clusters.get(id)?).ok(),
        _ => None,
    }
}

/// What the evidence is built from.
struct EvidenceBuilder<'a> {
    topology: &'a Topology,
    answers: &'a Answers,
    allow: &'a Allow,
    family: Family,
}

impl EvidenceBuilder<'_> {
    /// The readers of a cluster that are up, or what the source names in their place.
    fn readers(
        &self,
        source: &Source,
        id: &Identifier,
        fallback: Fallback,
    ) -> Result<Listing, Unknown> {
        let cluster = self.cluster(source, id)?;
        distinguish_readers(id, cluster)?;
        let readers: Vec<_> = self.up(cluster).filter(|member| !member.writer).collect();
        match fallback {
            Fallback::Writer if readers.is_empty() => {
                // Without a reader that is up, only the writer is left.
                self.listing(source, cluster, self.up(cluster))
            }
            _ => self.listing(source, cluster, readers.into_iter()),
        }
    }

    /// The members of a custom endpoint that are up. A member that was promoted belongs to an
    /// endpoint of type `READER` no longer (AWS docs: "Custom endpoints for Amazon Aurora").
    fn custom(
        &self,
        source: &Source,
        cluster: &Identifier,
        endpoint: &Identifier,
    ) -> Result<Listing, Unknown> {
        let custom = custom_endpoint(source, cluster, endpoint, self.topology)?;
        let id = cluster;
        let cluster = self.cluster(source, id)?;
        if !custom.takes_writer {
            distinguish_readers(id, cluster)?;
        }
        let belongs = |member: &&Member| {
            custom.members.has(&member.instance) && (custom.takes_writer || !member.writer)
        };
        self.listing(source, cluster, self.up(cluster).filter(belongs))
    }

    /// Every address of a name. One refused address refuses the whole answer.
    fn all(&self, name: &HostName) -> Result<Listing, Unknown> {
        let answer = self.answer(name)?;
        self.guard(name, answer)?;
        if answer.addresses.is_empty() {
            return Err(Unknown::Lookup(name.clone(), LookupError::NoAddress));
        }
        Ok(Listing {
            listed: answer.addresses.iter().map(|address| (*address, None)).collect(),
            gap: None,
        })
    }

    /// The addresses that these members' own names give. A member whose name gives none leaves a
    /// gap; the others are listed all the same.
    fn listing<'m>(
        &self,
        source: &Source,
        cluster: &Cluster,
        members: impl Iterator<Item = &'m Member>,
    ) -> Result<Listing, Unknown> {
        let mut listing = Listing::default();
        for member in members {
            match self.members_address(cluster, &member.instance) {
                Ok(member_at) => {
                    drop(listing.listed.insert(member_at.address, Some(member_at.member)))
                }
                Err(unknown) => listing.gap = listing.gap.or(Some(unknown)),
            }
        }
        if listing.listed.is_empty() {
            return Err(listing.gap.unwrap_or_else(|| Unknown::NoReader(source.clone())));
        }
        Ok(listing)
    }

    fn cluster(&self, source: &Source, id: &Identifier) -> Result<&Cluster, Unknown> {
        let cluster = self.topology.clusters.get(id);
        cluster.ok_or_else(|| Unknown::SourceNotFound(source.clone()))
    }

    /// The members that take connections. One that is not in the list of instances counts as up: it
    /// may be on a page that was lost. Its endpoint is then unknown, which leaves a gap.
    fn up<'c>(&'c self, cluster: &'c Cluster) -> impl Iterator<Item = &'c Member> {
        cluster.members.iter().filter(|member| {
            let instance = self.topology.instances.get(&member.instance);
            instance.is_none_or(|instance| is_up(&instance.status))
        })
    }

    /// The instance and the address that its own name gives.
    fn own_address(&self, id: &Identifier) -> Reading {
        let name = endpoint_of(id, self.topology).ok_or_else(|| Unknown::NoEndpoint(id.clone()))?;
        let answer = self.answer(name).and_then(|answer| self.single(name, answer));
        Ok(MemberAt {
            member: id.clone(),
            address: answer.map_err(|unknown| self.explained(id, unknown))?,
        })
    }

    /// Why an instance's name gives no address of the group's family. DNS comes first: an address
    /// that it gives counts, whatever RDS says of the network type.
    fn explained(&self, id: &Identifier, unknown: Unknown) -> Unknown {
        let network = self.topology.instances.get(id).and_then(|instance| instance.network);
        match (&unknown, network) {
            (Unknown::Lookup(_, LookupError::NoAddress), Some(network))
                if !network.has(self.family) =>
            {
                Unknown::NoSharedFamily { instance: id.clone(), network, family: self.family }
            }
            _ => unknown,
        }
    }

    /// The member and the address that its own name gives, if no other member's name gives it.
    fn members_address(&self, cluster: &Cluster, id: &Identifier) -> Reading {
        let member_at = self.own_address(id)?;
        if let Some(name) = endpoint_of(id, self.topology) {
            self.unshared(cluster, name, member_at.address)?;
        }
        Ok(member_at)
    }

    /// The member and the address that the cluster's own name gives.
    fn cluster_name(&self, id: &Identifier, cluster: &Cluster) -> Reading {
        let name = cluster.endpoint.as_ref().ok_or_else(|| Unknown::NoEndpoint(id.clone()))?;
        let answer = self.answer(name)?;
        let address = self.single(name, answer)?;
        self.unshared(cluster, name, address)?;
        let member = match named_member(cluster, self.topology, answer) {
            Some(member) => member,
            None => self.member_at(id, cluster, name, address)?,
        };
        Ok(MemberAt { member: member.clone(), address })
    }

    /// The member whose name the cluster's own name is an alias of, and the address that both give.
    fn cluster_alias(&self, id: &Identifier, cluster: &Cluster) -> Reading {
        let name = cluster.endpoint.as_ref().ok_or_else(|| Unknown::NoEndpoint(id.clone()))?;
        let answer = self.answer(name)?;
        let address = self.single(name, answer)?;
        let member = named_member(cluster, self.topology, answer)
            .ok_or_else(|| Unknown::NoAlias(name.clone()))?;
        let member_at = self.members_address(cluster, member)?;
        if member_at.address != address {
            return Err(Unknown::NotAMember(name.clone(), address));
        }
        Ok(member_at)
    }

    fn answer(&self, name: &HostName) -> Result<&Answer, Unknown> {
        match self.answers.get(name) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Unknown::Lookup(name.clone(), error.clone())),
            // The driver answers for every name that was asked for. A missing answer counts as
            // silence.
            None => Err(Unknown::Lookup(name.clone(), LookupError::Timeout)),
        }
    }

    /// The one address of an answer, if the guard accepts it. One refused address refuses the whole
    /// answer.
    fn single(&self, name: &HostName, answer: &Answer) -> Result<IpAddr, Unknown> {
        self.guard(name, answer)?;
        match answer.addresses.as_slice() {
            [] => Err(Unknown::Lookup(name.clone(), LookupError::NoAddress)),
            [one] => Ok(*one),
            _ => Err(Unknown::SeveralAddresses(name.clone())),
        }
    }

    fn guard(&self, name: &HostName, answer: &Answer) -> Result<(), Unknown> {
        for address in &answer.addresses {
            self.allow
                .check(*address, self.family)
                .map_err(|refusal| Unknown::Guarded(name.clone(), *address, refusal))?;
        }
        Ok(())
    }

    /// Refuses an address that the names of several members give. A wildcard in a zone that shadows
    /// them looks like this, and it may resolve to the load balancer itself.
    fn unshared(&self, cluster: &Cluster, name: &HostName, address: IpAddr) -> Result<(), Unknown> {
        let names: BTreeSet<&HostName> = self
            .members_at(cluster, address)
            .filter_map(|member| endpoint_of(member, self.topology))
            .collect();
        if names.len() > 1 {
            return Err(Unknown::SharedAddress(name.clone(), address));
        }
        Ok(())
    }

    /// The member whose own name gives an address. DNS cannot distinguish members that share a
    /// name: then the topology decides.
    fn member_at<'c>(
        &self,
        id: &Identifier,
        cluster: &'c Cluster,
        name: &HostName,
        address: IpAddr,
    ) -> Result<&'c Identifier, Unknown> {
        let writer = writer(id, cluster).ok();
        self.members_at(cluster, address)
            .find(|member| Some(*member) == writer)
            .or_else(|| self.members_at(cluster, address).next())
            .ok_or_else(|| Unknown::NotAMember(name.clone(), address))
    }

    /// The members whose own names give this address.
    fn members_at<'c>(
        &self,
        cluster: &'c Cluster,
        address: IpAddr,
    ) -> impl Iterator<Item = &'c Identifier> {
        let is_there = move |id: &&Identifier| {
            let answer =
                endpoint_of(id, self.topology).and_then(|own| self.answers.get(own)?.as_ref().ok());
            // A name with several addresses does not say where its member is.
            answer.is_some_and(|answer| answer.addresses == [address])
        };
        cluster.members.iter().map(|member| &member.instance).filter(is_there)
    }
}

/// The one writer of a cluster. For a moment, RDS can name none, or several.
fn writer<'a>(id: &Identifier, cluster: &'a Cluster) -> Result<&'a Identifier, Unknown> {
    let mut writers = cluster.members.iter().filter(|m| m.writer);
    match (writers.next(), writers.next()) {
        (Some(one), None) => Ok(&one.instance),
        (None, _) => Err(Unknown::NoWriter(id.clone())),
        (Some(_), Some(_)) => Err(Unknown::SeveralWriters(id.clone())),
    }
}

/// Whether readers can be distinguished from the writer. While RDS names no writer, the former
/// writer and the next one look like readers:
///
/// 1. A is the writer, B and C are readers. A failover begins, and for two readings, a second
///    apart, no member has `IsClusterWriter`.
/// 2. A is listed twice, and registered among the readers, whether it stays the writer or not.
///
/// A replica of another cluster has no writer.
fn distinguish_readers(id: &Identifier, cluster: &Cluster) -> Result<(), Unknown> {
    match writer(id, cluster) {
        Err(Unknown::NoWriter(_)) if cluster.replicates => Ok(()),
        writer => writer.map(drop),
    }
}

/// The member whose own name is in the CNAME chain.
fn named_member<'a>(
    cluster: &'a Cluster,
    topology: &Topology,
    answer: &Answer,
) -> Option<&'a Identifier> {
    let named = |id: &&Identifier| {
        endpoint_of(id, topology).is_some_and(|name| answer.aliases.contains(name))
    };
    cluster.members.iter().map(|m| &m.instance).find(named)
}

fn endpoint_of<'a>(id: &Identifier, topology: &'a Topology) -> Option<&'a HostName> {
    topology.instances.get(id)?.endpoint.as_ref()
}
