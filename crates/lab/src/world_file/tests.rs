//! Tests what a world's file can say, and how a mistake in it is told.

use writerlink_core::config::{Config, Location};

use super::*;
use crate::scene::FUNCTION;
use crate::world::rds::{DbProxyEndpoint, Status};
use crate::world::surroundings::Function;

/// A file with one of everything.
const EVERYTHING: &str = r#"
pace = "brisk"
delays = { dns-lag = 50, flap = 0.5 }

[[cluster]]
name = "orders"
engine = "aurora-postgresql"
network = "DUAL"
port = 6432
members = [{ name = "orders-1", zone = "a" }, { name = "orders-2", zone = "b" }]
tags = { "writerlink:publish" = "true" }

[[cluster.endpoint]]
name = "reports"
type = "READER"
members = ["orders-2"]

[[cluster]]
name = "far"
engine = "aurora-mysql"
global-database = "world"
members = [{ name = "far-1", zone = "c" }]

[[cluster]]
name = "ledger"
engine = "postgres"

[[instance]]
name = "billing"
engine = "mysql"
multi-az = true

[[proxy]]
name = "front"
engine-family = "POSTGRESQL"
zones = ["a", "b"]
endpoint = [{ name = "front-ro", role = "READ_ONLY" }]

[[host]]
name = "db.corp.example"
port = 5432
addresses = ["10.20.1.210"]

[[blue-green]]
source = "billing"

[[load-balancer]]
name = "link"
family = "ipv6"

[[target-group]]
name = "orders"
port = 6432
family = "ipv6"
listeners = [{ load-balancer = "link", port = 6432 }]
source = "cluster/orders"
binding = "orders-writer"
cross-zone = true
deregistration-delay = 30
tags = { team = "orders" }

[[target-group]]
name = "stale"
port = 3306
source = "instance/billing"
targets = ["10.20.1.250:3306"]

[[topic]]
name = "events"
functions = ["writerlink"]

[[subscription]]
name = "failovers"
topic = "events"
source-type = "db-cluster"
categories = ["failover"]
"#;

fn refused(text: &str) -> String {
    WorldFile::read(text, "world.toml").expect_err("it is wrong").to_string()
}

#[test]
fn the_demo_and_a_file_with_one_of_everything_are_worlds_in_sync() {
    assert_eq!(WorldFile::demo().pace(), Pace::real());
    let file = WorldFile::read(EVERYTHING, "world.toml").expect("a good file");
    let scene = file.scene(file.pace()).expect("a good world");
    let (world, link) = (&scene.world, &scene.links[0]);
    assert_eq!(scene.links.len(), 1, "one group has a binding");
    let writer = link.writer(world).expect("a writer");
    assert!(writer.address.is_ipv6() && writer.address.port() == 6432);
    assert_eq!(link.present(world), [(writer.address, "healthy")]);
    assert_eq!(world.pace.dns_lag.as_secs(), 50);
    let front = world.rds.proxy_endpoint("front", Some("front-ro"));
    assert_eq!(front.map(DbProxyEndpoint::addresses).map(|nodes| nodes.len()), Some(2));
    assert_eq!(world.rds.deployments().count(), 1);
    assert_eq!(world.rds.cluster("ledger").map(|ledger| ledger.members.len()), Some(3));
    let available = |status| status == Status::Available;
    assert!(world.rds.clusters().all(|cluster| available(cluster.status)));
    let tags = world.rds.tags_of(&world.cluster_arn("orders")).expect("it exists");
    assert_eq!(tags["writerlink:publish"], "true");
    let stale = world.elbv2.group_named("stale").expect("it exists");
    assert_eq!(
        stale.targets.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.20.1.250:3306"]
    );
}

#[test]
fn the_function_has_the_bindings_of_the_written_configuration_and_all_are_usable() {
    let more = "[[target-group]]\nname = \"corp\"\nport = 5432\nsource = \"dns/db.corp.example\"\n\
                binding = \"corp\"\nlisteners = [{ load-balancer = \"link\", port = 5432 }]\n";
    let file = WorldFile::read(&format!("{EVERYTHING}{more}"), "world.toml").expect("a good file");
    let scene = file.scene(file.pace()).expect("a good world");
    let read = |text: &str| Config::parse(text, &Location::from(text)).expect("a good one");
    let written = read(&scene.config("127.0.0.1:53".parse().expect("an address"), ""));
    let variables = Function::deployed(FUNCTION).variables(&scene.world);
    let deployed = read(&variables["WRITERLINK_CONFIG"]);
    assert_eq!((deployed.usable().count(), deployed.bindings), (2, written.bindings));
}

