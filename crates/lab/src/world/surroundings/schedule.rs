//! Schedules of EventBridge Scheduler (botocore scheduler 2021-06-30).

use schemars::JsonSchema;
use serde::Deserialize;

use super::function::{Function, functions};
use crate::scene::FUNCTION;
use crate::world::World;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Schedule {
    pub name: String,
    /// The function that it invokes, by name or ARN; `writerlink`, when not given.
    #[serde(default = "writerlink")]
    pub function: String,
    /// The schedule group.
    #[serde(default = "default_group")]
    pub group: String,
    #[serde(default)]
    pub state: ScheduleState,
    #[serde(default = "each_minute")]
    pub expression: String,
    /// What the function is given.
    #[serde(default = "sweep")]
    pub input: String,
}

/// Whether a schedule runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ScheduleState {
    #[default]
    Enabled,
    Disabled,
}

impl ScheduleState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ScheduleState::Enabled => "ENABLED",
            ScheduleState::Disabled => "DISABLED",
        }
    }
}

fn writerlink() -> String {
    FUNCTION.to_owned()
}

fn default_group() -> String {
    "default".to_owned()
}

fn each_minute() -> String {
    "rate(1 minute)".to_owned()
}

fn sweep() -> String {
    r#"{"trigger": "sweep"}"#.to_owned()
}

impl Schedule {
    /// The ARN of the function.
    pub fn target(&self, world: &World) -> String {
        match self.function.starts_with("arn:") {
            true => self.function.clone(),
            false => world.function_arn(&self.function),
        }
    }

    /// Whether it is enabled and sweeps with a function.
    fn sweeps(&self, world: &World, function: &str) -> bool {
        self.state == ScheduleState::Enabled && self.target(world) == world.function_arn(function)
    }
}

/// All schedules, by group and name: those of the file, and the sweep of each function that has
/// none of the file.
pub fn schedules(world: &World) -> Vec<Schedule> {
    let written = &world.surroundings.schedules;
    let has_none = |function: &Function| {
        let arn = world.function_arn(&function.name);
        function.is_scheduled() && !written.iter().any(|one| one.target(world) == arn)
    };
    let of_function = |function: Function| Schedule {
        name: format!("{}-sweep", function.name),
        function: function.name,
        group: default_group(),
        state: ScheduleState::Enabled,
        expression: each_minute(),
        input: sweep(),
    };
    let own = functions(world).into_iter().filter(has_none).map(of_function);
    let mut all: Vec<_> = own.chain(written.iter().cloned()).collect();
    all.sort_by(|one, other| (&one.group, &one.name).cmp(&(&other.group, &other.name)));
    all
}

/// Whether a schedule sweeps with a function.
pub(super) fn is_swept(world: &World, function: &str) -> bool {
    schedules(world).iter().any(|schedule| schedule.sweeps(world, function))
}
