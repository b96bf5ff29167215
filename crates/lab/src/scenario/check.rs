//! What a file of scenarios must be beyond its form: names that are given once, times that can
//! come, and steps that the region carries out. Each scenario is played once without a program, in
//! virtual time.

use std::time::Duration;

use writerlink_core::source::Source;

use super::assumptions::{RegionAssumptions, Subscription};
use super::script::{Act, Region, Scenario};
use super::setting::Setting;
use crate::place::{Checked, listed, once, wrong};
use crate::scene::{Link, Standby};

/// The operations of which a step can say how they are answered: all that a program has in RDS and
/// Elastic Load Balancing here, and the one of EC2 that the function calls.
const OPERATIONS: [&str; 33] = [
    "AddTags",
    "AddTagsToResource",
    "DeleteDBInstance",
    "DeregisterTargets",
    "DescribeAccountAttributes",
    "DescribeBlueGreenDeployments",
    "DescribeDBClusterEndpoints",
    "DescribeDBClusters",
    "DescribeDBInstances",
    "DescribeDBProxies",
    "DescribeDBProxyEndpoints",
    "DescribeDBSubnetGroups",
    "DescribeEventCategories",
    "DescribeEventSubscriptions",
    "DescribeEvents",
    "DescribeGlobalClusters",
    "DescribeListenerAttributes",
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancers",
    "DescribeNetworkInterfaces",
    "DescribePendingMaintenanceActions",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
    "FailoverDBCluster",
    "ListTagsForResource",
    "RebootDBInstance",
    "RegisterTargets",
    "RemoveTags",
    "RemoveTagsFromResource",
    "SwitchoverBlueGreenDeployment",
];

/// The longest time in a file, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// How many environments a program can have.
const MOST_ENVIRONMENTS: usize = 32;

/// Refuses scenarios that cannot be played.
pub(super) fn check(scenarios: &[Scenario]) -> Checked {
    if scenarios.is_empty() {
        return wrong("", "the file has no scenario: begin one with `[[scenario]]`");
    }
    let keyed = || scenarios.iter().enumerate().map(|(at, one)| (format!("scenario[{at}]"), one));
    once(keyed().map(|(key, scenario)| (format!("{key}.name"), &scenario.name)))?;
    keyed().try_for_each(|(key, scenario)| {
        check_values(&key, scenario)?;
        check_source(&key, scenario)?;
        rehearse(&key, scenario)
    })
}

fn check_values(key: &str, scenario: &Scenario) -> Checked {
    let name = &scenario.name;
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if name.is_empty() || !is_plain || name.starts_with('-') {
        let fault = format!(
            "`{}` is no name: write letters, digits and hyphens, with no hyphen first",
            name.escape_debug()
        );
        return wrong(format!("{key}.name"), fault);
    }
    if !(1..=MOST_ENVIRONMENTS).contains(&scenario.environments) {
        let fault = format!("write 1 to {MOST_ENVIRONMENTS}");
        return wrong(format!("{key}.environments"), fault);
    }
    if scenario.drain > 3600 {
        // botocore elbv2 2015-12-01, TargetGroupAttribute, deregistration_delay.timeout_seconds.
        return wrong(format!("{key}.drain"), "a deregistration delay has 0 to 3600 seconds");
    }
    let has_orders = matches!(
        scenario.databases,
        Region::Aurora | Region::AuroraAndMultiAz | Region::GlobalPrimary | Region::TwoClusters
    );
    if scenario.member_ports && (!has_orders || scenario.source.is_some() || scenario.tagged) {
        let fault = "member ports are those of the members of `orders`: leave it out with other \
            `databases`, with a `source` and with `tagged`";
        return wrong(format!("{key}.member-ports"), fault);
    }
    if scenario.group_port == Some(0) {
        return wrong(format!("{key}.group-port"), "0 is no port: write a number from 1 to 65535");
    }
    if !(1.0..=LONGEST).contains(&scenario.lasts) {
        return wrong(format!("{key}.lasts"), format!("write 1 to {LONGEST} seconds"));
    }
    scenario
        .pace
        .check()
        .or_else(|(name, allowed)| wrong(format!("{key}.pace.{name}"), allowed))?;
    let mut before = 0.0;
    for (at, step) in scenario.steps.iter().enumerate() {
        let key = format!("{key}.steps[{at}]");
        // Also not a number.
        if !(before..scenario.lasts).contains(&step.at) {
            let fault = format!(
                "the steps are in order and within the scenario, which `lasts` {} s: write a \
                 number of seconds from {before} on, below that",
                scenario.lasts
            );
            return wrong(format!("{key}.at"), fault);
        }
        before = step.at;
        check_act(&format!("{key}.do"), &step.act)?;
    }
    Ok(())
}

