//! The function under test of `writerlink demo`: the handler of `bootstrap`, as a process of its
//! own in the embedded region.
//!
//! Its clients have the lab's made-up credentials, and no others. So this program still cannot
//! write to an AWS account.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use writerlink_aws::Clients;
use writerlink_core::config::VARIABLE;
use writerlink_lambda::{Handler, start};

use crate::exit::Exit;

/// Answers invocations until the runtime API is gone.
pub(crate) async fn function() -> anyhow::Result<Exit> {
    let variable = |name: &str| {
        env::var(name).with_context(|| format!("{name} is not set: only `demo` starts this"))
    };
    variable("AWS_LAMBDA_RUNTIME_API")?;
    let config = start::configuration(Some(&variable(VARIABLE)?))?;
    let clients = Clients::at(&variable("AWS_ENDPOINT_URL")?, &variable("AWS_REGION")?)?;
    let handler = &Handler::new(config, &clients)?;
    let invoke = async |event: LambdaEvent<Value>| {
        let deadline = Duration::from_millis(event.context.deadline);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        handler.invoke(event.payload, deadline.saturating_sub(now), &mut ()).await
    };
    lambda_runtime::run(service_fn(invoke)).await.map_err(|error| anyhow!(error))?;
    Ok(Exit::Success)
}
