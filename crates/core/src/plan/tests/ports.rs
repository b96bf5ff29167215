//! Which port the targets are on, and what becomes of those on another one.

use super::*;

#[test]
fn a_target_on_the_databases_former_port_is_not_in_sync_and_leaves_where_the_binding_is_exclusive()
{
    let mut former = target(1, "unhealthy");
    former.address.set_port(5433);
    let seen = look(cluster(Some(1), Some(1)), &[target(1, "healthy"), former.clone()]);
    let told = decide(&seen);
    assert_eq!(words(&told), "- | former-port");
    assert_eq!(told.weightiest().map(Hold::weight), Some(Weight::Holds));
    let remedy = told.holds[0].remedy().expect("there is something to do");
    assert!(remedy.contains("10.20.0.1:5433") && remedy.contains("exclusive"), "{remedy}");
    let exclusive = Binding { exclusive: true, ..binding() };
    let removed = plan(&exclusive, &Timing::default(), &seen);
    assert_eq!(words(&removed), "deregister .1:5433 | ");
    // The database has just moved from 5433 to 5432: nothing leaves before the new target is
    // registered.
    let seen = look(cluster(Some(1), Some(1)), &[former]);
    assert_eq!(words(&decide(&seen)), "register .1:5432 | former-port");
    assert_eq!(words(&plan(&exclusive, &Timing::default(), &seen)), "register .1:5432 | ");
}

#[test]
fn a_port_that_is_meant_makes_no_other_port_a_former_one() {
    let mut other = target(1, "healthy");
    other.address.set_port(2484);
    let seen = look(cluster(Some(1), Some(1)), &[target(1, "healthy"), other.clone()]);
    let meant = Binding { port_differs: PortDiffers::Allowed, ..binding() };
    assert_eq!(words(&plan(&meant, &Timing::default(), &seen)), "- | foreign-target");
    let on_the_other = Binding { port: Some(2484), ..meant };
    assert_eq!(words(&plan(&on_the_other, &Timing::default(), &seen)), "- | foreign-target");
}

#[test]
fn the_bindings_port_wins_over_the_databases_and_one_of_them_is_needed() {
    let mut seen = look(cluster(Some(1), Some(1)), &[]);
    let own = Binding { port: Some(6000), port_differs: PortDiffers::Allowed, ..binding() };
    assert_eq!(words(&plan(&own, &Timing::default(), &seen)), "register .1:6000 | ");
    seen.facts = None;
    assert_eq!(words(&decide(&seen)), "- | no-port");
}

#[test]
fn a_port_that_rds_does_not_report_is_held_before_anything_is_written() {
    let own = |source: &str| Binding {
        port: Some(6000),
        source: source.parse().expect("a source"),
        ..binding()
    };
    let differs = Hold::PortDiffers { written: 6000, reported: 5432 };
    for (source, evidence) in [
        ("cluster/orders", cluster(Some(1), Some(1))),
        ("cluster/orders", cluster(Some(1), Some(2))),
        ("instance/orders-1", instance(Some(1))),
        ("cluster/orders/readers", set(Key::Topology, &[1, 2])),
        ("cluster/orders/custom/reports", set(Key::Topology, &[1])),
    ] {
        let mut seen = look(evidence, &[]);
        seen.earlier.event = true;
        let held = plan(&own(source), &Timing::default(), &seen);
        assert_eq!(
            (held.holds.as_slice(), held.actions().len()),
            ([differs.clone()].as_slice(), 0),
            "{source}"
        );
    }
    let remedy = differs.remedy().expect("there is something to do");
    assert!(["6000", "5432", "port-differs"].iter().all(|part| remedy.contains(part)), "{remedy}");
    // The port of a proxy is that of its engine family, and no field of the API.
    let seen = look(set(Key::Dns, &[1]), &[]);
    let proxy = plan(&own("proxy/front"), &Timing::default(), &seen);
    assert_eq!(words(&proxy), "register .1:6000 | ");
}