/// What an act states and the region would not notice.
fn check_act(key: &str, act: &Act) -> Checked {
    let (key, lasts) = match act {
        Act::Api { calls, lasts, .. } => {
            if calls.is_empty() {
                return wrong(format!("{key}.api.calls"), "write an operation at least");
            }
            for (at, call) in calls.iter().enumerate() {
                check_operation(&format!("{key}.api.calls[{at}]"), call)?;
            }
            (format!("{key}.api"), lasts)
        }
        Act::Name { lasts, .. } => (format!("{key}.name"), lasts),
        Act::KillAt(call) => return check_operation(&format!("{key}.kill-at"), call),
        _ => return Ok(()),
    };
    match lasts {
        Some(lasts) if !(0.0..=LONGEST).contains(lasts) => {
            wrong(format!("{key}.lasts"), format!("write 0 to {LONGEST} seconds"))
        }
        _ => Ok(()),
    }
}

fn check_operation(key: &str, call: &str) -> Checked {
    if OPERATIONS.contains(&call) {
        return Ok(());
    }
    let fault = format!("there is no operation `{call}`; there are {}", listed(OPERATIONS));
    wrong(key, fault)
}

fn check_source(key: &str, scenario: &Scenario) -> Checked {
    let Some(source) = &scenario.source else { return Ok(()) };
    let key = format!("{key}.source");
    if let Err(error) = source.parse::<Source>() {
        return wrong(key, error.to_string());
    }
    let takes_one = matches!(
        scenario.databases,
        Region::Aurora | Region::GlobalPrimary | Region::TwoClusters | Region::MultiAz
    );
    if !takes_one {
        let fault = "these `databases` have links of their own: leave `source` out, or take \
                     `aurora`, `multi-az`, `two-clusters` or `global-primary`";
        return wrong(key, fault);
    }
    Ok(())
}

