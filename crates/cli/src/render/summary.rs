//! A verdict as a few lines, in 60 columns.

use writerlink_lab::scenario::Verdict;
use writerlink_lab::scenario::verdict::LinkVerdict;

use super::colour::{Colour, Tone};
use super::table::{plain_table, trimmed};

/// How a run ended: each database and what its application met with.
pub(crate) fn of(verdict: &Verdict, colour: Colour) -> String {
    let mut parts = Vec::new();
    for link in &verdict.links {
        let (tone, word) = match link.converged {
            true => (Tone::Good, "right"),
            false => (Tone::Bad, "WRONG"),
        };
        parts.push(format!("{}: {}\n{}", link.name, colour.paint(tone, word), course(link)));
    }
    if !verdict.faults.is_empty() {
        let mut faults = plain_table(Colour::Off, WIDTH);
        faults.add_rows(verdict.faults.iter().map(|fault| [fault]));
        parts.push(trimmed(&faults));
    }
    if verdict.links.iter().any(|link| link.outage.load_balancer > 0.0) {
        parts.push(LOAD_BALANCER.to_owned());
    }
    parts.push(chance(verdict));
    parts.join("\n")
}

/// How much a single run says.
fn chance(verdict: &Verdict) -> String {
    format!(
        "
One run, of seed {}, ranks nobody: `lab run --seeds 9` shows
what chance does. Assumed, not measured: to the nodes, the
health of a target that is being removed is {}.",
        verdict.seed,
        verdict.assumptions.leaving_health.as_str()
    )
}

const WIDTH: u16 = 60;

const LOAD_BALANCER: &str = "
The load balancer's time is a model's. In AWS its own minute
or two comes on top of what the function takes: users report
70 to 180 s until a new target gets traffic.";

/// What happened to one group and its application.
fn course(link: &LinkVerdict) -> String {
    let mut lines = Vec::new();
    if let (Some(_), Some(registered)) = (link.evidence_at, link.seconds.evidence_to_registered) {
        let right =
            link.right_after.map_or("never right".to_owned(), |s| format!("right {s:.1} s"));
        lines.push(format!("after the evidence: registered {registered:.1} s, {right}"));
    }
    let outage = &link.outage;
    lines.push(format!(
        "no acknowledgment for {:.1} s, {:.1} s in all",
        outage.none_for, outage.total
    ));
    let shares = [
        (outage.platform, "the platform, until it shows the new writer"),
        (outage.program, "the function, until the writer is a target"),
        (outage.load_balancer, "the load balancer, until writes arrive"),
    ];
    let shares = shares.iter().filter(|_| outage.total > 0.0);
    lines.extend(shares.map(|(seconds, of)| format!("{seconds:7.1} s  {of}")));
    lines.push(format!("{} statements failed", outage.failed));
    if let Some(choosing) = &link.choosing {
        lines.push(format!(
            "by the members' ports: no acknowledgment for {:.1} s",
            choosing.none_for
        ));
        lines.push(format!("  (no database took writes for {:.1} s)", link.platform_seconds));
    }
    if link.empty_seconds > 0.0 {
        lines.push(format!("the group was empty for {:.1} s", link.empty_seconds));
    }
    lines.into_iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use writerlink_lab::scenario::verdict::Outage;

    use super::*;

    #[test]
    fn a_summary_fits_in_60_columns_and_says_whose_the_outage_was() {
        let link = LinkVerdict {
            name: "orders-writer".to_owned(),
            evidence_at: Some(19.2),
            seconds: writerlink_lab::scenario::verdict::Seconds {
                evidence_to_registered: Some(2.2),
                ..Default::default()
            },
            empty_seconds: 0.1,
            outage: Outage {
                none_for: 119.5,
                total: 123.5,
                platform: 14.7,
                program: 2.2,
                load_balancer: 106.6,
                failed: 955,
                ..Outage::default()
            },
            ..LinkVerdict::default()
        };
        let fault = "orders-writer: the group holds 10.20.1.10:5432 and 10.20.2.10:5432; it should \
                     hold 10.20.2.10:5432";
        let verdict =
            Verdict { links: vec![link], faults: vec![fault.to_owned()], ..Verdict::default() };
        let text = of(&verdict, Colour::Off);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        insta::assert_snapshot!(text);
    }
}
