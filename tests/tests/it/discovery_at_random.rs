//! Tests S6 for random tags with the real run and its driver: it writes only to groups to which
//! both sides consent, and only addresses inside `allow`.

use std::collections::BTreeSet;

use writerlink_core::event::SourceType;
use writerlink_lab::ports::present;
use writerlink_lab::scene::Scene;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags};
use writerlink_lab::world::ids::scramble;
use writerlink_tests::play::Play;

const SEEDS: u64 = 300;

const SOURCES: [Option<&str>; 6] = [
    None,
    Some("cluster/orders"),
    Some("instance/billing"),
    Some("cluster/ledger"),
    Some("instance/orders-1"),
    Some("orders"),
];
const EXTRAS: [Option<(&str, &str)>; 7] = [
    None,
    None,
    None,
    Some(("writerlink:mode", "observe")),
    Some(("writerlink:port", "5433")),
    Some(("writerlink:port", "x")),
    Some(("writerlink:publish", "true")),
];
const CONSENTS: [Option<&str>; 6] =
    [None, Some("one"), Some("two one"), Some("true"), Some("ones"), Some("")];
const PATTERNS: [&str; 3] =
    ["\"cluster/*\"", "\"instance/b*\"", "\"cluster/orders\", \"instance/billing\""];
const ALLOWS: [&str; 2] = ["10.20.0.0/16", "10.20.1.0/24"];

/// A group's name, the source that its tags name, and another tag of it.
type Asking = (&'static str, Option<&'static str>, Option<(&'static str, &'static str)>);

/// What one seed draws.
#[derive(Debug)]
struct Draw {
    groups: [Asking; 2],
    orders: Option<&'static str>,
    billing: Option<&'static str>,
    patterns: &'static str,
    allow: &'static str,
}

impl Draw {
    fn of(seed: u64) -> Self {
        let mut salt = 0;
        let mut pick = |most: usize| {
            salt += 1;
            usize::try_from(scramble(seed * 1000 + salt)).expect("64 bits") % most
        };
        Self {
            groups: ["one", "two"]
                .map(|name| (name, SOURCES[pick(SOURCES.len())], EXTRAS[pick(EXTRAS.len())])),
            orders: CONSENTS[pick(CONSENTS.len())],
            billing: CONSENTS[pick(CONSENTS.len())],
            patterns: PATTERNS[pick(PATTERNS.len())],
            allow: ALLOWS[pick(ALLOWS.len())],
        }
    }

    /// Whether a group may be written to, stated without the code that decides it.
    fn may_write(&self, group: &str) -> bool {
        let (_, source, extra) =
            self.groups.iter().find(|(name, ..)| *name == group).expect("drawn");
        let admitted = match (self.patterns, source) {
            ("\"cluster/*\"", Some("cluster/orders"))
            | ("\"instance/b*\"", Some("instance/billing")) => true,
            (both, Some("cluster/orders" | "instance/billing")) => both.contains(','),
            _ => false,
        };
        let tag = if *source == Some("cluster/orders") { self.orders } else { self.billing };
        let consents =
            tag.is_some_and(|tag| tag == "true" || tag.split(' ').any(|named| named == group));
        // RDS reports another port than 5433 of both databases.
        let fit = extra.is_none();
        admitted && consents && fit
    }

    fn play(&self) -> (Play, Vec<(&'static str, String)>) {
        let tags = |pairs: Vec<(&str, &str)>| -> Tags {
            let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
            pairs.into_iter().map(owned).collect()
        };
        let mut arns = Vec::new();
        let change = |scene: &mut Scene| {
            let world = &mut scene.world;
            for (name, source, extra) in &self.groups {
                let arn = world.add_target_group(NewTargetGroup::tcp(name, 5432));
                let pairs =
                    source.map(|source| ("writerlink:source", source)).into_iter().chain(*extra);
                world
                    .elbv2
                    .add_tags(std::slice::from_ref(&arn), &tags(pairs.collect()))
                    .expect("it exists");
                arns.push((*name, arn));
            }
            for (arn, consent) in [
                (world.cluster_arn("orders"), self.orders),
                (world.instance_arn("billing"), self.billing),
            ] {
                let pairs = consent.map(|to| ("writerlink:publish", to)).into_iter().collect();
                world.rds.add_tags(&arn, tags(pairs)).expect("it exists");
            }
        };
        let configure = |config: String| {
            let rest = config.split("\n[[binding]]").next().unwrap_or_default();
            let rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            format!("allow = [\"{}\"]\ndiscover = [{}]\n{rest}", self.allow, self.patterns)
        };
        let play = Play::configured(change, configure);
        (play, arns)
    }
}

#[test]
fn whatever_tags_say_only_what_both_sides_consent_to_is_written_and_only_inside_allow() {
    let (mut written, mut refused) = (0, BTreeSet::new());
    for seed in 0..SEEDS {
        let draw = Draw::of(seed);
        let (play, arns) = draw.play();
        play.world()
            .failover_db_cluster("orders", Some(["orders-2", "orders-3"][(seed % 2) as usize]))
            .expect("it is available");
        for report in [play.event(73, SourceType::Cluster, "orders"), play.sweep()] {
            for end in report.bindings {
                refused.extend(end.reason.map(|reason| reason.code));
            }
        }
        for (name, arn) in arns {
            let targets = present(&play.world(), &arn);
            if !targets.is_empty() {
                assert!(draw.may_write(name), "seed {seed}: {name} holds {targets:?} of {draw:?}");
                written += 1;
            }
            for (address, _) in targets {
                let inside = address
                    .ip()
                    .to_string()
                    .starts_with(draw.allow.trim_end_matches(".0/24").trim_end_matches(".0.0/16"));
                assert!(inside, "seed {seed}: {address} in {draw:?}");
            }
        }
        // The scene's own groups have no tags and no binding here: no run touches them.
        for link in &play.links {
            assert_eq!(present(&play.world(), &link.group).len(), 1, "seed {seed}");
        }
    }
    assert!(
        written > 20,
        "only {written} groups were written to: is anything consented to at all?"
    );
    for code in ["not-published", "bad-configuration", "address-refused", "port-differs"] {
        assert!(refused.contains(code), "no seed led to {code}: {refused:?}");
    }
}
