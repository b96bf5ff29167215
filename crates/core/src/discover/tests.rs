use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::config::Location;
use crate::source::Fallback;
use crate::target::Family;
use crate::topology::{Cluster, Form, Instance, Standby};

const EXPLICIT: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/stock/0123456789abcdef";

fn config(patterns: &str) -> Config {
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\ndiscover = {patterns}\n[[binding]]\nname = \"stock\"\nsource \
         = \"cluster/stock\"\ntarget-group = \"{EXPLICIT}\"\n"
    );
    Config::parse(&text, &Location::Inline(String::new())).expect("config")
}

fn arn(name: &str) -> TargetGroupArn {
    format!(
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{name}/fedcba9876543210"
    )
    .parse()
    .expect("an ARN")
}

fn group(target_type: &str, protocol: &str) -> TargetGroup {
    TargetGroup {
        target_type: target_type.to_owned(),
        protocol: protocol.to_owned(),
        family: Family::V4,
        vpc: None,
        in_use: true,
    }
}

fn tagged(name: &str, tags: &[(&str, &str)]) -> TaggedGroup {
    TaggedGroup {
        arn: arn(name),
        group: Ok(group("ip", "TCP")),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

fn one(tags: &[(&str, &str)]) -> Result<Binding, BadBinding> {
    let found = bindings(&config("[\"cluster/orders-*\"]"), &[tagged("link", tags)]);
    let [found] = <[_; 1]>::try_from(found).expect("one group");
    found.map(|(binding, _)| binding)
}

/// The clusters and instances of these names, each with this tag.
fn topology(names: &[&str], publish: Option<&str>) -> Topology {
    let id = |name: &&str| name.parse::<Identifier>().expect("an identifier");
    let publish = publish.map(str::to_owned);
    let cluster = Cluster {
        engine: "aurora-postgresql".to_owned(),
        resource_id: None,
        form: Form::Instances,
        status: String::new(),
        publish: publish.clone(),
        endpoint: None,
        port: None,
        members: Vec::new(),
        replicates: false,
    };
    let instance = Instance {
        engine: "postgres".to_owned(),
        resource_id: None,
        status: String::new(),
        publish,
        endpoint: None,
        port: None,
        cluster: None,
        vpc: None,
        standby: Standby::Unknown,
        network: None,
        placement: Default::default(),
    };
    Topology {
        clusters: names.iter().map(|name| (id(name), cluster.clone())).collect(),
        instances: names.iter().map(|name| (id(name), instance.clone())).collect(),
        ..Topology::default()
    }
}

#[test]
fn the_tags_of_a_group_make_a_binding_of_its_name() {
    let binding = one(&[(SOURCE, "cluster/orders-eu")]).expect("a binding");
    assert_eq!((binding.name.as_str(), binding.target_group), ("link", arn("link")));
    assert_eq!(binding.source.to_string(), "cluster/orders-eu");
    assert_eq!((binding.port, binding.mode, binding.exclusive), (None, Mode::Manage, false));
    assert_eq!(binding.consent, Consent::Tagged);
    assert!(binding.allow.contains("10.20.0.1".parse().expect("an address")));
    assert!(!binding.allow.contains("10.21.0.1".parse().expect("an address")));

    let binding = one(&[(SOURCE, "cluster/orders-eu"), (PORT, "5433"), (MODE, "observe")])
        .expect("a binding");
    assert_eq!((binding.port, binding.mode), (Some(5433), Mode::Observe));
}

#[test]
fn what_is_malformed_is_refused_by_the_groups_name_and_says_what_to_write() {
    let good = (SOURCE, "cluster/orders-eu");
    for (tags, says) in [
        (vec![(PORT, "5432")], "there is no `writerlink:source`"),
        (vec![(SOURCE, "orders-eu")], "is no source"),
        (vec![(SOURCE, "")], "is no source"),
        (vec![(SOURCE, "cluster/a--b")], "cannot be an RDS identifier"),
        (
            vec![(SOURCE, "cluster/billing")],
            "is cluster/billing, which no pattern of `discover` admits",
        ),
        (vec![(SOURCE, "instance/orders-eu")], "no pattern of `discover` admits"),
        (vec![good, (PORT, "0")], "`writerlink:port` is \"0\": write a number"),
        (vec![good, (PORT, "65536")], "`writerlink:port` is \"65536\""),
        (vec![good, (PORT, "")], "`writerlink:port` is \"\""),
        (vec![good, (PORT, "5432 ")], "`writerlink:port` is \"5432 \""),
        (
            vec![good, (MODE, "watch")],
            "`writerlink:mode` is \"watch\": write `manage` or `observe`",
        ),
        (vec![good, ("writerlink:prot", "1")], "`writerlink:prot` is not a tag for a target group"),
        (vec![good, (PUBLISH, "true")], "`writerlink:publish` is not a tag for a target group"),
    ] {
        let bad = one(&tags).expect_err(says);
        assert_eq!(bad.name, "link");
        let text = bad.to_string();
        assert!(text.starts_with("the tags of the target group `link`: "), "{text}");
        assert!(text.contains(says), "{tags:?} gave {text:?}, not {says:?}");
    }
    for (target_type, protocol, says) in
        [("instance", "TCP", "`--target-type ip`"), ("ip", "UDP", "`--protocol TCP`")]
    {
        let odd =
            TaggedGroup { group: Ok(group(target_type, protocol)), ..tagged("link", &[good]) };
        let bad =
            bindings(&config("[\"cluster/*\"]"), &[odd]).remove(0).expect_err(says).to_string();
        assert!(bad.contains(says), "{bad}");
    }
}

#[test]
fn one_groups_tags_never_stop_anothers() {
    let groups = [
        tagged("bad", &[(SOURCE, "nonsense")]),
        tagged("one", &[(SOURCE, "cluster/orders-eu")]),
        tagged("two", &[(SOURCE, "cluster/orders-eu")]),
        tagged("untagged", &[]),
    ];
    let found = bindings(&config("[\"cluster/orders-*\"]"), &groups);
    let ends: Vec<(&str, bool)> = found
        .iter()
        .map(|found| match found {
            Ok((binding, _)) => (binding.name.as_str(), true),
            Err(bad) => (bad.name.as_str(), false),
        })
        .collect();
    assert_eq!(ends, [("bad", false), ("one", true), ("two", true)]);
}

#[test]
fn a_binding_of_the_configuration_wins_its_group_even_when_it_is_refused() {
    let tags = [(SOURCE, "cluster/orders-eu")];
    let same = TaggedGroup { arn: EXPLICIT.parse().expect("an ARN"), ..tagged("stock", &tags) };
    let good = config("[\"cluster/*\"]");
    assert_eq!(bindings(&good, std::slice::from_ref(&same)), []);
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\ndiscover = [\"cluster/*\"]\n[[binding]]\nname = \
         \"stock\"\nmode = \"observ\"\ntarget-group = \"{EXPLICIT}\"\n"
    );
    let bad = Config::parse(&text, &Location::Inline(String::new())).expect("config");
    assert!(bad.bindings[0].is_err());
    assert_eq!(bindings(&bad, &[same]), []);

    // Another group under a binding's name would look like it in a report.
    for name in ["stock", ENTRY] {
        let refused =
            bindings(&good, &[tagged(name, &tags)]).remove(0).expect_err("the name is taken");
        assert_eq!(refused.name, arn(name).as_str());
        assert!(refused.fault.contains("rename that binding"), "{refused}");
    }
}

#[test]
fn a_database_consents_by_the_groups_name_or_to_any_group() {
    let binding = one(&[(SOURCE, "cluster/orders-eu")]).expect("a binding");
    for (publish, consents) in [
        (Some("link"), true),
        (Some("true"), true),
        (Some(" true "), true),
        (Some("other link"), true),
        (Some("other,link"), false),
        (Some("true other"), false),
        (Some("Link"), false),
        (Some("link-2"), false),
        (Some("false"), false),
        (Some("*"), false),
        (Some(""), false),
        (None, false),
    ] {
        let consented = consent(&binding, &topology(&["orders-eu", "other"], publish));
        assert_eq!(consented.is_ok(), consents, "{publish:?}: {consented:?}");
    }
    let consented = consent(&binding, &topology(&["orders-eu"], None)).expect_err("no tag");
    assert_eq!(
        consented,
        "orders-eu does not consent to being published through the target group `link`: it has no \
         tag `writerlink:publish`"
    );
}

#[test]
fn a_database_that_is_not_listed_neither_consents_nor_refuses() {
    let binding = one(&[(SOURCE, "cluster/orders-eu")]).expect("a binding");
    assert_eq!(consent(&binding, &topology(&["other"], Some("true"))), Ok(()));
}

#[test]
fn what_the_configuration_names_needs_no_tag() {
    let config = config("[\"cluster/*\"]");
    let stock = config.usable().next().expect("the binding");
    assert_eq!(consent(stock, &topology(&["stock"], None)), Ok(()));
}

/// S6 for tags, stated from outside: whatever the tags of groups and databases say, a binding that
/// may act has a source that a pattern admits, a group that no other binding has, and a database
/// whose own tag names that group.
mod whatever_tags_say {
    use super::*;

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["(orders|billing|stock)(-eu)?", "[a-z]{1,3}", "link|stock|discovery|true"]
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => ("(cluster|instance|proxy|dns)", name())
                .prop_map(|(kind, name)| format!("{kind}/{name}")),
            1 => name(),
            1 => "[0-9]{0,6}",
            1 => "true|manage|observe",
            1 => "[ -~]{0,20}",
        ]
    }

    fn group_tags() -> impl Strategy<Value = BTreeMap<String, String>> {
        let key = prop_oneof![
            4 => Just(SOURCE.to_owned()),
            1 => Just(PORT.to_owned()),
            1 => Just(MODE.to_owned()),
            1 => Just(PUBLISH.to_owned()),
            1 => "writerlink:[a-z]{0,4}",
        ];
        btree_map(key, value(), 0..3)
    }

    proptest! {
        #[test]
        fn only_groups_that_both_sides_consent_to_are_acted_on(
            groups in vec((name(), group_tags(), prop::bool::weighted(0.9)), 0..6),
            databases in btree_map(name(), prop::option::of(value()), 0..6),
        ) {
            let config = config("[\"cluster/orders*\", \"instance/billing\"]");
            let groups: Vec<TaggedGroup> = groups
                .into_iter()
                .map(|(name, tags, fits)| TaggedGroup {
                    arn: match name.as_str() {
                        "stock" => EXPLICIT.parse().expect("an ARN"),
                        name => arn(name),
                    },
                    group: Ok(group(if fits { "ip" } else { "instance" }, "TCP")),
                    tags,
                })
                .collect();
            let mut topology = Topology::default();
            for (name, publish) in &databases {
                let listed = super::topology(&[name.as_str()], publish.as_deref());
                topology.clusters.extend(listed.clusters);
                topology.instances.extend(listed.instances);
            }
            let mut taken: BTreeSet<String> = ["stock", ENTRY].map(str::to_owned).into();
            for (binding, described) in bindings(&config, &groups).into_iter().flatten() {
                let source = binding.source.to_string();
                let tagged = groups.iter().find(|tagged| {
                    tagged.arn == binding.target_group && tagged.tags.get(SOURCE) == Some(&source)
                });
                let group = Ok(described.clone());
                let is_described = tagged.is_some_and(|tagged| tagged.group == group);
                prop_assert!(is_described, "a group's own tags ask for it");
                prop_assert!(taken.insert(binding.name.clone()), "one binding a group, under a \
                    name of its own");
                prop_assert_eq!(&described.target_type, "ip");
                let is_admitted =
                    source.starts_with("cluster/orders") || source == "instance/billing";
                prop_assert!(is_admitted, "{source}");
                let discover = config.discover.as_ref().expect("discovery is on");
                prop_assert_eq!(&binding.allow, &discover.allow);
                prop_assert!(!binding.exclusive && binding.max_removals == 4);
                let id = source.split('/').nth(1).unwrap_or_default();
                if let Some(publish) = databases.get(id) {
                    let names = publish.as_deref().unwrap_or_default().trim().split(' ');
                    let named = names.clone().any(|named| named == binding.target_group.name());
                    let consents = named || names.eq(["true"]);
                    prop_assert_eq!(consent(&binding, &topology).is_ok(), consents);
                }
            }
        }
    }
}

#[test]
fn where_tags_ask_for_readers_the_writer_is_never_the_fallback() {
    let found = bindings(
        &config("[\"cluster/orders-*/readers\"]"),
        &[tagged("link", &[(SOURCE, "cluster/orders-eu/readers")])],
    );
    let [Ok((binding, _))] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(matches!(binding.source, Source::Readers(_, Fallback::None)));
}
