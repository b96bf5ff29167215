//! One invocation, from its payload to its answer.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::{error, warn};
use writerlink_aws::Clients;
use writerlink_core::config::Config;
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::ports::Journal;
use writerlink_core::report::{Report, TriggerReport};

use crate::answer::{InvocationFailed, answer, as_value};
use crate::callback::{Callback, LONGEST_PUT};
use crate::custom_resource::{StackAnswer, StackRequest, StackRequestKind};
use crate::payload::{self, OtherNames};
use crate::ready::{LAST_MOMENT, Ready};
use crate::response_url;
use crate::start::StartError;
use crate::time::keeping_free;

/// Kept free at the end of an invocation to answer and to tell of the outcome.
const ANSWER: Duration = Duration::from_secs(2);

/// What is made once and serves every invocation.
#[derive(Debug)]
pub struct Handler {
    ready: Result<Box<Ready>, StartError>,
    region: Option<String>,
    callback: Callback,
}

/// How an invocation ended.
#[derive(Debug)]
pub struct Handled {
    /// The run, if there was one.
    pub run: Option<(Trigger, Report)>,
    /// What is answered.
    pub answer: Result<Value, InvocationFailed>,
}

impl Handler {
    /// A handler for these bindings.
    ///
    /// # Errors
    /// When no DNS server is configured and the system's cannot be read.
    pub fn new(config: Config, clients: &Clients) -> Result<Self, StartError> {
        let ready = Ready::new(config, clients)?;
        Ok(Self {
            ready: Ok(Box::new(ready)),
            region: Some(clients.region().to_owned()),
            callback: Callback::default(),
        })
    }

    /// A handler that answers every invocation with what is wrong. It must exist: a stack waits for an hour on a function
    /// that dies before it can answer.
    pub fn refusing(fault: StartError, region: Option<String>) -> Self {
        Self {
            ready: Err(fault),
            region,
            callback: Callback::default(),
        }
    }

    /// The same handler, with custom resources answered through `callback`.
    pub fn with_callback(self, callback: Callback) -> Self {
        Self { callback, ..self }
    }

    /// The answer to a payload. `left` is what remains until the invocation must have answered; `journal` hears
    /// every decision as it is taken.
    ///
    /// # Errors
    /// Where Lambda is to count the invocation as failed.
    pub async fn invoke(
        &self,
        payload: Value,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Result<Value, InvocationFailed> {
        self.handle(&payload, left, journal).await.answer
    }

    /// As [`invoke`](Self::invoke), with the run for those who measure it.
    pub async fn handle(&self, payload: &Value, left: Duration, journal: &mut impl Journal) -> Handled {
        let end = Instant::now() + left;
        if let Some(request) = StackRequest::recognise(payload) {
            return self.handle_stack(&request, end, journal).await;
        }
        let ready = match &self.ready {
            Ok(ready) => ready,
            Err(fault) => return Handled::without_run(Err(fault.clone().into())),
        };
        let others = match ready.config.discover {
            Some(_) => OtherNames::MayBeTagged,
            None => OtherNames::Refused,
        };
        let request = match payload::read(payload, &ready.config.names(), others) {
            Ok(request) => request,
            Err(refusal) => return Handled::without_run(Err(refusal.into())),
        };
        for text in &request.unreadable {
            warn!(
                kind = "unreadable",
                "an envelope holds what is no event, and is taken for a sweep: {text}"
            );
        }
        let report = ready.run(&request.trigger, keeping_free(end, ANSWER), journal).await;
        ready.tell(&request.trigger, &request.topics, &report, end).await;
        Handled {
            answer: answer(&request.trigger, &report),
            run: Some((request.trigger, report)),
        }
    }

    async fn handle_stack(&self, request: &StackRequest, end: Instant, journal: &mut impl Journal) -> Handled {
        let refused = |fault| Handled::without_run(Err(InvocationFailed::StackRequestRefused(fault)));
        if let Err(fault) = response_url::check(&request.response_url, self.region.as_deref()) {
            return refused(fault);
        }
        let put = |answer| self.put(request, answer);
        match (&request.kind, &self.ready) {
            (StackRequestKind::Delete, _) => {
                let answered = put(StackAnswer::Success(Vec::new())).await;
                Handled::without_run(answered.map(|()| as_value(&empty(true))))
            }
            (StackRequestKind::Unknown(word), _) => {
                let fault = format!("RequestType is {word:?}; it must be Create, Update or Delete");
                match put(StackAnswer::Failed(fault.clone())).await {
                    Ok(()) => refused(fault),
                    Err(failed) => Handled::without_run(Err(failed)),
                }
            }
            (StackRequestKind::Create | StackRequestKind::Update, Err(fault)) => {
                let answered = put(StackAnswer::Failed(fault.to_string())).await;
                Handled::without_run(answered.and_then(|()| Err(fault.clone().into())))
            }
            (StackRequestKind::Create | StackRequestKind::Update, Ok(ready)) => {
                let trigger = Trigger::sweep(TriggerKind::CustomResource);
                let time = keeping_free(end, ANSWER + LONGEST_PUT);
                let run = timeout(time + LAST_MOMENT, ready.run(&trigger, time, journal));
                let report = run.await.unwrap_or_else(|_| {
                    error!("the run did not end in time, and the stack is answered without it");
                    empty(false)
                });
                let answered = put(StackAnswer::of(&report)).await;
                ready.tell(&trigger, &[], &report, end).await;
                Handled {
                    answer: answered.map(|()| as_value(&report)),
                    run: Some((trigger, report)),
                }
            }
        }
    }

    async fn put(&self, request: &StackRequest, answer: StackAnswer) -> Result<(), InvocationFailed> {
        let body = request.body(&answer);
        self.callback
            .put(&request.response_url, &body)
            .await
            .map_err(InvocationFailed::StackNotAnswered)
    }
}

impl Handled {
    fn without_run(answer: Result<Value, InvocationFailed>) -> Self {
        Self { run: None, answer }
    }
}

/// The report of a request without a run that ended.
fn empty(ok: bool) -> Report {
    let trigger = Trigger::sweep(TriggerKind::CustomResource);
    Report {
        ok,
        trigger: TriggerReport::from(&trigger),
        bindings: Vec::new(),
        unmatched: 0,
        sweep: false,
        helpless: false,
    }
}

#[cfg(test)]
mod tests;
