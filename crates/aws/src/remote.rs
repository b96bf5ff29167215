//! Reads a configuration that is in a parameter of SSM, or in an object of S3.

use serde::Deserialize;
use serde_json::json;
use writerlink_core::config::{Fetched, Remote};
use writerlink_core::failure::CallError;

use crate::call::{Caller, ObjectPath, Operation};

/// Reads configurations.
#[derive(Debug, Clone)]
pub struct RemoteReader(Caller);

/// The answer of `GetParameter`, as far as it is read (botocore ssm 2014-11-06).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    parameter: Parameter,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
    version: u64,
}

impl RemoteReader {
    pub(crate) fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Reads the version that is there. A SecureString is decrypted by SSM, an object by S3, each
    /// with the caller's permission for the key.
    ///
    /// # Errors
    /// When it does not exist, or the service refused, or gave no usable answer.
    pub async fn read(&self, remote: &Remote) -> Result<Fetched, CallError> {
        match remote {
            Remote::Parameter { name } => {
                let parameters = json!({"Name": name, "WithDecryption": true});
                let answer = self.0.target(Operation::Parameter, "AmazonSSM", &parameters).await?;
                let Answer { parameter: Parameter { value, version } } = answer;
                Ok(Fetched { bytes: value.into_bytes(), version: version.to_string() })
            }
            Remote::Object { bucket, key } => {
                let (bytes, version) = self.0.object(&ObjectPath { bucket, key }).await?;
                Ok(Fetched { bytes, version })
            }
        }
    }
}
