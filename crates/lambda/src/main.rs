//! `bootstrap`: the program of the Lambda function.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{Instrument, error, error_span, info};
use writerlink_core::config::{FollowedReport, PERMIT, VARIABLE};
use writerlink_core::record::Record;
use writerlink_core::text;
use writerlink_lambda::logs::{self, LogJournal};
use writerlink_lambda::metrics::{self, Measured};
use writerlink_lambda::payload::Text;
use writerlink_lambda::start::{self, Role, Source, StartError};
use writerlink_lambda::{Handled, Handler, Invocation, InvocationFailed, Recorded, Recorder};

/// The variables that Lambda always sets and without which the runtime client panics (AWS docs,
/// "Defined runtime environment variables").
const REQUIRED: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| variable(name).is_none()).collect();
    if !missing.is_empty() {
        // `infra/package` recognizes the program by the second sentence.
        eprintln!(
            "bootstrap: not set: {}. This is the Lambda function of Writerlink. Start it in \
             Lambda, or with a server of the Lambda runtime API. To check a configuration by hand, \
             use `writerlink audit`.",
            missing.join(", ")
        );
        return ExitCode::FAILURE;
    }
    let levels =
        logs::levels(variable(logs::LEVEL).as_deref(), variable(logs::LAMBDA_LEVEL).as_deref());
    if let Err(error) =
        tracing::subscriber::set_global_default(logs::subscriber(levels, io::stdout))
    {
        eprintln!("bootstrap: {error}");
    }
    let function = function().await;
    let runtime = Runtime::new(service_fn(|event: LambdaEvent<Text>| invoke(&function, event)))
        .layer(MapRequestLayer::new(as_text))
        .layer(TracingLayer::new());
    match runtime.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = text::lines(&error.to_string());
            eprintln!("bootstrap: the runtime API cannot be used: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Which function this program is.
enum Function {
    Reconciler(Box<Handler>),
    Recorder(Box<Recorder>),
}

/// Builds the function once. If that fails, it answers each invocation with the fault.
async fn function() -> Function {
    let built = async {
        let role = start::role(variable(start::ROLE).as_deref())?;
        let (value, permit) = (variable(VARIABLE), variable(PERMIT));
        let source = start::source(value.as_deref(), permit.as_deref())?;
        if let Source::Fixed(config) = &source {
            for bad in config.bindings.iter().filter_map(|binding| binding.as_ref().err()) {
                error!(binding = bad.name, "this binding cannot be used; the others can: {bad}");
            }
        }
        match role {
            Role::Reconciler => {
                let clients = start::clients().await?;
                let handler = match source {
                    Source::Fixed(config) => Handler::new(*config, &clients)?,
                    Source::Followed(followed) => Handler::following(*followed, &clients).await,
                };
                Ok(Function::Reconciler(Box::new(handler)))
            }
            Role::Recorder => {
                let probes = start::probes(variable(start::PROBE).as_deref())?;
                let clients = start::clients().await?;
                let recorder = match source {
                    Source::Fixed(config) => Recorder::new(*config, &clients, probes)?,
                    Source::Followed(followed) => {
                        Recorder::following(*followed, &clients, probes).await?
                    }
                };
                Ok(Function::Recorder(Box::new(recorder)))
            }
        }
    };
    match built.await {
        Ok(function) => {
            info!(
                version = env!("CARGO_PKG_VERSION"),
                commit = env!("WRITERLINK_COMMIT"),
                target = env!("WRITERLINK_TARGET"),
                "ready"
            );
            function
        }
        Err(fault) => {
            let fault: StartError = fault;
            error!("the function can do nothing until this is fixed: {fault}");
            Function::Reconciler(Box::new(Handler::refusing(fault, variable("AWS_REGION"))))
        }
    }
}

/// Makes the runtime pass the text of the payload. By default it parses the payload: it then
/// refuses what is not JSON before our code can count it, and drops the first of two equal keys.
fn as_text(invocation: LambdaInvocation) -> LambdaInvocation {
    let text = std::str::from_utf8(&invocation.body).map_err(|error| error.to_string());
    // As `{"Ok": text}` or `{"Err": why}`, which serde reads back into a `Text`.
    let body = serde_json::to_vec(&text).expect("text is JSON");
    LambdaInvocation { body: body.into(), ..invocation }
}

async fn invoke(function: &Function, event: LambdaEvent<Text>) -> Result<Value, InvocationFailed> {
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let left = Duration::from_millis(context.deadline).saturating_sub(since_1970());
    let span = error_span!("invocation", request_id = context.request_id);
    let name = &context.env_config.function_name;
    async {
        match function {
            Function::Reconciler(handler) => {
                let handled = handler.handle_text(payload, left, &mut LogJournal).await;
                tell(handled.failure());
                measure(&handled, name, started, handler.followed().as_ref());
                handled.answer
            }
            Function::Recorder(recorder) => {
                let invocation = Invocation { function: name, left };
                let Recorded { answer, records, ignored } =
                    recorder.handle_text(payload, invocation, &mut put_record).await;
                tell(answer.as_ref().err());
                print(&[metrics::of_recorder(name, now(), records, ignored)]);
                answer
            }
        }
    }
    .instrument(span)
    .await
}

fn tell(failed: Option<&InvocationFailed>) {
    if let Some(failed) = failed {
        error!(kind = "failed", error_type = failed.error_type(), "{failed}");
    }
}

/// Prints a record, and what it measured.
fn put_record(record: &Record) {
    let line = serde_json::to_value(record).map(|record| text::clean_value(record).to_string());
    print(&line.ok().into_iter().chain(metrics::of_record(record, now())).collect::<Vec<_>>());
}

fn measure(
    handled: &Handled,
    function: &str,
    started: Instant,
    configuration: Option<&FollowedReport>,
) {
    let measured = Measured {
        function,
        at: now(),
        took: started.elapsed(),
        failed: handled.failure().is_some(),
        run: handled.run.as_ref().map(|(trigger, report)| (trigger, report)),
        configuration,
    };
    print(&measured.lines());
}

fn print(lines: &[String]) {
    let mut out = io::stdout().lock();
    for line in lines {
        if writeln!(out, "{line}").is_err() {
            // Without standard output there is nowhere to report this.
            return;
        }
    }
}

/// The time in milliseconds since 1970.
fn now() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
