//! Tests what a configuration means, and what is said of a broken one.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::text::is_unprintable;

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

/// A configuration with every key of the table, each at a value that is not its default.
const EVERYTHING: &str = r#"
allow = ["10.20.0.0/16", "10.50.0.0/16"]
notify-topic = "arn:aws:sns:eu-west-1:111122223333:out"
discover = ["cluster/orders-*"]

[dns]
servers = ["10.20.0.2", "10.20.0.3:5353"]

[timing]
settle = 20
patience-started = 240
patience = 60
sweep = 20

[api]
share = 25

[[binding]]
name = "orders"
source = "cluster/orders"
target-group = "GROUP"
port = 5432
port-differs = "allowed"
mode = "observe"
exclusive = true
max-removals = 2
allow = ["10.20.4.0/24"]

[[binding]]
name = "readers"
source = "cluster/orders/readers"
target-group = "GROUP2"
readers-fallback = "none"

[[binding]]
name = "outside"
source = "dns/db.example.com"
target-group = "GROUP3"
port = 5432
outside-vpc = true

[[binding]]
name = "billing"
source = "instance/billing"
target-group = "GROUP4"
standby = "warm"
"#;

/// The text with ALLOW, BINDING and GROUP written out.
fn whole(text: &str) -> String {
    const BINDING: &str =
        "[[binding]]\nname = \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \"GROUP\"";
    text.replace("BINDING", BINDING)
        .replace("ALLOW", "allow = [\"10.20.0.0/16\"]")
        .replace("GROUP", GROUP)
}

/// The titles and the texts of `broken.txt`.
fn broken() -> Vec<(&'static str, String)> {
    let rows = include_str!("tests/broken.txt").split("=== ").skip(1);
    let rows = rows.filter_map(|row| row.split_once('\n'));
    rows.map(|(title, text)| {
        let mut text = whole(&format!("{}\n", text.trim_end()).replace("<CR>", "\r"));
        for c in ["00", "01", "02", "07", "7F"] {
            let code = u8::from_str_radix(c, 16).expect("two digits");
            text = text.replace(&format!("<{c}>"), &char::from(code).to_string());
        }
        (title, text)
    })
    .collect()
}

fn check(text: &str) -> Checked {
    Config::check(text, &Location::File("writerlink.toml".into()))
}

fn good(text: &str) -> Config {
    let Checked { config, mistakes, remarks } = check(&whole(text));
    assert_eq!((mistakes, remarks), (vec![], vec![]), "{text}");
    config.expect("without a mistake it can be used")
}

/// The same configuration in JSON, if the text is TOML.
fn json(text: &str) -> Option<String> {
    let value: toml::Table = toml::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

/// What a check says, a line a mistake, and whether the configuration can be used all the same.
fn told(text: &str) -> String {
    let Checked { config, mistakes, remarks } = check(text);
    let mut told: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    told.extend(remarks.iter().map(|remark| format!("remark: {remark}\n")));
    if let Some(config) = config {
        let _ = writeln!(told, "(used: {} of {})", config.usable().count(), config.bindings.len());
    }
    told
}

#[test]
fn a_broken_configuration_is_told_with_the_place_what_was_found_and_what_is_allowed() {
    let mut page = String::new();
    for (title, text) in broken() {
        let shown = |c: char| match c {
            '\n' | '\t' => c.to_string(),
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        };
        let written: String = text.trim_end().chars().map(shown).collect();
        let _ = writeln!(page, "# {title}\n{}\n{written}\n\n", told(&text));
    }
    insta::assert_snapshot!("broken", page.replace(GROUP, "GROUP"));
}

#[test]
fn the_same_mistakes_are_found_in_json() {
    for (title, text) in broken() {
        let Some(json) = json(&text) else { continue };
        let keys = |text: &str| {
            let mut keys: Vec<_> = check(text)
                .mistakes
                .into_iter()
                .map(|mistake| (mistake.key, mistake.bindings, mistake.did_you_mean.is_some()))
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&text), keys(&json), "{title}: {json}");
    }
}

#[test]
fn toml_and_json_of_the_same_schema_give_the_same_configuration() {
    let config = good(EVERYTHING);
    assert_eq!(config, good(&json(&whole(EVERYTHING)).expect("it is TOML")));
    assert_eq!(
        config.dns_servers,
        ["10.20.0.2:53".parse().expect("a"), "10.20.0.3:5353".parse().expect("b")]
    );
    assert_eq!(config.timing.settle, Duration::from_secs(20));
    assert_eq!(config.api_share.percent(), 25);
    let binding = config.usable().next().expect("a binding");
    assert_eq!(
        (binding.mode, binding.exclusive, binding.max_removals, binding.port_differs),
        (Mode::Observe, true, 2, PortDiffers::Allowed)
    );
    let patterns: Vec<String> =
        config.discover.into_iter().flat_map(|d| d.patterns).map(|p| p.to_string()).collect();
    assert_eq!(patterns, ["cluster/orders-*"]);
}