#[test]
fn a_mistake_is_told_with_its_place_what_was_found_and_what_is_allowed() {
    for (from, to, place, says) in [
        ("\nengine = \"mysql\"", "\nengine = \"mysqll\"", "30:10: instance[0].engine: ", "mariadb"),
        ("multi-az =", "multiaz =", "31:1: instance[0].multiaz: ", "`multi-az`"),
        ("multi-az = true", "multi-az = 1", "31:12: instance[0].multi-az: ", "a boolean"),
        ("zone = \"b\"", "zone = \"d\"", "10:75: cluster[0].members[1].zone: ", "`c`"),
        ("dns-lag = 50", "flap-period = 0", "3:26: delays.flap-period: ", "0.1 seconds"),
        ("dns-lag = 50", "dns-lag = -1", "3:22: delays.dns-lag: ", "-1 is no delay"),
        ("\"billing\"\nengine", "\"orders-2\"\nengine", "29:8: instance[0].name: ", "is taken"),
        ("members = [\"orders-2\"]", "members = [\"far-1\"]", "16:12: ", "`orders-1`, `orders-2`"),
        (
            "engine = \"postgres\"",
            "engine = \"mariadb\"",
            "26:10: cluster[2].engine: ",
            "[[instance]]",
        ),
        ("zones = [\"a\", \"b\"]", "zones = [\"a\"]", "36:9: proxy[0].zones: ", "two zones"),
        ("source = \"billing\"", "source = \"far\"", "45:10: blue-green[0].source: ", "`billing`"),
        (
            "source = \"billing\"",
            "source = \"instance/billing\"",
            "45:10: blue-green[0].source: ",
            "a name alone (`orders`",
        ),
        ("cluster/orders", "cluster/order", "56:10: target-group[0].source: ", "`cluster/orders`"),
        (
            "family = \"ipv6\"\n\n",
            "\n",
            "54:32: target-group[0].listeners[0].load-balancer: ",
            "ipv6",
        ),
        (
            "10.20.1.250:3306",
            "10.21.1.250:3306",
            "66:12: target-group[1].targets[0]: ",
            "10.20.1.10",
        ),
        ("topic = \"events\"", "topic = \"event\"", "74:9: subscription[0].topic: ", "`events`"),
        (
            "[\"failover\"]",
            "[\"failovers\"]",
            "76:15: subscription[0].categories[0]: ",
            "`failover`",
        ),
        ("name = \"stale\"", "name = \"sta_le\"", "63:8: target-group[1].name: ", "hyphens"),
        ("[[host]]", "[[host]", "39:", "world.toml:"),
        ("[[host]]", "[host]", "39:1: host: ", "two brackets"),
        ("port = 6432\nmembers", "port = 0\nmembers", "9:8: cluster[0].port: ", "0 is no port"),
        ("port = 6432\nmembers", "port = \"x\"\nmembers", "9:8: cluster[0].port: ", "65535"),
        ("db.corp.example", "no name", "40:8: host[0].name: ", "no name"),
        ("\"10.20.1.210\"", "\"10.20.1\"", "42:14: host[0].addresses[0]: ", "10.20.1.210"),
        ("\"writerlink\"]", "\"other\"]", "70:14: topic[0].functions[0]: ", "`writerlink`"),
        ("[\"10.20.1.250:3306\"]", "[\"10.20.1.250\"]", "66:11: ", "10.20.1.10:5432"),
        ("{ name = \"orders-1\", zone = \"a\" }", "\"orders-1\"", "10:12: ", "a table such as"),
        ("dns-lag = 50", "dns-lag = \"50 s\"", "3:22: delays.dns-lag: ", "a number of seconds"),
        ("[\"a\", \"b\"]", "\"a\"", "36:9: proxy[0].zones: ", "a list"),
        (
            "family = \"ipv6\"\n\n",
            "zones = []\n\n",
            "49:9: load-balancer[0].zones: ",
            "needs a zone",
        ),
        (
            "family = \"ipv6\"\n\n",
            "zones = [\"a\", \"a\"]\n\n",
            "49:9: load-balancer[0].zones: ",
            "`a` is taken already",
        ),
        (
            "\"10.20.1.210\"]",
            "\"10.20.1.210\", \"10.20.1.210\"]",
            "42:29: host[0].addresses[1]: ",
            "is taken already",
        ),
        (
            "binding = \"orders-writer\"\n",
            "binding = \"orders-writer\"\nstandby = \"warm\"\n",
            "58:11: target-group[0].standby: ",
            "only an `instance/` source",
        ),
        (
            "targets = [",
            "binding = \"orders-writer\"\ntargets = [",
            "66:11: target-group[1].binding: ",
            "`orders-writer` is taken already",
        ),
    ] {
        assert!(EVERYTHING.contains(from), "{from}");
        let told = refused(&EVERYTHING.replacen(from, to, 1));
        let (_, at) = told.split_once("world.toml:").expect("it names the file");
        assert!(at.starts_with(place) && told.contains(says), "{to}: {told}");
    }
}

