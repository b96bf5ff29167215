//! Times that are shorter than it takes to see what became of a write.

use super::*;

/// The cluster `orders`, with these seconds of `settle`, `patience`, `patience-started` and
/// `sweep`.
fn brief(fixture: RunFixture, seconds: u8) -> RunFixture {
    fixture.with_config(&format!(
        "allow = [\"10.20.0.0/16\"]\n[timing]\nsettle = {seconds}\npatience = \
         {seconds}\npatience-started = {seconds}\nsweep = {seconds}\n[[binding]]\nname = \
         \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \
         \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n"
    ))
}

#[test]
fn a_removal_that_never_takes_effect_is_told_however_short_the_timing() {
    for seconds in 1..=12 {
        for fixture in [
            RunFixture::sweep(),
            RunFixture::event("RDS-EVENT-0071"),
            RunFixture::event("RDS-EVENT-0073"),
        ] {
            let mut fixture = brief(fixture, seconds);
            failed_over(&mut fixture.world);
            fixture.world.set(2, "healthy");
            fixture.world.stays = true;
            let report = fixture.play();
            let binding = &report.bindings[0];
            let reason = binding.reason.as_ref().map(|reason| reason.code);
            assert_eq!(
                (binding.status, reason),
                (Status::Failed, Some("write-ineffective")),
                "{seconds} s"
            );
            assert!(!report.ok);
            assert_eq!(binding.deregistered, [""; 0], "nothing was seen gone: {seconds} s");
        }
    }
}

#[test]
fn a_removal_that_shows_late_is_waited_for_however_short_the_timing() {
    for seconds in 1..=12 {
        let mut fixture = brief(RunFixture::sweep(), seconds);
        failed_over(&mut fixture.world);
        fixture.world.set(2, "healthy");
        fixture.world.reads_lag = Duration::from_millis(500);
        let report = fixture.play();
        let binding = &report.bindings[0];
        assert_eq!(
            (binding.status, binding.deregistered.len()),
            (Status::Changed, 1),
            "{seconds} s"
        );
    }
}
