//! The cases that the real function is measured with on loopback, in real time.

use std::io;
use std::time::{Duration, Instant};

use super::process::{Bindings, Fleet};
use super::{Row, median, seconds};
use crate::scenario::handler::Handler;
use crate::scenario::{Play, Program, play, scenarios};
use crate::scene::{FUNCTION, config};
use crate::wire::{Ending, Invoked, Kind, Lab, Options};
use crate::world::Pace;

/// Measures the function as a program: sweeps of 40 and of 100 bindings, and the planned failover.
///
/// # Errors
/// When the program or the loopback servers cannot be started.
pub async fn on_the_wire(program: &Program) -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, size) in [("wire-sweep-40", 40), ("wire-sweep-100", 100)] {
        rows.push(sweep(program, name, size).await?);
    }
    rows.extend(planned_failover(program).await?);
    Ok(rows)
}

/// The first sweep of a process. Nobody knows when it began but itself, so its start is measured
/// too.
async fn sweep(program: &Program, name: &'static str, size: usize) -> io::Result<Row> {
    let fleet = Fleet::new(size, 0..0, Bindings::Written, Pace::real());
    let options = Options { timeout: Duration::from_secs(240), ..Options::default() };
    let lab = Lab::start(fleet.world, options).await?;
    let home = tempfile::tempdir()?;
    let text = config(&fleet.links, lab.dns(), "");
    let _handler = Handler::start(program, None, &lab, &fleet.links, &text, home.path()).await?;
    let began = Instant::now();
    let invoked = lab.invoke(FUNCTION, r#"{"trigger":"sweep"}"#, Kind::Sync).await;
    let took = began.elapsed();
    let answer = match invoked {
        Ok(Invoked::Ended(_, Ending::Answered(answer))) => answer,
        _ => String::new(),
    };
    let report: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    let bindings = report["bindings"].as_array().map_or(&[][..], Vec::as_slice);
    let settled = bindings.iter().filter(|binding| binding["status"] == "settled").count();
    let (mut calls, mut throttled) = (0, 0);
    for tally in lab.world().budgets.iter().flat_map(|budgets| budgets.tallies().values()) {
        calls += tally.calls;
        throttled += tally.throttled;
    }
    lab.shutdown().await;
    Ok(Row {
        name,
        case: format!("on loopback: the first sweep of {size} written bindings, with its start"),
        target: format!("{size} settled, 0 throttled"),
        measured: format!("{settled} settled, {throttled} throttled, {}", seconds(took)),
        ok: settled == size && throttled == 0,
        counted: format!("{calls} calls"),
    })
}

/// The scenario `planned-failover` at the speed of AWS, over nine seeds at the same time.
async fn planned_failover(program: &Program) -> io::Result<Vec<Row>> {
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.name == "planned-failover")
        .expect("it is built in");
    let play_one = |seed| {
        let scenario = scenario.clone();
        let settings = Play {
            speed: 1.0,
            seed,
            budgets: Some(crate::world::Budgets::beside_a_rival()),
            ..Play::of(program.clone())
        };
        async move { play(&scenario, &settings).await }
    };
    let played = futures_util::future::try_join_all((1..=9).map(play_one)).await;
    let played = played.map_err(io::Error::other)?;
    let verdicts: Vec<_> = played.into_iter().map(|(_, verdict)| verdict).collect();
    let calls: Vec<usize> =
        verdicts.iter().map(|verdict| verdict.call_counts.values().sum()).collect();
    let right: Vec<Duration> = verdicts
        .iter()
        .map(|verdict| verdict.seconds_to_converge.map_or(Duration::MAX, Duration::from_secs_f64))
        .collect();
    let most = calls.iter().max().copied().unwrap_or_default();
    let converged = verdicts.iter().filter(|verdict| verdict.ok).count();
    let each: Vec<String> = calls.iter().map(ToString::to_string).collect();
    Ok(vec![Row {
        name: "wire-failover",
        case: "on loopback: the scenario `planned-failover`, 9 seeds".to_owned(),
        target: "all well, at most 25 calls".to_owned(),
        measured: format!(
            "{converged} well, {most} calls, median {}",
            seconds(median(&right).unwrap_or_default())
        ),
        ok: converged == 9 && most <= 25,
        counted: format!("calls by seed {}", each.join(", ")),
    }])
}
