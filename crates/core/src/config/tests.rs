use super::*;
use crate::text::is_unprintable;

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, &Location::File("writerlink.toml".into()))
}

fn binding(extra: &str) -> String {
    format!(
        "[[binding]]\nname = \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \
         \"{GROUP}\"\n{extra}\n"
    )
}

/// A good binding, and the fault of a second one written as `lines`.
fn fault_of_second(lines: &str) -> String {
    let text = format!("allow = [\"10.20.0.0/16\"]\n{}[[binding]]\n{lines}\n", binding(""));
    let config = parse(&text).expect("the first binding is good");
    assert_eq!(config.usable().count(), 1, "the good binding goes on");
    config.bindings[1].as_ref().expect_err("the second is bad").to_string()
}

#[test]
fn toml_and_json_of_the_same_schema_give_the_same_configuration() {
    let toml = format!(
        "allow = [\"10.20.0.0/16\"]\nnotify-topic = \
         \"arn:aws:sns:eu-west-1:111122223333:out\"\n[dns]\nservers = [\"10.20.0.2\", \
         \"10.20.0.3:5353\"]\n[timing]\nsettle = 20\n[api]\nshare = 25\n{}",
        binding(
            "port = 5432\nmode = \"observe\"\nexclusive = true\nmax-removals = 2\nallow = \
             [\"10.20.4.0/24\"]"
        )
    );
    let json = serde_json::json!({
        "allow": ["10.20.0.0/16"], "notify-topic": "arn:aws:sns:eu-west-1:111122223333:out",
        "dns": {"servers": ["10.20.0.2", "10.20.0.3:5353"]}, "timing": {"settle": 20},
        "api": {"share": 25},
        "binding": [{"name": "orders", "source": "cluster/orders", "target-group": GROUP,
                     "port": 5432, "mode": "observe",
                     "exclusive": true, "max-removals": 2, "allow": ["10.20.4.0/24"]}]
    });
    let config = parse(&toml).expect("toml");
    assert_eq!(config, parse(&json.to_string()).expect("json"));
    assert_eq!(
        config.dns_servers,
        ["10.20.0.2:53".parse().expect("a"), "10.20.0.3:5353".parse().expect("b")]
    );
    assert_eq!(config.timing, Timing { settle: Duration::from_secs(20), ..Timing::default() });
    assert_eq!(config.api_share.percent(), 25);
    assert_eq!(config.usable().next().map(|b| b.mode), Some(Mode::Observe));
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let config = parse(&format!("allow = [\"10.20.0.0/16\"]\n{}", binding(""))).expect("config");
    let binding = config.usable().next().expect("binding");
    assert_eq!(
        (binding.port, binding.mode, binding.exclusive, binding.max_removals),
        (None, Mode::Manage, false, 4)
    );
    assert_eq!(config.dns_servers, []);
    assert_eq!(config.api_share.percent(), 50);
}

#[test]
fn a_value_is_text_when_it_starts_with_a_brace_or_has_a_newline_and_a_path_otherwise() {
    assert!(matches!(Location::from("{}"), Location::Inline(_)));
    assert!(matches!(Location::from("allow = []\n"), Location::Inline(_)));
    assert!(matches!(Location::from("/etc/writerlink.toml"), Location::File(_)));
}

#[test]
fn what_is_wrong_with_the_whole_is_refused_with_the_line_and_the_remedy() {
    for (text, says) in [
        ("allow = [", "writerlink.toml, line 1"),
        ("alow = []\n", "unknown field `alow`"),
        ("\n\n[timing]\nsettle = \"x\"\n", "writerlink.toml, line 4"),
        ("{\n \"allow\": 1\n}", "writerlink.toml, line 2"),
        ("discover = []\n", "`discover` is empty: write which sources"),
        (
            "allow = [\"10.20.0.0/16\"]\ndiscover = [\"orders-*\"]\n",
            "`discover` holds \"orders-*\", which is not a pattern",
        ),
        ("discover = \"cluster/*\"\n", "writerlink.toml, line 1"),
        ("discover = [\"cluster/*\"]\n", "`discover` needs an `allow` of the configuration itself"),
        ("notify-topic = \"out\"\n", "write the ARN of an SNS topic"),
        ("[dns]\nservers = [\"resolver.local\"]\n", "write addresses like"),
        ("[timing]\nsettle = 0\n", "`timing.settle` is 0: write 1 to 180 seconds"),
        ("[api]\nshare = 0\n", "`api.share` is 0: write 1 to 100 percent"),
        ("[api]\nshare = 101\n", "`api.share` is 101: write 1 to 100 percent"),
        ("[api]\nshare = \"half\"\n", "writerlink.toml, line 2"),
        ("[api]\nshares = 1\n", "unknown field `shares`"),
        ("", "no usable binding: write at least one `[[binding]]`"),
        (
            "[[binding]]\nname = \"orders\"\n",
            "no usable binding\n  writerlink.toml, line 1 (`orders`): missing field `source`",
        ),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text:?} gave {error:?}, not {says:?}");
    }
}

