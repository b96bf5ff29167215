//! Schedules, as EventBridge Scheduler describes them.

use serde::Deserialize;
use writerlink_core::failure::CallError;

use super::AccountReader;
use super::pages::pages;
use crate::account::Schedule;
use crate::call::{Operation, Path};

/// The most schedules on a page (botocore scheduler 2021-06-30, `MaxResults`).
const PAGE: u32 = 100;

impl AccountReader {
    /// Every schedule of the Region, without its expression and input
    /// (`scheduler:ListSchedules`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, CallError> {
        let call = Operation::Schedules;
        pages(call.action(), |token| {
            let path = Path::of(call, "/schedules", "")
                .with("MaxResults", PAGE)
                .with_some("NextToken", token);
            async move {
                let answer: Listed = self.caller.get(path).await?;
                Ok((answer.schedules.into_iter().map(Schedule::from).collect(), answer.next_token))
            }
        })
        .await
    }

    /// A schedule of a schedule group (`scheduler:GetSchedule`).
    ///
    /// # Errors
    /// When it cannot be read, or does not exist.
    pub async fn schedule(&self, group: &str, name: &str) -> Result<Schedule, CallError> {
        let path = Path::of(Operation::Schedule, "/schedules/{}", name).with("groupName", group);
        let answer: Described = self.caller.get(path).await?;
        Ok(answer.into())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    schedules: Vec<Described>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    name: String,
    group_name: String,
    state: String,
    target: Target,
    schedule_expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    arn: String,
    input: Option<String>,
}

impl From<Described> for Schedule {
    fn from(answer: Described) -> Self {
        Self {
            name: answer.name,
            group: answer.group_name,
            state: answer.state,
            target: answer.target.arn,
            expression: answer.schedule_expression,
            input: answer.target.input,
        }
    }
}
