//! Calls in which a person vouches for DNS.

use super::*;

/// A call in which a person vouches for DNS, with these keys in the place of its own. `null` takes
/// a key away.
pub(super) fn vouching(changes: &Value) -> Value {
    let mut call = json!({
        "bindings": ["orders-writer"], "trust": "dns", "writer": "orders-2",
        "expires": "2026-11-29T12:10:00Z"
    });
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(call.as_object_mut().unwrap().remove(key)),
            value => call[key] = value.clone(),
        }
    }
    call
}

#[test]
fn a_person_may_vouch_for_dns_for_one_writer_and_ten_minutes_at_most() {
    for changes in [
        json!({}),
        json!({"expires": "2026-11-29T12:00:01Z"}),
        json!({"expires": "2026-11-29T13:10:00+01:00"}),
        json!({"writer": "Orders-2"}),
        json!({"mode": "plan"}),
    ] {
        let trigger = request(&vouching(&changes)).trigger;
        let trust = trigger.trust.unwrap();
        assert_eq!(trust.writer.as_str(), "orders-2");
        let left = trust.left(NOW.parse().unwrap()).as_secs();
        assert_eq!(left, if changes["expires"] == "2026-11-29T12:00:01Z" { 1 } else { 600 });
        let plan = changes["mode"] == "plan";
        assert_eq!(trigger.intent == Intent::Plan, plan);
    }
}

#[test]
fn a_call_that_vouches_for_dns_in_any_other_way_is_refused_with_what_to_write() {
    for (changes, says) in [
        (json!({"writer": null}), "come together, and the payload has no `writer`"),
        (json!({"expires": null}), "no `expires`"),
        (json!({"trust": null, "writer": null}), "no `trust` and no `writer`"),
        (json!({"trust": "rds"}), "`trust` is \"rds\", and only \"dns\" is supported"),
        (json!({"trust": true}), "`trust` is true"),
        (json!({"Trust": "dns"}), "unknown key `Trust`"),
        (json!({"bindings": null}), "exactly one name, and the payload has no `bindings`"),
        (json!({"bindings": ["orders-writer", "billing"]}), "the payload has 2 names"),
        (json!({"bindings": ["orders-writer", "orders-writer"]}), "the payload has 2 names"),
        (json!({"bindings": ["billing"]}), "`source = \"cluster/ID\"`), and `billing` is none"),
        (json!({"bindings": ["invoices"]}), "which the configuration does not have"),
        (json!({"writer": 2}), "`writer` is 2: write the name of the instance"),
        (json!({"writer": "10.20.0.1"}), "cannot be an RDS identifier"),
        (json!({"writer": ""}), "cannot be an RDS identifier"),
        (json!({"expires": 1_795_953_600}), "`expires` is 1795953600, which is no time"),
        (json!({"expires": "12:10"}), "which is no time of RFC 3339"),
        (json!({"expires": "2026-11-29T12:10:00"}), "which is no time of RFC 3339"),
        (json!({"expires": "2026-11-29T12:00:00Z"}), "which is over: write a time with its offset"),
        (json!({"expires": "2020-01-01T00:00:00Z"}), "which is over"),
        (json!({"expires": "2026-11-29T12:10:00.000000001Z"}), "which is too far ahead"),
        (json!({"expires": "2026-11-29T12:10:00-01:00"}), "which is too far ahead"),
        (json!({"expires": "9999-12-30T22:00:00Z"}), "which is too far ahead"),
    ] {
        let text = refusal(&vouching(&changes));
        assert!(text.contains(says), "{changes} gave {text:?}, not {says:?}");
        assert!(text.contains("Nothing was written"), "{text}");
    }
    let tagged = vouching(&json!({"bindings": ["orders-link"]}));
    let refused = read(&tagged, &context(OtherNames::MayBeTagged)).unwrap_err().to_string();
    assert!(refused.contains("`orders-link` is none"), "{refused}");
}

#[test]
fn nobody_vouches_for_dns_through_an_envelope() {
    let call = vouching(&json!({}));
    for (name, wrap) in wrappers() {
        // A list of texts that hold no envelope is none.
        if name != "a pipe of texts" {
            let trigger = request(&wrap(call.clone())).trigger;
            assert_eq!((trigger.trust, trigger.intent), (None, Intent::Plan), "{name}");
        }
        let mut beside = wrap(started());
        if let (Some(envelope), Some(call)) = (beside.as_object_mut(), call.as_object()) {
            envelope.extend(call.clone());
            assert!(refusal(&beside).contains("beside"), "{name}");
        }
    }
    assert!(refusal(&json!([call])).contains("which is not an object"));
    assert!(refusal(&json!(call.to_string())).contains("encoded twice"));
}
