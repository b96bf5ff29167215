//! One invocation, from its payload to its answer.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::{error, warn};
use writerlink_aws::Clients;
use writerlink_core::config::Config;
use writerlink_core::event::{Intent, Trigger, TriggerKind};
use writerlink_core::ports::Journal;
use writerlink_core::report::{Report, TriggerReport};

use crate::answer::{InvocationFailed, answer, as_value, lines};
use crate::batch::giving_back;
use crate::callback::{Callback, LONGEST_PUT};
use crate::custom_resource::{StackAnswer, StackRequest, StackRequestKind};
use crate::payload::{self, Fault, Opened, OtherNames, Refusal, Request, Text};
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
    /// What went wrong with a batch of a queue. The queue is answered with the records that it is
    /// to deliver again, which is no error.
    pub batch_failure: Option<InvocationFailed>,
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

    /// A handler that answers every invocation with what is wrong. It must exist: a stack waits for
    /// an hour on a function that dies before it can answer.
    pub fn refusing(fault: StartError, region: Option<String>) -> Self {
        Self { ready: Err(fault), region, callback: Callback::default() }
    }

    /// The same handler, with custom resources answered through `callback`.
    pub fn with_callback(self, callback: Callback) -> Self {
        Self { callback, ..self }
    }

    /// The answer to a payload. `left` is what remains until the invocation must have answered;
    /// `journal` hears every decision as it is taken.
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
    pub async fn handle(
        &self,
        payload: &Value,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Handled {
        self.handle_text(Ok(payload.to_string()), left, journal).await
    }

    /// As [`handle`](Self::handle), of a payload as it came: whether it is JSON, and whether a key
    /// stands in it twice, can only be told from its text.
    pub async fn handle_text(
        &self,
        payload: Text,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Handled {
        let end = Instant::now() + left;
        let opened = match payload {
            Ok(text) => payload::open(&text),
            Err(fault) => Err(Fault {
                text: format!("the payload cannot be read: it is no UTF-8: {fault}"),
                stack: None,
            }),
        };
        let request = match opened {
            Ok(Opened::Envelope(request)) => request,
            Ok(Opened::ByHand(call)) => match self.read_call(&call) {
                Ok(request) => request,
                Err(failed) => return Handled::without_run(Err(failed)),
            },
            Err(fault) => return self.refuse(fault, end, journal).await,
        };
        for text in &request.unreadable {
            warn!(
                kind = "unreadable",
                "an envelope holds what is no event, and {}: {text}",
                match request.trigger.intent {
                    Intent::Plan => "the run only looks",
                    Intent::Reconcile => "is taken for a sweep",
                }
            );
        }
        let stacks = self.handle_stacks(&request, end, journal).await;
        let unanswered = stacks.iter().filter_map(Handled::failure).find(is_unanswered).cloned();
        let of_stacks = match request.only_stacks {
            true => stacks.into_iter().reduce(Handled::and),
            false => None,
        };
        let handled = match of_stacks {
            Some(handled) => handled,
            None => self.handle_request(&request, end, journal).await,
        };
        handled.with_unanswered(unanswered).for_queue(&request)
    }

    /// Handles every request of CloudFormation, each by itself. A failure is logged here unless it
    /// becomes that of the invocation.
    async fn handle_stacks(
        &self,
        request: &Request,
        end: Instant,
        journal: &mut impl Journal,
    ) -> Vec<Handled> {
        let is_alone = request.only_stacks && request.stacks.len() == 1;
        let mut all = Vec::new();
        for stack in &request.stacks {
            let handled = self.handle_stack(stack, end, journal).await;
            if let Some(failed) = handled.failure().filter(|_| !is_alone) {
                error!(kind = "failed", error_type = failed.error_type(), "{failed}");
            }
            all.push(handled);
        }
        all
    }

    async fn handle_request(
        &self,
        request: &Request,
        end: Instant,
        journal: &mut impl Journal,
    ) -> Handled {
        let ready = match &self.ready {
            Ok(ready) => ready,
            Err(fault) => return Handled::without_run(Err(fault.clone().into())),
        };
        let report = ready.run(&request.trigger, keeping_free(end, ANSWER), journal).await;
        ready.tell(&request.trigger, &request.topics, &report, end).await;
        Handled {
            answer: answer(&request.trigger, &report),
            run: Some((request.trigger.clone(), report)),
            batch_failure: None,
        }
    }

    fn read_call(&self, call: &Value) -> Result<Request, InvocationFailed> {
        let ready = self.ready.as_ref().map_err(Clone::clone)?;
        let others = match ready.config.discover {
            Some(_) => OtherNames::MayBeTagged,
            None => OtherNames::Refused,
        };
        Ok(payload::read_call(call, &ready.config.names(), others)?)
    }

    /// Answers a payload that is refused whatever the configuration has. Nothing is written to a
    /// group; but a stack that waits is told.
    async fn refuse(&self, fault: Fault, end: Instant, journal: &mut impl Journal) -> Handled {
        match (fault.stack, &self.ready) {
            (Some(request), _) if request.kind == StackRequestKind::Delete => {
                self.handle_stack(&request, end, journal).await
            }
            (Some(request), _) => self.refuse_stack(&request, fault.text).await,
            (None, Err(fault)) => Handled::without_run(Err(fault.clone().into())),
            (None, Ok(ready)) => {
                let refusal = Refusal::of(fault.text, &ready.config.names());
                Handled::without_run(Err(refusal.into()))
            }
        }
    }

    /// Fails a stack's request for what is wrong with it.
    async fn refuse_stack(&self, request: &StackRequest, fault: String) -> Handled {
        let answered = match self.check(request) {
            Ok(()) => self.put(request, StackAnswer::Failed(fault.clone())).await,
            Err(place) => return Handled::stack_refused(place),
        };
        match answered {
            Ok(()) => Handled::stack_refused(fault),
            Err(failed) => Handled::without_run(Err(failed)),
        }
    }

    /// Says whether a request can be answered and may be, before anything is done for it.
    fn check(&self, request: &StackRequest) -> Result<(), String> {
        response_url::check(&request.response_url, self.region.as_deref())?;
        Callback::check(&request.response_url)?;
        request.check()
    }

    async fn handle_stack(
        &self,
        request: &StackRequest,
        end: Instant,
        journal: &mut impl Journal,
    ) -> Handled {
        if let Err(fault) = self.check(request) {
            return Handled::stack_refused(fault);
        }
        let put = |answer| self.put(request, answer);
        match (&request.kind, &self.ready) {
            (StackRequestKind::Delete, _) => {
                let answered = put(StackAnswer::Success(Vec::new())).await;
                Handled::without_run(answered.map(|()| as_value(&empty(true))))
            }
            (StackRequestKind::Unknown(word), _) => {
                let fault = format!("RequestType is {word:?}; it must be Create, Update or Delete");
                self.refuse_stack(request, fault).await
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
                    batch_failure: None,
                }
            }
        }
    }

    async fn put(
        &self,
        request: &StackRequest,
        answer: StackAnswer,
    ) -> Result<(), InvocationFailed> {
        let body = request.body(&answer);
        self.callback
            .put(&request.response_url, &body)
            .await
            .map_err(InvocationFailed::StackNotAnswered)
    }
}

