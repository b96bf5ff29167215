//! Worlds for the doctor, as files of `lab serve --world`.

/// The demo's world.
pub(super) const DEMO: &str = include_str!("../../../../crates/lab/src/world_file/demo.toml");

/// A small world: a cluster behind a link.
macro_rules! world {
    ($($parts:expr),* $(,)?) => { concat!($($parts, "\n"),*) };
}

macro_rules! cluster {
    () => {
        r#"
pace = "brisk"
[[cluster]]
name = "orders"
engine = "aurora-postgresql"
members = [{ name = "orders-1", zone = "a" }, { name = "orders-2", zone = "b" }]
"#
    };
}

macro_rules! balancer {
    () => {
        r#"
[[load-balancer]]
name = "link"
"#
    };
}

/// A target group of a source, with cross-zone load balancing.
macro_rules! group {
    ($source:literal, $port:literal) => {
        concat!(
            r#"
[[target-group]]
name = "orders"
port = "#,
            $port,
            r#"
listeners = [{ load-balancer = "link", port = "#,
            $port,
            r#" }]
cross-zone = true
binding = "orders"
source = ""#,
            $source,
            "\"\n"
        )
    };
    () => {
        group!("cluster/orders", "5432")
    };
}

macro_rules! events {
    () => {
        r#"
[[topic]]
name = "events"
functions = ["writerlink"]
[[subscription]]
name = "clusters"
topic = "events"
source-type = "db-cluster"
[[subscription]]
name = "instances"
topic = "events"
source-type = "db-instance"
"#
    };
}

/// What stands around a sound cluster, with more text.
macro_rules! sound {
    ($($parts:expr),* $(,)?) => {
        world!(cluster!(), balancer!(), group!(), events!(), $($parts),*)
    };
}

/// A name, a world, and the finding that it must bring.
pub(super) type Plant = (&'static str, &'static str, &'static str, &'static str);

const BROKEN: &str = "broken";
const WILL_BREAK: &str = "will-break-at-the-next-failover";
const COSTS: &str = "costs-you-seconds";

pub(super) const PLANTS: &[Plant] = &[
    (
        "the database admits nobody",
        sound!("[[security-group]]\nname = \"cluster/orders\"\ningress = []"),
        "W110",
        BROKEN,
    ),
    (
        "the load balancer may reach nothing",
        sound!("[[security-group]]\nname = \"load-balancer/link\"\negress = []"),
        "W111",
        BROKEN,
    ),
    (
        "an ACL that denies",
        sound!(
            r#"
[[network-acl]]
name = "strict"
zones = ["b"]
entries = [
    { number = 90, action = "deny", ports = [5432, 5432], network = "10.20.0.0/16" },
]"#
        ),
        "W112",
        WILL_BREAK,
    ),
    (
        "a load balancer without the reader's zone",
        world!(
            cluster!(),
            "[[load-balancer]]\nname = \"link\"\nzones = [\"a\", \"c\"]",
            group!(),
            events!()
        ),
        "W113",
        WILL_BREAK,
    ),
    (
        "HTTP checks",
        world!(
            cluster!(),
            balancer!(),
            group!(),
            "health-check = { protocol = \"HTTP\", port = 8080, interval = 30 }",
            events!()
        ),
        "W120",
        BROKEN,
    ),
    (
        "no listener",
        world!(
            cluster!(),
            balancer!(),
            "[[target-group]]\nname = \"orders\"\nport = 5432\ncross-zone = true\nbinding = \
             \"orders\"\nsource = \"cluster/orders\"",
            events!()
        ),
        "W200",
        BROKEN,
    ),
    (
        "cross-zone off",
        world!(
            cluster!(),
            balancer!(),
            group!(),
            "attributes = { \"load_balancing.cross_zone.enabled\" = \"false\" }",
            events!()
        ),
        "W210",
        WILL_BREAK,
    ),
    (
        "enforcement on, and nobody admitted",
        world!(
            cluster!(),
            "[[load-balancer]]\nname = \"link\"\nenforce-on-private-link = true",
            group!(),
            events!()
        ),
        "W212",
        BROKEN,
    ),
    (
        "a service for everybody",
        sound!(
            "[[endpoint-service]]\nload-balancers = [\"link\"]\nacceptance-required = \
             false\nprincipals = [\"*\"]"
        ),
        "W232",
        BROKEN,
    ),
    (
        "a zonal shift",
        world!(
            cluster!(),
            "[[load-balancer]]\nname = \"link\"\nzonal-shift = \"a\"",
            group!(),
            events!()
        ),
        "W102",
        BROKEN,
    ),
    (
        "a disabled subscription",
        world!(
            cluster!(),
            balancer!(),
            group!(),
            r#"
[[topic]]
name = "events"
functions = ["writerlink"]
[[subscription]]
name = "clusters"
topic = "events"
source-type = "db-cluster"
enabled = false
"#
        ),
        "W302",
        COSTS,
    ),
    (
        "a topic that SNS encrypts with its own key",
        world!(
            cluster!(),
            balancer!(),
            group!(),
            r#"
[[topic]]
name = "events"
functions = ["writerlink"]
kms-key = "alias/aws/sns"
[[subscription]]
name = "clusters"
topic = "events"
"#
        ),
        "W305",
        COSTS,
    ),
    (
        "a topic without the function",
        world!(
            cluster!(),
            balancer!(),
            group!(),
            "[[topic]]\nname = \"events\"",
            "[[subscription]]\nname = \"all\"\ntopic = \"events\""
        ),
        "W306",
        COSTS,
    ),
    (
        "a time-out of 3 s",
        sound!("[[function]]\nname = \"writerlink\"\ntimeout = 3"),
        "W323",
        WILL_BREAK,
    ),
    (
        "a concurrency of 0",
        sound!("[[function]]\nname = \"writerlink\"\nreserved-concurrency = 0"),
        "W322",
        WILL_BREAK,
    ),
    (
        "nobody may invoke",
        sound!("[[function]]\nname = \"writerlink\"\ninvoked-by = []"),
        "W308",
        COSTS,
    ),
    (
        "no sweep",
        sound!("[[schedule]]\nname = \"sweep\"\nstate = \"DISABLED\""),
        "W330",
        WILL_BREAK,
    ),
    (
        "no sweep was seen",
        sound!(
            "[[metric]]\nname = \"SweepFinished\"\ndimensions = { Function = \"writerlink\" \
             }\nvalue = 1\nlast-minutes-ago = 60"
        ),
        "W331",
        BROKEN,
    ),
    (
        "an e-mail that nobody confirmed",
        sound!(
            "[[topic]]\nname = \"writerlink-outcomes\"\nsubscribers = [{ protocol = \"email\", \
             endpoint = \"team@example.com\", confirmed = false }]"
        ),
        "W333",
        COSTS,
    ),
    (
        "a single member",
        world!(
            "pace = \"brisk\"\n[[cluster]]\nname = \"orders\"\nengine = \
             \"aurora-postgresql\"\nmembers = [{ name = \"orders-1\", zone = \"a\" }]",
            balancer!(),
            group!(),
            events!()
        ),
        "W501",
        COSTS,
    ),
    (
        "a certificate that has expired",
        world!(
            cluster!(),
            "certificate-valid-till = \"2020-01-01T00:00:00Z\"",
            balancer!(),
            group!(),
            events!()
        ),
        "W510",
        BROKEN,
    ),
    (
        "the wrong target",
        world!(cluster!(), balancer!(), group!(), "targets = [\"10.20.3.99:5432\"]", events!()),
        "W100",
        BROKEN,
    ),
];

/// A name and a world in which nothing is wrong.
pub(super) const SOUND: &[(&str, &str)] = &[
    ("the demo", DEMO),
    ("a cluster", sound!()),
    (
        "an instance",
        world!(
            "pace = \"brisk\"\n[[instance]]\nname = \"orders\"\nengine = \"postgres\"\nmulti-az = \
             true",
            balancer!(),
            group!("instance/orders", "5432"),
            events!()
        ),
    ),
    (
        "the readers",
        world!(cluster!(), balancer!(), group!("cluster/orders/readers", "5432"), events!()),
    ),
    (
        "a proxy",
        world!(
            "pace = \"brisk\"\n[[proxy]]\nname = \"front\"\nengine-family = \"POSTGRESQL\"",
            balancer!(),
            group!("proxy/front", "5432"),
            events!()
        ),
    ),
    (
        "IPv6",
        world!(
            cluster!(),
            "network = \"DUAL\"",
            "[[load-balancer]]\nname = \"link\"\nfamily = \"ipv6\"",
            group!(),
            "family = \"ipv6\"",
            events!()
        ),
    ),
    (
        "a Multi-AZ DB cluster",
        world!(
            "pace = \"brisk\"\n[[cluster]]\nname = \"orders\"\nengine = \"postgres\"",
            balancer!(),
            group!(),
            events!()
        ),
    ),
    (
        "a function in the VPC, without alarms",
        sound!(
            r#"
[[function]]
name = "writerlink"
vpc = ["a", "b"]
security-groups = ["own"]
watched = false
[[security-group]]
name = "own"
egress = [{ port = 443, peers = ["0.0.0.0/0"] }]"#
        ),
    ),
    (
        "a load balancer without security groups",
        world!(
            cluster!(),
            "[[load-balancer]]\nname = \"link\"\nsecurity-groups = []",
            group!(),
            events!(),
            "[[security-group]]\nname = \"cluster/orders\"\ningress = [{ port = 5432, peers = \
             [\"10.20.0.0/16\"] }]"
        ),
    ),
    (
        "another function on the topic",
        sound!(
            "[[topic]]\nname = \"more\"\nfunctions = [\"updater\"]\n[[function]]\nname = \
             \"updater\"\nvariables = {}\nscheduled = false\nwatched = false"
        ),
    ),
    (
        "a service with a consumer",
        sound!(
            "[[endpoint-service]]\nload-balancers = [\"link\"]\nprincipals = \
             [\"arn:aws:iam::444455556666:root\"]\nconnections = [{ owner = \"444455556666\", \
             endpoint = \"vpce-0a\", state = \"available\" }]"
        ),
    ),
];
