//! A tap on the wire between the SDK and its server: it records what is sent, injects a fault into
//! a chosen request, and can end the run there.
//!
//! The machine of a function can stop at any moment. Around a request, three moments have different
//! results: before the request is sent; after the server carried it out and before the function
//! reads the answer; after the function reads the answer and before it acts on it.

use std::fmt;
use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::sync::Notify;
use writerlink_aws::Clients;
use writerlink_lab::fault::Fault;
use writerlink_lab::wire::Lab;

/// The request that is struck: the first of its operation, after the first of another one, on a
/// page.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Aim {
    pub(crate) operation: &'static str,
    pub(crate) after: Option<&'static str>,
    /// Whether it is one for a further page of a list.
    pub(crate) turns_a_page: bool,
}

/// When a run is killed, about the request that is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It is about to be sent.
    Before,
    /// It has arrived and been dealt with; the answer is not read.
    InFlight,
    /// The answer was taken in, or waited for in vain; the next request is about to be sent.
    After,
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) operation: String,
    /// Which of the SDK's attempts at one call it was, counted from 1.
    pub(crate) attempt: u32,
}

/// A tap of one run.
#[derive(Clone)]
pub(crate) struct Tap(Arc<State>);

struct State {
    lab: Arc<Lab>,
    aim: Aim,
    /// The faults that begin with the request that is struck.
    faults: Vec<Fault>,
    kill: Option<Moment>,
    has_struck: AtomicBool,
    is_doomed: AtomicBool,
    killed: Notify,
    sent: Mutex<Vec<Sent>>,
}

impl Tap {
    /// A tap on the way to a lab.
    pub(crate) fn on(lab: &Arc<Lab>, aim: Aim, faults: Vec<Fault>, kill: Option<Moment>) -> Self {
        Self(Arc::new(State {
            lab: Arc::clone(lab),
            aim,
            faults,
            kill,
            has_struck: AtomicBool::new(false),
            is_doomed: AtomicBool::new(false),
            killed: Notify::new(),
            sent: Mutex::default(),
        }))
    }

    /// Clients whose requests pass through here.
    pub(crate) fn clients(&self) -> Clients {
        let state = Arc::clone(&self.0);
        let http = Builder::new().build_http();
        let tapped = http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Tapped {
                state: Arc::clone(&state),
                connector: http.http_connector(settings, components),
            })
        });
        let anyone = Credentials::new("lab", "lab", None, None, "lab");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(tapped)
            .endpoint_url(self.0.lab.aws_endpoint())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(anyone));
        Clients::on(config.build()).expect("the lab has a Region")
    }

    /// What becomes of a run: its end, or `None` if it was killed.
    pub(crate) async fn run<T>(&self, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            end = run => Some(end),
            () = self.0.killed.notified() => None,
        }
    }

    /// Whether the run came to the request that is struck.
    pub(crate) fn has_struck(&self) -> bool {
        self.0.has_struck.load(Ordering::SeqCst)
    }

    /// The requests that were sent, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.sent.lock().expect("nobody panicked with it").clone()
    }
}

#[derive(Clone)]
struct Tapped {
    state: Arc<State>,
    connector: SharedHttpConnector,
}

impl fmt::Debug for Tapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tapped")
    }
}

impl HttpConnector for Tapped {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Tapped { state, connector } = self.clone();
        HttpConnectorFuture::new(async move {
            if state.is_doomed.load(Ordering::SeqCst) {
                state.die().await;
            }
            let operation = operation_of(&request);
            let is_struck = state.strikes(&operation, &request);
            let kill = state.kill.filter(|_| is_struck);
            if kill == Some(Moment::Before) {
                state.die().await;
            }
            state.note(&operation, attempt_of(&request));
            let _doom = (kill == Some(Moment::After)).then(|| KillPoint(&state));
            let mut exchange = connector.call(request);
            if kill == Some(Moment::InFlight) {
                tokio::select! {
                    _ = &mut exchange => {}
                    () = state.arrival(&operation) => {}
                }
                state.die().await;
            }
            exchange.await
        })
    }
}

impl State {
    /// Whether this is the request that is struck. If so, the faults begin.
    fn strikes(&self, operation: &str, request: &HttpRequest) -> bool {
        let is_aimed_at = operation == self.aim.operation
            && self.aim.after.is_none_or(|before| self.count(before) > 0)
            && (!self.aim.turns_a_page || parameter(request, "Marker").is_some());
        if !is_aimed_at || self.has_struck.swap(true, Ordering::SeqCst) {
            return false;
        }
        let mut world = self.lab.world();
        self.faults.iter().cloned().for_each(|fault| world.faults.add(fault));
        true
    }

    fn note(&self, operation: &str, attempt: u32) {
        let sent = Sent { operation: operation.to_owned(), attempt };
        self.sent.lock().expect("nobody panicked with it").push(sent);
    }

    fn count(&self, operation: &str) -> usize {
        let sent = self.sent.lock().expect("nobody panicked with it");
        sent.iter().filter(|sent| sent.operation == operation).count()
    }

    /// Until the lab has dealt with as many requests of this operation as were sent.
    async fn arrival(&self, operation: &str) {
        let sent = self.count(operation);
        while self.lab.world().calls.of(operation).count() < sent {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn die(&self) {
        self.killed.notify_one();
        pending().await
    }
}

/// Kills the run when the exchange is over, by an answer or because the client no longer waits.
struct KillPoint<'a>(&'a State);

impl Drop for KillPoint<'_> {
    fn drop(&mut self) {
        self.0.is_doomed.store(true, Ordering::SeqCst);
    }
}

fn operation_of(request: &HttpRequest) -> String {
    parameter(request, "Action").expect("a request of the query protocol has an action")
}

/// A parameter whose value needs no decoding.
fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(value.to_owned())
}

/// From the SDK's own header, `amz-sdk-request: attempt=1; max=2`.
fn attempt_of(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let attempt = header.split("; ").find_map(|part| part.strip_prefix("attempt="));
    attempt.and_then(|number| number.parse().ok()).expect("the SDK says which attempt it is")
}
