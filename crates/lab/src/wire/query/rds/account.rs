//! The account's quotas, and pending maintenance.

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::surroundings::Maintenance;
use crate::world::surroundings::database::{quotas, resource};
use crate::world::{ApiError, World};

pub(super) fn attributes(world: &World, xml: &mut Xml) -> Result<(), ApiError> {
    xml.list("AccountQuotas", "AccountQuota", quotas(world), |xml, (name, used, max)| {
        xml.text("AccountQuotaName", name).text("Used", used).text("Max", max);
    });
    Ok(())
}

pub(super) fn maintenance(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let all = world.surroundings.maintenance.iter();
    let mut all: Vec<_> = all.map(|one| (resource(world, one), one)).collect();
    if let Some(arn) = params.optional("ResourceIdentifier") {
        all.retain(|(resource, _)| resource == arn);
    }
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let key = |one: &(String, &Maintenance)| format!("{} {}", one.0, one.1.action);
    let page = page_request(params)?.of_rds(all, key)?;
    let (list, entry) = ("PendingMaintenanceActions", "ResourcePendingMaintenanceActions");
    xml.list(list, entry, page.items, |xml, (resource, maintenance)| {
        let first = maintenance.applied_after.as_ref().or(maintenance.forced_on.as_ref());
        xml.text("ResourceIdentifier", resource);
        let (list, entry) = ("PendingMaintenanceActionDetails", "PendingMaintenanceAction");
        xml.list(list, entry, [maintenance], |xml, maintenance| {
            xml.text("Action", &maintenance.action)
                .maybe("AutoAppliedAfterDate", maintenance.applied_after.as_ref())
                .maybe("ForcedApplyDate", maintenance.forced_on.as_ref())
                .maybe("CurrentApplyDate", first)
                .maybe("Description", maintenance.description.as_ref());
        });
    });
    xml.marker("Marker", page.marker);
    Ok(())
}
