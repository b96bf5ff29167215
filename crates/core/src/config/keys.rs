//! The table of keys: what can be written in a configuration.
//!
//! Everything that says what a configuration may hold is made from this table: the check of a
//! configuration, its error messages, [its JSON Schema](super::schema()) and
//! `docs/configuration.md`.

use std::fmt;

use self::Kind::{Flag, Number, OneTable, Tables, Text, Texts, Word};
use self::Table::{Api, Binding, Dns, Permit, Timing, Top};

/// A key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// The table that it is in.
    pub table: Table,
    /// Its name.
    pub name: &'static str,
    /// What its value can be.
    pub kind: Kind,
    /// Whether its table is refused without it.
    pub required: bool,
    /// What it is if it is not written: a value as it is written, or a few words.
    pub default: &'static str,
    /// A value as it is written, in TOML and in JSON alike.
    pub example: &'static str,
    /// What it is for, in one or two sentences.
    pub says: &'static str,
}

/// A table of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// The configuration itself.
    Top,
    /// `[dns]`.
    Dns,
    /// `[timing]`.
    Timing,
    /// `[api]`.
    Api,
    /// `[[binding]]`.
    Binding,
    /// The permit (`permit`), which is a text of its own.
    Permit,
}

impl Table {
    /// Every table of a configuration, in the order of the documentation.
    pub const ALL: [Self; 5] = [Top, Binding, Timing, Dns, Api];

    /// Its name; empty for the configuration itself.
    pub fn name(self) -> &'static str {
        match self {
            Top | Permit => "",
            Dns => "dns",
            Timing => "timing",
            Api => "api",
            Binding => "binding",
        }
    }

    /// Its keys, in the order of the documentation.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        KEYS.iter().chain(PERMIT_KEYS).filter(move |key| key.table == self)
    }

    pub(super) fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

/// What the value of a key can be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text; those that it can be match this regular expression.
    Text(&'static str),
    /// A list of such texts.
    Texts(&'static str),
    /// A whole number.
    Number {
        /// The least.
        least: u64,
        /// The most, if there is one.
        most: Option<u64>,
        /// Its unit, such as `seconds`, or an empty text.
        unit: &'static str,
    },
    /// `true` or `false`.
    Flag,
    /// One of these words, each with what it does.
    Word(&'static [(&'static str, &'static str)]),
    /// A table.
    OneTable(Table),
    /// A list of tables.
    Tables(Table),
}

impl Key {
    /// The name in messages and in the documentation: with its table, if that is there only once.
    pub fn path(&self) -> String {
        match self.table {
            Top | Binding | Permit => self.name.to_owned(),
            table => format!("{}.{}", table.name(), self.name),
        }
    }

    /// Whether a JSON `null` is as good as no key.
    pub(super) fn takes_null(&self) -> bool {
        let is_value = matches!(self.kind, Text(_) | Texts(_) | Number { .. } | Word(_));
        !self.required && is_value && self.table != Dns
    }
}

/// What a number may be, such as `1 to 180 seconds`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number { least, most, unit } => {
                match most {
                    Some(most) => write!(f, "{least} to {most}")?,
                    None => write!(f, "{least} or more")?,
                }
                if unit.is_empty() { Ok(()) } else { write!(f, " {unit}") }
            }
            Text(_) => f.write_str("text"),
            Texts(_) => f.write_str("list of texts"),
            Flag => f.write_str("`true` or `false`"),
            Word(words) => {
                let words: Vec<_> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
                f.write_str(&words.join(" or "))
            }
            OneTable(_) => f.write_str("table"),
            Tables(_) => f.write_str("list of tables"),
        }
    }
}

const NETWORK: &str = r"^[0-9A-Fa-f.:]+/[0-9]+$";
const ADDRESS: &str = r"^\[?[0-9A-Fa-f.:]+(\]:[0-9]+)?$";
const PATTERN: &str = r"^(cluster|instance)/[A-Za-z0-9*-]+(/[A-Za-z0-9*-]+)*$";
const TOPIC: &str = r"^arn:aws[^:]*:sns:[^:]+:[^:]{12}:[^:]+$";
const GROUP: &str = concat!(
    r"^arn:aws[A-Za-z0-9-]*:elasticloadbalancing:[A-Za-z0-9-]+:[0-9]{12}",
    r":targetgroup/[A-Za-z0-9:-]+/[A-Za-z0-9:-]+$"
);
const SOURCE: &str = concat!(
    r"^(cluster/[A-Za-z][A-Za-z0-9-]*(/readers|/(instance|custom)/[A-Za-z][A-Za-z0-9-]*)?",
    r"|instance/[A-Za-z][A-Za-z0-9-]*",
    r"|proxy/[A-Za-z][A-Za-z0-9-]*(/[A-Za-z][A-Za-z0-9-]*)?",
    r"|dns/[^/]*\.[^/]*)$"
);
const MODE: &str = "^(observe|manage)$";
const PERMITTED: &str = concat!(
    r"^((cluster|instance)/[A-Za-z0-9*-]+(/[A-Za-z0-9*-]+)*",
    r"|proxy/[A-Za-z][A-Za-z0-9-]*(/[A-Za-z][A-Za-z0-9-]*)?",
    r"|dns/[^/]*\.[^/]*)$"
);
const NAME: &str = r"^[^\u0000-\u001F]{1,128}$";

