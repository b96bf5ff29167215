//! DNS as the VPC of a consumer sees it, whose interface endpoint is connected to the load
//! balancers through PrivateLink.
//!
//! The resolver there knows all public names, the interface endpoint's name, and the private hosted
//! zones that are associated with the VPC. A zone named exactly as a database's endpoint, with an
//! alias at its apex to the interface endpoint, resolves the endpoint's own name to the link (AWS
//! docs, Route 53: "Choosing between alias and non-alias records"; "Considerations when working
//! with a private hosted zone": a name that a private zone covers is looked up there alone). An
//! alias answers addresses, never a CNAME.
//!
//! The addresses are those at which the load balancers' nodes listen. DNS carries no ports, so a
//! client takes the node's port from [`Lab::nlb_listeners`](super::Lab::nlb_listeners).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::dns::View;
use super::nlb::Nlb;
use super::region::Region;
use crate::dns_name::canonical;
use crate::world::dns::{Code, Family, Reply, ResourceRecord};

/// The labels that AWS gives an interface endpoint and the service behind it, both before the
/// region's name.
const ENDPOINT: &str = "vpce-0a1b2c3d4e5f60718-x7k2m9qd.vpce-svc-0918273645abcdef0";

/// The resolver of a consumer's VPC.
pub(super) struct Consumer {
    region: Arc<Region>,
    nlb: Arc<Nlb>,
    zones: Mutex<BTreeSet<String>>,
}

impl Consumer {
    pub(super) fn new(region: Arc<Region>, nlb: Arc<Nlb>) -> Consumer {
        Consumer { region, nlb, zones: Mutex::default() }
    }

    /// The interface endpoint's name.
    pub(super) fn endpoint(&self) -> String {
        let region = self.region.with(|world| world.region.clone());
        format!("{ENDPOINT}.{region}.vpce.amazonaws.com")
    }

    /// Associates a private zone of this name, an alias of the interface endpoint at its apex.
    pub(super) fn publish(&self, zone: &str) {
        self.zones().insert(canonical(zone));
    }

    /// Deletes the private zone of this name.
    pub(super) fn withdraw(&self, zone: &str) {
        self.zones().remove(&canonical(zone));
    }

    /// The private zone that covers a name.
    fn zone_of(&self, name: &str) -> Option<String> {
        let zones = self.zones();
        let covers = |zone: &&String| name.strip_suffix(zone.as_str()).is_some_and(is_whole_labels);
        zones.iter().find(covers).cloned()
    }

    /// The nodes' addresses, under a name.
    fn link(&self, name: &str, family: Family) -> Reply {
        let nodes: BTreeSet<IpAddr> =
            self.nlb.listeners().iter().map(|node| node.address.ip()).collect();
        let asked_for = nodes.into_iter().filter(|address| match family {
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
            Family::Other => false,
        });
        let record = |address| ResourceRecord::Address { owner: name.to_owned(), address };
        reply(Code::NoError, asked_for.map(record).collect())
    }

    fn zones(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View for Consumer {
    fn resolve(&self, name: &str, family: Family) -> Reply {
        let name = canonical(name);
        match self.zone_of(&name) {
            Some(apex) if apex == name => self.link(&name, family),
            // The zone has no other record, and no other server is asked for its names.
            Some(_) => reply(Code::NxDomain, Vec::new()),
            None if name == self.endpoint() => self.link(&name, family),
            None => self.region.resolve(&name, family),
        }
    }
}

/// Whether what stands before a zone's name is nothing, or labels with their dot.
fn is_whole_labels(before: &str) -> bool {
    before.is_empty() || before.ends_with('.')
}

fn reply(code: Code, records: Vec<ResourceRecord>) -> Reply {
    Reply { code, records, cut_over_udp: false, delay: std::time::Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;
    use crate::wire::{Lab, Options};
    use crate::world::Pace;

    async fn lab() -> Lab {
        let scene = Scene::new(Pace::brisk()).expect("a good scene");
        Lab::start(scene.world, Options::default()).await.expect("loopback has ports")
    }

    fn ask(lab: &Lab, name: &str) -> (Code, Vec<IpAddr>) {
        let reply = lab.consumer.resolve(name, Family::V4);
        (reply.code, reply.addresses())
    }

    #[tokio::test]
    async fn a_private_zone_leads_the_real_name_through_the_link_without_an_alias_record() {
        let lab = lab().await;
        let name = lab.world().cluster_endpoint("orders");
        let nodes = (Code::NoError, vec![IpAddr::from([127, 0, 0, 1])]);
        let own = (Code::NoError, vec![IpAddr::from([10, 20, 1, 10])]);
        assert_eq!(ask(&lab, &name), own, "as the public has it");
        lab.publish_privately(&name);
        assert_eq!(ask(&lab, &format!("{}.", name.to_uppercase())), nodes);
        assert_eq!(lab.consumer.resolve(&name, Family::V4).records.len(), 1);
        lab.withdraw(&name);
        assert_eq!(ask(&lab, &name), own);
        assert_eq!(ask(&lab, &lab.interface_endpoint()), nodes);
    }

    #[tokio::test]
    async fn a_private_zone_covers_what_is_below_it_and_nothing_beside_it() {
        let lab = lab().await;
        let name = lab.world().cluster_endpoint("orders");
        lab.publish_privately(&name);
        assert_eq!(ask(&lab, &format!("www.{name}")), (Code::NxDomain, vec![]));
        let beside = format!("x{name}");
        lab.publish_privately(&lab.world().instance_endpoint("orders-1"));
        assert_eq!(ask(&lab, &beside), (Code::NxDomain, vec![]));
        let other = lab.world().instance_endpoint("orders-2");
        assert_eq!(ask(&lab, &other), (Code::NoError, vec![IpAddr::from([10, 20, 2, 10])]));
    }

    #[tokio::test]
    async fn the_link_has_no_address_of_the_other_family() {
        let lab = lab().await;
        let reply = lab.consumer.resolve(&lab.interface_endpoint(), Family::V6);
        assert_eq!((reply.code, reply.addresses()), (Code::NoError, vec![]));
    }
}
