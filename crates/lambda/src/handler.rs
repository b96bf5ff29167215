//! One invocation, from its payload to its answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::{error, warn};
use writerlink_aws::Clients;
use writerlink_core::config::{Config, Followed, FollowedReport};
use writerlink_core::event::{Intent, Trigger, TriggerKind};
use writerlink_core::ports::Journal;
use writerlink_core::report::{Report, TriggerReport};
use writerlink_core::text::clean_value;

use crate::answer::{InvocationFailed, answer, as_value, lines};
use crate::batch::batch_item_failures;
use crate::callback::{Callback, LONGEST_PUT};
use crate::custom_resource::{StackAnswer, StackRequest, StackRequestKind};
use crate::following::Following;
use crate::payload::{self, CallContext, Fault, Opened, OtherNames, Refusal, Request, Text};
use crate::publisher::LAST_MOMENT;
use crate::response_url;
use crate::runner::{Runner, lock};
use crate::start::StartError;
use crate::time::keeping_free;

/// The time reserved at the end of an invocation for the answer and the notification.
const ANSWER: Duration = Duration::from_secs(2);

/// Handles every invocation of this process.
#[derive(Debug)]
pub struct Handler {
    /// Replaced when a configuration outside the function changes.
    runner: Mutex<Result<Arc<Runner>, StartError>>,
    outside: Option<Outside>,
    region: Option<String>,
    callback: Callback,
}

/// A configuration outside the function, and what a runner of it needs.
#[derive(Debug)]
struct Outside {
    following: Following,
    clients: Clients,
}

/// How an invocation ended.
#[derive(Debug)]
pub struct Handled {
    /// The run, if there was one.
    pub run: Option<(Trigger, Report)>,
    pub answer: Result<Value, InvocationFailed>,
    /// What went wrong with a batch of a queue. The answer then lists the records that the queue
    /// must deliver again, and is not an error.
    pub batch_failure: Option<InvocationFailed>,
}

impl Handler {
    /// # Errors
    /// If no DNS server is configured and the system's DNS configuration cannot be read.
    pub fn new(config: Config, clients: &Clients) -> Result<Self, StartError> {
        let runner = Runner::new(config, clients)?;
        Ok(Self {
            runner: Mutex::new(Ok(Arc::new(runner))),
            outside: None,
            region: Some(clients.region().to_owned()),
            callback: Callback::default(),
        })
    }

    /// A handler whose configuration is outside the function. It is read here, and again before
    /// each run that looks at every binding. Until a version can be used, every other invocation
    /// reads it too, and is answered with what is wrong.
    pub async fn following(followed: Followed, clients: &Clients) -> Self {
        let following = Following::new(followed, clients);
        let nothing_yet = StartError::NotFollowed(String::new());
        let handler = Self {
            runner: Mutex::new(Err(nothing_yet)),
            outside: Some(Outside { following, clients: clients.clone() }),
            region: Some(clients.region().to_owned()),
            callback: Callback::default(),
        };
        handler.look().await;
        handler
    }

    /// What is known of the configuration, if it is outside the function.
    pub fn followed(&self) -> Option<FollowedReport> {
        self.outside.as_ref().map(|outside| outside.following.report())
    }

    /// Reads the configuration outside the function, and takes a new version of it.
    async fn look(&self) {
        let Some(Outside { following, clients }) = &self.outside else { return };
        let Some(config) = following.look().await else {
            if let Some(fault) = following.fault() {
                *lock(&self.runner) = Err(fault);
            }
            return;
        };
        let former = self.runner().ok();
        let runner = Runner::new(config, clients).map(|runner| {
            Arc::new(match &former {
                Some(former) => runner.remembering(former),
                None => runner,
            })
        });
        *lock(&self.runner) = runner;
    }

    /// An event's run does not wait for the configuration: a sweep reads it soon enough.
    async fn look_before(&self, opened: &Result<Opened, Fault>) {
        let is_due = match opened {
            Ok(Opened::Envelope(request)) => {
                request.trigger.is_sweep() || !request.stacks.is_empty()
            }
            Ok(Opened::ByHand(_)) => true,
            Err(_) => false,
        };
        if is_due || self.runner().is_err() {
            self.look().await;
        }
    }

    fn runner(&self) -> Result<Arc<Runner>, StartError> {
        lock(&self.runner).clone()
    }

    /// A handler that answers every invocation with this fault. Without it the function would exit
    /// before it could answer a stack, which would then wait for an hour.
    pub fn refusing(fault: StartError, region: Option<String>) -> Self {
        Self {
            runner: Mutex::new(Err(fault)),
            outside: None,
            region,
            callback: Callback::default(),
        }
    }

    /// The same handler, which answers custom resource requests through `callback`.
    pub fn with_callback(self, callback: Callback) -> Self {
        Self { callback, ..self }
    }

