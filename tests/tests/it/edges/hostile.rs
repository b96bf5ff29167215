//! Tests hostile text in AWS's answers: every text of every answer that the lab gives is replaced
//! by one that would move a cursor, turn the reading order or hide letters, and the test checks
//! everything that the programs print, log, answer or publish from it.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fmt, io};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use writerlink_aws::Clients;
use writerlink_core::config::{Config, Location};
use writerlink_core::text::is_unprintable;
use writerlink_lab::scene::Scene;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Pace;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags};
use writerlink_lambda::logs::{self, LogJournal};
use writerlink_lambda::metrics::Measured;
use writerlink_lambda::{Handled, Handler};
use writerlink_tests::{kinds, programs};

use super::relay::{Leaf, Relay, TextChange};

/// An escape sequence, a bell, C1, a reversal, isolates, separators, zero-width letters, a tag. The
/// last is text that a template or a shell would take for its own.
const HOSTILE: &str = "x\u{1b}[31;1m\u{7}\u{9b}2J\r\u{85}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}$(y)";

/// A sweep is over as soon as there is nothing to wait for.
const TIMING: &str = "\n[timing]\nsettle = 1\npatience-started = 1\npatience = 1\nsweep = 1\n";

const MINUTE: Duration = Duration::from_secs(60);

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:outcomes";

/// A region with a link for every kind of source, one of which is wrong, and groups that are found
/// by their tags.
async fn region() -> (Lab, String) {
    let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
    kinds::add(&mut scene);
    let world = &mut scene.world;
    for (name, source) in [("found", "cluster/orders"), ("refused", "cluster/elsewhere")] {
        let group = world.add_target_group(NewTargetGroup::tcp(name, 5432));
        let tags = Tags::from([("writerlink:source".to_owned(), source.to_owned())]);
        world.elbv2.add_tags(&[group], &tags).expect("it exists");
    }
    let cluster = world.cluster_arn("orders");
    let publish = Tags::from([("writerlink:publish".to_owned(), "found".to_owned())]);
    world.rds.add_tags(&cluster, publish).expect("it exists");
    world.failover_db_cluster("orders", Some("orders-2")).expect("a failover");
    world.pass(MINUTE);
    let lab =
        Lab::start(scene.world.clone(), Options::default()).await.expect("loopback has ports");
    let config = format!(
        "notify-topic = \"{TOPIC}\"\ndiscover = [\"cluster/orders*\"]\n{}",
        scene.config(lab.dns(), TIMING)
    );
    (lab, config)
}

/// What is printed, logged, answered or published, piece by piece.
#[derive(Debug, Clone, Default)]
struct Shown(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shown {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().expect("no panic"));
        String::from_utf8(bytes).expect("it is text")
    }
}

/// Fails where a text has a character that no terminal should get, but for the ends of lines.
fn assert_clean(what: impl fmt::Display, text: &str) {
    let bad: Vec<char> = text.chars().filter(|c| *c != '\n' && is_unprintable(*c)).collect();
    assert!(bad.is_empty(), "{what}: {bad:?} in\n{text:?}");
}

