//! Target groups, load balancers and endpoint services.

use std::collections::BTreeSet;

use futures_util::future::{join, join3};
use writerlink_aws::account::{AccountReader, TargetSeen};
use writerlink_core::config::Binding;

use super::{by, each};
use crate::account::{ById, Links};
use crate::read::Gap;

pub(super) async fn read(bindings: &[&Binding], reader: &AccountReader) -> Links {
    let (groups, balancers, services) =
        join3(reader.groups(), reader.balancers(), reader.endpoint_services()).await;
    let groups = by(groups, |group| group.arn.clone());
    let balancers = by(balancers, |balancer| balancer.arn.clone());
    let own = arns(bindings);
    let known = groups.as_ref().into_iter().flatten().filter(|(arn, _)| own.contains(*arn));
    let used: BTreeSet<String> =
        known.flat_map(|(_, group)| group.load_balancers.iter().cloned()).collect();
    let (attributes, targets) = join(
        each(own.clone(), |arn| async move { reader.group_attributes(&arn).await }),
        targets(bindings, reader),
    )
    .await;
    let (balancer_attributes, listeners) = join(
        each(used.clone(), |arn| async move { reader.balancer_attributes(&arn).await }),
        each(used.clone(), |arn| async move { reader.listeners(&arn).await }),
    )
    .await;
    let forwarding =
        listeners.values().flatten().flatten().filter(|listener| {
            listener.forwards.iter().any(|forward| own.contains(&forward.group))
        });
    let forwarding = forwarding.map(|listener| listener.arn.clone()).collect();
    let publishing: BTreeSet<String> = services
        .iter()
        .flatten()
        .filter(|service| service.load_balancers.iter().any(|arn| used.contains(arn)))
        .map(|service| service.id.clone())
        .collect();
    let (listener_attributes, principals, connections) = join3(
        each(forwarding, |arn| async move { reader.listener_attributes(&arn).await }),
        each(publishing.clone(), |id| async move { reader.endpoint_principals(&id).await }),
        each(publishing, |id| async move { reader.endpoint_connections(&id).await }),
    )
    .await;
    Links {
        groups,
        group_attributes: attributes,
        targets,
        targets_later: ById::new(),
        balancers,
        balancer_attributes,
        listeners,
        listener_attributes,
        services: services.map_err(Gap::from),
        principals,
        connections,
    }
}

fn arns(bindings: &[&Binding]) -> BTreeSet<String> {
    bindings.iter().map(|binding| binding.target_group.to_string()).collect()
}

pub(super) async fn targets(
    bindings: &[&Binding],
    reader: &AccountReader,
) -> ById<Vec<TargetSeen>> {
    each(arns(bindings), |arn| async move { reader.targets(&arn).await }).await
}
