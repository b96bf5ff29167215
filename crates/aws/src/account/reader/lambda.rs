//! Functions, as Lambda describes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use writerlink_core::failure::{CallError, Failure, Rejection, bounded};

use super::AccountReader;
use super::pages::pages;
use crate::account::{EventInvoke, Function, FunctionVpc, SourceMapping};
use crate::call::{Operation, Path};

/// The most mappings on a page (botocore lambda 2015-03-31, `MaxItems`; Lambda lists at most 100).
const PAGE: u32 = 100;

/// What starts the names of the variables that are kept.
const OWN: &str = "WRITERLINK_";

impl AccountReader {
    /// A function's configuration, by its name or ARN (`lambda:GetFunctionConfiguration`).
    ///
    /// # Errors
    /// When it cannot be read, the function does not exist, or its ARN is of another Region.
    pub async fn function(&self, function: &str) -> Result<Function, CallError> {
        let path = "/2015-03-31/functions/{}/configuration";
        let path = self.path_of(Operation::Function, path, function)?;
        let answer: Configuration = self.caller.get(path).await?;
        Ok(answer.into())
    }

    /// How many runs of a function at once are reserved for it, if any are
    /// (`lambda:GetFunctionConcurrency`).
    ///
    /// # Errors
    /// When it cannot be read, the function does not exist, or its ARN is of another Region.
    pub async fn concurrency(&self, function: &str) -> Result<Option<u32>, CallError> {
        let path = "/2019-09-30/functions/{}/concurrency";
        let path = self.path_of(Operation::FunctionConcurrency, path, function)?;
        let answer: Concurrency = self.caller.get(path).await?;
        Ok(answer.reserved_concurrent_executions)
    }

    /// A function's resource policy as JSON text, if it has one (`lambda:GetPolicy`). Lambda gives
    /// the same answer for a function without a policy as for a function that does not exist.
    ///
    /// # Errors
    /// When it cannot be read, or the function's ARN is of another Region.
    pub async fn function_policy(&self, function: &str) -> Result<Option<String>, CallError> {
        let path = "/2015-03-31/functions/{}/policy";
        let path = self.path_of(Operation::FunctionPolicy, path, function)?;
        let answer = self.caller.get(path).await;
        Ok(if_set(answer)?.map(|answer: Policy| answer.policy))
    }

    /// How Lambda treats a function's asynchronous invocations, if that was set
    /// (`lambda:GetFunctionEventInvokeConfig`). Lambda gives the same answer where nothing was set
    /// as for a function that does not exist.
    ///
    /// # Errors
    /// When it cannot be read, or the function's ARN is of another Region.
    pub async fn event_invoke(&self, function: &str) -> Result<Option<EventInvoke>, CallError> {
        let path = "/2019-09-25/functions/{}/event-invoke-config";
        let path = self.path_of(Operation::EventInvokeConfig, path, function)?;
        let answer = self.caller.get(path).await;
        Ok(if_set(answer)?.map(|answer: EventInvokeConfig| answer.into()))
    }

    /// The event source mappings of a function (`lambda:ListEventSourceMappings`).
    ///
    /// # Errors
    /// When a page cannot be read, the function does not exist, or its ARN is of another Region.
    pub async fn source_mappings(&self, function: &str) -> Result<Vec<SourceMapping>, CallError> {
        let call = Operation::SourceMappings;
        self.admits_function(call, function)?;
        pages(call.action(), |marker| {
            let path = Path::of(call, "/2015-03-31/event-source-mappings", "")
                .with("FunctionName", function)
                .with_some("Marker", marker)
                .with("MaxItems", PAGE);
            async move {
                let answer: Mappings = self.caller.get(path).await?;
                let mappings = answer.event_source_mappings.into_iter();
                let mappings = mappings.map(|mapping| SourceMapping {
                    source: mapping.event_source_arn,
                    state: mapping.state,
                });
                Ok((mappings.collect(), answer.next_marker))
            }
        })
        .await
    }
}

impl AccountReader {
    fn path_of(&self, call: Operation, path: &str, function: &str) -> Result<Path, CallError> {
        self.admits_function(call, function)?;
        Ok(Path::of(call, path, function))
    }

    /// Refuses the ARN of a function in another Region, which here would be "not found".
    fn admits_function(&self, call: Operation, function: &str) -> Result<(), CallError> {
        if function.starts_with("arn:") {
            self.home.admits_arn(call.action(), function)?;
        }
        Ok(())
    }
}

/// An answer, or `None` for what was never set.
fn if_set<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Err(CallError { failure: Failure::Rejected(Rejection::NotFound), .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    function_arn: String,
    function_name: String,
    runtime: Option<String>,
    timeout: u32,
    state: Option<String>,
    last_update_status: Option<String>,
    environment: Option<Environment>,
    dead_letter_config: Option<DeadLetter>,
    vpc_config: Option<VpcConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, String>,
    error: Option<EnvironmentError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnvironmentError {
    error_code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetter {
    target_arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VpcConfig {
    vpc_id: Option<String>,
    #[serde(default)]
    subnet_ids: Vec<String>,
    #[serde(default)]
    security_group_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Concurrency {
    reserved_concurrent_executions: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventInvokeConfig {
    maximum_retry_attempts: Option<u32>,
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: Option<Destinations>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destinations {
    on_failure: Option<Destination>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    destination: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mappings {
    event_source_mappings: Vec<Mapping>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    event_source_arn: Option<String>,
    state: Option<String>,
}

impl From<Configuration> for Function {
    fn from(answer: Configuration) -> Self {
        let (mut variables, error) =
            answer.environment.map(|all| (all.variables, all.error)).unwrap_or_default();
        variables.retain(|name, _| name.starts_with(OWN));
        let fault = error.map(|error| {
            let parts = [error.error_code, error.message].into_iter().flatten();
            bounded(&parts.collect::<Vec<_>>().join(": "))
        });
        Self {
            arn: without_version(&answer.function_arn),
            name: answer.function_name,
            runtime: answer.runtime,
            timeout: answer.timeout,
            state: answer.state,
            last_update: answer.last_update_status,
            variables,
            variables_fault: fault,
            dead_letter: answer.dead_letter_config.and_then(|config| config.target_arn),
            vpc: answer.vpc_config.and_then(vpc),
        }
    }
}

/// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME` without what may follow.
fn without_version(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

/// Lambda writes a function outside a VPC with an empty id.
fn vpc(config: VpcConfig) -> Option<FunctionVpc> {
    Some(FunctionVpc {
        vpc: config.vpc_id.filter(|id| !id.is_empty())?,
        subnets: config.subnet_ids,
        security_groups: config.security_group_ids,
    })
}

impl From<EventInvokeConfig> for EventInvoke {
    fn from(answer: EventInvokeConfig) -> Self {
        let on_failure = answer.destination_config.and_then(|config| config.on_failure);
        Self {
            retries: answer.maximum_retry_attempts,
            longest_age: answer.maximum_event_age_in_seconds,
            on_failure: on_failure.and_then(|destination| destination.destination),
        }
    }
}
