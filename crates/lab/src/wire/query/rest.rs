//! Reads the calls that are no form: REST paths, JSON whose header names the operation, and
//! objects.

use std::collections::BTreeMap;

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use serde_json::Value;

use super::Dialect;
use super::answer::Asked;

/// The paths of operations that read, with the parameter that takes the place of `{}` (botocore
/// lambda 2015-03-31, scheduler 2021-06-30).
const PATHS: [(&str, Dialect, &str, &str); 7] = [
    (
        "/2015-03-31/functions/{}/configuration",
        Dialect::Lambda,
        "GetFunctionConfiguration",
        "FunctionName",
    ),
    ("/2015-03-31/functions/{}/policy", Dialect::Lambda, "GetPolicy", "FunctionName"),
    (
        "/2019-09-30/functions/{}/concurrency",
        Dialect::Lambda,
        "GetFunctionConcurrency",
        "FunctionName",
    ),
    (
        "/2019-09-25/functions/{}/event-invoke-config",
        Dialect::Lambda,
        "GetFunctionEventInvokeConfig",
        "FunctionName",
    ),
    ("/2015-03-31/event-source-mappings", Dialect::Lambda, "ListEventSourceMappings", ""),
    ("/schedules", Dialect::Scheduler, "ListSchedules", ""),
    ("/schedules/{}", Dialect::Scheduler, "GetSchedule", "Name"),
];

/// The call of a request, if it is one of these.
pub(super) fn asked(head: &Parts, body: &Bytes) -> Option<Asked> {
    if let Some(target) = head.headers.get("x-amz-target") {
        return with_target(target.to_str().ok()?, body);
    }
    if is_of_s3(head) {
        return object(head);
    }
    let path = head.uri.path().trim_end_matches('/');
    let (name, dialect, action, parameter) = PATHS.into_iter().find_map(|row| {
        let (form, dialect, action, parameter) = row;
        Some((value_in(path, form)?, dialect, action, parameter))
    })?;
    if head.method != Method::GET {
        return None;
    }
    let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    let mut form: BTreeMap<String, String> = query.into_owned().collect();
    if !parameter.is_empty() {
        form.insert(parameter.to_owned(), name);
    }
    Some(Asked { dialect: Some(dialect), action: action.to_owned(), form })
}

/// Whether a request is signed for S3, whose paths are whatever its objects are called.
fn is_of_s3(head: &Parts) -> bool {
    let signed = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    signed.is_some_and(|signed| signed.contains("/s3/aws4_request"))
}

/// A GET of an object, with its bucket in the path.
fn object(head: &Parts) -> Option<Asked> {
    let (bucket, key) = head.uri.path().strip_prefix('/')?.split_once('/')?;
    let form = [("Bucket", decoded(bucket)?), ("Key", decoded(key)?)];
    let form = form.map(|(name, value)| (name.to_owned(), value)).into();
    let action = if head.method == Method::GET { "GetObject" } else { "an operation that writes" };
    Some(Asked { dialect: Some(Dialect::S3), action: action.to_owned(), form })
}

/// What stands in a path in place of `{}`; nothing, if the form has none.
fn value_in(path: &str, form: &str) -> Option<String> {
    let Some((before, after)) = form.split_once("{}") else {
        return (path == form).then(String::new);
    };
    let value = path.strip_prefix(before)?.strip_suffix(after)?;
    let value = decoded(value)?;
    (!value.is_empty() && !value.contains('/')).then_some(value)
}

/// A part of a path. The SDKs send an ARN's colons percent-encoded, and a plus sign as itself.
fn decoded(part: &str) -> Option<String> {
    let part = format!("={}", part.replace('+', "%2B").replace('&', "%26"));
    let (_, value) = form_urlencoded::parse(part.as_bytes()).next()?;
    Some(value.into_owned())
}

/// A call such as `AmazonSQS.GetQueueAttributes` with its parameters in JSON, as a form.
fn with_target(target: &str, body: &Bytes) -> Option<Asked> {
    let (service, action) = target.split_once('.')?;
    let dialect = match service {
        "AmazonSQS" => Dialect::SqsJson,
        "AmazonSSM" => Dialect::Ssm,
        _ => return None,
    };
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return None;
    };
    let form = members.into_iter().flat_map(|(name, value)| match value {
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("{name}.{}", index + 1), plain(value)))
            .collect(),
        value => vec![(name, plain(&value))],
    });
    Some(Asked { dialect: Some(dialect), action: action.to_owned(), form: form.collect() })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
