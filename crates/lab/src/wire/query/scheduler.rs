//! EventBridge Scheduler's operations (botocore scheduler 2021-06-30).

use serde_json::{Value, json};

use super::lambda::list;
use super::params::Params;
use super::xml::Xml;
use crate::world::surroundings::Schedule;
use crate::world::surroundings::schedule::schedules;
use crate::world::{ApiError, World};

/// Carries an operation out and writes its answer.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    json: &mut Xml,
) -> Result<(), ApiError> {
    let answer = match action {
        "ListSchedules" => list_schedules(world, params, json)?,
        "GetSchedule" => schedule(world, params)?,
        _ => return Err(params.dialect().unknown_operation(action)),
    };
    json.raw(&answer.to_string());
    Ok(())
}

fn list_schedules(world: &World, params: &Params, json: &Xml) -> Result<Value, ApiError> {
    let mut all = schedules(world);
    all.retain(|schedule| {
        let begins = |prefix: &str| schedule.name.starts_with(prefix);
        params.optional("ScheduleGroup").is_none_or(|group| group == schedule.group)
            && params.optional("NamePrefix").is_none_or(begins)
            && params.optional("State").is_none_or(|state| state == schedule.state.as_str())
    });
    let key = |schedule: &Schedule| format!("{}/{}", schedule.group, schedule.name);
    let names = ["Schedules", "NextToken", "NextToken", "MaxResults"];
    list(params, json, names, all, key, |schedule| {
        let created = world.timestamp_at(std::time::Duration::ZERO).as_second();
        json!({
            "Arn": arn(world, schedule),
            "Name": schedule.name,
            "GroupName": schedule.group,
            "State": schedule.state.as_str(),
            "CreationDate": created,
            "LastModificationDate": created,
            "Target": {"Arn": schedule.target(world)},
        })
    })
}

fn schedule(world: &World, params: &Params) -> Result<Value, ApiError> {
    let (group, name) = (params.optional("groupName").unwrap_or("default"), "Name");
    let name = params.required(name)?;
    let all = schedules(world);
    let found = all.iter().find(|schedule| schedule.group == group && schedule.name == name);
    let schedule = found.ok_or_else(|| {
        let message = format!("Schedule {name} does not exist.");
        ApiError::not_found("ResourceNotFoundException", message)
    })?;
    let created = world.timestamp_at(std::time::Duration::ZERO).as_second();
    Ok(json!({
        "Arn": arn(world, schedule),
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.state.as_str(),
        "CreationDate": created,
        "LastModificationDate": created,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": schedule.target(world),
            "RoleArn": format!("arn:aws:iam::{}:role/{}", world.account, schedule.name),
            "Input": schedule.input,
            // As infra/reconciler.yaml says.
            "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        },
    }))
}

fn arn(world: &World, schedule: &Schedule) -> String {
    let Schedule { group, name, .. } = schedule;
    format!("arn:aws:scheduler:{}:{}:schedule/{group}/{name}", world.region, world.account)
}
