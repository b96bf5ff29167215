//! Metric alarms (botocore cloudwatch 2010-08-01).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::beside;
use super::function::{Function, functions};
use crate::world::World;

/// A metric alarm.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alarm {
    pub name: String,
    #[serde(default = "of_writerlink")]
    pub namespace: String,
    pub metric: String,
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    #[serde(default)]
    pub state: AlarmState,
    #[serde(default = "yes")]
    pub actions_enabled: bool,
    /// The topics that it publishes to when it goes off, by name or ARN; that of the outcomes, when
    /// not given.
    pub actions: Option<Vec<String>>,
    #[serde(default = "maximum")]
    pub statistic: String,
    /// Seconds.
    #[serde(default = "a_minute")]
    pub period: u32,
    #[serde(default = "one")]
    pub evaluation_periods: u32,
    /// How many of these periods must be over the threshold; all, when not given.
    pub datapoints_to_alarm: Option<u32>,
    #[serde(default = "threshold")]
    pub threshold: f64,
    #[serde(default)]
    pub comparison: Comparison,
    #[serde(default = "missing")]
    pub treat_missing_data: String,
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    #[default]
    Ok,
    Alarm,
    InsufficientData,
}

/// What puts a value over the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Comparison {
    #[default]
    GreaterThanOrEqualToThreshold,
    LessThanThreshold,
}

impl AlarmState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// The namespace of the function's metrics.
pub(super) fn of_writerlink() -> String {
    "Writerlink".to_owned()
}

fn yes() -> bool {
    true
}

fn maximum() -> String {
    "Maximum".to_owned()
}

fn a_minute() -> u32 {
    60
}

fn one() -> u32 {
    1
}

fn threshold() -> f64 {
    1.0
}

fn missing() -> String {
    "missing".to_owned()
}

impl Alarm {
    /// The ARNs of what it starts when it goes off.
    pub fn actions(&self, world: &World) -> Vec<String> {
        let outcomes = || world.surroundings.outcomes.iter().cloned().collect();
        let arn = |name: &String| match name.starts_with("arn:") {
            true => name.clone(),
            false => world.topic_arn(name),
        };
        let written = self.actions.as_ref();
        written.map_or_else(outcomes, |names| names.iter().map(arn).collect())
    }
}

/// All alarms, by name.
pub fn alarms(world: &World) -> Vec<Alarm> {
    let watched = functions(world).into_iter().filter(Function::is_watched);
    let own = watched.flat_map(|function| of_function(world, &function)).collect();
    let mut all = beside(own, &world.surroundings.alarms, |alarm| &alarm.name);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The alarms of `infra/reconciler.yaml`. Those of a binding are there once for each.
fn of_function(world: &World, function: &Function) -> Vec<Alarm> {
    use Comparison::{GreaterThanOrEqualToThreshold as AtLeast, LessThanThreshold as Below};
    let name = &function.name;
    let of_function = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let alarm = |kind: &str, metric: &str, row: (u32, u32, u32, Comparison, &str)| Alarm {
        name: format!("{name}-{kind}"),
        namespace: of_writerlink(),
        metric: metric.to_owned(),
        dimensions: BTreeMap::from([of_function("Function", name)]),
        state: AlarmState::Ok,
        actions_enabled: true,
        actions: None,
        statistic: maximum(),
        period: row.0,
        evaluation_periods: row.1,
        datapoints_to_alarm: Some(row.2),
        threshold: 1.0,
        comparison: row.3,
        treat_missing_data: row.4.to_owned(),
    };
    let mut alarms = vec![
        alarm("not-ok", "NotOk", (300, 5, 3, AtLeast, "ignore")),
        alarm("sweep", "SweepFinished", (60, 8, 8, Below, "breaching")),
        Alarm {
            namespace: "AWS/SQS".to_owned(),
            dimensions: BTreeMap::from([of_function("QueueName", &function.failures())]),
            ..alarm(
                "failures",
                "ApproximateNumberOfMessagesVisible",
                (300, 1, 1, AtLeast, "ignore"),
            )
        },
    ];
    for binding in &world.surroundings.bindings {
        let row = (180, 3, 2, AtLeast, "ignore");
        let of_binding = alarm(&format!("binding-{}", binding.name), "BindingNotOk", row);
        let both =
            BTreeMap::from([of_function("Function", name), of_function("Binding", &binding.name)]);
        alarms.push(Alarm { dimensions: both, statistic: "Minimum".to_owned(), ..of_binding });
        alarms.extend(of_link(world, &binding.target_group, |row| {
            alarm(&format!("link-{}", binding.name), "HealthyHostCount", row)
        }));
    }
    alarms
}

/// The alarm that goes off when no target of a group is healthy.
fn of_link(
    world: &World,
    group: &str,
    alarm: impl Fn((u32, u32, u32, Comparison, &'static str)) -> Alarm,
) -> Option<Alarm> {
    let balancer = world.elbv2.balancers_of(group).into_iter().next()?;
    let of = |arn: &str, before: &str| arn.split_once(before).map(|(_, name)| name.to_owned());
    let dimensions = BTreeMap::from([
        ("TargetGroup".to_owned(), format!("targetgroup/{}", of(group, ":targetgroup/")?)),
        ("LoadBalancer".to_owned(), of(&balancer, ":loadbalancer/")?),
    ]);
    let alarm = alarm((60, 5, 5, Comparison::LessThanThreshold, "breaching"));
    Some(Alarm { namespace: "AWS/NetworkELB".to_owned(), dimensions, ..alarm })
}
