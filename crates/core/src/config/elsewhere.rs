//! Target groups that one function cannot reach together.

use super::keys::{Key, Table};
use super::tree::{Entry, entry};
use super::walk::{Finding, Scope};
use super::{BadBinding, Binding};

/// What to remark of the usable bindings whose target group is in another Region or another account
/// than that of the first one. A function has one Region, and Elastic Load Balancing describes a
/// group only to its own account (AWS docs: `DescribeTargetGroups`).
pub(super) fn remarks(top: &[Entry], bindings: &[Result<Binding, BadBinding>]) -> Vec<Finding> {
    let items = entry(top, "binding").and_then(|written| written.node.list()).unwrap_or_default();
    let mut usable = bindings.iter().enumerate().filter_map(|(n, b)| Some((n, b.as_ref().ok()?)));
    let Some((_, first)) = usable.next() else { return Vec::new() };
    let home = place(first);
    let remark = |(index, binding): (usize, &Binding)| {
        let group = entry(items.get(index)?.table()?, "target-group")?;
        let place = place(binding);
        (place != home).then(|| Finding {
            at: group.at,
            key: Table::Binding.key("target-group").map(Key::full),
            scope: Scope::Bindings(vec![index]),
            says: format!(
                "the target group is in {place}, and that of `{}` in {home}: a function serves one \
                 Region of one account, so write a configuration for each",
                first.name
            ),
            meant: None,
            is_syntax: false,
        })
    };
    usable.filter_map(remark).collect()
}

fn place(binding: &Binding) -> String {
    let group = &binding.target_group;
    format!("{} of account {}", group.region(), group.account())
}
