//! A binding that only observes, beside another updater.

use super::*;
use crate::config::{Config, Location};
use crate::event::{Trigger, TriggerKind};

fn binding(name: &str, mode: &str) -> String {
    format!(
        "[[binding]]\nname = \"{name}\"\nsource = \"cluster/{name}\"\nmode = \"{mode}\"\n\
         target-group = \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{name}/\
         0123456789abcdef\"\n"
    )
}

/// The event of a failover, seen by a function with these bindings besides the one that observes.
fn observing(others: &[String]) -> RunFixture {
    let bindings = others.iter().fold(binding("orders", "observe"), |all, next| all + next);
    let text = format!("allow = [\"10.20.0.0/16\"]\n{bindings}");
    let mut fixture = RunFixture::event("RDS-EVENT-0071").with_config(&text);
    failed_over(&mut fixture.world);
    fixture
}

fn another_updater_follows(world: &mut World) {
    world.set(2, "initial");
    world.set(1, "draining");
}

#[test]
fn observe_reports_what_would_be_done_and_writes_nothing() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071").observing();
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Observed);
    assert!(report.ok);
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn an_observed_group_is_watched_until_another_updater_puts_it_right_or_the_event_ends() {
    let watched_for = |mended: Option<Duration>| {
        let mut fixture = observing(&[]);
        if let Some(mended) = mended {
            fixture.at(mended, another_updater_follows);
        }
        fixture.play();
        fixture.now
    };
    // The targets are read every five seconds.
    let until = watched_for(Some(12 * S));
    assert!((12 * S..18 * S).contains(&until), "{until:?}");
    assert!((30 * S..33 * S).contains(&watched_for(None)));
}

/// One run at a time: the next event would wait behind a run that only observes.
#[test]
fn beside_managed_bindings_an_observed_group_is_not_watched_once_its_failover_is_seen() {
    let watched_for = |leftover: bool| {
        let mut fixture = observing(&[binding("billing", "manage")]);
        if leftover {
            fixture.world.set(77, "healthy");
        }
        fixture.play();
        fixture.now
    };
    assert!(watched_for(false) < 10 * S);
    assert!(watched_for(true) >= 30 * S);
}

#[test]
fn what_the_looks_of_several_runs_found_wrong_is_measured_and_no_more() {
    let text = format!("allow = [\"10.20.0.0/16\"]\n{}", binding("orders", "observe"));
    let measured = |report: Report| report.bindings[0].seconds_wrong.expect("a look");
    let mut fixture = observing(&[]);
    let first = measured(fixture.play());
    assert!((24.0..30.0).contains(&first), "{first}");
    // Sweeps: the first two find it as it was, and before the third somebody puts it right.
    for _ in 0..2 {
        fixture.then(None, &text, 60 * S);
        let gap = measured(fixture.play());
        assert!((59.0..68.0).contains(&gap), "{gap}");
    }
    another_updater_follows(&mut fixture.world);
    for _ in 0..2 {
        fixture.then(None, &text, 60 * S);
        let gap = measured(fixture.play());
        assert!(gap.abs() < f64::EPSILON, "{gap}");
    }
}

#[test]
fn a_managed_binding_measures_nothing_and_ends_what_was_measured_before() {
    let observe = format!("allow = [\"10.20.0.0/16\"]\n{}", binding("orders", "observe"));
    let manage = observe.replace("observe", "manage");
    let mut fixture = observing(&[]);
    fixture.play();
    fixture.then(None, &manage, 60 * S);
    assert_eq!(fixture.play().bindings[0].seconds_wrong, None);
    // The next failover.
    fixture.world.writer = 1;
    fixture.world.dns = vec![1];
    fixture.then(None, &observe, 60 * S);
    let gap = fixture.play().bindings[0].seconds_wrong.expect("a look");
    assert!(gap.abs() < f64::EPSILON, "{gap}");
}

#[test]
fn a_dry_run_measures_nothing_and_takes_nothing_from_the_measure() {
    let text = format!("allow = [\"10.20.0.0/16\"]\n{}", binding("orders", "observe"));
    let mut fixture = observing(&[]);
    fixture.play();
    let config = Config::parse(&text, &Location::Inline(String::new())).expect("a configuration");
    let now = fixture.run.now;
    let memory = fixture.run.memory();
    let dry_run = Trigger::dry_run(TriggerKind::Invoke);
    fixture.run = Run::remembering(&config, &dry_run, now, 240 * S, &memory);
    assert_eq!(fixture.play().bindings[0].seconds_wrong, None);
    fixture.then(None, &text, 60 * S);
    let gap = fixture.play().bindings[0].seconds_wrong.expect("a look");
    assert!(gap > 59.0, "{gap}");
}

/// The one that followed DNS alone may be right already.
#[test]
fn an_address_that_one_key_names_alone_makes_no_group_wrong() {
    let mut fixture = observing(&[]);
    fixture.world.writer = 1;
    fixture.world.dns = vec![1];
    fixture.at(2 * S, |world| {
        world.dns = vec![2];
        another_updater_follows(world);
    });
    let report = fixture.play();
    let measured = report.bindings[0].seconds_wrong.expect("a look");
    assert!(measured.abs() < f64::EPSILON, "{measured}");
}
