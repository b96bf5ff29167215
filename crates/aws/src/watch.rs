//! Watches one call: whether it was sent, and whether its answer is whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

// Re-exports of aws-smithy's types; any SDK crate would do. The watch serves RDS and SNS too.
use aws_sdk_elasticloadbalancingv2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_elasticloadbalancingv2::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use writerlink_core::failure::{CallError, Failure};

use crate::error::Sent;

/// An interceptor of a single call.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    call: &'static str,
    sent: Arc<AtomicBool>,
    looks_for_end: bool,
}

impl Watch {
    /// Watches a call, which is named by the IAM action that permits it.
    pub(crate) fn of(call: &'static str) -> Self {
        Self { call, sent: Arc::default(), looks_for_end: true }
    }

    /// The same watch for an answer whose reader notices by itself if its end is missing.
    pub(crate) fn without_end(self) -> Self {
        Self { looks_for_end: false, ..self }
    }

    /// The XML element that an answer consists of, such as `DescribeTagsResponse`.
    fn answer(&self) -> String {
        let operation = self.call.rsplit(':').next().unwrap_or(self.call);
        format!("{operation}Response")
    }

    /// Whether the request can have left this machine.
    pub(crate) fn sent(&self) -> Sent {
        if self.sent.load(Ordering::SeqCst) { Sent::Perhaps } else { Sent::No }
    }

    /// Runs a write under its only time-out, which covers everything from the credentials to the
    /// last byte of the answer.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        write: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::time::timeout(limit, write).await.unwrap_or_else(|_| {
            let (failure, missing) = match self.sent() {
                Sent::Perhaps => (Failure::AnswerLost, "answer"),
                Sent::No => (Failure::Credentials, "credentials"),
            };
            Err(CallError::new(self.call, failure, format!("no {missing} within {limit:?}")))
        })
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.sent.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Refuses an answer that is not whole. The SDK ignores the body of an answer that has no
    /// members, so any page with status 200, such as a proxy's, would be read as success. In an
    /// answer that has members it takes the end of the text as the end of every open element, so a
    /// list that was cut would be read as a shorter list.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default().trim_ascii_end();
        let end = format!("</{}>", self.answer());
        if !self.looks_for_end
            || context.output_or_error().is_err()
            || body.ends_with(end.as_bytes())
        {
            return Ok(());
        }
        Err(format!("the body of the answer is no whole {}", self.answer()).into())
    }
}
