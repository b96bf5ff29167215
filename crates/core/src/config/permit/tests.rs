//! Tests what a permit lets a text hold, and what is said of the rest.

use super::*;

const OWN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";
const OTHER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/billing/0123456789abcdef";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:outcomes";

fn permit(more: &str) -> Permit {
    let modes = if more.contains("modes") { "" } else { "modes = [\"observe\", \"manage\"]" };
    let text = format!(
        "allow = [\"10.20.0.0/16\", \"fd12::/48\"]\ntarget-groups = [\"{OWN}\"]\n{modes}\n{more}\n"
    );
    Permit::parse(&text, &Location::from(text.as_str())).expect("a good permit")
}

/// A text with these lines at its top and these in its one binding.
fn text(top: &str, binding: &str) -> String {
    let or = |key: &str, line: &str| match binding.contains(key) || top.contains(key) {
        true => String::new(),
        false => format!("{line}\n"),
    };
    format!(
        "{top}\n[[binding]]\nname = \"orders\"\n{}{}{}{binding}\n",
        or("source =", "source = \"cluster/orders\""),
        or("target-group =", &format!("target-group = \"{OWN}\"")),
        or("allow =", "allow = [\"10.20.4.0/24\"]"),
    )
}

fn checked(permit: &Permit, text: &str) -> (Option<Config>, Vec<String>) {
    let place = Location::from("ssm:/writerlink/orders");
    let checked = Config::check_within(text, &place, Some(permit));
    (checked.config, checked.mistakes.iter().map(ToString::to_string).collect())
}

#[test]
fn what_lies_within_the_permit_is_taken_with_the_stacks_own_part() {
    let more = format!(
        "notify-topic = \"{TOPIC}\"\ndns-servers = [\"10.20.0.2\"]\nsources = [\"cluster/ord*\", \
         \"proxy/front\"]"
    );
    let permit = permit(&more);
    for (top, binding) in [
        ("", ""),
        ("", "mode = \"observe\""),
        ("allow = [\"10.20.0.0/16\"]", ""),
        ("", "allow = [\"10.20.4.0/24\", \"fd12:0:0:4::/64\"]"),
        ("", "source = \"proxy/front\""),
        ("", "source = \"cluster/Orders\""),
        (&*format!("notify-topic = \"{TOPIC}\""), ""),
        ("[api]\nshare = 50\n[timing]\nsettle = 60", ""),
    ] {
        let text = text(top, binding);
        let (config, mistakes) = checked(&permit, &text);
        assert_eq!(mistakes, Vec::<String>::new(), "{text}");
        let config = config.expect("it is good");
        assert_eq!(config.notify_topic.as_deref(), Some(TOPIC), "{text}");
        assert_eq!(config.dns_servers, [SocketAddr::from(([10, 20, 0, 2], 53))], "{text}");
    }
}

#[test]
fn what_lies_outside_refuses_the_whole_text_with_the_place_and_the_remedy() {
    let everything = permit("");
    let only_observe = permit("modes = [\"observe\"]");
    let sources = permit("sources = [\"cluster/orders\", \"dns/db.example.com\"]");
    let rows: [(&Permit, &str, String, &str, &str); 14] = [
        (&everything, "", format!("target-group = \"{OTHER}\""), ":6:1", "none of the groups"),
        (
            &everything,
            "",
            "allow = [\"10.20.4.0/24\", \"10.30.0.0/24\"]".into(),
            ":6:26",
            "`allow` holds 10.30.0.0/24, which lies outside",
        ),
        (&everything, "", "allow = [\"10.0.0.0/8\"]".into(), ":6:10", "10.0.0.0/8"),
        (&everything, "", "allow = [\"fd12:0:1::/48\"]".into(), ":6:10", "fd12:0:1::/48"),
        (&everything, "allow = [\"10.30.0.0/24\"]", String::new(), ":1:10", "10.30.0.0/24"),
        (
            &everything,
            "allow = [\"10.20.0.0/16\"]\ndiscover = [\"cluster/*\"]",
            String::new(),
            ":2:1",
            "`discover` is not permitted here",
        ),
        (
            &everything,
            "[dns]\nservers = [\"10.66.0.1\"]",
            String::new(),
            ":1:2",
            "the DNS servers stay in the stack",
        ),
        (
            &everything,
            &format!("notify-topic = \"{TOPIC}\""),
            String::new(),
            ":1:1",
            "publishes no outcomes",
        ),
        (&everything, "[api]\nshare = 51", String::new(), ":2:1", "`api.share` is more than 50"),
        (&only_observe, "", String::new(), ":2:1", "`mode` is not written, which is `\"manage\"`"),
        (&only_observe, "", "mode = \"manage\"".into(), ":7:1", "`mode` is `\"manage\"`, and"),
        (&sources, "", "source = \"cluster/billing\"".into(), ":6:1", "which is none of those"),
        (&sources, "", "source = \"cluster/orders/readers\"".into(), ":6:1", "is none of those"),
        (
            &sources,
            "",
            "source = \"dns/db.example.org\"\nport = 5432".into(),
            ":6:1",
            "none of those",
        ),
    ];
    for (permit, top, binding, place, says) in rows {
        let text = text(top, &binding);
        let (config, mistakes) = checked(permit, &text);
        assert_eq!(config, None, "{text}");
        let [mistake] = mistakes.as_slice() else { panic!("{text}: {mistakes:?}") };
        assert!(mistake.starts_with(&format!("ssm:/writerlink/orders{place}: ")), "{mistake}");
        assert!(mistake.contains(says), "{mistake}");
        let is_of_binding = top.is_empty();
        assert_eq!(mistake.contains("binding `orders`: "), is_of_binding, "{mistake}");
    }
}

