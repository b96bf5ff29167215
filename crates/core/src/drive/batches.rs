//! Calls that ask for several groups at once.
//!
//! ELBv2 refuses a call as a whole if one of the groups does not exist, or is not one of the
//! account's. Halving the call finds that group, and the others are answered.

use super::reads::{Reads, Tokens};
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::Clock;
use crate::target::TargetGroupArn;

/// A part of a batch, and what was answered for it.
pub(super) type Part<'a, T> = (&'a [TargetGroupArn], Result<Vec<T>, CallError>);

/// Asks for a batch of groups. If one of the groups is refused, the batch comes back in parts, and
/// the refused group alone in one of them.
pub(super) async fn ask<'a, T, F>(
    reads: &Reads<'_, impl Clock>,
    call: &'static str,
    mut tokens: Tokens,
    batch: &'a [TargetGroupArn],
    make: impl Fn(&'a [TargetGroupArn]) -> F,
) -> Vec<Part<'a, T>>
where
    F: Future<Output = Result<Vec<T>, CallError>>,
{
    // A stack, whose top is the next part: a part that is halved goes on where it was.
    let mut open = vec![batch];
    let mut parts = Vec::new();
    while let Some(part) = open.pop() {
        match reads.read(call, tokens, || make(part)).await {
            Err(error) if part.len() > 1 && is_about_one(&error) => {
                let (first, second) = part.split_at(part.len() / 2);
                open.extend([second, first]);
            }
            result => parts.push((part, result)),
        }
        tokens = Tokens::Due;
    }
    parts
}

/// Whether one of the groups may be the reason of the refusal. A permission that is missing is
/// missing for all of them.
fn is_about_one(error: &CallError) -> bool {
    matches!(
        error.failure,
        Failure::Rejected(Rejection::NotFound | Rejection::Invalid | Rejection::Other)
    )
}
