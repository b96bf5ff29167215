//! What the targets of a group say about the source that belongs behind it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use writerlink_core::source::{Fallback, Source};

use super::owner::{Owner, Owners};

/// What a group's targets say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// It has no targets.
    Empty,
    /// Every target is an address of this source.
    Follow(Source),
    /// The source is likely, but for this reason a person must decide.
    Perhaps(Source, String),
    /// The targets are of several databases, or of one in several roles.
    Mixture,
    /// No database has these addresses.
    Foreign,
    /// No database that was read has some of the addresses, and not everything was read.
    Unknown,
}

impl Decision {
    pub(super) fn source(&self) -> Option<&Source> {
        match self {
            Self::Follow(source) | Self::Perhaps(source, _) => Some(source),
            Self::Empty | Self::Mixture | Self::Foreign | Self::Unknown => None,
        }
    }
}

/// Decides by the targets that are not draining.
pub(super) fn decide(targets: &BTreeSet<IpAddr>, owners: &Owners) -> Decision {
    if targets.is_empty() {
        return Decision::Empty;
    }
    let nobody = targets.iter().filter(|address| owners.of(**address).next().is_none()).count();
    if nobody > 0 {
        return match nobody == targets.len() {
            _ if owners.is_partial => Decision::Unknown,
            true => Decision::Foreign,
            false => Decision::Mixture,
        };
    }
    let all: BTreeSet<&Owner> = targets.iter().flat_map(|address| owners.of(*address)).collect();
    let Some((first, source)) = all.first().and_then(|first| Some((first, first.source()?))) else {
        return Decision::Mixture;
    };
    let id = cluster(first);
    let is_one_cluster = id.is_some() && all.iter().all(|owner| cluster(owner) == id);
    match id.filter(|_| is_one_cluster) {
        Some(id) if all.iter().all(|owner| matches!(owner, Owner::Reader { .. })) => {
            of_readers(id, source, targets, owners)
        }
        _ if all.len() == 1 => Decision::Follow(source),
        Some(_) if targets.len() == 1 => Decision::Perhaps(
            source,
            "the cluster's name and the RDS API name different writers, as in a failover: run \
             this again in a minute"
                .to_owned(),
        ),
        _ => Decision::Mixture,
    }
}

fn cluster(owner: &Owner) -> Option<&str> {
    match owner {
        Owner::Writer(cluster) | Owner::Reader { cluster, .. } => Some(cluster),
        Owner::Instance(_) | Owner::Proxy(..) => None,
    }
}

/// Every target is a reader of the cluster. A single one can also be the writer of the day on which
/// somebody registered it.
fn of_readers(id: &str, writer: Source, targets: &BTreeSet<IpAddr>, owners: &Owners) -> Decision {
    let Some(readers) =
        writer.cluster().cloned().map(|id| Source::Readers(id, Fallback::default()))
    else {
        return Decision::Mixture;
    };
    let is_all = owners.readers(id).all(|own| !own.is_empty() && own.is_subset(targets));
    match (targets.len(), is_all) {
        (1, _) => Decision::Perhaps(
            writer,
            format!(
                "its one target is a reader. If the group is for the writer, nothing has followed \
                 the last failover; if it is for readers, write `{readers}`"
            ),
        ),
        (_, true) => Decision::Follow(readers),
        (_, false) => Decision::Perhaps(
            readers,
            "its targets are readers, but not every reader is one of them (or some reader's name \
             was not resolved)"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::account::{ById, Resolved};
    use crate::fixture;
    use crate::read::Gap;

    /// Cluster `orders` of three, instance `billing`, proxy `front` and its endpoint `front-ro`;
    /// each name with its addresses, of which only the last byte differs.
    fn owners(change: impl FnOnce(&mut ById<Resolved>)) -> Owners {
        let (databases, mut names) = super::super::sample::databases();
        change(&mut names);
        Owners::new(&databases, &names, None)
    }

    fn told(targets: &[u8], owners: &Owners) -> String {
        let targets = targets.iter().map(|last| IpAddr::from([10, 20, 0, *last])).collect();
        match decide(&targets, owners) {
            Decision::Follow(source) => source.to_string(),
            Decision::Perhaps(source, why) => {
                format!("{source}? {}", why.split([':', ',', '.']).next().unwrap_or_default())
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_group_follows_the_source_whose_addresses_its_targets_all_are() {
        let sound = owners(|_| {});
        for (targets, expected) in [
            (&[][..], "Empty"),
            (&[1], "cluster/orders"),
            (&[2, 3], "cluster/orders/readers"),
            (&[2], "cluster/orders? its one target is a reader"),
            (&[1, 2], "Mixture"),
            (&[1, 2, 3], "Mixture"),
            (&[11], "instance/billing"),
            (&[1, 11], "Mixture"),
            (&[21, 22], "proxy/front"),
            (&[21], "proxy/front"),
            (&[31], "proxy/front/front-ro"),
            (&[21, 31], "Mixture"),
            (&[99], "Foreign"),
            (&[98, 99], "Foreign"),
            (&[1, 99], "Mixture"),
        ] {
            assert_eq!(told(targets, &sound), expected, "{targets:?}");
        }
    }

    #[test]
    fn what_was_not_resolved_or_contradicts_is_never_decided() {
        let gap = Gap::unread("a DNS lookup", "no server answered in time", "Ask another server.");
        let name = |id: &str| format!("{id}.abc.eu-west-1.rds.amazonaws.com");
        let without = |id: &'static str| {
            let gap = gap.clone();
            owners(move |names| {
                names.insert(name(id), Err(gap));
            })
        };
        let lagging = owners(|names| {
            let new = names[&name("orders-2")].clone();
            names.insert(fixture::ENDPOINT.to_owned(), new);
        });
        for (what, owners, targets, expected) in [
            ("billing", without("billing"), &[11][..], "Unknown"),
            ("billing", without("billing"), &[1], "cluster/orders"),
            ("a reader", without("orders-3"), &[2], "cluster/orders? its one target is a reader"),
            ("a reader", without("orders-3"), &[2, 3], "Unknown"),
            (
                "the cluster's name lags",
                lagging,
                &[2],
                "cluster/orders? the cluster's name and the RDS API name different writers",
            ),
        ] {
            assert_eq!(told(targets, &owners), expected, "{what}, {targets:?}");
        }
        let (mut databases, names) = super::super::sample::databases();
        databases.proxies = Err(gap);
        assert_eq!(told(&[21], &Owners::new(&databases, &names, None)), "Unknown");
        databases.proxies = Ok(BTreeMap::new());
        assert_eq!(told(&[21], &Owners::new(&databases, &names, None)), "Foreign");
    }
}
