//! The Lambda runtime API, from which a function's process takes invocations and to which it sends
//! its answers.
//!
//! AWS docs: "Using the Lambda runtime API for custom runtimes". `AWS_LAMBDA_RUNTIME_API` holds its
//! host and port. Each environment has one of its own, as on AWS.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::function::{Accepted, Environment, Taken};
use super::invocation::Ending;
use super::region::Region;

/// The part of every path that names the API's version.
const VERSION: &str = "/2018-06-01/runtime/";

/// Bytes of an answer that are read (AWS docs: "Lambda quotas", 6 MB for an invocation payload).
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// Serves the environment of that number until the future is dropped, and closes every connection
/// then.
pub(super) async fn serve(listener: TcpListener, region: Arc<Region>, environment: usize) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, region.clone(), environment));
            }
            // Out of descriptors or a connection that was gone before it was accepted: others may
            // still come.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, region: Arc<Region>, environment: usize) {
    let service = hyper::service::service_fn(move |request| {
        let region = region.clone();
        async move {
            Ok::<_, io::Error>(respond(request, region.function().environment(environment)).await)
        }
    });
    // A process that goes away takes its connection with it; the function's record tells what
    // became of its invocation.
    let _ = stream.set_nodelay(true);
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    environment: Environment<'_>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Some(call) = Call::of(&head.method, head.uri.path()) else {
        return refuse(StatusCode::NOT_FOUND, "InvalidPath", "The runtime API has no such path.");
    };
    if call == Call::Next {
        let taken = environment.next().await;
        return hand_out(&taken, environment.function_arn());
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => take_in(environment, call, &head.headers, &body.to_bytes()),
        Err(_) => too_large(environment, call),
    }
}

/// A call of the runtime API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call<'a> {
    Next,
    Response(&'a str),
    Error(&'a str),
    InitError,
}

impl<'a> Call<'a> {
    fn of(method: &Method, path: &'a str) -> Option<Call<'a>> {
        let mut parts = path.strip_prefix(VERSION)?.split('/');
        let parts = (parts.next()?, parts.next()?, parts.next(), parts.next());
        match (method, parts) {
            (&Method::GET, ("invocation", "next", None, None)) => Some(Call::Next),
            (&Method::POST, ("invocation", id, Some("response"), None)) => Some(Call::Response(id)),
            (&Method::POST, ("invocation", id, Some("error"), None)) => Some(Call::Error(id)),
            (&Method::POST, ("init", "error", None, None)) => Some(Call::InitError),
            _ => None,
        }
    }
}

fn take_in(
    environment: Environment<'_>,
    call: Call<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let text = String::from_utf8_lossy(body).into_owned();
    match call {
        Call::Next => refuse(
            StatusCode::NOT_FOUND,
            "InvalidPath",
            "The next invocation is requested with GET.",
        ),
        Call::Response(id) => end(environment, id, Ending::Answered(text)),
        Call::Error(id) => {
            let error_type = error_type(headers, &text);
            end(environment, id, Ending::Failed { error_type, document: text })
        }
        Call::InitError => {
            environment.init_failed(text);
            accepted()
        }
    }
}

fn end(environment: Environment<'_>, id: &str, ending: Ending) -> Response<Full<Bytes>> {
    match environment.end(id, ending) {
        Accepted::Yes => accepted(),
        Accepted::UnknownRequestId => {
            refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
        }
    }
}

/// An answer larger than Lambda takes ends the invocation as an error.
fn too_large(environment: Environment<'_>, call: Call<'_>) -> Response<Full<Bytes>> {
    let error_type = "Function.ResponseSizeTooLarge";
    if let Call::Response(id) | Call::Error(id) = call {
        let ending = Ending::Failed {
            error_type: error_type.to_owned(),
            document: json!({"errorType": error_type, "errorMessage": "Response payload size \
                exceeded maximum allowed payload size"})
            .to_string(),
        };
        end(environment, id, ending);
    }
    refuse(StatusCode::PAYLOAD_TOO_LARGE, error_type, "The payload is larger than 6 MiB.")
}

fn hand_out(taken: &Taken, function_arn: &str) -> Response<Full<Bytes>> {
    // The function compares the deadline with its own clock, so this is the one place that reads
    // the real one.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = (since_epoch + taken.timeout).as_millis().to_string();
    let trace = format!(
        "Root=1-00000000-{};Parent=0000000000000000;Sampled=0",
        taken.request_id.replace('-', "").get(..24).unwrap_or_default()
    );
    let mut response = json_response(StatusCode::OK, taken.payload.clone());
    let headers = [
        ("lambda-runtime-aws-request-id", taken.request_id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline),
        ("lambda-runtime-invoked-function-arn", function_arn),
        ("lambda-runtime-trace-id", &trace),
    ];
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The type of a function's error: the header's, else the document's.
fn error_type(headers: &HeaderMap, document: &str) -> String {
    let header =
        headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    let in_document = || {
        let document: Value = serde_json::from_str(document).ok()?;
        document.get("errorType")?.as_str().map(str::to_owned)
    };
    header.map(str::to_owned).or_else(in_document).unwrap_or_else(|| "Unknown".to_owned())
}

fn accepted() -> Response<Full<Bytes>> {
    json_response(StatusCode::ACCEPTED, json!({"status": "OK"}).to_string())
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    json_response(status, json!({"errorType": error_type, "errorMessage": message}).to_string())
}

fn json_response(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