/// The same of every text in lines of JSON, as whoever reads them with `jq -r` sees it.
fn assert_clean_json(what: impl fmt::Display, text: &str) {
    fn look(what: &impl fmt::Display, value: &Value) {
        match value {
            Value::String(text) => assert_clean(what, text),
            Value::Array(list) => list.iter().for_each(|value| look(what, value)),
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                assert_clean(what, key);
                look(what, value);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    assert_clean(&what, text);
    for line in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        look(&what, &line.unwrap_or_else(|error| panic!("{what}: {error}: {text}")));
    }
}

/// `writerlink audit` against an endpoint: its table, its JSON and its standard error.
async fn audit(endpoint: &str, config: &str) -> [String; 4] {
    let run = async |form: &str| {
        let mut command = Command::new(programs::writerlink());
        command
            .args(["audit", "--output", form])
            .env_clear()
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", "lab")
            .env("AWS_SECRET_ACCESS_KEY", "lab")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("WRITERLINK_CONFIG", config)
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
        let output = output.await.expect("it ends");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it is text"))
    };
    let ([table, one], [json, other]) = tokio::join!(run("table"), run("json"));
    [table, one, json, other]
}

/// What the function answers to a payload, and the metrics that it writes of it.
async fn answered(handler: &Handler, payload: &Value) -> (String, String) {
    let handled: Handled = handler.handle(payload, MINUTE, &mut LogJournal).await;
    let measured = Measured {
        configuration: None,
        function: "writerlink",
        at: 0,
        took: Duration::ZERO,
        failed: handled.answer.is_err(),
        run: handled.run.as_ref().map(|(trigger, report)| (trigger, report)),
    };
    let metrics = measured.lines().into_iter().map(|line| format!("{line}\n")).collect();
    let answer = match handled.answer {
        Ok(answer) => answer.to_string(),
        Err(failed) => json!(lambda_message(failed)).to_string(),
    };
    (answer, metrics)
}

/// What the runtime receives about a failed invocation.
fn lambda_message(failed: writerlink_lambda::InvocationFailed) -> [String; 2] {
    let told: lambda_runtime::Diagnostic = failed.into();
    [told.error_type, told.error_message]
}

fn looked_at(change: &TextChange) -> String {
    match change {
        TextChange::Nothing => "nothing".to_owned(),
        TextChange::Text((operation, element), _) => format!("{operation} {element}"),
        TextChange::Refusal(operation, _) => format!("{operation} refused"),
    }
}

/// Plays a change through both programs, and looks at everything that comes of it. Returns what the
/// relay saw.
async fn play(lab: &str, config: &str, change: TextChange, log: &Shown) -> (Relay, usize) {
    let what = looked_at(&change);
    let relay = Relay::to(lab, change).await;
    for text in audit(&relay.endpoint, config).await {
        if text.starts_with('{') {
            assert_clean_json(&what, &text);
        } else {
            assert_clean(&what, &text);
        }
    }
    let clients = Clients::at(&relay.endpoint, "eu-west-1").expect("a good endpoint");
    let parsed =
        Config::parse(config, &Location::Inline(config.to_owned())).expect("a good configuration");
    let handler = Handler::new(parsed, &clients).expect("a good handler");
    let mut length = 0;
    for payload in [json!({"mode": "plan"}), json!({"bindings": ["orders-writer"]})] {
        let (answer, metrics) = answered(&handler, &payload).await;
        assert_clean_json(&what, &answer);
        assert_clean_json(&what, &metrics);
        length += answer.len();
    }
    for request in relay.requests("Publish") {
        for (name, value) in form(&request) {
            assert_clean(format!("{what}, published {name}"), &value);
            if name == "Message" {
                assert_clean_json(&what, &value);
            }
        }
    }
    let logged = log.take();
    assert!(!logged.is_empty());
    assert_clean_json(&what, &logged);
    (relay, length)
}

/// The fields of a request.
fn form(body: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next(), rest.next()].map(|digit| digit.expect("two digits"));
                    let digits = std::str::from_utf8(&digits).expect("digits").to_owned();
                    u8::from_str_radix(&digits, 16).expect("a number")
                }
                other => other,
            });
        }
        String::from_utf8(bytes).expect("it is text")
    };
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[tokio::test]
async fn no_word_of_aws_reaches_a_terminal_a_log_or_a_message_with_a_control_or_format_character() {
    let log = Shown::default();
    let writer = log.clone();
    let _logging = tracing::subscriber::set_default(logs::subscriber(
        logs::levels(Some("debug"), None),
        move || writer.clone(),
    ));
    let (lab, config) = region().await;
    let endpoint = lab.aws_endpoint();
    let (relay, length) = play(&endpoint, &config, TextChange::Nothing, &log).await;
    assert!(length > 1000, "the function has something to say");
    assert!(!relay.requests("Publish").is_empty(), "it publishes an outcome");
    let leaves: Vec<Leaf> = relay.seen().into_iter().collect();
    for (operation, element) in [
        ("DescribeTargetHealth", "State"),
        ("DescribeTargetGroups", "TargetType"),
        ("DescribeDBClusters", "Status"),
        ("DescribeDBInstances", "DBInstanceStatus"),
        ("DescribeDBProxies", "Status"),
        ("DescribeDBClusterEndpoints", "Status"),
        ("DescribeTags", "Value"),
    ] {
        let leaf = (operation.to_owned(), element.to_owned());
        assert!(leaves.contains(&leaf), "{leaf:?} is not in {leaves:#?}");
    }
    let operations: Vec<String> = leaves.iter().map(|(operation, _)| operation.clone()).collect();
    let refusals = operations.into_iter().map(|of| TextChange::Refusal(of, HOSTILE.to_owned()));
    let mut changes: Vec<TextChange> = refusals.collect();
    changes.dedup_by_key(|change| looked_at(change));
    changes.extend(leaves.into_iter().map(|leaf| TextChange::Text(leaf, HOSTILE.to_owned())));
    stream::iter(changes)
        // Many at a time: where a reading fails, the programs repeat it for ten seconds.
        .for_each_concurrent(40, async |change| {
            play(&endpoint, &config, change, &log).await;
        })
        .await;
}

