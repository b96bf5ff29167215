//! S3's operation that reads an object (botocore s3 2006-03-01).

use super::params::Params;
use super::xml::Xml;
use crate::world::{ApiError, World, ids};

/// Carries an operation out and writes its answer: the object as it is.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    answer: &mut Xml,
) -> Result<(), ApiError> {
    if action != "GetObject" {
        return Err(params.dialect().unknown_operation(action));
    }
    let (bucket, key) = (params.required("Bucket")?, params.required("Key")?);
    let mut of_bucket =
        world.surroundings.objects.iter().filter(|one| one.bucket == bucket).peekable();
    if of_bucket.peek().is_none() {
        let message = "The specified bucket does not exist";
        return Err(ApiError::not_found("NoSuchBucket", message));
    }
    let found = of_bucket.find(|one| one.key == key);
    let found = found
        .ok_or_else(|| ApiError::not_found("NoSuchKey", "The specified key does not exist."))?;
    answer.raw(&found.text);
    Ok(())
}

/// The ETag of an object: like AWS's, another for another content.
pub(super) fn tag(body: &str) -> String {
    format!("\"{0}{0}\"", ids::hex16(ids::hash(body)))
}
