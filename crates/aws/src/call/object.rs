//! An object of S3.

use super::operation::Operation;

/// The address of an object.
#[derive(Debug)]
pub(crate) struct ObjectPath<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
}

impl ObjectPath<'_> {
    pub(super) fn operation(&self) -> Operation {
        Operation::Object
    }

    /// The host and the path, as botocore chooses them (`endpoint-rule-set-1.json` of s3): the
    /// bucket is a label of the host, but where the host's certificate would not cover it, and on
    /// a host that is configured.
    pub(super) fn on(&self, endpoint: &str, is_configured: bool) -> (String, String) {
        let Self { bucket, key } = self;
        let key =
            key.split('/').map(|part| urlencoding::encode(part)).collect::<Vec<_>>().join("/");
        match endpoint.strip_prefix("https://") {
            Some(host) if !is_configured && !bucket.contains('.') => {
                (format!("https://{bucket}.{host}"), format!("/{key}"))
            }
            _ => (endpoint.to_owned(), format!("/{bucket}/{key}")),
        }
    }
}
