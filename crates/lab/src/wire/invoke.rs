//! Lambda's Invoke API: `POST /2015-03-31/functions/NAME/invocations` (botocore lambda 2015-03-31).

use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Response, StatusCode};
use serde_json::json;

use super::function::Function;
use super::invocation::{Ending, Invoked, Kind, Refusal};

/// Answers a request to Lambda's API. What only reads functions is in `query`.
pub(super) async fn respond(
    function: &Function,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response<Bytes> {
    let Some(name) = function_name(method, path) else {
        return error(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            "Unable to determine service/operation name to be authorized",
        );
    };
    if !headers.contains_key("authorization") {
        return error(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    }
    let payload = String::from_utf8_lossy(if body.is_empty() { b"{}" } else { body });
    let kind = match headers
        .get("x-amz-invocation-type")
        .map_or(&b"RequestResponse"[..], |kind| kind.as_bytes())
    {
        b"RequestResponse" => Kind::Sync,
        b"Event" => Kind::Async,
        b"DryRun" => return dry_run(function, &name),
        _ => {
            let message = "InvocationType must be one of Event, RequestResponse, DryRun";
            return error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message);
        }
    };
    if kind == Kind::Sync && function.is_called(&name) && !function.is_attended().await {
        return error(StatusCode::CONFLICT, "ResourceConflictException", NOBODY);
    }
    match function.invoke(&name, &payload, kind).await {
        Ok(Invoked::Queued(request_id)) => answer(StatusCode::ACCEPTED, &request_id, Bytes::new()),
        Ok(Invoked::Ended(request_id, ending)) => ended(&request_id, ending),
        Err(refusal) => refused(&refusal),
    }
}

/// The lab's own answer; Lambda would start the program. The status is one that clients do not
/// retry.
const NOBODY: &str = "No program polls the runtime API of the lab, so nothing can answer this \
    invocation. Start one with AWS_LAMBDA_RUNTIME_API set to the address that `writerlink lab \
    serve` prints as `runtime_api`; `bootstrap` is ours. An invocation of type Event waits for it.";

/// The function's name, out of the path of an Invoke.
fn function_name(method: &Method, path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let name = path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")?;
    // The SDKs send an ARN's colons percent-encoded.
    let name = name.replace("%3A", ":").replace("%3a", ":");
    (method == Method::POST && !name.is_empty()).then_some(name)
}

fn dry_run(function: &Function, name: &str) -> Response<Bytes> {
    if function.is_called(name) {
        answer(StatusCode::NO_CONTENT, "", Bytes::new())
    } else {
        refused(&Refusal::NotFound(name.to_owned()))
    }
}

fn ended(request_id: &str, ending: Ending) -> Response<Bytes> {
    let document = match ending {
        Ending::Answered(text) => return answer(StatusCode::OK, request_id, text.into()),
        Ending::Failed { document, .. } => document,
        Ending::TimedOut => json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": format!("RequestId: {request_id} Error: Task timed out"),
        })
        .to_string(),
        Ending::Crashed => json!({
            "errorType": "Runtime.ExitError",
            "errorMessage": format!("RequestId: {request_id} Error: Runtime exited"),
        })
        .to_string(),
    };
    let mut response = answer(StatusCode::OK, request_id, document.into());
    response
        .headers_mut()
        .insert("x-amz-function-error", hyper::header::HeaderValue::from_static("Unhandled"));
    response
}

fn refused(refusal: &Refusal) -> Response<Bytes> {
    let (status, code) = match refusal {
        Refusal::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        Refusal::NotJson(_) => (StatusCode::BAD_REQUEST, "InvalidRequestContentException"),
        Refusal::Busy => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
    };
    error(status, code, &refusal.to_string())
}

fn answer(status: StatusCode, request_id: &str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [("x-amzn-requestid", request_id), ("x-amz-executed-version", "$LATEST")] {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let body = json!({"Type": "User", "Message": message, "message": message}).to_string();
    let mut response = answer(status, "", body.into());
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
