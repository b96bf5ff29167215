//! Queues, as SQS describes them.

use writerlink_core::failure::{CallError, Failure, Rejection};

use super::AccountReader;
use crate::account::Attributes;
use crate::call::{Form, Operation};
use crate::read::malformed;

impl AccountReader {
    /// The attributes of a queue, by its ARN (`sqs:GetQueueAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region or of no queue.
    pub async fn queue_attributes(&self, queue: &str) -> Result<Attributes, CallError> {
        let call = Operation::QueueAttributes;
        self.home.admits_arn(call.action(), queue)?;
        let [.., account, name] = queue.split(':').collect::<Vec<_>>()[..] else {
            let detail = format!("{queue:?} is not the ARN of a queue");
            return Err(CallError::new(
                call.action(),
                Failure::Rejected(Rejection::Invalid),
                detail,
            ));
        };
        let url = format!("{}/{account}/{name}", self.caller.endpoint(call).await?);
        let form = Form::of(call).with("QueueUrl", url).with_list("AttributeName", &["All"]);
        let answer = self.caller.query(form).await?;
        let attributes = answer.every("Attribute", |attribute| {
            Ok((attribute.need("Name")?, attribute.text("Value").unwrap_or_default()))
        });
        let attributes = attributes.map_err(|fault| malformed(call.action(), fault))?;
        // Each queue has attributes, such as its ARN.
        if attributes.is_empty() {
            return Err(malformed(call.action(), "it has no `Attribute`"));
        }
        Ok(attributes.into_iter().collect())
    }
}
