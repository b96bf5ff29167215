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
        "DescribeTargetGroups" => groups::describe(world, params, xml),
        "DescribeTargetGroupAttributes" => groups::attributes(world, params, xml),
        "RegisterTargets" => targets::register(world, params),
        "DeregisterTargets" => targets::deregister(world, params),
        "DescribeTargetHealth" => targets::health(world, params, xml),
        "DescribeLoadBalancers" => balancers::describe(world, params, xml),
        "DescribeLoadBalancerAttributes" => balancers::attributes(world, params, xml),
        "DescribeListenerAttributes" => balancers::listener_attributes(world, params, xml),
        "DescribeListeners" => balancers::describe_listeners(world, params, xml),
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
    let request = PageRequest { max_records: None, marker: params.marker("Marker")? };
    items.sort_by(|one, other| arn(one).cmp(arn(other)));
    let page = request.cut(items, size as usize, |item| arn(item).to_owned());
    Ok((page.items, page.marker))
}

/// Refuses parameters of which a request has at most one (moto, `elbv2/models.py`:
/// InvalidDescribeTargetGroupsRequest).
fn one_of(params: &Params, names: [&str; 2]) -> Result<(), ApiError> {
    let is_given = |name: &&str| params.optional(name).is_some() || !params.list(name).is_empty();
    if names.iter().all(is_given) {
        let message = format!("{} and {} cannot be specified together", names[0], names[1]);
        return Err(ApiError::bad_request("ValidationError", message));
    }
    Ok(())
}
