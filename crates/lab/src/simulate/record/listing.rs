//! What an answer of the RDS API says about a set: the names of its members.

use std::collections::BTreeSet;

use writerlink_core::source::{Fallback, Source};
use writerlink_core::topology::{Cluster, HostName, Member, Topology};

/// The names behind which a set is.
pub(super) struct Listing {
    pub(super) names: BTreeSet<HostName>,
    /// Every name that belongs to it is known.
    pub(super) is_whole: bool,
    /// All addresses of its one name are the set, rather than one address of each of its names.
    pub(super) is_of_one_name: bool,
}

/// The statuses of a database or a proxy that accepts no connections and will not soon.
const AWAY: [&str; 6] = ["creating", "deleting", "stopped", "stopping", "suspended", "suspending"];

/// Whether the readers are known: while the answer names no writer, or several, no member counts as
/// a reader. If the writer is in another Region, all members are readers.
fn has_writer(cluster: &Cluster) -> bool {
    let writers = cluster.members.iter().filter(|member| member.writer).count();
    writers == 1 || writers == 0 && cluster.replicates
}

impl Listing {
    /// The listing of a set; none if the answer does not give it.
    pub(super) fn of(source: &Source, topology: &Topology) -> Option<Listing> {
        match source {
            Source::Cluster(_) | Source::Instance(_) => None,
            Source::Name(host) => Some(Listing::one_name(host)),
            Source::Proxy(proxy, endpoint) => {
                let proxy = topology.proxies.as_ref().ok()?.get(proxy)?;
                let endpoint = match endpoint {
                    Some(endpoint) => proxy.endpoints.get(endpoint)?,
                    None => &proxy.default,
                };
                let serves = !AWAY.contains(&endpoint.status.as_str());
                Some(Listing::one_name(endpoint.endpoint.as_ref().filter(|_| serves)?))
            }
            Source::Member { cluster, instance } => {
                let cluster = topology.clusters.get(cluster)?;
                let listing =
                    Listing::members(cluster, topology, |member| member.instance == *instance)?;
                (!listing.names.is_empty()).then_some(listing)
            }
            Source::Readers(id, fallback) => {
                let cluster = topology.clusters.get(id).filter(|cluster| has_writer(cluster))?;
                let readers = Listing::members(cluster, topology, |member| !member.writer)?;
                if readers.names.is_empty() && readers.is_whole && *fallback == Fallback::Writer {
                    return Listing::members(cluster, topology, |_| true);
                }
                Some(readers)
            }
            Source::Custom { cluster, endpoint } => {
                let custom = topology.custom_endpoints.as_ref().ok()?.get(endpoint)?;
                let is_of = |member: &Member| {
                    custom.members.has(&member.instance) && (custom.takes_writer || !member.writer)
                };
                let serves = custom.cluster == *cluster && !AWAY.contains(&custom.status.as_str());
                let tells =
                    |cluster: &&Cluster| serves && (custom.takes_writer || has_writer(cluster));
                Listing::members(topology.clusters.get(cluster).filter(tells)?, topology, is_of)
            }
        }
    }

    fn one_name(name: &HostName) -> Listing {
        Listing { names: [name.clone()].into(), is_whole: true, is_of_one_name: true }
    }

    /// The members of a cluster that serve, as far as their names are known.
    fn members(
        cluster: &Cluster,
        topology: &Topology,
        is_of: impl Fn(&Member) -> bool,
    ) -> Option<Listing> {
        if AWAY.contains(&cluster.status.as_str()) {
            return None;
        }
        let mut listing = Listing { names: BTreeSet::new(), is_whole: true, is_of_one_name: false };
        for member in cluster.members.iter().filter(|member| is_of(member)) {
            let instance = topology.instances.get(&member.instance);
            let is_away = instance.is_some_and(|instance| AWAY.contains(&instance.status.as_str()));
            match instance.and_then(|instance| instance.endpoint.clone()) {
                _ if is_away => {}
                Some(name) => drop(listing.names.insert(name)),
                None => listing.is_whole = false,
            }
        }
        Some(listing)
    }
}
