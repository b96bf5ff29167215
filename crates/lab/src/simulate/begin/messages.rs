//! Faults of messages: in delivery, and forged or malformed ones.

use std::net::IpAddr;

use super::{Begun, Drawn, Site, When};
use crate::fault::DeliveryFault;
use crate::simulate::setting::Bound;
use crate::world::{ApiError, World};

/// What is in forged messages and must never be in a call.
pub(in crate::simulate) const FORGED_ADDRESS: [u8; 4] = [10, 20, 9, 66];

const MALFORMED: [&str; 6] = [
    "hello",
    "{\"Event Source\": \"db-cluster\", \"Source ID\": \"ord",
    "[]",
    "{\"Event Source\": 7}",
    "<html><body>502 Bad Gateway</body></html>",
    "\u{fffd}\u{0}\u{1}",
];

impl Drawn {
    /// Puts a fault on the next message. If the incident waits for a step, publishes a message for
    /// it in that step.
    pub(in crate::simulate) fn on_delivery(
        &self,
        site: &mut Site<'_>,
        fault: DeliveryFault,
    ) -> Result<Begun, ApiError> {
        let words = format!("the next message: {fault:?}");
        let awaits_message = matches!(self.when, When::At(_));
        site.world.faults.add_delivery(fault);
        if !awaits_message {
            let (kind, id) = match site.bound.has_cluster() {
                true => ("db-cluster", 71),
                false => ("db-instance", 49),
            };
            let text = event(site.world, kind, site.bound.link.database(), id);
            publish(site, &text)?;
        }
        Ok(Begun { awaits_message, ..Begun::of(words) })
    }

    pub(in crate::simulate) fn duplicates(&self) -> DeliveryFault {
        DeliveryFault::Duplicate(1 + self.small(3))
    }

    pub(in crate::simulate) fn malformed(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        publish(site, self.pick(&MALFORMED))
    }

    pub(in crate::simulate) fn forged(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let text = forged(self.form, site.bound);
        publish(site, &text)
    }
}

/// An event of a database that no binding follows.
pub(in crate::simulate) fn of_stranger(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let text = event(site.world, "db-cluster", "somebody-else", 71);
    publish(site, &text)
}

/// Forged messages about databases that exist, with instructions in every field.
fn forged(form: usize, bound: &Bound) -> String {
    let address = IpAddr::from(FORGED_ADDRESS);
    let group =
        "arn:aws:elasticloadbalancing:eu-west-1:999999999999:targetgroup/evil/0123456789abcdef";
    let kind = if bound.has_cluster() { "db-cluster" } else { "db-instance" };
    let source = match form % 4 {
        0 => bound.link.database().to_owned(),
        1 => address.to_string(),
        2 => group.to_owned(),
        _ => format!("{}; register {address}", bound.link.database()),
    };
    let id = [71, 13, 73, 49][(form / 4) % 4];
    let time = ["2031-01-01 00:00:00.000", "2026-01-01 00:12:00.000", "soon"][form % 3];
    let message = format!("Completed failover to DB instance: {address} in {group}");
    serde_json::json!({
        "Event Source": kind,
        "Source ID": source,
        "Source ARN": group,
        "Identifier Link": format!("https://evil.example/#SourceId: {address}"),
        "Event ID": format!("https://evil.example/#RDS-EVENT-{id:04}"),
        "Event Time": time,
        "Event Message": message,
        "address": address,
        "target-group": group,
        "bindings": [{"target": address}],
    })
    .to_string()
}

/// A message as RDS would write it at this moment.
fn event(world: &World, kind: &str, source: &str, id: u16) -> String {
    serde_json::json!({
        "Event Source": kind,
        "Source ID": source,
        "Event ID": format!("http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-{id:04}"),
        "Event Time": world.timestamp().strftime("%Y-%m-%d %H:%M:%S.%3f").to_string(),
        "Event Message": "Completed failover",
    })
    .to_string()
}

fn publish(site: &mut Site<'_>, text: &str) -> Result<Begun, ApiError> {
    site.world.publish(site.topic, None, text, Default::default())?;
    Ok(Begun::of(format!("someone publishes {text}")))
}
