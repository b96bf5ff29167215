//! Which flows security groups and network ACLs admit.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use writerlink_aws::account::{AclEntry, NetworkAcl, Peer, PortRange, Rule};

use crate::account::ById;
use crate::read::Read;

/// The other end of a flow: the security groups of its interfaces, and where its addresses lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct End {
    pub(crate) groups: Vec<String>,
    pub(crate) networks: Vec<IpNet>,
}

/// How much of an end a set of rules admits on a port, over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// All of its addresses.
    All,
    /// Some addresses of its networks, but not all.
    Some,
    None,
}

/// What the rules admit of `end`. Several security groups of one interface admit what any of them
/// admits ("Security group rules").
pub(crate) fn admission<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    port: u16,
    end: &End,
    lists: &ById<Vec<IpNet>>,
) -> Read<Admission> {
    let mut networks: Vec<IpNet> = Vec::new();
    let mut unread = None;
    for peer in rules.into_iter().filter(|rule| is_for(rule, port)).flat_map(|rule| &rule.peers) {
        match peer {
            Peer::Group(id) if end.groups.contains(id) => return Ok(Admission::All),
            Peer::Group(_) => {}
            Peer::Network(network) => networks.push(*network),
            Peer::PrefixList(id) => match lists.get(id) {
                Some(Ok(list)) => networks.extend(list),
                Some(Err(gap)) => unread = Some(gap.clone()),
                None => {}
            },
        }
    }
    let networks = IpNet::aggregate(&networks);
    let covers = |wanted: &IpNet| networks.iter().any(|network| network.contains(wanted));
    let touches = |wanted: &IpNet| networks.iter().any(|network| wanted.contains(network));
    if !end.networks.is_empty() && end.networks.iter().all(covers) {
        return Ok(Admission::All);
    }
    match unread {
        // What was not read may admit the rest.
        Some(gap) => Err(gap),
        None if end.networks.iter().any(|wanted| covers(wanted) || touches(wanted)) => {
            Ok(Admission::Some)
        }
        None => Ok(Admission::None),
    }
}

/// Whether some address at all is admitted on the port. A reference to a security group admits
/// nobody of another account's VPC.
pub(crate) fn admits_addresses<'a>(rules: impl IntoIterator<Item = &'a Rule>, port: u16) -> bool {
    let mut peers = rules.into_iter().filter(|rule| is_for(rule, port)).flat_map(|r| &r.peers);
    peers.any(|peer| matches!(peer, Peer::Network(_) | Peer::PrefixList(_)))
}

/// Whether anybody at all is admitted on the port.
pub(crate) fn admits_anybody<'a>(rules: impl IntoIterator<Item = &'a Rule>, port: u16) -> bool {
    rules.into_iter().any(|rule| is_for(rule, port) && !rule.peers.is_empty())
}

fn is_for(rule: &Rule, port: u16) -> bool {
    is_tcp(&rule.protocol) && has(rule.ports, port)
}

fn is_tcp(protocol: &str) -> bool {
    matches!(protocol, "tcp" | "6" | "-1")
}

fn has(ports: Option<PortRange>, port: u16) -> bool {
    ports.is_none_or(|ports| (ports.from..=ports.to).contains(&port))
}

/// The ports from which clients connect ("Control subnet traffic with network access control
/// lists", ephemeral ports: a Network Load Balancer uses 1024 to 65535).
pub(crate) const EPHEMERAL: PortRange = PortRange { from: 1024, to: 65535 };

/// The ports of a single port.
pub(crate) fn only(port: u16) -> PortRange {
    PortRange { from: port, to: port }
}