#[test]
fn every_key_of_the_table_is_read_and_at_its_default_changes_nothing() {
    let plain = good("ALLOW\nBINDING");
    for key in keys::KEYS {
        let written = format!("\n{} = ", key.name);
        let is_header = matches!(key.kind, keys::Kind::OneTable(_) | keys::Kind::Tables(_));
        assert!(EVERYTHING.contains(&written) || is_header, "{}", key.name);
        let is_value = format!("x = {}", key.default).parse::<toml::Table>().is_ok();
        if !is_value || key.name == "readers-fallback" {
            continue;
        }
        let (line, name) = (format!("{} = {}\n", key.name, key.default), key.table.name());
        let text = match key.table {
            keys::Table::Top => format!("{line}ALLOW\nBINDING"),
            keys::Table::Binding => format!("ALLOW\nBINDING\n{line}"),
            _ => format!("ALLOW\nBINDING\n[{name}]\n{line}"),
        };
        assert_eq!(good(&text), plain, "{text}");
    }
}

#[test]
fn a_value_is_text_when_it_starts_with_a_brace_or_has_a_newline_and_a_path_otherwise() {
    assert!(matches!(Location::from("{}"), Location::Inline(_)));
    assert!(matches!(Location::from("allow = []\n"), Location::Inline(_)));
    assert!(matches!(Location::from("/etc/writerlink.toml"), Location::File(_)));
}

#[test]
fn a_bad_binding_fails_alone_under_its_name_or_its_position() {
    let config = check(&whole("ALLOW\nBINDING\nBINDING\nprot = 1\n")).config.expect("one is good");
    let bad = config.bindings[1].as_ref().expect_err("a duplicate");
    assert_eq!(bad.name, "binding-2", "a second one of a name must not look like the first");
    assert!(bad.to_string().contains("`prot`") && bad.to_string().contains("; also"), "{bad}");
    assert_eq!(config.usable().count(), 1);
    let group: TargetGroupArn = GROUP.parse().expect("an ARN");
    assert!(config.claimed.contains(&group));
}

#[test]
fn with_discover_no_binding_need_be_written_and_the_group_of_a_bad_one_is_claimed() {
    let wish = "ALLOW\ndiscover = [\"cluster/orders-*\", \"instance/billing\"]\n";
    assert_eq!(good(wish).bindings, []);
    let config =
        check(&whole(&format!("{wish}BINDING\nprot = 1"))).config.expect("tags bring some");
    assert!(config.bindings[0].is_err());
    let group: TargetGroupArn = GROUP.parse().expect("an ARN");
    assert!(config.claimed.contains(&group), "its tags count for nothing");
}

#[test]
fn a_byte_order_mark_before_the_text_means_nothing() {
    let toml = whole("ALLOW\nBINDING");
    let json = json(&toml).expect("it is TOML");
    let plain = good(&toml);
    for text in [&toml, &json, &format!("{json}\r\n"), &toml.replace('\n', "\r\n")] {
        let marked = format!("\u{feff}{text}");
        assert_eq!(good(&marked), plain, "{marked:?}");
        let Location::Inline(inline) = Location::from(marked.as_str()) else {
            panic!("{marked:?} is the text itself");
        };
        assert_eq!(Config::parse(&inline, &Location::Inline(inline.clone())).as_ref(), Ok(&plain));
    }
    assert!(told("\u{feff}alow = []\n").starts_with("writerlink.toml:1:1: "));
}

#[test]
fn a_text_that_could_deceive_a_reader_is_shown_clean() {
    let hostile = "\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}";
    for lines in [
        format!("name = \"b{hostile}\""),
        format!("\"b{hostile}\" = 1"),
        format!("source = \"instance/{hostile}\"\ntarget-group = \"{GROUP}\""),
        format!("target-group = \"{hostile}\"\nmode = \"{hostile}\"\nallow = [\"{hostile}\"]"),
        format!("[dns]\nservers = [\"{hostile}\"]"),
        format!("[{hostile}]"),
        format!("mode = {hostile}"),
        format!("{hostile} = 1"),
    ] {
        for text in [whole(&format!("ALLOW\nBINDING\n[[binding]]\n{lines}\n")), whole(&lines)] {
            let told = told(&text).replace('\n', " ");
            assert!(told.len() > 20 && !told.chars().any(is_unprintable), "{lines:?}: {told:?}");
        }
    }
}

#[test]
fn the_text_of_an_error_is_bounded_however_many_mistakes_there_are() {
    let text: String = (0..2_000).map(|n| format!("key-{n} = \"{}\"\n", "x".repeat(50))).collect();
    let checked = check(&text);
    assert_eq!(checked.mistakes.len(), 2_000);
    let error = checked.result().expect_err("refused").to_string();
    assert!(error.chars().count() < 5_000 && error.contains("`writerlink check`"), "{error}");
}

proptest! {
    #[test]
    fn after_random_edits_every_mistake_has_a_place_in_the_text(
        json_form: bool,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, "[\\[\\]{}\"'=,\\n#a-z0-9 .:é\\\\-]{0,3}"), 1..6),
    ) {
        let toml = whole(EVERYTHING);
        let text = if json_form { json(&toml).expect("TOML") } else { toml };
        let mut text: Vec<char> = text.chars().collect();
        for (at, removed, added) in edits {
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, added.chars());
        }
        let text: String = text.into_iter().collect();
        let Checked { config, mistakes, .. } = check(&text);
        prop_assert!(config.is_some() || !mistakes.is_empty(), "{text}");
        for mistake in mistakes {
            let line = text.lines().nth(mistake.place.line - 1).unwrap_or_default();
            prop_assert!(mistake.place.column <= line.chars().count() + 2, "{mistake}\n{text}");
            prop_assert!(!mistake.message.contains("expected"), "{mistake}");
        }
    }
}
