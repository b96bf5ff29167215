//! Changes target groups. Nothing else does.

use std::net::SocketAddr;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use writerlink_core::failure::{CallError, Failure};
use writerlink_core::ports::action::{DEREGISTER, REGISTER};
use writerlink_core::ports::{LONGEST_WRITE, TargetGroupWrite};
use writerlink_core::target::{Registration, Target, TargetGroupArn, Zone};

use crate::error::write_error;
use crate::home::Home;
use crate::watch::Watch;

/// The most targets in one call. The API's model states no limit (botocore elbv2 2015-12-01). A
/// hundred is well below what other programs send at once
/// (kubernetes-sigs/aws-load-balancer-controller: 200).
const CHUNK: usize = 100;

/// Registers and deregisters targets. Each write goes out once.
#[derive(Debug, Clone)]
pub struct ElbWriteClient {
    elbv2: Client,
    home: Home,
}

impl ElbWriteClient {
    pub(crate) fn new(elbv2: Client, home: Home) -> Self {
        Self { elbv2, home }
    }

    async fn deregister_chunk(
        &self,
        group: &TargetGroupArn,
        targets: &[Target],
        watch: &Watch,
    ) -> Result<(), CallError> {
        let described = targets.iter().map(|t| describe(t.address, t.zone.as_ref())).collect();
        self.elbv2
            .deregister_targets()
            .target_group_arn(group.as_str())
            .set_targets(Some(described))
            .customize()
            .interceptor(watch.clone())
            .send()
            .await
            .map_err(|error| write_error(DEREGISTER, &error, watch.sent()))?;
        Ok(())
    }
}

impl TargetGroupWrite for ElbWriteClient {
    async fn register(
        &self,
        group: &TargetGroupArn,
        target: &Registration,
    ) -> Result<(), CallError> {
        self.home.admits(REGISTER, group.as_str(), group.region())?;
        let watch = Watch::of(REGISTER);
        let write = self
            .elbv2
            .register_targets()
            .target_group_arn(group.as_str())
            .targets(describe(target.address, target.zone.as_ref()))
            .customize()
            .interceptor(watch.clone())
            .send();
        let sorted =
            async { write.await.map_err(|error| write_error(REGISTER, &error, watch.sent())) };
        watch.within(LONGEST_WRITE, sorted).await?;
        Ok(())
    }

    async fn deregister(
        &self,
        group: &TargetGroupArn,
        targets: &[Target],
    ) -> Result<(), CallError> {
        self.home.admits(DEREGISTER, group.as_str(), group.region())?;
        let watch = Watch::of(DEREGISTER);
        let write = async {
            for (chunks_done, chunk) in targets.chunks(CHUNK).enumerate() {
                let applied = self.deregister_chunk(group, chunk, &watch).await;
                applied.map_err(|error| after(chunks_done * CHUNK, error))?;
            }
            Ok(())
        };
        watch.within(LONGEST_WRITE, write).await
    }
}

/// Names a target with its port, and with the zone that ELBv2 reported. ELBv2 assumes the group's
/// default port for a target without one, and answers success for a target that is not registered
/// (botocore elbv2 2015-12-01).
fn describe(address: SocketAddr, zone: Option<&Zone>) -> TargetDescription {
    TargetDescription::builder()
        .id(address.ip().to_string())
        .port(i32::from(address.port()))
        .set_availability_zone(zone.map(|zone| zone.0.clone()))
        .build()
}

/// The error of a chunk after others were applied. The write as a whole was not refused, even if
/// this chunk was: a part of it has taken effect.
fn after(done: usize, error: CallError) -> CallError {
    if done == 0 {
        return error;
    }
    let detail = format!(
        "the first {done} targets were deregistered, the next: {}: {}",
        error.failure, error.detail
    );
    CallError::new(error.call, Failure::AnswerLost, detail)
}
