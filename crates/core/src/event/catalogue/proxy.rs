//! Events of RDS Proxy. None of them reports a change of a proxy's addresses; sweeps follow those.

use super::Group;
use super::Meaning::Look;
use super::Page::Both;

const WHY: &str = "the endpoints may have changed";

pub(super) const GROUPS: &[Group] = &[
    look(
        "creation",
        &[(203, "a proxy has been created"), (206, "an endpoint of a proxy has been created")],
    ),
    look(
        "configuration change",
        &[(204, "a proxy has been modified"), (207, "an endpoint of a proxy has been modified")],
    ),
    look(
        "deletion",
        &[(205, "a proxy has been deleted"), (208, "an endpoint of a proxy has been deleted")],
    ),
];

const fn look(category: &'static str, events: &'static [(u16, &'static str)]) -> Group {
    Group { category, page: Both, meaning: Look, why: WHY, events }
}
