//! Tests that what `infra/` deploys is what it says: linted, least-privileged, serial, without
//! retries, and with an alarm when something is wrong.

mod alarms;
mod calls;
mod cdk;
mod configuration;
mod deployed;
mod engine;
mod events;
mod field_kit;
mod flat;
mod function;
mod init;
mod inputs;
mod link_alarm;
mod lint;
mod login;
mod members;
mod package;
mod packaging;
mod permissions;
mod release;
mod standby;
mod template;
mod terraform;
mod versions;
mod workflows;

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";
