//! The figures of several runs that differ in their seed.

use serde::Serialize;

use super::Verdict;
use super::assumptions::Assumptions;

/// The runs of one scenario with one program under the same assumptions.
#[derive(Clone, Debug, Serialize)]
pub struct Runs {
    /// The scenario's name.
    pub scenario: String,
    /// The program under test, as it was started.
    pub handler: String,
    /// What was assumed in each run. What was shown first is `either`, where it was not the same in
    /// all of them.
    pub assumptions: Assumptions,
    /// The seeds, in order.
    pub seeds: Vec<u64>,
    /// How many of the runs ended as the scenario expects.
    pub ok: usize,
    /// See [`Verdict::seconds_to_converge`]; nothing, where nothing had to change.
    pub seconds_to_converge: Option<Spread>,
    /// See [`Verdict::evidence_to_registered`]; nothing, where nothing had to be registered.
    pub evidence_to_registered: Option<Spread>,
    /// See [`Verdict::outage_seconds`].
    pub outage_seconds: Spread,
    /// See [`Verdict::choosing_outage_seconds`]; nothing, where no application chooses.
    pub choosing_outage_seconds: Option<Spread>,
    /// See [`Verdict::platform_seconds`].
    pub platform_seconds: Spread,
    /// See [`Verdict::total_outage_seconds`].
    pub total_outage_seconds: Spread,
    /// See [`Verdict::failed_statements`].
    pub failed_statements: Spread,
    /// See [`Verdict::empty_seconds`].
    pub empty_seconds: Spread,
    /// See [`Verdict::lost_rows`].
    pub lost_rows: Spread,
    /// How many API calls were made.
    pub calls: Spread,
}

/// The middle and the extremes of a figure. A figure that was never reached is greater than any
/// other, and null in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The median; of an even number of runs, the lower one of the two in the middle.
    pub median: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

impl Runs {
    /// The verdicts, those that differ in nothing but their seed taken together, in the order in
    /// which they first appear.
    pub fn of(verdicts: &[&Verdict]) -> Vec<Runs> {
        let key = |verdict: &Verdict| {
            // The seed decides it.
            let assumptions =
                Assumptions { shown_first: String::new(), ..verdict.assumptions.clone() };
            (verdict.scenario.clone(), verdict.handler.clone(), assumptions)
        };
        let mut groups: Vec<(_, Vec<&Verdict>)> = Vec::new();
        for verdict in verdicts {
            let key = key(verdict);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, group)) => group.push(verdict),
                None => groups.push((key, vec![verdict])),
            }
        }
        groups.iter().map(|(_, group)| Runs::of_group(group)).collect()
    }

    fn of_group(runs: &[&Verdict]) -> Runs {
        let first = runs[0];
        let spread =
            |of: &dyn Fn(&Verdict) -> f64| Spread::of(runs.iter().map(|verdict| Some(of(verdict))));
        // A run that is right without having had to change has no such figure.
        let changes = runs.iter().any(|run| run.seconds_to_converge.is_some() || !run.converged);
        let registers = runs.iter().any(|run| run.evidence_to_registered.is_some());
        let mut assumptions = first.assumptions.clone();
        if runs.iter().any(|run| run.assumptions.shown_first != assumptions.shown_first) {
            "either".clone_into(&mut assumptions.shown_first);
        }
        Runs {
            scenario: first.scenario.clone(),
            handler: first.handler.clone(),
            assumptions,
            seeds: runs.iter().map(|run| run.seed).collect(),
            ok: runs.iter().filter(|run| run.ok).count(),
            // One that was right without a change needed no time.
            seconds_to_converge: changes.then(|| {
                let at_once = |run: &Verdict| run.converged.then_some(0.0);
                Spread::of(runs.iter().map(|run| run.seconds_to_converge.or(at_once(run))))
            }),
            evidence_to_registered: registers
                .then(|| Spread::of(runs.iter().map(|run| run.evidence_to_registered))),
            outage_seconds: spread(&|run| run.outage_seconds),
            choosing_outage_seconds: runs
                .iter()
                .any(|run| run.choosing_outage_seconds.is_some())
                .then(|| Spread::of(runs.iter().map(|run| run.choosing_outage_seconds))),
            platform_seconds: spread(&|run| run.platform_seconds),
            total_outage_seconds: spread(&|run| run.total_outage_seconds),
            failed_statements: spread(&|run| run.failed_statements as f64),
            empty_seconds: spread(&|run| run.empty_seconds),
            lost_rows: spread(&|run| run.lost_rows as f64),
            calls: spread(&|run| run.calls.len() as f64),
        }
    }
}

