//! Values of metrics (botocore cloudwatch 2010-08-01).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::alarm::of_writerlink;
use super::function::functions;
use super::schedule::is_swept;
use crate::world::World;

/// A metric that has one value each minute.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metric {
    pub name: String,
    #[serde(default = "of_writerlink")]
    pub namespace: String,
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    pub value: f64,
    /// How many minutes ago it had its last value; it still has them, when not given.
    #[serde(default)]
    pub last_minutes_ago: u32,
}

/// Which values GetMetricStatistics is asked for.
#[derive(Clone, Debug)]
pub struct Span {
    pub from: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
    /// Seconds of a period, a multiple of 60.
    pub period: i64,
}

/// The values of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Datapoint {
    pub at: Timestamp,
    /// How many values there are.
    pub count: u32,
    /// Each of them.
    pub value: f64,
}

/// How long CloudWatch keeps values of a minute (AWS docs: "Metrics retention").
const KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);

/// The metrics that the function writes in each sweep, with the dimension `Function` alone, and
/// their value while all is well.
const OF_FUNCTION: [(&str, f64); 3] = [("Runs", 1.0), ("SweepFinished", 1.0), ("NotOk", 0.0)];

/// The values of a metric in each period that has any, the oldest first.
pub fn datapoints(
    world: &World,
    namespace: &str,
    name: &str,
    dimensions: &BTreeMap<String, String>,
    span: &Span,
) -> Vec<Datapoint> {
    let is_it = |metric: &&Metric| {
        metric.namespace == namespace && metric.name == name && metric.dimensions == *dimensions
    };
    let written = world.surroundings.metrics.iter().find(is_it).cloned();
    let Some(metric) = written.or_else(|| own(world, namespace, name, dimensions)) else {
        return Vec::new();
    };
    let now = world.timestamp();
    let ago = SignedDuration::from_mins(metric.last_minutes_ago.into());
    let last = now.checked_sub(ago).unwrap_or(Timestamp::MIN);
    let first = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    // A value of each whole minute.
    let minutes = |moment: Timestamp| moment.as_second().div_euclid(60);
    let begin = minutes(first.max(span.from));
    let end = minutes(last).min(minutes(span.until) - 1);
    let mut found: Vec<Datapoint> = Vec::new();
    for minute in begin..=end {
        let at = (minute * 60).div_euclid(span.period) * span.period;
        let Ok(at) = Timestamp::from_second(at) else { continue };
        match found.last_mut() {
            Some(latest) if latest.at == at => latest.count += 1,
            _ => found.push(Datapoint { at, count: 1, value: metric.value }),
        }
    }
    found
}

/// A metric that the file says nothing of: those of a function that is swept.
fn own(
    world: &World,
    namespace: &str,
    name: &str,
    dimensions: &BTreeMap<String, String>,
) -> Option<Metric> {
    let function = dimensions.get("Function")?;
    let is_there = functions(world).iter().any(|known| known.name == *function);
    if namespace != of_writerlink() || !is_there || !is_swept(world, function) {
        return None;
    }
    let value = match dimensions.get("Binding") {
        Some(binding) if name == "BindingNotOk" && dimensions.len() == 2 => {
            let mut bindings = world.surroundings.bindings.iter();
            bindings.any(|known| known.name == *binding).then_some(0.0)
        }
        None if dimensions.len() == 1 => {
            OF_FUNCTION.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        }
        _ => None,
    }?;
    Some(Metric {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        dimensions: dimensions.clone(),
        value,
        last_minutes_ago: 0,
    })
}
