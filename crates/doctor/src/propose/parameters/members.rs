//! The parameters of `infra/members.yaml` and `infra/terraform/members`.

use serde_json::{Map, Value as Json, json};
use writerlink_core::source::Source;

use super::{File, noted, text};
use crate::propose::{MemberPorts, Proposal, Value, toml};
use crate::read::Gap;

/// How many members the template has places for.
const PLACES: usize = 8;

/// What the account says for the members' listeners, which are on the link's load balancer.
struct Members<'a> {
    members: &'a MemberPorts,
    port: Value<u16>,
    vpc: Value<String>,
    balancer: Value<String>,
}

/// The file for CloudFormation, if members' ports were asked for.
pub(super) fn cloudformation(proposal: &Proposal) -> Option<File> {
    let of = Members::of(proposal)?;
    let values = [
        ("Cluster", of.members.cluster.to_string()),
        ("MemberPorts", of.members.text()),
        ("Port", text(&of.port)),
        ("LoadBalancerArn", text(&of.balancer)),
        ("VpcId", text(&of.vpc)),
    ];
    let values: Map<String, Json> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut file = of.file("members.yaml", json!({ "Parameters": values }), proposal);
    let count = of.members.places.len();
    if count > PLACES {
        file.is_complete = false;
        file.notes.push(format!(
            "members.yaml has places for {PLACES} members, and the cluster has {count}: leave \
             some out."
        ));
    }
    Some(file)
}

/// The file for Terraform, if members' ports were asked for.
pub(super) fn terraform(proposal: &Proposal) -> Option<File> {
    let of = Members::of(proposal)?;
    let places = of.members.places.iter();
    let ports: Map<String, Json> =
        places.map(|place| (place.member.to_string(), place.port.into())).collect();
    let port = match &of.port {
        Value::Known(port) => json!(port),
        Value::Blank { name, .. } => json!(name),
    };
    let content = json!({
        "cluster": of.members.cluster,
        "member_ports": ports,
        "port": port,
        "load_balancer_arn": text(&of.balancer),
        "vpc_id": text(&of.vpc),
    });
    Some(of.file("terraform/members", content, proposal))
}

impl<'a> Members<'a> {
    fn of(proposal: &'a Proposal) -> Option<Self> {
        let members = proposal.members.as_ref()?;
        let all = proposal.entries.iter().filter_map(|entry| entry.binding.as_ref());
        let of_cluster =
            |source: &Source| matches!(source, Source::Cluster(id) if *id == members.cluster);
        let is_members = |source: &Source| source.cluster() == Some(&members.cluster);
        let writer = all.clone().find(|binding| of_cluster(&binding.source));
        let database = all.clone().find(|binding| is_members(&binding.source))?;
        let database = database.database.as_ref().map_err(Clone::clone);
        let lacks = |what: &str| {
            let why = format!("RDS names no {what} of the cluster yet");
            Gap::unread("rds:DescribeDBInstances", &why, "Run this again when it is available.")
        };
        let port = database.clone().and_then(|own| own.port.ok_or_else(|| lacks("port")));
        let vpc = database.and_then(|own| own.vpc.clone().ok_or_else(|| lacks("VPC")));
        let balancer = writer.and_then(|writer| writer.balancer.clone()).ok_or_else(|| {
            Gap::unread(
                "The link's load balancer",
                "no single one is in front of the writer's target group",
                "Make the link first, by the same command without `--member-ports`.",
            )
        });
        let of = members.cluster.as_str();
        Some(Self {
            members,
            port: Value::of_read("port", of, port),
            vpc: Value::of_read("vpc", of, vpc),
            balancer: Value::of_read("load-balancer", of, balancer),
        })
    }

    fn file(&self, of: &'static str, content: Json, proposal: &Proposal) -> File {
        let blanks = [noted(&self.port), noted(&self.vpc), noted(&self.balancer)];
        let blanks: Vec<String> = blanks.into_iter().flatten().collect();
        let is_complete = blanks.is_empty() && proposal.gaps.is_empty();
        let mut notes = toml::notes(proposal);
        notes.push(
            "Add a later member at the end: a place that gets another instance gets a new, empty \
             target group."
                .to_owned(),
        );
        notes.extend(blanks);
        File { of, content, notes, is_complete }
    }
}