#[test]
fn a_mistake_in_the_surroundings_is_told_with_its_place_and_what_there_is() {
    let base = "[[instance]]\nname = \"billing\"\nengine = \"mysql\"\n[[load-balancer]]\nname = \
                \"link\"\n[[target-group]]\nname = \"billing\"\nport = 3306\n[[topic]]\nname = \
                \"events\"\n";
    WorldFile::read(base, "world.toml").expect("a good file");
    for (more, place, says) in [
        (
            "[[security-group]]\nname = \"own\"\ningress = [{ port = 1, peers = [\"link\"] }]",
            "13:33: security-group[0].ingress[0].peers[0]: ",
            "`load-balancer/link`",
        ),
        (
            "[[security-group]]\nname = \"own\"\ningress = [{ ports = [9, 1] }]",
            "13:22: security-group[0].ingress[0].ports: ",
            "greater than the last",
        ),
        (
            "[[security-group]]\nname = \"own\"\ningress = [{ port = 65536 }]",
            "13:21: security-group[0].ingress[0].port: ",
            "1 to 65535",
        ),
        (
            "[[security-group]]\nname = \"own\"\n[[security-group]]\nname = \"own\"",
            "14:8: security-group[1].name: ",
            "is taken already",
        ),
        ("[[subnet]]\nzone = \"a\"\ncidr = \"10.1\"", "13:8: subnet[0].cidr: ", "10.20.1.0/24"),
        (
            "[[network-interface]]\naddress = \"10.99.1.1\"",
            "12:11: network-interface[0].address: ",
            "10.20.1.77",
        ),
        ("[[subnet]]\nzone = \"d\"", "12:8: subnet[0].zone: ", "`a`, `b`, `c`"),
        (
            "[[proxy]]\nname = \"front\"\nengine-family = \"MYSQL\"\nsecurity-groups = [\"no\"]",
            "14:20: proxy[0].security-groups[0]: ",
            "`instance/billing`",
        ),
        ("[[endpoint-service]]\nload-balancers = [\"lonk\"]", "12:19: ", "write `link`"),
        (
            "[[endpoint-service]]\nload-balancers = [\"link\"]\nconnections = [{ owner = \"1\", \
             endpoint = \"vpce-1\", state = \"open\" }]",
            "13:60: endpoint-service[0].connections[0].state: ",
            "`pendingAcceptance`",
        ),
        ("[[function]]\nname = \"a\"\ninvoked-by = [\"evants\"]", "13:15: ", "`events`"),
        ("[[function]]\nname = \"a\"\nvpc = [\"a\"]", "13:7: function[0].vpc: ", "name some"),
        ("[[schedule]]\nname = \"a\"\nfunction = \"b\"", "13:12: ", "`writerlink`"),
        ("[[schedule]]\nname = \"a\"\nstate = \"off\"", "13:9: ", "`DISABLED`"),
        (
            "[[alarm]]\nname = \"a\"\nmetric = \"m\"\nactions = [\"evants\"]",
            "14:12: alarm[0].actions[0]: ",
            "`writerlink-outcomes`",
        ),
        ("[[metric]]\nname = \"m\"\nvalue = \"x\"", "13:9: metric[0].value: ", "a number"),
        (
            "[[maintenance]]\ndatabase = \"billing\"\naction = \"x\"",
            "12:12: ",
            "`instance/billing`",
        ),
        (
            "[[maintenance]]\ndatabase = \"instance/billing\"\naction = \"x\"\n\
             forced-on = \"soon\"",
            "14:13: maintenance[0].forced-on: ",
            "2026-12-31T00:00:00Z",
        ),
        ("[quotas]\nSubscriptions = 1", "12:17: quotas.Subscriptions: ", "`EventSubscriptions`"),
        ("[[topic]]\nname = \"t\"\npolicy = \"rdss\"", "13:10: topic[1].policy: ", "`rds`"),
        ("[[topic]]\nname = \"t\"\nfunctions = [\"no\"]", "13:14: ", "`writerlink`"),
        (
            "[[target-group]]\nname = \"b\"\nport = 1\nhealth-check = { interval = 4 }",
            "14:29: target-group[1].health-check.interval: ",
            "5 to 300",
        ),
        (
            "[[target-group]]\nname = \"b\"\nport = 1\nattributes = { no = \"x\" }",
            "14:14: target-group[1].attributes: ",
            "`proxy_protocol_v2.enabled`",
        ),
        (
            "[[instance]]\nname = \"b\"\nengine = \"mysql\"\npending = { Colour = \"x\" }",
            "14:22: instance[1].pending.Colour: ",
            "`MultiAZ`",
        ),
        (
            "[[instance]]\nname = \"b\"\nengine = \"mysql\"\nreplica-of = \"no\"",
            "14:14: instance[1].replica-of: ",
            "`billing`",
        ),
        (
            "[[cluster]]\nname = \"o\"\nengine = \"aurora-mysql\"\nmembers = [{ name = \"o-1\", \
             zone = \"a\", promotion-tier = 16 }]",
            "14:57: cluster[0].members[0].promotion-tier: ",
            "0 to 15",
        ),
    ] {
        let told = refused(&format!("{base}{more}\n"));
        let (_, at) = told.split_once("world.toml:").expect("it names the file");
        assert!(at.starts_with(place) && told.contains(says), "{more}: {told}");
    }
    for call in ["ec2:DescribeSubnet", "subnets", "ecx:DescribeSubnets"] {
        let told = refused(&format!("denied = [\"sns:GetTopicAttributes\", \"{call}\"]\n{base}"));
        assert!(told.starts_with("world.toml:1:37: denied[1]: ") && told.contains(call), "{told}");
    }
}

