//! Times that are shorter than it takes to see what became of a write.

use super::*;

/// The cluster `orders`, with these seconds of `settle`, `patience`, `patience-started` and
/// `sweep`.
fn brief(stage: Stage, seconds: u8) -> Stage {
    stage.with_config(&format!(
        "allow = [\"10.20.0.0/16\"]\n[timing]\nsettle = {seconds}\npatience = {seconds}\npatience-started = {seconds}\nsweep = {seconds}\n[[binding]]\nname = \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n"
    ))
}

#[test]
fn a_removal_that_never_takes_effect_is_told_however_short_the_timing() {
    for seconds in 1..=12 {
        for stage in [
            Stage::sweep(),
            Stage::event("RDS-EVENT-0071"),
            Stage::event("RDS-EVENT-0073"),
        ] {
            let mut stage = brief(stage, seconds);
            failed_over(&mut stage.world);
            stage.world.set(2, "healthy");
            stage.world.stays = true;
            let report = stage.play();
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
        let mut stage = brief(Stage::sweep(), seconds);
        failed_over(&mut stage.world);
        stage.world.set(2, "healthy");
        stage.world.reads_lag = Duration::from_millis(500);
        let report = stage.play();
        let binding = &report.bindings[0];
        assert_eq!(
            (binding.status, binding.deregistered.len()),
            (Status::Changed, 1),
            "{seconds} s"
        );
    }
}