    /// The answer to a payload. `left` is the time until the invocation must have answered.
    /// `journal` gets every decision as it is made.
    ///
    /// # Errors
    /// If Lambda must count the invocation as failed.
    pub async fn invoke(
        &self,
        payload: Value,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Result<Value, InvocationFailed> {
        self.handle(&payload, left, journal).await.answer
    }

    /// Like [`invoke`](Self::invoke), but also returns the run, to be measured.
    pub async fn handle(
        &self,
        payload: &Value,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Handled {
        self.handle_text(Ok(payload.to_string()), left, journal).await
    }

    /// Like [`handle`](Self::handle), but takes the text of the payload. Only the text shows
    /// whether the payload is JSON, and whether it has a key twice.
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
                text: format!("the payload cannot be read: it is not UTF-8: {fault}"),
                stack: None,
            }),
        };
        self.look_before(&opened).await;
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
                "a part of an envelope is not an event, so {}: {text}",
                match request.trigger.intent {
                    Intent::Plan => "the run writes nothing",
                    Intent::Reconcile => "it counts as a sweep",
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

    /// Handles every request of CloudFormation separately. It logs a failure here, unless the
    /// failure becomes that of the whole invocation, which is logged elsewhere.
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
        let following = self.outside.as_ref().map(|outside| &outside.following);
        let runner = match self.runner() {
            Ok(runner) => runner,
            Err(fault) => {
                if let Some(following) = following {
                    following.notify(&request.topics, end).await;
                }
                return Handled::without_run(Err(fault.into()));
            }
        };
        let report = runner.run(&request.trigger, keeping_free(end, ANSWER), journal).await;
        runner.notify(&request.trigger, &request.topics, &report, end).await;
        let mut answer = answer(&request.trigger, &report);
        if let Some(following) = following {
            // As of a finding, a dry run publishes nothing.
            if request.trigger.intent == Intent::Reconcile {
                following.notify(&request.topics, end).await;
            }
            if let Ok(Value::Object(answer)) = &mut answer {
                let followed = serde_json::to_value(following.report()).unwrap_or_default();
                answer.insert("configuration".to_owned(), clean_value(followed));
            }
        }
        Handled { answer, run: Some((request.trigger.clone(), report)), batch_failure: None }
    }

    fn read_call(&self, call: &Value) -> Result<Request, InvocationFailed> {
        let runner = self.runner()?;
        let others = match runner.config.discover {
            Some(_) => OtherNames::MayBeTagged,
            None => OtherNames::Refused,
        };
        let (names, writers) = (runner.config.names(), runner.config.writers());
        let context =
            CallContext { names: &names, writers: &writers, others, now: Timestamp::now() };
        Ok(payload::read_call(call, &context)?)
    }

    /// Answers a payload that is refused, whatever the configuration. Nothing is written to a
    /// group, but a waiting stack gets its answer.
    async fn refuse(&self, fault: Fault, end: Instant, journal: &mut impl Journal) -> Handled {
        match (fault.stack, self.runner()) {
            (Some(request), _) if request.kind == StackRequestKind::Delete => {
                self.handle_stack(&request, end, journal).await
            }
            (Some(request), _) => self.refuse_stack(&request, fault.text).await,
            (None, Err(fault)) => Handled::without_run(Err(fault.into())),
            (None, Ok(runner)) => {
                let refusal = Refusal::of(fault.text, &runner.config.names());
                Handled::without_run(Err(refusal.into()))
            }
        }
    }

    /// Answers a stack's request with FAILED and this fault.
    async fn refuse_stack(&self, request: &StackRequest, fault: String) -> Handled {
        let answered = match self.check(request) {
            Ok(()) => self.put(request, StackAnswer::Failed(fault.clone())).await,
            Err(unanswerable) => return Handled::stack_refused(unanswerable),
        };
        match answered {
            Ok(()) => Handled::stack_refused(fault),
            Err(failed) => Handled::without_run(Err(failed)),
        }
    }

    /// Checks, before anything is done for a request, that it can and may be answered.
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
        match (&request.kind, self.runner()) {
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
                Handled::without_run(answered.and_then(|()| Err(fault.into())))
            }
            (StackRequestKind::Create | StackRequestKind::Update, Ok(runner)) => {
                let trigger = Trigger::sweep(TriggerKind::CustomResource);
                let time = keeping_free(end, ANSWER + LONGEST_PUT);
                // The run ends by itself within `time`. The timeout is a second barrier: a stack
                // that gets no answer waits for an hour.
                let run = timeout(time + LAST_MOMENT, runner.run(&trigger, time, journal));
                let report = run.await.unwrap_or_else(|_| {
                    error!("the run did not end in time; the stack is answered without its result");
                    empty(false)
                });
                let answered = put(StackAnswer::of(&report)).await;
                runner.notify(&trigger, &[], &report, end).await;
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

    /// Why the invocation counts as failed. Its answer is then an error, or a list of records that
    /// go back to their queue.
    pub fn failure(&self) -> Option<&InvocationFailed> {
        self.answer.as_ref().err().or(self.batch_failure.as_ref())
    }

    /// Combines two requests of one payload: keeps the first failure and the last run.
    fn and(self, next: Self) -> Self {
        Self {
            run: next.run.or(self.run),
            answer: self.answer.and(next.answer),
            batch_failure: None,
        }
    }

    /// Fails the invocation if a stack got no answer. This failure replaces any other, because only
    /// a retry can answer that stack.
    fn with_unanswered(self, unanswered: Option<InvocationFailed>) -> Self {
        match unanswered {
            Some(failed) => Self { answer: Err(failed), ..self },
            None => self,
        }
    }

    /// If the payload is a batch of a queue, replaces the answer by the list of records to deliver
    /// again: those that were not looked at, or all of them if a stack still waits. No other
    /// failure makes the queue deliver again; a refused request of a stack would only be refused
    /// again.
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
        let answer = batch_item_failures(&missed);
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

/// Whether a stack still waits, because the answer to its request did not reach CloudFormation.
fn is_unanswered(failed: &&InvocationFailed) -> bool {
    matches!(failed, InvocationFailed::StackNotAnswered(_))
}

/// The report of a request that had no run, or whose run did not end.
fn empty(ok: bool) -> Report {
    let trigger = Trigger::sweep(TriggerKind::CustomResource);
    Report {
        ok,
        trigger: TriggerReport::from(&trigger),
        bindings: Vec::new(),
        unmatched: 0,
        postponed: 0,
        sweep: false,
        nothing_readable: false,
    }
}

#[cfg(test)]
mod tests;
