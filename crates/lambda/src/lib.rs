//! The Lambda: one invocation, from its payload to its answer.
//!
//! ```text
//! payload → Request → Trigger → run → Report → answer
//!                                       ├─→ notice   (to a topic, when there is something to tell)
//!                                       └─→ metrics  (a line on standard output)
//! ```
//!
//! - A [payload] is an envelope of SNS, SQS or EventBridge, whatever stands in which, the
//!   scheduler's input, a request of [CloudFormation](custom_resource), or typed by hand. Content
//!   of an envelope is never an error; a payload by hand is taken to the letter.
//! - Every trigger leads to the same run of core, over the ports of `writerlink-aws`. An event only
//!   says where to look closely.
//! - What is [answered](answer) depends on who asked: an event's run that did not end well is an
//!   invocation error, a sweep's only when it could do nothing of its work, somebody who asks by
//!   hand always gets the report, a queue hears which of its records were not [looked at](batch),
//!   and a stack is answered at its ResponseURL whatever happens, [if that is
//!   CloudFormation's](response_url).
//! - A [configuration](start) that is refused does not stop the function: it answers each
//!   invocation with what is wrong.
//!
//! [`Handler`] does all of this and prints nothing. The program `bootstrap` adds the [logs] and the
//! [metrics].

pub mod answer;
pub mod batch;
pub mod callback;
pub mod custom_resource;
mod elsewhere;
mod handler;
pub mod logs;
pub mod metrics;
pub mod notification;
pub mod payload;
mod ready;
pub mod response_url;
pub mod start;
mod time;

#[cfg(test)]
mod loopback;
#[cfg(test)]
mod sample;

pub use answer::InvocationFailed;
pub use handler::{Handled, Handler};