#[test]
fn a_missing_key_is_told_with_its_table() {
    let told = refused("[[instance]]\nname = \"billing\"\n");
    assert!(told.starts_with("world.toml:1:1: instance[0]: missing field `engine`"), "{told}");
}

#[test]
fn the_schema_in_the_documentation_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/world.schema.json");
    let schema = serde_json::to_string_pretty(&schema()).expect("a schema is JSON") + "\n";
    if std::env::var_os("WRITERLINK_WRITE_DOCS").is_some() {
        std::fs::write(path, &schema).expect("the documentation can be written");
    }
    let documented = std::fs::read_to_string(path).expect("it is in docs/");
    assert!(documented == schema, "run this test with WRITERLINK_WRITE_DOCS=1, and look");
}

#[test]
fn the_rule_for_leaving_targets_is_read_and_a_misspelt_one_is_told() {
    use crate::world::elbv2::LeavingHealth;
    for (text, rule) in
        [("", LeavingHealth::Frozen), ("leaving-health = \"live\"\n", LeavingHealth::Live)]
    {
        let file = WorldFile::read(text, "world.toml").expect("a good file");
        let world = file.scene(file.pace()).expect("a good world").world;
        assert_eq!(world.elbv2.leaving_health, rule);
    }
    let error =
        WorldFile::read("leaving-health = \"frosen\"\n", "world.toml").expect_err("no rule");
    let text = error.to_string();
    assert!(
        text.starts_with("world.toml:1:18: leaving-health: ") && text.contains("`ignored`"),
        "{text}"
    );
}
