//! Who makes the calls, as STS says.

use writerlink_core::failure::CallError;

use super::AccountReader;
use crate::account::Identity;
use crate::call::{Form, Operation};
use crate::read::malformed;

impl AccountReader {
    /// Who makes the calls (`sts:GetCallerIdentity`, which needs no permission).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn identity(&self) -> Result<Identity, CallError> {
        let call = Operation::CallerIdentity;
        let answer = self.caller.query(Form::of(call)).await?;
        let identity = answer
            .need("Account")
            .and_then(|account| Ok(Identity { account, arn: answer.need("Arn")? }));
        identity.map_err(|fault| malformed(call.action(), format!("it {fault}")))
    }
}
