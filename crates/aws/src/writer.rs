//! Changes target groups. The one place that does.

use std::net::SocketAddr;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use writerlink_core::failure::{CallError, Failure};
use writerlink_core::ports::{LONGEST_WRITE, TargetGroupWrite};
use writerlink_core::target::{Registration, Target, TargetGroupArn, Zone};

use crate::error::write_error;
use crate::home::Home;
use crate::watch::Watch;

const REGISTER: &str = "elasticloadbalancing:RegisterTargets";
const DEREGISTER: &str = "elasticloadbalancing:DeregisterTargets";

/// Targets in one call. The API's model states no limit (botocore elbv2 2015-12-01); a hundred is
/// well inside what others send at once (kubernetes-sigs/aws-load-balancer-controller: 200).
const CHUNK: usize = 100;

/// Registers and deregisters targets. Each write goes out once.
#[derive(Debug, Clone)]
pub struct ElbWriteClient {
    elbv2: Client,
    home: Home,
}

impl ElbWriteClient {
    /// A writer on a client whose retries are off.
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
        let watch = Watch::expecting("RegisterTargetsResponse");
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
        watch.within(LONGEST_WRITE, REGISTER, sorted).await?;
        Ok(())
    }

    async fn deregister(
        &self,
        group: &TargetGroupArn,
        targets: &[Target],
    ) -> Result<(), CallError> {
        self.home.admits(DEREGISTER, group.as_str(), group.region())?;
        let watch = Watch::expecting("DeregisterTargetsResponse");
        let write = async {
            for (chunks_done, chunk) in targets.chunks(CHUNK).enumerate() {
                let applied = self.deregister_chunk(group, chunk, &watch).await;
                applied.map_err(|error| after(chunks_done * CHUNK, error))?;
            }
            Ok(())
        };
        watch.within(LONGEST_WRITE, DEREGISTER, write).await
    }
}

/// ELBv2 takes a target without a port for one on the group's default port, and answers success for
/// a target that is not registered (botocore elbv2 2015-12-01): so the port is always named, and
/// the zone as ELBv2 reported it.
fn describe(address: SocketAddr, zone: Option<&Zone>) -> TargetDescription {
    TargetDescription::builder()
        .id(address.ip().to_string())
        .port(i32::from(address.port()))
        .set_availability_zone(zone.map(|zone| zone.0.clone()))
        .build()
}

/// The error of a chunk that comes after others were applied: however clean the refusal, something
/// was done.
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