impl Spread {
    fn of(figures: impl Iterator<Item = Option<f64>>) -> Spread {
        let mut sorted: Vec<f64> = figures.map(|one| one.unwrap_or(f64::INFINITY)).collect();
        sorted.sort_by(f64::total_cmp);
        let reached = |one: Option<&f64>| one.copied().filter(|one| one.is_finite());
        let middle = sorted.len().saturating_sub(1) / 2;
        Spread {
            median: reached(sorted.get(middle)),
            min: reached(sorted.first()),
            max: reached(sorted.last()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::LeavingHealth;

    fn verdict(seed: u64, after: Option<f64>, leaving_health: LeavingHealth) -> Verdict {
        let shown_first = if seed.is_multiple_of(2) { "dns" } else { "rds-api" }.to_owned();
        Verdict {
            seed,
            ok: after.is_some(),
            converged: after.is_some(),
            seconds_to_converge: after,
            outage_seconds: seed as f64,
            assumptions: Assumptions { leaving_health, shown_first, ..Assumptions::default() },
            ..Verdict::default()
        }
    }

    #[test]
    fn runs_that_differ_in_their_seed_alone_are_told_by_their_median_and_extremes() {
        use LeavingHealth::{Frozen, Live};
        let verdicts = [
            verdict(1, Some(30.0), Frozen),
            verdict(2, None, Frozen),
            verdict(3, Some(10.0), Frozen),
            verdict(1, Some(7.0), Live),
        ];
        let runs = Runs::of(&verdicts.iter().collect::<Vec<_>>());
        let told = |runs: &Runs| {
            let Spread { median, min, max } = runs.seconds_to_converge.expect("it changed");
            (runs.assumptions.leaving_health, runs.seeds.len(), runs.ok, [median, min, max])
        };
        assert_eq!(
            runs.iter().map(told).collect::<Vec<_>>(),
            [
                (Frozen, 3, 2, [Some(30.0), Some(10.0), None]),
                (Live, 1, 1, [Some(7.0), Some(7.0), Some(7.0)]),
            ]
        );
        let shown_first = runs.iter().map(|runs| runs.assumptions.shown_first.as_str());
        assert_eq!(shown_first.collect::<Vec<_>>(), ["either", "rds-api"]);
        let outage = Spread { median: Some(2.0), min: Some(1.0), max: Some(3.0) };
        assert_eq!(runs[0].outage_seconds, outage);
    }

    #[test]
    fn where_nothing_had_to_change_there_is_no_time_until_it_was_right() {
        let unchanged = Verdict { ok: true, converged: true, ..Verdict::default() };
        assert_eq!(Runs::of(&[&unchanged])[0].seconds_to_converge, None);
        // Where one run went wrong, the others were right at once.
        let wrong = verdict(2, None, LeavingHealth::Frozen);
        let other = Verdict { seed: 2, ..wrong };
        let unchanged = Verdict { assumptions: other.assumptions.clone(), ..unchanged };
        let spread = Runs::of(&[&unchanged, &other])[0].seconds_to_converge;
        assert_eq!(spread, Some(Spread { median: Some(0.0), min: Some(0.0), max: None }));
    }
}