#[tokio::test]
async fn no_word_of_a_payload_or_a_configuration_does_either() {
    let log = Shown::default();
    let writer = log.clone();
    let _logging = tracing::subscriber::set_default(logs::subscriber(
        logs::levels(Some("debug"), None),
        move || writer.clone(),
    ));
    let (lab, config) = region().await;
    let clients = Clients::at(&lab.aws_endpoint(), "eu-west-1").expect("a good endpoint");
    let sns = |message: Value| {
        json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {
            "Type": "Notification", "TopicArn": format!("{TOPIC}{HOSTILE}"), "Subject": HOSTILE,
            "Message": message, "MessageAttributes": {}}}]})
    };
    let event = json!({"Event Source": HOSTILE, "Source ID": HOSTILE, "Event Time": HOSTILE,
        "Event ID": HOSTILE, "Event Message": HOSTILE})
    .to_string();
    let payloads = [
        sns(json!(HOSTILE)),
        sns(json!(event)),
        sns(json!(event.replace("Event ID\":\"", "Event ID\":\"RDS-EVENT-0071"))),
        json!({"source": "aws.rds", "detail-type": HOSTILE, "resources": [HOSTILE], "time": HOSTILE,
            "detail": {"EventID": HOSTILE, "SourceIdentifier": HOSTILE, "SourceType": HOSTILE,
                "Message": HOSTILE}}),
        json!({"mode": HOSTILE}),
        json!({"bindings": [HOSTILE]}),
        json!({"mode": "plan", "bindings": [HOSTILE, "orders-writer"]}),
        json!({HOSTILE: HOSTILE}),
        json!({"trigger": HOSTILE}),
        json!(HOSTILE),
        json!([HOSTILE]),
    ];
    let bad = format!(
        "{config}\n[[binding]]\nname = \"bad\"\nsource = \"cluster/{}\"\ntarget-group = \"{}\"\n",
        "\u{202e}\u{200b}", "\u{2066}"
    );
    for text in [&config, &bad] {
        let parsed =
            Config::parse(text, &Location::Inline(text.clone())).expect("a good configuration");
        let handler = Handler::new(parsed, &clients).expect("a good handler");
        for payload in &payloads {
            let (answer, metrics) = answered(&handler, payload).await;
            assert_clean_json(payload, &answer);
            assert_clean_json(payload, &metrics);
        }
    }
    for text in audit(&lab.aws_endpoint(), &bad).await {
        assert_clean("a bad binding", &text);
    }
    for refused in [
        format!("allow = [\"{}\"]\n", "\u{202e}"),
        format!("{} = 1\n", "\"\u{2066}\""),
        format!("[dns]\nservers = [\"{}\"]\n", "\u{200b}"),
        format!("{{\"{}\": 1}}", "\u{2028}\u{202e}"),
        format!("/nowhere/{}", "\u{1b}[31m\u{202e}"),
    ] {
        for text in audit(&lab.aws_endpoint(), &refused).await {
            assert_clean(&refused, &text);
        }
    }
    assert_clean_json("the log", &log.take());
}
