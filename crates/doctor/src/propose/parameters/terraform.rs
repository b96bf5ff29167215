//! The variables of `infra/terraform/reconciler` and `infra/terraform/link`.

use serde_json::{Map, Value as Json, json};

use super::{
    File, IN_PACKAGE, LONGEST, Link, config, file_of_groups, members, networks, of_groups, text,
    too_long,
};
use crate::propose::{Proposal, Proposed, Value, toml};

const RECONCILER: &str = "terraform/reconciler";
const LINK: &str = "terraform/link";

/// The file for `terraform apply -var-file=….tfvars.json`. JSON, because in it no text of AWS's can
/// be taken for an expression.
///
/// A database without a target group gets the variables of the link, which makes one. If members'
/// ports were asked for, the variables are those of the module that adds them to a link.
pub fn terraform(proposal: &Proposal) -> File {
    if let Some(file) = members::terraform(proposal) {
        return file;
    }
    if let Some(link) = Link::of(proposal) {
        let mut file = link.file(LINK, of_link(&link), proposal);
        file.notes.push(
            "These are the variables of the link. When it exists, name its group with \
             `--target-group` in addition, for the variables of the reconciler."
                .to_owned(),
        );
        return file;
    }
    let bindings = of_groups(proposal);
    let length = config(&bindings).len();
    let is_long = length > LONGEST;
    let content = if is_long { of_config(&bindings) } else { of_bindings(&bindings) };
    let mut file = file_of_groups(RECONCILER, content, proposal, &bindings);
    file.notes.extend(is_long.then(|| too_long(length)));
    file.notes.push("<package> is yours: the path of the archive of infra/package.".to_owned());
    file
}

fn of_bindings(bindings: &[&Proposed]) -> Json {
    let all: Map<String, Json> = bindings
        .iter()
        .map(|binding| {
            let mut values = json!({
                "source": binding.source.to_string(),
                "target_group_arn": text(&binding.target_group),
                "mode": toml::mode(binding.mode),
                "allow": networks(binding),
            });
            if let Some(port) = binding.port {
                values["port"] = port.into();
            }
            (binding.name.clone(), values)
        })
        .collect();
    let balancers: Map<String, Json> = bindings
        .iter()
        .filter_map(|binding| Some((binding.name.clone(), binding.balancer.clone()?.into())))
        .collect();
    json!({
        "name": "writerlink",
        "package": "<package>",
        "bindings": all,
        "load_balancer_arns": balancers,
    })
}

fn of_config(bindings: &[&Proposed]) -> Json {
    let groups: Vec<String> = bindings.iter().map(|binding| text(&binding.target_group)).collect();
    json!({
        "name": "writerlink",
        "package": "<package>",
        "config": IN_PACKAGE,
        "target_group_arns": groups,
    })
}

fn of_link(link: &Link) -> Json {
    let subnets = match &link.subnets {
        Value::Known(ids) => ids.clone(),
        Value::Blank { name, .. } => vec![name.clone()],
    };
    let port = match &link.port {
        Value::Known(port) => json!(port),
        Value::Blank { name, .. } => json!(name),
    };
    json!({
        "name": link.binding.source.name(),
        "vpc_id": text(&link.vpc),
        "subnet_ids": subnets,
        "port": port,
        "database_security_group_id": link.security_group,
    })
}