/// The entry that denies TCP between the guarded subnet and `network` on these ports, or `Ok` if
/// the flow passes. For each address and port the first entry that matches decides, by number;
/// without one, the flow is denied. Of a single port every address of `network` must pass, and of
/// the ephemeral ports most must.
pub(crate) fn passes(
    acl: &NetworkAcl,
    egress: bool,
    network: &IpNet,
    ports: PortRange,
) -> Result<(), Option<u32>> {
    let of_flow = |entry: &&AclEntry| entry.egress == egress && is_tcp(&entry.protocol);
    let mut entries: Vec<&AclEntry> = acl.entries.iter().filter(of_flow).collect();
    entries.sort_by_key(|entry| entry.number);
    let decides = |address, port| {
        entries.iter().find(|entry| entry.network.contains(&address) && has(entry.ports, port))
    };
    // Entries decide in blocks: an address or a port can only differ from its neighbour where an
    // entry begins or ends.
    let inner = entries.iter().map(|entry| entry.network).filter(|net| network.contains(net));
    let addresses: BTreeSet<IpAddr> =
        inner.chain([*network]).flat_map(|net| [net.network(), net.broadcast()]).collect();
    let starts = entries
        .iter()
        .filter_map(|entry| entry.ports)
        .flat_map(|own| [Some(own.from), own.to.checked_add(1)]);
    let starts: BTreeSet<u16> = starts
        .flatten()
        .chain([ports.from])
        .filter(|port| (ports.from..=ports.to).contains(port))
        .collect();
    let starts: Vec<u16> = starts.into_iter().collect();
    let whole = u32::from(ports.to - ports.from) + 1;
    for address in addresses {
        let (mut denied, mut by) = (0, None);
        for (index, start) in starts.iter().enumerate() {
            let end =
                starts.get(index + 1).map_or(u32::from(ports.to) + 1, |next| u32::from(*next));
            match decides(address, *start) {
                Some(entry) if entry.allow => {}
                other => {
                    denied += end - u32::from(*start);
                    by = by.or(other.map(|entry| entry.number));
                }
            }
        }
        if denied * 2 > whole {
            return Err(by);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().expect(text)
    }

    fn rule(protocol: &str, ports: Option<(u16, u16)>, peer: &str) -> Rule {
        let peer = match peer.parse() {
            Ok(network) => Peer::Network(network),
            Err(_) if peer.starts_with("pl-") => Peer::PrefixList(peer.to_owned()),
            Err(_) => Peer::Group(peer.to_owned()),
        };
        let ports = ports.map(|(from, to)| PortRange { from, to });
        Rule { protocol: protocol.to_owned(), ports, peers: vec![peer] }
    }

    #[test]
    fn rules_admit_by_group_network_and_prefix_list_on_their_ports_only() {
        let end = End {
            groups: vec!["sg-link".to_owned()],
            networks: vec![net("10.20.0.0/24"), net("10.20.1.0/24")],
        };
        let lists = ById::from([("pl-1".to_owned(), Ok(vec![net("10.20.0.0/16")]))]);
        let here = Some((5432, 5432));
        for (rules, admitted) in [
            (vec![], Admission::None),
            (vec![rule("tcp", here, "sg-link")], Admission::All),
            (vec![rule("-1", None, "sg-link")], Admission::All),
            (vec![rule("6", Some((0, 65535)), "sg-link")], Admission::All),
            (vec![rule("udp", here, "sg-link")], Admission::None),
            (vec![rule("tcp", Some((3306, 3306)), "sg-link")], Admission::None),
            (vec![rule("tcp", here, "sg-other")], Admission::None),
            (vec![rule("tcp", here, "10.20.0.0/16")], Admission::All),
            (vec![rule("tcp", here, "10.20.0.0/24")], Admission::Some),
            (vec![rule("tcp", here, "10.20.1.17/32")], Admission::Some),
            (
                vec![rule("tcp", here, "10.20.0.0/24"), rule("tcp", here, "10.20.1.0/24")],
                Admission::All,
            ),
            (
                vec![
                    rule("tcp", here, "10.20.0.0/25"),
                    rule("tcp", here, "10.20.0.128/25"),
                    rule("tcp", here, "10.20.1.0/24"),
                ],
                Admission::All,
            ),
            (vec![rule("tcp", here, "10.21.0.0/16")], Admission::None),
            (vec![rule("tcp", here, "pl-1")], Admission::All),
        ] {
            assert_eq!(admission(&rules, 5432, &end, &lists), Ok(admitted), "{rules:?}");
        }
    }

    #[test]
    fn the_first_entry_of_an_acl_that_matches_decides() {
        let entry = |number, allow, network: &str, ports: Option<(u16, u16)>| AclEntry {
            number,
            egress: false,
            allow,
            protocol: "6".to_owned(),
            ports: ports.map(|(from, to)| PortRange { from, to }),
            network: net(network),
        };
        let all = entry(100, true, "0.0.0.0/0", None);
        for (entries, passed) in [
            (vec![], Err(None)),
            (vec![all.clone()], Ok(())),
            (vec![all.clone(), entry(90, false, "10.20.0.0/16", None)], Err(Some(90))),
            (vec![all.clone(), entry(110, false, "10.20.0.0/16", None)], Ok(())),
            (
                vec![all.clone(), entry(90, false, "10.20.0.0/26", Some((5432, 5432)))],
                Err(Some(90)),
            ),
            (vec![all.clone(), entry(90, false, "10.21.0.0/16", None)], Ok(())),
            (vec![all, entry(90, false, "10.20.0.0/16", Some((22, 22)))], Ok(())),
            (vec![entry(90, true, "10.20.0.0/26", None)], Err(None)),
            (
                vec![
                    entry(90, true, "10.20.0.0/25", None),
                    entry(91, true, "10.20.0.128/25", Some((5000, 6000))),
                ],
                Ok(()),
            ),
        ] {
            let acl = NetworkAcl { id: "acl-1".to_owned(), subnets: vec![], entries };
            assert_eq!(passes(&acl, false, &net("10.20.0.0/24"), only(5432)), passed, "{acl:?}");
        }
        let ranges = [(1024, 32767), (32768, 65535)];
        let split = ranges.map(|range| entry(100, true, "0.0.0.0/0", Some(range)));
        let denied = entry(90, false, "0.0.0.0/0", Some((3389, 3389)));
        for (entries, passed) in [
            (split.to_vec(), Ok(())),
            ([&split[..], &[denied]].concat(), Ok(())),
            (split[..1].to_vec(), Err(None)),
        ] {
            let acl = NetworkAcl { id: "acl-1".to_owned(), subnets: vec![], entries };
            assert_eq!(passes(&acl, false, &net("10.20.0.0/24"), EPHEMERAL), passed, "{acl:?}");
        }
    }
}
