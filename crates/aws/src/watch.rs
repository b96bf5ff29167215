//! Watches one call: whether it went out, and whether what came back is an answer at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_elasticloadbalancingv2::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use writerlink_core::failure::{CallError, Failure};

use crate::error::Sent;

/// An interceptor of one call alone.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    sent: Arc<AtomicBool>,
    answer: &'static str,
}

impl Watch {
    /// Watches a call whose answer is an XML element of this name.
    pub(crate) fn expecting(answer: &'static str) -> Self {
        Self { sent: Arc::default(), answer }
    }

    /// Whether the request can have left this machine.
    pub(crate) fn sent(&self) -> Sent {
        if self.sent.load(Ordering::SeqCst) { Sent::Perhaps } else { Sent::No }
    }

    /// Runs a write under its one time-out, which covers everything from the credentials to the
    /// last byte.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        call: &'static str,
        write: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::time::timeout(limit, write).await.unwrap_or_else(|_| {
            Err(match self.sent() {
                Sent::Perhaps => {
                    CallError::new(call, Failure::AnswerLost, format!("no answer within {limit:?}"))
                }
                Sent::No => CallError::new(
                    call,
                    Failure::Credentials,
                    format!("no credentials within {limit:?}"),
                ),
            })
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

    /// The SDK does not look at the body of an answer that has no members, so that any page with
    /// status 200, such as a proxy's, would read as success. Of one that has members it takes the
    /// end of the text for the end of every element, so that a list that was cut would read as a
    /// shorter one.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default().trim_ascii_end();
        let end = format!("</{}>", self.answer);
        if context.output_or_error().is_err() || body.ends_with(end.as_bytes()) {
            return Ok(());
        }
        Err(format!("the body of the answer is no whole {}", self.answer).into())
    }
}
