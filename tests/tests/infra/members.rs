//! Tests the ports of members: each has what the writer has, and one place in a template is like
//! the other.

use serde_json::{Value, json};

use crate::template::{evaluate, properties, read, text};

const PLACES: usize = 8;
const GIVEN: [(&str, &str); 4] = [
    ("Cluster", "orders"),
    ("Port", "5432"),
    ("LoadBalancerArn", "arn:balancer"),
    ("VpcId", "vpc-1"),
];

/// `m1=5441,m2=5442` and so on.
fn ports(count: usize) -> String {
    (1..=count).map(|place| format!("m{place}=544{place}")).collect::<Vec<_>>().join(",")
}

/// The resources of one place, with the place's own number, name and port replaced by the first's.
fn place(template: &Value, number: usize, given: &[(&str, &str)]) -> Value {
    let resources = template["Resources"].as_object().expect("it has resources").iter();
    let of_it = resources.filter_map(|(name, resource)| {
        let kind = name.strip_prefix("Member")?.strip_suffix(&number.to_string())?;
        let made = evaluate(template, &resource["Properties"], given);
        let like_the_first = made
            .to_string()
            .replace(&format!("m{number}"), "m1")
            .replace(&format!("544{number}"), "5441")
            .replace(&format!("{kind}{number}"), &format!("{kind}1"))
            .replace(&format!("Group{number}"), "Group1")
            .replace(&format!("Zone{number}"), "Zone1");
        Some((kind.to_owned(), json!([resource["Type"], like_the_first])))
    });
    Value::Object(of_it.collect())
}

#[test]
fn every_place_of_a_member_is_like_the_first_and_is_there_for_a_member_only() {
    let all = ports(PLACES);
    for (file, parameter) in [("members.yaml", "MemberPorts"), ("consumer.yaml", "Members")] {
        let Some(template) = read(file) else { return };
        let consumer =
            [("DatabaseEndpoint", "db"), ("SubnetIds", "s"), ("IpAddressType", "dualstack")];
        let given = [GIVEN.as_slice(), &consumer, &[(parameter, &all)]].concat();
        let first = place(&template, 1, &given);
        assert!(first.as_object().is_some_and(|kinds| kinds.len() >= 2), "{first:#}");
        for number in 2..=PLACES {
            assert_eq!(place(&template, number, &given), first, "{file}, place {number}");
        }
        for count in 1..=PLACES {
            let some = ports(count);
            let given = [GIVEN.as_slice(), &consumer, &[(parameter, &some)]].concat();
            let resources = template["Resources"].as_object().expect("it has resources").iter();
            let made = resources.filter(|(name, resource)| {
                let condition = resource.get("Condition").map(text);
                name.starts_with("Member")
                    && condition.is_none_or(|condition| {
                        evaluate(&template, &template["Conditions"][condition], &given) == true
                    })
            });
            let kinds = first.as_object().expect("as above").len();
            assert_eq!(made.count(), count * kinds, "{file} with {count} members");
        }
    }
}

#[test]
fn a_member_has_a_group_and_a_listener_like_the_writers() {
    let (Some(members), Some(link)) = (read("members.yaml"), read("link.yaml")) else { return };
    let given = [GIVEN.as_slice(), &[("MemberPorts", "orders-1=5441")]].concat();
    let of_both = |of_member: &str, of_link: &str, but: &[&str]| {
        let mut both = [(&members, of_member), (&link, of_link)]
            .map(|(template, resource)| evaluate(template, properties(template, resource), &given));
        for one in &mut both {
            for key in but {
                assert!(one.as_object_mut().expect("properties").remove(*key).is_some(), "{key}");
            }
        }
        both
    };
    let [group, writers] = of_both("MemberTargetGroup1", "TargetGroup", &["Tags"]);
    assert_eq!(group, writers);
    let [listener, writers] = of_both("MemberListener1", "Listener", &["Port", "DefaultActions"]);
    assert_eq!(listener, writers);
    let port = &properties(&members, "MemberListener1")["Port"];
    assert_eq!(evaluate(&members, port, &given), "5441");
}

#[test]
fn the_groups_and_their_bindings_are_told_as_a_configuration_takes_them() {
    let Some(template) = read("members.yaml") else { return };
    let given = [GIVEN.as_slice(), &[("MemberPorts", "orders-1=5441,orders-2=5442")]].concat();
    let told = |output: &str| {
        text(&evaluate(&template, &template["Outputs"][output]["Value"], &given)).to_owned()
    };
    let groups = ["stack-MemberTargetGroup1", "stack-MemberTargetGroup2"];
    assert_eq!(told("TargetGroupArns"), groups.join(","));
    let bindings: Value = serde_json::from_str(&told("Bindings")).expect("JSON");
    let binding = |name: &str, group: &str| {
        let source = format!("cluster/orders/instance/{name}");
        json!({"name": name, "source": source, "target-group": group})
    };
    assert_eq!(bindings, json!([binding("orders-1", groups[0]), binding("orders-2", groups[1])]));
    // A function that discovers finds the same sources in the tags.
    for (place, binding) in [1, 2].iter().zip(bindings.as_array().expect("a list")) {
        let tags = &properties(&template, &format!("MemberTargetGroup{place}"))["Tags"];
        let tags = evaluate(&template, tags, &given);
        let tag = tags.as_array().expect("a list").iter();
        let source: Vec<&Value> =
            tag.filter(|tag| tag["Key"] == "writerlink:source").map(|tag| &tag["Value"]).collect();
        assert_eq!(source, [&binding["source"]]);
    }
}