#[test]
fn a_good_binding_does_not_save_a_text_in_which_another_lies_outside() {
    let two = format!(
        "{}\n[[binding]]\nname = \"billing\"\nsorce = \"instance/billing\"\ntarget-group = \
         \"{OTHER}\"\nallow = [\"10.20.4.0/24\"]\n",
        text("", "")
    );
    let (config, mistakes) = checked(&permit(""), &two);
    assert_eq!((config, mistakes.len()), (None, 2), "{mistakes:?}");
    let alone = two.replace(OTHER, &OWN.replace("orders/0", "orders/1"));
    let more = Permit {
        target_groups: [OWN, &OWN.replace("orders/0", "orders/1")]
            .map(|group| group.parse().expect("an ARN"))
            .into(),
        ..permit("")
    };
    let (config, mistakes) = checked(&more, &alone);
    assert_eq!((config.map(|one| one.usable().count()), mistakes.len()), (Some(1), 1));
}

#[test]
fn json_is_judged_as_toml_is() {
    let json = format!(
        r#"{{"allow": null, "discover": null, "binding": [{{"name": "orders", "source":
        "cluster/orders", "target-group": "{OTHER}", "mode": null, "allow": ["10.20.4.0/24"]}}]}}"#
    );
    let (config, mistakes) = checked(&permit(""), &json);
    assert_eq!((config, mistakes.len()), (None, 1), "{mistakes:?}");
    let (config, mistakes) = checked(&permit(""), &json.replace(OTHER, OWN));
    assert!(config.is_some() && mistakes.is_empty(), "{mistakes:?}");
}

#[test]
fn a_permit_that_cannot_be_used_is_refused_with_the_place_and_the_remedy() {
    let whole =
        format!("allow = [\"10.20.0.0/16\"]\ntarget-groups = [\"{OWN}\"]\nmodes = [\"observe\"]\n");
    for (from, to, says) in [
        ("modes = [\"observe\"]", "", "`modes` is missing: write it, like"),
        ("[\"observe\"]", "[]", "`modes` is empty: write at least one"),
        ("[\"observe\"]", "[\"Manage\"]", ":3:10: `modes` holds \"Manage\": write"),
        ("[\"observe\"]", "\"observe\"", "write a list, like `modes = [\"observe\"]`"),
        ("modes", "mode", "`mode` is no key of the permit; did you mean `modes`?"),
        ("10.20.0.0/16", "10.0.0.0/7", "10.0.0.0/7"),
        ("[\"10.20.0.0/16\"]", "[]", "`allow` is empty"),
        (OWN, "orders", ":2:18: `target-groups` holds "),
        ("modes", "sources = [\"cluster\"]\nmodes", "`sources` holds \"cluster\": write a source"),
        ("modes", "dns-servers = [\"ns\"]\nmodes", "`dns-servers` holds \"ns\": write addresses"),
        ("modes", "notify-topic = \"out\"\nmodes", "`notify-topic` is \"out\": write the ARN"),
        ("modes", "discover = [\"cluster/*\"]\nmodes", "`discover` is no key of the permit"),
        ("allow", "allow", ""),
    ] {
        let text = whole.replace(from, to);
        let permit = Permit::parse(&text, &Location::from(text.as_str()));
        match permit {
            Ok(_) => assert_eq!(says, "", "{text}"),
            Err(error) => {
                let error = error.to_string();
                assert!(error.starts_with("WRITERLINK_PERMIT:") && error.contains(says), "{error}");
            }
        }
    }
}