/// Carries out every step, as if no program did anything.
fn rehearse(key: &str, scenario: &Scenario) -> Checked {
    let setting = Setting::new(scenario, 1, &RegionAssumptions::default(), Subscription::default());
    let Setting { mut world, links } = match setting {
        Ok(setting) => setting,
        Err(error) => return wrong(key, format!("the region refuses it: {error}")),
    };
    if let Some(link) = links.iter().find(|link| link.members(&world).is_empty()) {
        let fault = format!("`{}` is not among these `databases`", link.source);
        return wrong(format!("{key}.source"), fault);
    }
    let is_instance = |link: &Link| matches!(link.source, Source::Instance(_));
    if scenario.standby == Standby::Warm && !links.iter().any(is_instance) {
        let fault = "no instance is among these `databases`: take `multi-az`";
        return wrong(format!("{key}.standby"), fault);
    }
    let began = world.now();
    for (at, step) in scenario.steps.iter().enumerate() {
        world.advance(began + Duration::from_secs_f64(step.at));
        if let Err(error) = step.act.carry_out(&mut world, &links) {
            return wrong(format!("{key}.steps[{at}].do"), error.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::script::{read, scenarios};
    use super::*;

    /// A file of two scenarios, of which the second has a step of several kinds.
    const GOOD: &str = r#"[[scenario]]
name = "one"
title = "A failover"
steps = [{ at = 5, do.fail-over = "orders" }]

[[scenario]]
name = "two"
title = "A throttled failover"
source = "cluster/orders"
lasts = 200
steps = [
    { at = 4, do.api = { calls = ["RegisterTargets"], answer = "throttled", lasts = 9 } },
    { at = 5, do.fail-over = "orders" },
]
"#;

    #[test]
    fn the_built_in_scenarios_pass() {
        assert!(check(&scenarios()).is_ok_and(|()| read(GOOD, "mine.toml").is_ok()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_what_is_allowed() {
        for (from, to, place, says) in [
            ("fail-over = \"orders\" }]", "fail-ovr = \"orders\" }]", "4:23: ", "`fail-over`"),
            ("fail-over = \"orders\" }]", "fail-over = \"order\" }]", "4:20: ", "`orders`"),
            ("\"two\"", "\"one\"", "7:8: scenario[1].name: ", "`one` is taken"),
            ("\"one\"", "\"a one\"", "2:8: scenario[0].name: ", "hyphens"),
            (
                "at = 5, do.fail-over = \"orders\" },",
                "at = 3, do.fail-over = \"orders\" },",
                "13:12: scenario[1].steps[1].at: ",
                "in order",
            ),
            ("at = 4", "at = nan", "12:12: ", "in order"),
            (
                "lasts = 200",
                "pace.flap-period = 0",
                "10:20: scenario[1].pace.flap-period: ",
                "0.1 seconds",
            ),
            ("lasts = 200", "lasts = 4", "12:12: ", "`lasts` 4 s"),
            ("lasts = 200", "last = 200", "10:1: scenario[1].last: ", "`lasts`"),
            ("lasts = 9", "lasts = -9", "12:85: scenario[1].steps[0].do.api.lasts: ", "86400"),
            (
                "\"RegisterTargets\"",
                "\"RegisterTarget\"",
                "12:35: scenario[1].steps[0].do.api.calls[0]: ",
                "`RegisterTargets`",
            ),
            ("lasts = 200", "standby = \"warm\"", "10:11: scenario[1].standby: ", "`multi-az`"),
            ("\"throttled\"", "\"slow\"", "12:64: ", "`throttled`"),
            ("cluster/orders", "cluster/nope", "9:10: scenario[1].source: ", "not among"),
            ("cluster/orders", "clusters/orders", "9:10: scenario[1].source: ", "cluster/"),
            ("source = \"cluster/orders\"", "databases = \"aurora-mysql\"", "9:13: ", "`multi-az`"),
            ("[[scenario]]\nname = \"one\"", "[scenario]\nname = \"one\"", "6:", "duplicate key"),
            (GOOD, "", "1:1: ", "[[scenario]]"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let told = read(&GOOD.replacen(from, to, 1), "mine.toml").expect_err(to).to_string();
            let (_, at) = told.split_once("mine.toml:").expect("it names the file");
            assert!(at.starts_with(place) && told.contains(says), "{to}: {told}");
        }
    }

    #[test]
    fn no_source_and_no_databases_panic() {
        let all = [
            "aurora",
            "multi-az",
            "aurora-and-multi-az",
            "two-clusters",
            "global-primary",
            "dual-stack",
            "multi-az-cluster",
            "twenty",
        ];
        let sources = [
            "cluster/orders",
            "cluster/orders/readers",
            "cluster/orders/custom/x",
            "instance/billing",
            "instance/no",
            "proxy/front",
            "proxy/front/other",
            "dns/a.example",
        ];
        for (databases, source) in all.iter().flat_map(|one| sources.map(|source| (one, source))) {
            let text = format!(
                "[[scenario]]\nname = \"a\"\ntitle = \"b\"\ndatabases = \"{databases}\"\nsource = \
                 \"{source}\"\n"
            );
            // Whether it is refused is for the region to say.
            let _ = read(&text, "mine.toml");
        }
    }

    #[test]
    fn the_operations_are_those_that_the_region_has() {
        let code = [include_str!("../wire/query/elbv2.rs"), include_str!("../wire/query/rds.rs")];
        let arms = code.iter().flat_map(|code| code.lines()).filter(|line| line.contains("=> "));
        let mut has: Vec<&str> =
            arms.filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
        has.push("DescribeNetworkInterfaces");
        has.sort_unstable();
        assert_eq!(has, OPERATIONS);
    }
}