#[test]
fn a_bad_binding_fails_alone_and_says_where_and_what_to_write() {
    let other = GROUP.replace("orders", "billing");
    let good = format!("name = \"b\"\nsource = \"instance/b\"\ntarget-group = \"{other}\"");
    for (lines, says) in [
        ("name = \"b\"".to_owned(), "writerlink.toml, line 7 (`b`): missing field `source`"),
        (format!("{good}\nprot = 1"), "unknown field `prot`"),
        (
            good.replace("\"b\"\ns", "\"orders\"\ns"),
            "another binding (`orders`) has the name `orders`",
        ),
        (good.replace(&other, GROUP), "another binding (`orders`) has the target group"),
        (good.replace(&other, "orders"), "is no ARN of a target group"),
        (good.replace("instance/b", "instance"), "is no source"),
        (good.replace("instance/b", "dns/db.test"), "`port` is missing"),
        (good.replace("instance/b", "dns/db"), "is not a full name"),
        (
            format!("{good}\nreaders-fallback = \"none\""),
            "`readers-fallback` is for `cluster/ID/readers` only",
        ),
        (format!("{good}\noutside-vpc = true"), "`outside-vpc` is for `dns/HOST` only"),
        (good.replace("instance/b", "instance/b--b"), "cannot be an RDS identifier"),
        (format!("{good}\nport = 0"), "`port` is 0"),
        (format!("{good}\nport = 70000"), "70000"),
        (format!("{good}\nmode = \"watch\""), "unknown variant `watch`"),
        (format!("{good}\nallow = []"), "`allow` is empty"),
        (format!("{good}\nallow = [\"10.20.0.0\"]"), "is not a network"),
        (
            format!("{good}\nallow = [\"10.99.0.0/16\"]"),
            "lies outside the configuration's own `allow`",
        ),
    ] {
        let fault = fault_of_second(&lines);
        assert!(fault.contains(says), "{lines:?} gave {fault:?}, not {says:?}");
    }
}

#[test]
fn an_allow_that_is_missing_too_broad_or_special_fails_the_binding() {
    for (allow, says) in [
        ("", "`allow` is empty"),
        ("allow = [\"0.0.0.0/0\"]", "broader than /8"),
        ("allow = [\"fd00::/16\"]", "broader than /32"),
        ("allow = [\"127.0.0.0/8\"]", "loopback"),
    ] {
        let error = parse(&binding(allow)).expect_err(allow).to_string();
        assert!(error.contains(says), "{allow:?} gave {error:?}");
    }
}

#[test]
fn an_allow_for_all_is_checked_also_where_each_binding_has_its_own() {
    for (allow, says) in [("10.20.3.4/16", "`10.20.0.0/16`"), ("10.020.0.0/16", "`10.20.0.0/16`")] {
        let text = format!("allow = [\"{allow}\"]\n{}", binding("allow = [\"10.20.4.0/24\"]"));
        let error = parse(&text).expect_err(allow).to_string();
        assert!(error.contains(says), "{allow} gave {error:?}");
    }
}

#[test]
fn a_binding_may_have_the_name_of_any_stack() {
    let named = |length: usize| {
        let name = format!("\"{}\"", "s".repeat(length));
        parse(&format!("allow = [\"10.20.0.0/16\"]\n{}", binding("").replace("\"orders\"", &name)))
    };
    assert_eq!(named(128).expect("as long as a stack's").usable().count(), 1);
    let fault = named(129).expect_err("longer than any stack's").to_string();
    assert!(fault.contains("1 to 128 printable characters"), "{fault}");
}

#[test]
fn a_second_binding_of_a_name_is_reported_by_its_position() {
    let text = format!("allow = [\"10.20.0.0/16\"]\n{}{}", binding(""), binding(""));
    let config = parse(&text).expect("the first binding is good");
    assert_eq!(config.bindings[1].as_ref().expect_err("a duplicate").name, "binding-2");
}

