use std::net::IpAddr;
use std::sync::Arc;

use writerlink_core::config::{Config, Location};
use writerlink_core::report::Reason;

use super::*;
use crate::render::sample::{ended, finding, report};

const CONFIG: &str = r#"
allow = ["10.20.0.0/16"]
[[binding]]
name = "orders-writer"
source = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
[[binding]]
name = "billing"
source = "instance/billing"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/billing/0123456789abcdef"
[[binding]]
name = "a-binding-whose-name-somebody-made-rather-long-and-then-some"
source = "cluster/a-cluster-with-a-long-name-as-modules-like-to-make-them"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/long/0123456789abcdef"
[[binding]]
name = "orders-readers"
source = "cluster/orders/readers"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/readers/0123456789abcdef"
[[binding]]
name = "front"
source = "proxy/front"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/front/0123456789abcdef"
"#;

/// A report of these bindings, each with its configuration.
fn report_of<const N: usize>(ends: [BindingReport; N]) -> Report {
    let config =
        Config::parse(CONFIG, &Location::Inline(CONFIG.to_owned())).expect("a good configuration");
    report(ends.map(|end| BindingReport {
        binding: config.usable().find(|binding| binding.name == end.name).cloned().map(Arc::new),
        ..end
    }))
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn dns(instance: &str, address: &str) -> KeyReport {
    KeyReport::Dns {
        instance: Some(instance.parse().expect("a name")),
        addresses: vec![ip(address)],
    }
}

fn topology(instance: &str, address: &str) -> KeyReport {
    KeyReport::Topology { instance: instance.parse().expect("a name"), address: ip(address) }
}

fn target(address: &str, port: u16, state: &str) -> TargetReport {
    TargetReport { id: ip(address), port, zone: None, state: state.to_owned(), reason: None }
}

fn drifting() -> BindingReport {
    BindingReport {
        evidence: Some(EvidenceReport {
            topology: Some(topology("orders-2", "10.20.2.4")),
            dns: Some(dns("orders-2", "10.20.2.4")),
        }),
        targets: vec![target("10.20.1.4", 5432, "healthy")],
        planned: vec!["register 10.20.2.4:5432".to_owned(), "deregister 10.20.1.4:5432".to_owned()],
        ..ended(Status::Drift, "")
    }
}

fn settled() -> BindingReport {
    BindingReport {
        name: "billing".to_owned(),
        evidence: Some(EvidenceReport { topology: None, dns: Some(dns("billing", "10.20.1.9")) }),
        targets: vec![target("10.20.1.9", 3306, "healthy"), target("10.20.3.9", 3306, "draining")],
        ..ended(Status::Settled, "")
    }
}

/// DNS does not answer for one of three readers, so no target can be removed.
fn readers() -> BindingReport {
    let member = |instance: &str, address: &str| MemberReport {
        instance: instance.parse().expect("a name"),
        address: ip(address),
    };
    let message =
        "orders-3.c0ffee1234ab.eu-west-1.rds.amazonaws.com: the servers did not answer in time";
    BindingReport {
        name: "orders-readers".to_owned(),
        evidence: Some(EvidenceReport {
            topology: Some(KeyReport::Members {
                members: vec![member("orders-1", "10.20.1.4"), member("orders-2", "10.20.2.4")],
                missing: Some(message.to_owned()),
            }),
            dns: None,
        }),
        targets: vec![
            target("10.20.1.4", 5432, "healthy"),
            target("10.20.2.4", 5432, "healthy"),
            target("10.20.3.4", 5432, "healthy"),
        ],
        reason: Some(Reason { code: "dns-timeout", message: message.to_owned(), remedy: None }),
        ..ended(Status::Held, "")
    }
}

fn proxy() -> BindingReport {
    BindingReport {
        name: "front".to_owned(),
        evidence: Some(EvidenceReport {
            topology: None,
            dns: Some(KeyReport::Dns {
                instance: None,
                addresses: vec![ip("10.20.1.12"), ip("10.20.2.12")],
            }),
        }),
        targets: vec![target("10.20.1.12", 5432, "healthy"), target("10.20.2.12", 5432, "initial")],
        ..ended(Status::Settled, "")
    }
}

fn held() -> BindingReport {
    BindingReport {
        name: "a-binding-whose-name-somebody-made-rather-long-and-then-some".to_owned(),
        evidence: Some(EvidenceReport {
            topology: Some(topology("reporting-instance-2", "10.20.2.4")),
            dns: Some(KeyReport::Unknown {
                unknown: "dns-nxdomain",
                message: "the name does not exist (NXDOMAIN)".to_owned(),
            }),
        }),
        targets: vec![target("fd00:ec2::17", 5432, "unhealthy")],
        reason: Some(Reason {
            code: "dns-nxdomain",
            message: "reporting.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com: the name does \
                not exist (NXDOMAIN)"
                .to_owned(),
            remedy: Some(
                "Look for a private hosted zone that shadows the name in the VPC from \
                which this runs, and for a firewall that filters its answers."
                    .to_owned(),
            ),
        }),
        notes: vec![
            "10.20.9.9:5433 is on another port or outside the binding's `allow`, and was \
            left alone"
                .to_owned(),
        ],
        ..ended(Status::Held, "")
    }
}

fn bad() -> BindingReport {
    BindingReport {
        name: "stock".to_owned(),
        reason: Some(Reason {
            code: "bad-configuration",
            message:
                "writerlink.toml:31:1: `alow` is no key of `[[binding]]`; did you mean `allow`?"
                    .to_owned(),
            remedy: None,
        }),
        ..ended(Status::Failed, "")
    }
}

#[test]
fn a_report_is_one_row_a_binding_and_the_rest_in_sentences() {
    let report = report_of([drifting(), settled(), held(), bad()]);
    insta::assert_snapshot!(audit(&report, Colour::Off, WIDTH));
}

#[test]
fn a_report_in_sync_says_so_in_one_line_below_the_table() {
    insta::assert_snapshot!(audit(&report_of([settled()]), Colour::Off, WIDTH));
}

#[test]
fn a_set_is_listed_with_each_of_its_members_and_a_gap_is_shown() {
    insta::assert_snapshot!(audit(&report_of([readers(), proxy()]), Colour::Off, WIDTH));
}

#[test]
fn a_broken_finding_is_in_the_status_and_below_the_table_with_what_to_check() {
    let unreachable = BindingReport { findings: vec![finding(Severity::Broken)], ..settled() };
    let text = audit(&report_of([unreachable]), Colour::Off, WIDTH);
    let parts =
        ["writer-unhealthy", "settled, and broken", "writer-unhealthy (broken): what was noticed"];
    for part in parts.into_iter().chain(["What to check first."]) {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn no_line_is_longer_than_the_width_whatever_the_names() {
    let report = report_of([drifting(), settled(), held(), bad(), readers(), proxy()]);
    for width in [60, 80, 100, 200] {
        for line in audit(&report, Colour::Off, width).lines() {
            // The heading above a binding's details is its name, which is not wrapped.
            let is_heading = !line.starts_with(' ');
            let length = line.chars().count();
            assert!(is_heading || length <= usize::from(width), "{length}: {line}");
        }
    }
}

#[test]
fn there_is_colour_only_where_it_is_wanted() {
    let report = report_of([drifting(), held()]);
    let plain = audit(&report, Colour::Off, WIDTH);
    assert!(!plain.contains('\u{1b}'));
    let coloured = audit(&report, Colour::On, WIDTH);
    assert!(coloured.contains("\u{1b}["));
}
