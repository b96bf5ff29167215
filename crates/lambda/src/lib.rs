//! The Lambda function: one invocation, from its payload to its answer.
//!
//! ```text
//! payload → Request → Trigger → run → Report → answer
//!                                       ├─→ notification  (to a topic, if there is news)
//!                                       └─→ metrics       (lines on standard output)
//! ```
//!
//! - A [payload] is an envelope of SNS, SQS or EventBridge in any nesting, the input of the
//!   scheduler, a request of [CloudFormation](custom_resource), or a call by hand. The content of
//!   an envelope is never an error. A call by hand must be exact.
//! - Every trigger starts the same run of core, over the ports of `writerlink-aws`. An event only
//!   says where to look closely.
//! - The [answer] depends on the caller. An event whose run did not end well is an invocation
//!   error; a sweep is one only if it could do none of its work. A person always gets the report. A
//!   queue gets the records that were not [looked at](batch). A stack always gets an answer at its
//!   ResponseURL, [if that URL is CloudFormation's](response_url).
//! - A configuration in SSM or S3 is read at the start and by each sweep. A version that cannot be
//!   used leaves the one in hand in effect.
//! - A refused [configuration](start) does not stop the function. It answers every invocation with
//!   the fault.
//!
//! The same program is also a second function, the [`Recorder`]: it only reads, and records
//! failovers. It has no client that writes to a target group.
//!
//! [`Handler`] does all of this and prints nothing. The program `bootstrap` adds the [logs] and the
//! [metrics].

pub mod answer;
pub mod batch;
pub mod callback;
pub mod custom_resource;
mod following;
mod handler;
mod ignored;
pub mod logs;
pub mod metrics;
pub mod notification;
pub mod payload;
mod publisher;
mod recorder;
pub mod response_url;
mod runner;
pub mod start;
mod time;

#[cfg(test)]
mod loopback;
#[cfg(test)]
mod sample;

pub use answer::InvocationFailed;
pub use handler::{Handled, Handler};
pub use recorder::{Invocation, Recorded, Recorder};
