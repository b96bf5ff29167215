//! A read: one call, one attempt, and an answer that is whole.

use std::error::Error;
use std::fmt::Display;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use writerlink_core::failure::{CallError, Failure};

use crate::error::read_error;
use crate::watch::Watch;

/// Sends a read, which must be watched by the given interceptor, and sorts its error.
pub(crate) async fn read<T, E, F>(
    call: &'static str,
    send: impl FnOnce(Watch) -> F,
) -> Result<T, CallError>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let watch = Watch::of(call);
    send(watch.clone()).await.map_err(|error| read_error(call, &error, watch.sent()))
}

/// The list of an answer. The query protocol writes an empty list as an empty element (Smithy
/// specification, "AWS query protocol"; botocore gives `[]` for both), so an answer without the
/// element does not say how many entries there are.
pub(crate) fn listed<T>(
    call: &'static str,
    element: &str,
    list: Option<Vec<T>>,
) -> Result<Vec<T>, CallError> {
    list.ok_or_else(|| {
        malformed(call, format!("it has no list `{element}`, not even an empty one"))
    })
}

/// The error of an answer that is not as the API's reference says.
pub(crate) fn malformed(call: &'static str, fault: impl Display) -> CallError {
    let detail = format!("the answer is malformed: {fault}");
    CallError::new(call, Failure::Unreachable, detail)
}
