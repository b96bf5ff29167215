//! Writes a proposal as the parameters of a template or a Terraform module of `infra/`.

mod cloudformation;
mod members;
mod terraform;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

pub use self::cloudformation::{NotTaken, Own, cloudformation};
pub use self::terraform::terraform;
use super::{Database, Proposal, Proposed, Value, toml};
use crate::read::{Gap, Read};

/// A file of parameters.
#[derive(Debug, Clone)]
pub struct File {
    /// The template or the module that takes them, in `infra/`.
    pub of: &'static str,
    pub content: Json,
    /// What to know about it, in sentences; each blank with its reason.
    pub notes: Vec<String>,
    /// Whether the account told everything. Values that only a person has, such as the bucket with
    /// the code, do not count.
    pub is_complete: bool,
}

/// The most bytes of a configuration that goes into the function's environment. All of its
/// variables together have 4 KB ("Lambda quotas"); the rest is for `notify-topic`.
const LONGEST: usize = 3_800;

/// Where the configuration is in the function's package (`infra/package --config`).
const IN_PACKAGE: &str = "/var/task/writerlink.toml";

/// What the account says for a link that does not exist yet.
struct Link<'a> {
    binding: &'a Proposed,
    vpc: Value<String>,
    /// One subnet in each zone.
    subnets: Value<Vec<String>>,
    port: Value<u16>,
    security_group: Option<String>,
}

impl<'a> Link<'a> {
    /// The link for the only binding, if it has no target group.
    fn of(proposal: &'a Proposal) -> Option<Self> {
        let mut bindings = proposal.bindings();
        let binding = bindings.next().filter(|_| bindings.next().is_none())?;
        if binding.target_group.known().is_some() {
            return None;
        }
        let of = binding.source.name();
        let database = binding.database.as_ref().map_err(Clone::clone);
        let not_yet = |what: &str| {
            let why = format!("RDS names no {what} of {} yet", binding.source);
            Gap::unread("rds:DescribeDBInstances", &why, "Run this again when it is available.")
        };
        let vpc = database.clone().and_then(|own| own.vpc.clone().ok_or_else(|| not_yet("VPC")));
        let port = database
            .clone()
            .and_then(|own| binding.port.or(own.port).ok_or_else(|| not_yet("port")));
        let subnets = database.clone().and_then(of_each_zone);
        let groups = database.map(|own| &own.security_groups[..]).unwrap_or_default();
        Some(Self {
            binding,
            vpc: Value::of_read("vpc", of, vpc),
            subnets: Value::of_read("subnets", of, subnets),
            port: Value::of_read("port", of, port),
            security_group: groups.first().cloned(),
        })
    }

    /// The file with the parameters of this link.
    fn file(&self, of: &'static str, content: Json, proposal: &Proposal) -> File {
        let blanks =
            [noted(&self.vpc), noted(&self.subnets), noted(&self.port), noted(&self.binding.allow)];
        let blanks: Vec<String> = blanks.into_iter().flatten().collect();
        let is_open = proposal.entries.iter().any(|entry| entry.is_open);
        let public = publicly_accessible(self.binding);
        let is_complete =
            blanks.is_empty() && proposal.gaps.is_empty() && !is_open && public.is_none();
        let groups = self.binding.database.iter().flat_map(|own| &own.security_groups);
        let groups: Vec<&str> = groups.map(String::as_str).collect();
        let mut notes = toml::notes(proposal);
        notes.push(
            "The load balancer gets the database's own subnets. Subnets that `allow` does not \
             cover are better: docs/deploy-options.md, \"Allow, and the load balancer's own \
             addresses\"."
                .to_owned(),
        );
        if groups.len() > 1 {
            let list = groups.join(", ");
            notes.push(format!(
                "The database has the security groups {list}; the first gets the rule for the \
                 load balancer."
            ));
        }
        notes.extend(public);
        notes.extend(blanks);
        File { of, content, notes, is_complete }
    }
}

/// The bindings whose groups exist.
fn of_groups(proposal: &Proposal) -> Vec<&Proposed> {
    proposal.bindings().filter(|binding| binding.target_group.known().is_some()).collect()
}

/// The file with the parameters of bindings whose groups exist.
fn file_of_groups(
    of: &'static str,
    content: Json,
    proposal: &Proposal,
    bindings: &[&Proposed],
) -> File {
    let mut notes = toml::notes(proposal);
    notes.extend(bindings.iter().filter_map(|binding| publicly_accessible(binding)));
    notes.extend(bindings.iter().filter_map(|binding| noted(&binding.allow)));
    notes.extend(bindings.is_empty().then(|| "There is no binding to deploy.".to_owned()));
    File { of, content, notes, is_complete: proposal.is_complete() }
}

/// What stands against a function outside the VPC, which is where `infra/writerlink.yaml` has it.
fn publicly_accessible(binding: &Proposed) -> Option<String> {
    let public = binding.database.as_ref().map(|own| own.public.join(", ")).unwrap_or_default();
    (!public.is_empty()).then(|| {
        format!(
            "Publicly accessible: {public}. Outside the VPC such a name leads to a public address, \
             which no target group takes. End the public access, or run the function inside the \
             VPC, which infra/writerlink.yaml cannot: docs/vpc.md."
        )
    })
}

/// What to do with a configuration that the function's environment cannot hold.
fn too_long(length: usize) -> String {
    format!(
        "The configuration has {length} bytes, and the function's environment holds {LONGEST}. \
         Write it to a file with `writerlink init --output writerlink.toml`, and build with \
         `infra/package --config writerlink.toml`."
    )
}

/// A blank in a sentence.
fn noted<T>(value: &Value<T>) -> Option<String> {
    match value {
        Value::Known(_) => None,
        Value::Blank { name, gap } => Some(format!("{name} is blank. {}", super::entry::told(gap))),
    }
}

/// The value as text, or the name of the blank.
fn text<T: ToString>(value: &Value<T>) -> String {
    match value {
        Value::Known(value) => value.to_string(),
        Value::Blank { name, .. } => name.clone(),
    }
}

fn networks(binding: &Proposed) -> Vec<String> {
    match &binding.allow {
        Value::Known(networks) => networks.iter().map(|one| one.network.to_string()).collect(),
        Value::Blank { name, .. } => vec![name.clone()],
    }
}

/// One of the database's subnets in each zone: a load balancer takes no more.
fn of_each_zone(database: &Database) -> Read<Vec<String>> {
    let mut by_zone = BTreeMap::new();
    for subnet in database.subnets.as_ref().map_err(Clone::clone)? {
        let zone = subnet.zone.as_deref().ok_or_else(|| {
            let why = format!("the zone of {} was not read", subnet.id);
            Gap::unread("ec2:DescribeSubnets", &why, "Write one subnet of each zone.")
        })?;
        by_zone.entry(zone).or_insert_with(|| subnet.id.clone());
    }
    Ok(by_zone.into_values().collect())
}

/// The bindings as one text of a configuration, without comments.
fn config(bindings: &[&Proposed]) -> String {
    let tables: Vec<Json> = bindings
        .iter()
        .map(|binding| {
            let mut table = json!({
                "name": binding.name,
                "source": binding.source.to_string(),
                "target-group": text(&binding.target_group),
                "mode": toml::mode(binding.mode),
                "allow": networks(binding),
            });
            if let Some(port) = binding.port {
                table["port"] = port.into();
            }
            table
        })
        .collect();
    json!({ "binding": tables }).to_string()
}
