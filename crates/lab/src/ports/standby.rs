//! The port that reads what proves a standby's address. The lab does not model it.

use std::collections::{BTreeMap, BTreeSet};

use writerlink_core::failure::{CallError, Failure};
use writerlink_core::ports::{Clock, Page, StandbyRead, action};
use writerlink_core::standby::{Attributes, Interface};
use writerlink_core::target::TargetGroupArn;

use super::InProcess;

impl<C: Clock + Sync> StandbyRead for InProcess<C> {
    async fn interfaces(&self, _: &str, _: Option<String>) -> Result<Page<Interface>, CallError> {
        Err(not_modeled(action::INTERFACES))
    }

    async fn group_attributes(&self, _: &TargetGroupArn) -> Result<Attributes, CallError> {
        Err(not_modeled(action::GROUP_ATTRIBUTES))
    }

    async fn balancers_of(&self, _: &TargetGroupArn) -> Result<BTreeSet<String>, CallError> {
        Err(not_modeled(action::GROUPS))
    }

    async fn balancers(
        &self,
        _: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
        Err(not_modeled(action::BALANCERS))
    }

    async fn balancer_attributes(&self, _: &str) -> Result<Attributes, CallError> {
        Err(not_modeled(action::BALANCER_ATTRIBUTES))
    }
}

fn not_modeled(call: &'static str) -> CallError {
    CallError::new(call, Failure::Unreachable, "the lab does not model it")
}
