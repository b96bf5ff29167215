//! The AWS Query API on loopback: it reads HTTP forms and answers XML.
//!
//! One endpoint serves four services; a call's `Version` selects one. The real SDKs parse this XML,
//! so names and nesting follow botocore's service models to the letter.

mod answer;
mod dialect;
mod elbv2;
mod marker;
mod params;
mod rds;
mod server;
mod sns;
mod sts;
#[cfg(test)]
mod tests;
mod xml;

use dialect::Dialect;
pub(crate) use server::{Region, serve};
