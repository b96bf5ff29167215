//! AWS's APIs on loopback: forms that are answered with XML, REST and JSON that are
//! answered with JSON, and objects.
//!
//! One endpoint serves all services. The `Version` of a form selects one, and the path of any other
//! call. The real SDKs parse the answers, so names and nesting follow botocore's service models to
//! the letter.

mod answer;
mod cloudwatch;
mod dialect;
mod document;
mod ec2;
mod elbv2;
mod lambda;
mod marker;
mod params;
mod rds;
mod rest;
mod s3;
mod scheduler;
mod server;
mod sns;
mod sqs;
mod ssm;
mod sts;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use answer::has_operation;
use dialect::Dialect;
pub(crate) use server::{Region, serve};
