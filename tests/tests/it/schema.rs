//! The JSON Schema of a configuration, under a validator that is not ours.

use std::process::Command;

use serde_json::{Map, Value, json};
use writerlink_core::config::{Config, Location, schema};
use writerlink_tests::python::{outcome, python, tests_dir};
use writerlink_tests::skip::available;

/// In the form that is explained in its first lines.
const BROKEN: &str = include_str!("../../../crates/core/src/config/tests/broken.txt");

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

/// Configurations without a mistake.
const GOOD: [(&str, &str); 5] = [
    ("the least", "ALLOW\nBINDING"),
    ("an `allow` of its own", "BINDING\nallow = [\"10.20.4.0/24\", \"fd12::/48\"]\n"),
    ("only `discover`", "ALLOW\ndiscover = [\"cluster/orders-*\", \"instance/*\"]\n"),
    (
        "every table",
        "ALLOW\nnotify-topic = \"arn:aws:sns:eu-west-1:111122223333:out\"\nBINDING\nport = \
         5432\nport-differs = \"allowed\"\nmode = \"manage\"\nexclusive = true\nmax-removals = \
         0\n[timing]\nsettle = 1\npatience = 840\n[dns]\nservers = [\"10.20.0.2:53\", \
         \"[fd12::2]:53\", \"fd12::2\"]\n[api]\nshare = 100\n",
    ),
    (
        "nulls",
        "{\"allow\": [\"10.20.0.0/16\"], \"notify-topic\": null, \"binding\": [{\"name\": \"a\", \
         \"source\": \"dns/db.example.com\", \"target-group\": \"GROUP\", \"port\": 1, \"mode\": \
         null, \"outside-vpc\": true, \"max-removals\": null, \"allow\": null}]}",
    ),
];

fn whole(text: &str) -> String {
    const BINDING: &str =
        "[[binding]]\nname = \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \"GROUP\"";
    text.replace("BINDING", BINDING)
        .replace("ALLOW", "allow = [\"10.20.0.0/16\"]")
        .replace("GROUP", GROUP)
}

fn value(text: &str) -> Option<Value> {
    let text = whole(text);
    serde_json::from_str(&text).ok().or_else(|| toml(&text))
}

fn toml(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(text).ok()?;
    serde_json::to_value(table).ok()
}

#[test]
fn the_schema_accepts_what_is_accepted_and_refuses_whatever_is_of_no_form() {
    let Some(python) = available(python()) else { return };
    for (title, text) in GOOD {
        let checked = Config::check(&whole(text), &Location::from("x.toml"));
        assert_eq!(checked.mistakes, [], "{title}");
    }
    let broken = BROKEN.split("=== ").skip(1).filter_map(|row| row.split_once('\n'));
    // Characters that are written as their codes are of no concern to the schema.
    let broken = broken.filter(|(_, text)| !text.contains("<0") && !text.contains("<CR>"));
    let rows = GOOD.into_iter().chain(broken);
    let values: Map<String, Value> =
        rows.filter_map(|(title, text)| Some((title.to_owned(), value(text)?))).collect();
    assert!(values.len() > 60, "{}", values.len());
    let asked = json!({"schema": schema(), "values": values});
    let mut command = Command::new(python);
    command.arg(tests_dir().join("python/schema.py"));
    let output = outcome(&mut command, &asked.to_string());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let accepted = String::from_utf8_lossy(&output.stdout).into_owned();
    let accepted: Vec<&str> = accepted.lines().collect();
    for (title, _) in GOOD {
        assert!(accepted.contains(&title), "{title}");
    }
    // What depends on other values, or on more than the form of one.
    let beyond: Vec<&&str> =
        accepted.iter().filter(|title| GOOD.iter().all(|(good, _)| good != *title)).collect();
    insta::assert_debug_snapshot!("beyond_the_schema", beyond);
}
