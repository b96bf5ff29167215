//! ELBv2's operations: they read parameters, call the world, and write XML (botocore elbv2
//! 2015-12-01).

mod balancers;
mod groups;
mod tags;
mod targets;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "CreateTargetGroup" => groups::create(world, params, xml),
        "DescribeTargetGroups" => groups::describe(world, params, xml),
        "ModifyTargetGroup" => groups::modify(world, params, xml),
        "DeleteTargetGroup" => world.delete_target_group(params.required("TargetGroupArn")?),
        "DescribeTargetGroupAttributes" => groups::attributes(world, params, xml),
        "ModifyTargetGroupAttributes" => groups::modify_attributes(world, params, xml),
        "RegisterTargets" => targets::register(world, params),
        "DeregisterTargets" => targets::deregister(world, params),
        "DescribeTargetHealth" => targets::health(world, params, xml),
        "CreateLoadBalancer" => balancers::create(world, params, xml),
        "DescribeLoadBalancers" => balancers::describe(world, params, xml),
        "DeleteLoadBalancer" => world.delete_load_balancer(params.required("LoadBalancerArn")?),
        "DescribeLoadBalancerAttributes" => balancers::attributes(world, params, xml),
        "ModifyLoadBalancerAttributes" => balancers::modify_attributes(world, params, xml),
        "CreateListener" => balancers::create_listener(world, params, xml),
        "DescribeListeners" => balancers::describe_listeners(world, params, xml),
        "DeleteListener" => world.delete_listener(params.required("ListenerArn")?),
        "AddTags" => tags::add(world, params),
        "RemoveTags" => tags::remove(world, params),
        "DescribeTags" => tags::describe(world, params, xml),
        _ => Err(params.dialect().unknown_operation(action)),
    }
}

/// The entries of the page that is asked for and the marker of the next: 1 to 400 entries, all of
/// them unless said.
fn page<T>(
    params: &Params,
    mut items: Vec<T>,
    arn: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let size = params.parsed::<u32>("PageSize")?.unwrap_or(400);
    if !(1..=400).contains(&size) {
        return Err(params.dialect().malformed("PageSize", &size.to_string()));
    }
    let request = PageRequest { max_records: None, marker: params.owned("Marker") };
    items.sort_by(|one, other| arn(one).cmp(arn(other)));
    let page = request.cut(items, size as usize, |item| arn(item).to_owned());
    Ok((page.items, page.marker))
}
