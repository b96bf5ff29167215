//! EC2's operations (botocore ec2 2016-11-15).

mod endpoint_services;
mod interfaces;
mod network;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::{ApiError, World};

/// Writes the content of an operation's result.
type Operation = fn(&World, &Params, &mut Xml) -> Result<(), ApiError>;

const OPERATIONS: [(&str, Operation); 8] = [
    ("DescribeSubnets", network::subnets),
    ("DescribeSecurityGroups", network::security_groups),
    ("GetManagedPrefixListEntries", network::prefix_list_entries),
    ("DescribeNetworkAcls", network::acls),
    ("DescribeNetworkInterfaces", interfaces::describe),
    ("DescribeVpcEndpointServiceConfigurations", endpoint_services::configurations),
    ("DescribeVpcEndpointServicePermissions", endpoint_services::permissions),
    ("DescribeVpcEndpointConnections", endpoint_services::connections),
];

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let found = OPERATIONS.iter().find(|(name, _)| *name == action);
    let (_, operation) = found.ok_or_else(|| params.dialect().unknown_operation(action))?;
    operation(world, params, xml)
}

/// The page that is asked for of the entries that all filters let through, and where the next one
/// begins. Entries are ordered by `key`; `values` gives what an entry has of a filter's name, and
/// nothing for a filter that does not exist.
fn page<T>(
    params: &Params,
    mut items: Vec<T>,
    key: impl Fn(&T) -> String,
    values: impl Fn(&T, &str) -> Option<Vec<String>>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    for filter in params.list("Filter") {
        let (name, wanted) = (filter.required("Name")?, filter.texts("Value"));
        let mut is_known = true;
        items.retain(|item| match values(item, name) {
            Some(values) => values.iter().any(|value| wanted.contains(value)),
            None => {
                is_known = false;
                true
            }
        });
        if !is_known {
            let message = format!("The filter '{name}' is invalid");
            return Err(ApiError::invalid_parameter_value(message));
        }
    }
    items.sort_by_key(&key);
    let size = params.parsed::<u32>("MaxResults")?.unwrap_or(1000);
    if !(5..=1000).contains(&size) {
        let message = format!("Value ( {size} ) for parameter maxResults is invalid");
        return Err(ApiError::invalid_parameter_value(message));
    }
    let request = PageRequest { max_records: None, marker: params.marker("NextToken")? };
    let page = request.cut(items, size as usize, key);
    Ok((page.items, page.marker))
}

/// Only the entries of these ids, all of which must exist; all entries, when no id is given.
fn named<T>(
    items: Vec<T>,
    ids: &[String],
    id: impl Fn(&T) -> &str,
    code: &'static str,
    what: &str,
) -> Result<Vec<T>, ApiError> {
    if let Some(missing) = ids.iter().find(|wanted| !items.iter().any(|item| id(item) == **wanted))
    {
        let message = format!("The {what} '{missing}' does not exist");
        return Err(ApiError::bad_request(code, message));
    }
    let is_wanted = |item: &T| ids.is_empty() || ids.iter().any(|wanted| wanted == id(item));
    Ok(items.into_iter().filter(is_wanted).collect())
}