/// A Lambda function runs for at most 900 seconds.
const WATCH: Kind = Number { least: 1, most: Some(840), unit: "seconds" };

/// The keys, table by table.
pub static KEYS: &[Key] = &[
    Key {
        table: Top,
        name: "allow",
        kind: Texts(NETWORK),
        required: false,
        default: "none: it is written here or in each binding",
        example: r#"["10.20.4.0/24", "10.20.5.0/24"]"#,
        says: "The networks whose addresses may be registered, best the subnets of the databases. \
               None may be broader than /8 (IPv6: /32), or overlap a special range.",
    },
    Key {
        table: Top,
        name: "notify-topic",
        kind: Text(TOPIC),
        required: false,
        default: "outcomes are not published",
        example: r#""arn:aws:sns:eu-west-1:111122223333:outcomes""#,
        says: "The SNS topic to which outcomes are published. It must not be the topic that \
               triggers the function.",
    },
    Key {
        table: Top,
        name: "discover",
        kind: Texts(PATTERN),
        required: false,
        default: "tags are not read",
        example: r#"["cluster/orders-*"]"#,
        says: "The sources that tags of target groups may name, with `*` for a part of a name: see \
               [discovery.md](discovery.md). It needs `allow` beside it.",
    },
    Key {
        table: Top,
        name: "binding",
        kind: Tables(Binding),
        required: false,
        default: "none; one is needed unless `discover` is written",
        example: "",
        says: "Each ties one source to one target group. A bad binding fails alone.",
    },
    Key {
        table: Top,
        name: "timing",
        kind: OneTable(Timing),
        required: false,
        default: "every default",
        example: "",
        says: "How long things may take.",
    },
    Key {
        table: Top,
        name: "dns",
        kind: OneTable(Dns),
        required: false,
        default: "every default",
        example: "",
        says: "Where names are looked up.",
    },
    Key {
        table: Top,
        name: "api",
        kind: OneTable(Api),
        required: false,
        default: "every default",
        example: "",
        says: "How much of AWS's budgets of calls may be used.",
    },
    Key {
        table: Binding,
        name: "name",
        kind: Text(NAME),
        required: true,
        default: "",
        example: r#""orders-writer""#,
        says: "The name in reports, logs and metrics: 1 to 128 printable characters, and no \
               other binding's.",
    },
    Key {
        table: Binding,
        name: "source",
        kind: Text(SOURCE),
        required: true,
        default: "",
        example: r#""cluster/orders""#,
        says: "The database endpoint: `cluster/ID`, `cluster/ID/instance/INSTANCE-ID`, \
               `cluster/ID/readers`, `cluster/ID/custom/ENDPOINT`, `instance/ID`, `proxy/NAME`, \
               `proxy/NAME/ENDPOINT` or `dns/HOST`. [sources.md](sources.md) compares them.",
    },
    Key {
        table: Binding,
        name: "target-group",
        kind: Text(GROUP),
        required: true,
        default: "",
        example: r#""arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef""#,
        says: "The ARN of the target group, of target type `ip`. No other binding may have it.",
    },
    Key {
        table: Binding,
        name: "allow",
        kind: Texts(NETWORK),
        required: false,
        default: "`allow` at the top",
        example: r#"["10.20.4.0/24"]"#,
        says: "The networks of this binding's database. They must lie inside those of `allow` at \
               the top, if that is written.",
    },
    Key {
        table: Binding,
        name: "port",
        kind: Number { least: 1, most: Some(65535), unit: "" },
        required: false,
        default: "the database's own port",
        example: "5432",
        says: "The port of the targets. `dns/HOST` needs it.",
    },
    Key {
        table: Binding,
        name: "mode",
        kind: Word(&[
            ("manage", "the target group is kept right"),
            ("observe", "what would be done is reported, and nothing is written"),
        ]),
        required: false,
        default: "\"manage\"",
        example: "\"observe\"",
        says: "Whether the target group may be changed.",
    },
    Key {
        table: Binding,
        name: "exclusive",
        kind: Flag,
        required: false,
        default: "false",
        example: "true",
        says: "Whether to remove also targets on another port, or outside the binding's `allow`.",
    },
    Key {
        table: Binding,
        name: "max-removals",
        kind: Number { least: 0, most: None, unit: "" },
        required: false,
        default: "4",
        example: "2",
        says: "If more targets than this were to be removed in one run, none is removed.",
    },
    Key {
        table: Binding,
        name: "port-differs",
        kind: Word(&[
            ("held", "nothing is written"),
            ("allowed", "the database also listens on a port that RDS does not report"),
        ]),
        required: false,
        default: "\"held\"",
        example: "\"allowed\"",
        says: "How to take a `port` that is not the one that RDS reports. Only for clusters and \
               instances.",
    },
    Key {
        table: Binding,
        name: "readers-fallback",
        kind: Word(&[
            ("writer", "the writer takes their place"),
            ("none", "the last reader's target stays"),
        ]),
        required: false,
        default: "\"writer\"",
        example: "\"none\"",
        says: "What happens while a cluster has no reader. Only for `cluster/ID/readers`.",
    },
    Key {
        table: Binding,
        name: "outside-vpc",
        kind: Flag,
        required: false,
        default: "false",
        example: "true",
        says: "Whether the addresses are outside the target group's VPC. Only for `dns/HOST`: the \
               VPC of other sources is known.",
    },
    Key {
        table: Binding,
        name: "standby",
        kind: Word(&[
            ("cold", "only the writer's address is registered"),
            ("warm", "experimental: the standby's address is registered too"),
        ]),
        required: false,
        default: "\"cold\"",
        example: "\"warm\"",
        says: "What to do about the standby of a Multi-AZ DB instance. Only for `instance/ID`; \
               [warm-standby.md](warm-standby.md) says what `warm` asks for.",
    },
    Key {
        table: Timing,
        name: "settle",
        // A run of the function must be able to wait for the whole settle time.
        kind: Number { least: 1, most: Some(180), unit: "seconds" },
        required: false,
        default: "30",
        example: "20",
        says: "How long the RDS API and DNS must agree before housekeeping removes a target.",
    },
    Key {
        table: Timing,
        name: "patience-started",
        kind: WATCH,
        required: false,
        default: "180",
        example: "240",
        says: "How long a binding is watched after an event that announces a failover \
               ([events.md](events.md)).",
    },
    Key {
        table: Timing,
        name: "patience",
        kind: WATCH,
        required: false,
        default: "30",
        example: "60",
        says: "How long a binding is watched after an event that comes during a failover.",
    },
    Key {
        table: Timing,
        name: "sweep",
        kind: WATCH,
        required: false,
        default: "15",
        example: "20",
        says: "How long a sweep may look if no removal is pending.",
    },
    Key {
        table: Dns,
        name: "servers",
        kind: Texts(ADDRESS),
        required: false,
        default: "those of the system (`/etc/resolv.conf`)",
        example: r#"["10.20.0.2", "10.20.0.3:5353"]"#,
        says: "The addresses of the DNS servers; the port is 53 if none is written.",
    },
    Key {
        table: Api,
        name: "share",
        kind: Number { least: 1, most: Some(100), unit: "percent" },
        required: false,
        default: "50",
        example: "25",
        says: "The part of the account's budgets of Elastic Load Balancing calls that may be used. \
               Consoles, Terraform and controllers need the rest.",
    },
];