#[test]
fn with_discover_no_binding_need_be_written_and_a_bad_one_still_fails_alone() {
    let wish =
        "allow = [\"10.20.0.0/16\"]\ndiscover = [\"cluster/orders-*\", \"instance/billing\"]\n";
    let config = parse(wish).expect("tags may bring bindings");
    let patterns = config.discover.expect("it is wished for").patterns;
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    assert_eq!(patterns, ["cluster/orders-*", "instance/billing"]);
    let json =
        r#"{"allow": ["10.20.0.0/16"], "discover": ["cluster/orders-*", "instance/billing"]}"#;
    assert_eq!(parse(json).expect("json"), parse(wish).expect("toml"));

    let config = parse(&format!("{wish}{}", binding("prot = 1"))).expect("tags may bring bindings");
    assert!(config.bindings[0].is_err());
    let group: TargetGroupArn = GROUP.parse().expect("an ARN");
    assert!(config.claimed.contains(&group), "its tags count for nothing");
    assert_eq!(parse(&binding("allow = [\"10.20.0.0/16\"]")).expect("config").discover, None);
}

#[test]
fn with_discover_no_binding_may_have_the_name_of_its_report() {
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\n{}",
        binding("").replace("\"orders\"", "\"discovery\"")
    );
    assert_eq!(parse(&text).expect("config").usable().count(), 1);
    let bad = parse(&format!("discover = [\"cluster/*\"]\n{text}")).expect("config");
    let fault = bad.bindings[0].as_ref().expect_err("taken").to_string();
    assert!(fault.contains("the report on `discover` has the name `discovery` already"), "{fault}");
}

#[test]
fn a_byte_order_mark_before_the_text_means_nothing() {
    let toml = format!("allow = [\"10.20.0.0/16\"]\n{}", binding(""));
    let json = serde_json::json!({"allow": ["10.20.0.0/16"],
        "binding": [{"name": "orders", "source": "cluster/orders", "target-group": GROUP}]})
    .to_string();
    let plain = parse(&toml).expect("a good configuration");
    for text in [&toml, &json, &format!("{json}\r\n")] {
        let marked = format!("\u{feff}{text}");
        assert_eq!(parse(&marked).as_ref(), Ok(&plain), "{marked:?}");
        let Location::Inline(inline) = Location::from(marked.as_str()) else {
            panic!("{marked:?} is the text itself");
        };
        assert_eq!(Config::parse(&inline, &Location::Inline(inline.clone())).as_ref(), Ok(&plain));
    }
    let error = parse("\u{feff}alow = []\n").expect_err("refused").to_string();
    assert!(error.starts_with("writerlink.toml, line 1: "), "{error}");
}

#[test]
fn a_name_that_could_deceive_a_reader_is_refused_and_what_is_refused_is_shown_clean() {
    let hostile = "\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}";
    for (lines, good) in [
        (format!("name = \"b{hostile}\""), true),
        (format!("\"b{hostile}\" = 1"), true),
        (
            format!("name = \"b\"\nsource = \"instance/{hostile}\"\ntarget-group = \"{GROUP}\""),
            true,
        ),
        (format!("name = \"b\"\nsource = \"instance/b\"\ntarget-group = \"{hostile}\""), true),
        (
            format!(
                "name = \"b\"\nsource = \"instance/b\"\ntarget-group = \"{GROUP}\"\nmode = \
                 \"{hostile}\""
            ),
            true,
        ),
        (
            format!(
                "name = \"b\"\nsource = \"instance/b\"\ntarget-group = \"{GROUP}\"\nallow = \
                 [\"{hostile}\"]"
            ),
            true,
        ),
        (format!("name = \"b\"\n[dns]\nservers = [\"{hostile}\"]"), false),
        (format!("name = \"b\"\n[{hostile}]"), false),
    ] {
        let text = format!("allow = [\"10.20.0.0/16\"]\n{}[[binding]]\n{lines}\n", binding(""));
        let outcome = match (parse(&text), good) {
            (Ok(config), true) => {
                let bad = config.bindings[1].as_ref().expect_err("the second is bad");
                format!("{} {bad}", bad.name)
            }
            (Err(error), false) => error.to_string(),
            other => panic!("{lines:?} gave {other:?}"),
        };
        assert!(!outcome.chars().any(is_unprintable), "{lines:?} gave {outcome:?}");
    }
}
