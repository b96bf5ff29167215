//! Lambda's operations that read (botocore lambda 2015-03-31). Invoke is in `invoke`.

use serde_json::{Map, Value, json};

use super::marker;
use super::params::Params;
use super::xml::{Pages, Xml};
use crate::world::paging::PageRequest;
use crate::world::surroundings::Function;
use crate::world::surroundings::function::{EventSource, functions};
use crate::world::surroundings::security_group::of_names;
use crate::world::surroundings::subnet::subnets;
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World, ids};

type Operation = fn(&World, &Function) -> Result<Value, ApiError>;

const OPERATIONS: [(&str, Operation); 4] = [
    ("GetFunctionConfiguration", configuration),
    ("GetFunctionConcurrency", concurrency),
    ("GetPolicy", policy),
    ("GetFunctionEventInvokeConfig", event_invoke_config),
];

/// Carries an operation out and writes its answer.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    json: &mut Xml,
) -> Result<(), ApiError> {
    let answer = if action == "ListEventSourceMappings" {
        event_source_mappings(world, params, json)?
    } else {
        let found = OPERATIONS.iter().find(|(name, _)| *name == action);
        let (_, operation) = found.ok_or_else(|| params.dialect().unknown_operation(action))?;
        operation(world, &find(world, params.required("FunctionName")?)?)?
    };
    json.raw(&answer.to_string());
    Ok(())
}

/// The function of a name, an ARN or a part of one, with or without a version.
fn find(world: &World, asked: &str) -> Result<Function, ApiError> {
    let name = match asked.split_once("function:") {
        Some((_, name)) => name,
        None => asked,
    };
    let name = name.split(':').next().unwrap_or(name);
    let is_here = !asked.starts_with("arn:") || asked.starts_with(&world.function_arn(""));
    let found = functions(world).into_iter().find(|function| function.name == name && is_here);
    found.ok_or_else(|| not_found(format!("Function not found: {}", world.function_arn(name))))
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::not_found("ResourceNotFoundException", message)
}

fn configuration(world: &World, function: &Function) -> Result<Value, ApiError> {
    let name = &function.name;
    let mut answer = json!({
        "FunctionName": name,
        "FunctionArn": world.function_arn(name),
        "Runtime": function.runtime.as_deref().unwrap_or("provided.al2023"),
        "Role": format!("arn:aws:iam::{}:role/{name}", world.account),
        "Handler": "bootstrap",
        "Timeout": function.timeout.unwrap_or(240),
        "MemorySize": 256,
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "Version": "$LATEST",
        "State": function.state.as_deref().unwrap_or("Active"),
        "LastUpdateStatus": function.last_update_status.as_deref().unwrap_or("Successful"),
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "Environment": {"Variables": function.variables(world)},
    });
    if let Some(arn) = &function.dead_letter {
        answer["DeadLetterConfig"] = json!({"TargetArn": arn});
    }
    if let Some(zones) = &function.vpc {
        let own = subnets(world).into_iter().filter(|subnet| zones.contains(&subnet.zone));
        answer["VpcConfig"] = json!({
            "VpcId": VPC_ID,
            "SubnetIds": own.map(|subnet| subnet.id).collect::<Vec<_>>(),
            "SecurityGroupIds": of_names(&function.security_groups),
        });
    }
    Ok(answer)
}

fn concurrency(_: &World, function: &Function) -> Result<Value, ApiError> {
    let reserved = function.concurrency();
    Ok(reserved.map_or(json!({}), |runs| json!({"ReservedConcurrentExecutions": runs})))
}

fn policy(world: &World, function: &Function) -> Result<Value, ApiError> {
    let policy = function.policy(world);
    let policy =
        policy.ok_or_else(|| not_found("No policy is associated with the given resource."))?;
    Ok(json!({"Policy": policy, "RevisionId": ids::uuid(ids::hash(&function.name))}))
}

fn event_invoke_config(world: &World, function: &Function) -> Result<Value, ApiError> {
    let arn = format!("{}:$LATEST", world.function_arn(&function.name));
    if !function.event_invoke_config {
        let message = format!("The function {arn} doesn't have an EventInvokeConfig");
        return Err(not_found(message));
    }
    let on_failure = function.on_failure(world);
    Ok(json!({
        "LastModified": world.timestamp_at(std::time::Duration::ZERO).as_second(),
        "FunctionArn": arn,
        "MaximumRetryAttempts": function.retries.unwrap_or(0),
        "MaximumEventAgeInSeconds": function.longest_age.unwrap_or(600),
        "DestinationConfig": {
            "OnSuccess": {},
            "OnFailure": on_failure.map_or(json!({}), |arn| json!({"Destination": arn})),
        },
    }))
}

fn event_source_mappings(world: &World, params: &Params, json: &Xml) -> Result<Value, ApiError> {
    let name = params.optional("FunctionName");
    let of_functions = match name {
        Some(name) => vec![find(world, name)?],
        None => functions(world),
    };
    let of_function = |function: Function| {
        let sources = function.event_sources.clone().into_iter();
        sources.map(move |source| (function.name.clone(), source)).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, EventSource)> =
        of_functions.into_iter().flat_map(of_function).collect();
    if let Some(arn) = params.optional("EventSourceArn") {
        all.retain(|(_, source)| source.source == arn);
    }
    let key = |(name, source): &(String, EventSource)| {
        ids::uuid(ids::hash(&format!("{name} {}", source.source)))
    };
    all.sort_by_key(key);
    let names = ["EventSourceMappings", "NextMarker", "Marker", "MaxItems"];
    list(params, json, names, all, key, |one| {
        json!({
            "UUID": key(one),
            "EventSourceArn": one.1.source,
            "FunctionArn": world.function_arn(&one.0),
            "State": one.1.state.as_deref().unwrap_or("Enabled"),
            "BatchSize": 10,
        })
    })
}

/// A page of a list, as the REST services write it: the names are those of the list, of the marker
/// of the next page, and of the marker and the size that are asked for.
pub(super) fn list<T>(
    params: &Params,
    json: &Xml,
    [name, next, marker, size]: [&str; 4],
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    entry: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let most = params.parsed::<u32>(size)?.unwrap_or(100);
    if !(1..=10_000).contains(&most) {
        return Err(params.dialect().malformed(size, &most.to_string()));
    }
    let request = PageRequest { max_records: None, marker: params.marker(marker)? };
    let page = request.cut(items, most.min(100) as usize, key);
    let (most, every) = json.pages().kept();
    let entries: Vec<Value> = page.items.iter().step_by(every).take(most).map(entry).collect();
    let mut answer = Map::from_iter([(name.to_owned(), entries.into())]);
    if let Some(key) = page.marker.filter(|_| json.pages() == Pages::Full) {
        answer.insert(next.to_owned(), marker::of(&key).into());
    }
    Ok(answer.into())
}