/// The keys of the permit.
pub static PERMIT_KEYS: &[Key] = &[
    Key {
        table: Permit,
        name: "allow",
        kind: Texts(NETWORK),
        required: true,
        default: "",
        example: r#"["10.20.4.0/24", "10.20.5.0/24"]"#,
        says: "The networks inside which every `allow` of the text must lie.",
    },
    Key {
        table: Permit,
        name: "target-groups",
        kind: Texts(GROUP),
        required: true,
        default: "",
        example: concat!(
            r#"["arn:aws:elasticloadbalancing:eu-west-1:111122223333:"#,
            r#"targetgroup/orders/0123456789abcdef"]"#
        ),
        says: "The target groups that a binding of the text may have.",
    },
    Key {
        table: Permit,
        name: "modes",
        kind: Texts(MODE),
        required: true,
        default: "",
        example: r#"["observe", "manage"]"#,
        says: "The modes that a binding of the text may have. With `[\"observe\"]` nothing is \
               written, whatever the text says; each binding must then say `mode = \"observe\"`.",
    },
    Key {
        table: Permit,
        name: "sources",
        kind: Texts(PERMITTED),
        required: false,
        default: "any source",
        example: r#"["cluster/orders-*", "instance/billing", "proxy/orders"]"#,
        says: "The sources that a binding of the text may have: clusters and instances with `*` \
               for a part of a name, others as they are written in a binding. Without it, the text \
               may point a permitted group at any database in the permitted networks.",
    },
    Key {
        table: Permit,
        name: "notify-topic",
        kind: Text(TOPIC),
        required: false,
        default: "outcomes are not published",
        example: r#""arn:aws:sns:eu-west-1:111122223333:outcomes""#,
        says: "The SNS topic to which outcomes are published. The text may name no other.",
    },
    Key {
        table: Permit,
        name: "dns-servers",
        kind: Texts(ADDRESS),
        required: false,
        default: "those of the system (`/etc/resolv.conf`)",
        example: r#"["10.20.0.2", "10.20.0.3:5353"]"#,
        says: "The addresses of the DNS servers. The text may not have `[dns]`.",
    },
];