impl Handled {
    fn without_run(answer: Result<Value, InvocationFailed>) -> Self {
        Self { run: None, answer, batch_failure: None }
    }

    fn stack_refused(fault: String) -> Self {
        Self::without_run(Err(InvocationFailed::StackRequestRefused(fault)))
    }

    /// Why the invocation counts as failed, whether it is answered with an error or with records
    /// that go back.
    pub fn failure(&self) -> Option<&InvocationFailed> {
        self.answer.as_ref().err().or(self.batch_failure.as_ref())
    }

    /// This and the next request of one payload: the first failure of the two, and the last run.
    fn and(self, next: Self) -> Self {
        Self {
            run: next.run.or(self.run),
            answer: self.answer.and(next.answer),
            batch_failure: None,
        }
    }

    /// The same, failed for a stack that waits, if one does. No other failure goes before it: only
    /// a retry can answer that stack.
    fn with_unanswered(self, unanswered: Option<InvocationFailed>) -> Self {
        match unanswered {
            Some(failed) => Self { answer: Err(failed), ..self },
            None => self,
        }
    }

    /// The same, answered as a queue is: with the records that were not looked at, or with all of
    /// them if a stack still waits, and none for whatever else went wrong. A stack's request that
    /// is refused would be refused again.
    fn for_queue(self, request: &Request) -> Self {
        let Some(batch) = &request.batch else {
            return self;
        };
        let (missed, why) = match (&self.run, &self.answer) {
            (_, Err(failed @ InvocationFailed::StackNotAnswered(_))) => {
                (batch.all(), failed.to_string())
            }
            (None, Err(InvocationFailed::StackRequestRefused(_))) => (Vec::new(), String::new()),
            (None, Err(failed)) => (batch.all(), failed.to_string()),
            (Some((_, report)), _) => (batch.missed(report), lines(report)),
            (None, Ok(_)) => (Vec::new(), String::new()),
        };
        let answer = giving_back(&missed);
        let failed = match (missed.len(), &self.answer) {
            (0, Err(refused @ InvocationFailed::StackRequestRefused(_))) => Some(refused.clone()),
            (0, _) => None,
            (missed, _) => Some(InvocationFailed::NotLookedAt { missed, all: batch.len(), why }),
        };
        match (answer, failed) {
            // A record without an id cannot be named: the queue must deliver all of them again.
            (None, Some(failed)) => Self { answer: Err(failed), ..self },
            (answer, batch_failure) => {
                Self { answer: Ok(answer.unwrap_or_default()), batch_failure, ..self }
            }
        }
    }
}

/// Whether a stack waits because CloudFormation could not be told how its request ended.
fn is_unanswered(failed: &&InvocationFailed) -> bool {
    matches!(failed, InvocationFailed::StackNotAnswered(_))
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
        nothing_readable: false,
    }
}

#[cfg(test)]
mod tests;
