//! The parameters of `infra/reconciler.yaml` and `infra/writerlink.yaml`.

use serde_json::{Map, Value as Json, json};
use writerlink_core::source::Source;

use super::{
    File, IN_PACKAGE, LONGEST, Link, config, file_of_groups, members, networks, of_groups, text,
    too_long,
};
use crate::propose::{Proposal, Proposed, Value, toml};

const RECONCILER: &str = "reconciler.yaml";
const WHOLE: &str = "writerlink.yaml";

/// The file for `aws cloudformation deploy --parameter-overrides file://…`, in the form of
/// CodePipeline, which is one of the three that the command takes (AWS CLI,
/// `customizations/cloudformation/deploy.py`).
///
/// A database without a target group gets the parameters of the flat template, which makes one. If
/// members' ports were asked for, the parameters are those of the template that adds them to a
/// link.
///
/// # Errors
/// When the template has no parameter for something that a person adds.
pub fn cloudformation(proposal: &Proposal, own: &Own) -> Result<File, NotTaken> {
    let mut file = of_account(proposal);
    for (option, name, value) in own.values() {
        let is_taken = file.of == WHOLE || (file.of == RECONCILER && name == "NotifyEmail");
        if !is_taken {
            let is_there = file.of == RECONCILER && !of_groups(proposal).is_empty();
            let why = if is_there { GROUP_IS_THERE } else { "" };
            return Err(NotTaken { option, of: file.of, why });
        }
        file.content["Parameters"][name] = value.into();
    }
    if file.of == WHOLE {
        file.notes.extend(of_code(own.code.as_ref()));
    }
    Ok(file)
}

/// What to know about the parameters of the function's code.
fn of_code(code: Option<&(String, String)>) -> Option<String> {
    let Some((_, key)) = code else {
        let yours = "<code-bucket> and <code-key> are yours: where you upload the function's code. \
                     `--code` fills them in.";
        return Some(yours.to_owned());
    };
    architecture(key).is_none().then(|| {
        format!(
            "The name {key} does not say whether the code is for arm64 or x86_64. Without the \
             parameter Architecture it has to be arm64: code for the other one does not start."
        )
    })
}

/// What only a person knows.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The bucket and the key of the function's code.
    pub code: Option<(String, String)>,
    /// The ARNs of those who may create an endpoint.
    pub allowed_principals: Vec<String>,
    pub notify_email: Option<String>,
}

impl Own {
    /// Each with the option that gives it and the parameter that takes it.
    fn values(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut values = Vec::new();
        if let Some((bucket, key)) = &self.code {
            values.push(("--code", "CodeBucket", bucket.clone()));
            values.push(("--code", "CodeKey", key.clone()));
            let architecture = architecture(key).map(str::to_owned);
            values.extend(architecture.map(|built_for| ("--code", "Architecture", built_for)));
        }
        if !self.allowed_principals.is_empty() {
            let principals = self.allowed_principals.join(",");
            values.push(("--allowed-principal", "AllowedPrincipals", principals));
        }
        let email = self.notify_email.iter().cloned();
        values.extend(email.map(|email| ("--notify-email", "NotifyEmail", email)));
        values
    }
}

/// What the code was built for, if its name says so, as those of `infra/package` and of a release
/// do. Lambda takes code for the other architecture without an error, and cannot start it.
fn architecture(key: &str) -> Option<&'static str> {
    let says = |words: [&str; 2]| words.iter().any(|word| key.contains(word));
    match (says(["arm64", "aarch64"]), says(["x86_64", "amd64"])) {
        (true, false) => Some("arm64"),
        (false, true) => Some("x86_64"),
        _ => None,
    }
}

const GROUP_IS_THERE: &str = ", because the target group is there already (docs/adopt.md)";

/// The template has no such parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{option}` is for infra/writerlink.yaml, and these are parameters of infra/{of}{why}: leave \
     it out"
)]
pub struct NotTaken {
    option: &'static str,
    of: &'static str,
    why: &'static str,
}

fn of_account(proposal: &Proposal) -> File {
    if let Some(file) = members::cloudformation(proposal) {
        return file;
    }
    if let Some(link) = Link::of(proposal) {
        return link.file(WHOLE, parameters(whole(&link)), proposal);
    }
    let bindings = of_groups(proposal);
    match &bindings[..] {
        [] => file_of_groups(RECONCILER, parameters(Map::new()), proposal, &bindings),
        [one] => file_of_groups(RECONCILER, parameters(of_one(one)), proposal, &bindings),
        several => {
            let text = config(several);
            let length = text.len();
            let is_long = length > LONGEST;
            let text = if is_long { IN_PACKAGE.to_owned() } else { text };
            let content = parameters(of_config(several, text));
            let mut file = file_of_groups(RECONCILER, content, proposal, &bindings);
            file.notes.extend(is_long.then(|| too_long(length)));
            file.notes.push(
                "With Config the role may write to every group of TargetGroupArns, and Config \
                 names no notify-topic: add your topic's ARN to it."
                    .to_owned(),
            );
            file
        }
    }
}

fn parameters(values: Map<String, Json>) -> Json {
    json!({ "Parameters": values })
}

fn of_one(binding: &Proposed) -> Map<String, Json> {
    let mut values = Map::new();
    let mut set = |name: &str, value: String| values.insert(name.to_owned(), value.into());
    set("Source", binding.source.to_string());
    set("TargetGroupArns", text(&binding.target_group));
    set("Allow", networks(binding).join(","));
    set("Mode", toml::mode(binding.mode).to_owned());
    if let Some(port) = binding.port {
        set("Port", port.to_string());
    }
    if let Some(balancer) = &binding.balancer {
        set("LoadBalancerArn", balancer.clone());
    }
    values
}

fn of_config(bindings: &[&Proposed], config: String) -> Map<String, Json> {
    let groups: Vec<String> = bindings.iter().map(|binding| text(&binding.target_group)).collect();
    let values = [("Config", config), ("TargetGroupArns", groups.join(","))];
    values.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()
}

fn whole(link: &Link) -> Map<String, Json> {
    let binding = link.binding;
    let subnets = match &link.subnets {
        Value::Known(ids) => ids.join(","),
        Value::Blank { name, .. } => name.clone(),
    };
    let mut values = vec![
        ("Source", binding.source.to_string()),
        ("Allow", networks(binding).join(",")),
        ("VpcId", text(&link.vpc)),
        ("SubnetIds", subnets),
        ("Port", text(&link.port)),
        ("Mode", toml::mode(binding.mode).to_owned()),
        ("CodeBucket", "<code-bucket>".to_owned()),
        ("CodeKey", "<code-key>".to_owned()),
    ];
    let group = link.security_group.clone();
    values.extend(group.map(|group| ("DatabaseSecurityGroupId", group)));
    // Only a writer's or a proxy's endpoint: readers and custom endpoints have names of their own.
    let has_it =
        matches!(binding.source, Source::Cluster(_) | Source::Instance(_) | Source::Proxy(..));
    let endpoint = binding.database.as_ref().ok().and_then(|own| own.endpoint.clone());
    values.extend(endpoint.filter(|_| has_it).map(|endpoint| ("DatabaseEndpoint", endpoint)));
    values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}
