//! Tests of the real program, started as Lambda starts it.
#![allow(clippy::unwrap_used)]

mod recorder;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use writerlink_tests::programs;

const CONFIG: &str = r#"
allow = ["10.20.0.0/16"]
[dns]
servers = ["127.0.0.1:1"]
[timing]
sweep = 1
patience = 1
[[binding]]
name = "orders-writer"
source = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
"#;

/// `bootstrap` with these variables and no others.
fn bootstrap(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(programs::bootstrap());
    command
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A small Lambda runtime API for one function.
struct Lambda {
    child: Child,
    listener: TcpListener,
}

impl Lambda {
    fn start(config: &str) -> Self {
        Self::start_with("http://127.0.0.1:1", config)
    }

    /// Starts the program with this address as its AWS endpoint.
    fn start_with(aws: &str, config: &str) -> Self {
        Self::start_as(aws, config, &[])
    }

    /// The same with further variables.
    fn start_as(aws: &str, config: &str, more: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let child = bootstrap(&[
            ("AWS_LAMBDA_RUNTIME_API", &address),
            ("AWS_LAMBDA_FUNCTION_NAME", "writerlink"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "very-secret"),
            ("AWS_ENDPOINT_URL", aws),
            ("WRITERLINK_CONFIG", config),
        ])
        .envs(more.iter().copied())
        .spawn()
        .unwrap();
        Self { child, listener }
    }

    /// Delivers a payload. Returns the path of the answer, and the answer.
    fn invoke(&self, payload: &Value) -> (String, Value) {
        self.invoke_bytes(payload.to_string().as_bytes())
    }

    fn invoke_bytes(&self, payload: &[u8]) -> (String, Value) {
        self.invoke_within(Duration::from_secs(30), payload)
    }

    /// Delivers a payload that must be answered within this time.
    fn invoke_within(&self, time: Duration, payload: &[u8]) -> (String, Value) {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        let next = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: r-1\r\nlambda-runtime-deadline-ms: \
             {}\r\nlambda-runtime-invoked-function-arn: \
             arn:aws:lambda:eu-west-1:111122223333:function:writerlink\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            deadline.as_millis(),
            payload.len()
        );
        self.answer(
            "GET /2018-06-01/runtime/invocation/next",
            &[next.as_bytes(), payload].concat(),
        );
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        self.answer("POST /2018-06-01/runtime/invocation/r-1/", accepted)
    }

    /// Waits for a request that starts with `start`, and answers it.
    fn answer(&self, start: &str, answer: &[u8]) -> (String, Value) {
        let (mut stream, _) = self.listener.accept().unwrap();
        let (line, body) = read_request(&mut stream).unwrap();
        assert!(line.starts_with(start), "{line} instead of {start}");
        stream.write_all(answer).unwrap();
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        (path, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Kills the program, and returns the lines of its standard output as JSON.
    fn end(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("very-secret"));
        text.lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?} is not JSON"))
            })
            .collect()
    }
}

/// An AWS endpoint that denies every request and records it.
struct DenyingAws {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl DenyingAws {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let received = Arc::clone(&received);
                // A run that ends drops its reads, so a connection can end at any point.
                std::thread::spawn(move || deny(stream?, &received));
            }
        });
        Self { address, requests }
    }

    /// The requests for this operation.
    fn requests_for(&self, operation: &str) -> Vec<String> {
        let action = format!("Action={operation}&");
        self.requests
            .lock()
            .unwrap()
            .iter()
            .filter(|body| body.starts_with(&action))
            .cloned()
            .collect()
    }
}

fn deny(mut stream: TcpStream, received: &Mutex<Vec<String>>) -> io::Result<()> {
    let (_, body) = read_request(&mut stream)?;
    received.lock().unwrap().push(String::from_utf8(body).unwrap());
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
        <Message>no</Message></Error></ErrorResponse>";
    let length = denied.len();
    write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\ncontent-length: \
         {length}\r\nconnection: close\r\n\r\n{denied}"
    )
}

fn read_request(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines
        .iter()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((lines.swap_remove(0), body))
}

#[test]
fn half_a_lambda_environment_names_what_is_missing_instead_of_a_panic() {
    let output = bootstrap(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("not set: AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE, ")
            && !text.contains("panicked"),
        "{text}"
    );
}

#[test]
fn a_refused_configuration_answers_each_invocation_with_its_place_and_remedy() {
    let lambda = Lambda::start("alow = []\n");
    for _ in 0..2 {
        let (path, error) = lambda.invoke(&json!({"trigger": "sweep"}));
        assert_eq!(
            (path.as_str(), &error["errorType"]),
            ("/2018-06-01/runtime/invocation/r-1/error", &json!("NotReady"))
        );
        let text = error["errorMessage"].as_str().unwrap();
        assert!(
            text.contains("the configuration text, line 1, column 1: `alow` is no key"),
            "{text}"
        );
    }
    let lines = lambda.end();
    assert!(
        lines.iter().any(|line| line["level"] == "ERROR" && line.get("request_id").is_none()),
        "at the start: {lines:?}"
    );
    assert!(
        lines.iter().any(|line| line["error_type"] == "NotReady" && line["request_id"] == "r-1"),
        "{lines:?}"
    );
    let names_the_field = |line: &&Value| {
        line["message"].as_str().is_some_and(|text| text.contains("`alow` is no key"))
    };
    assert_eq!(
        lines.iter().filter(names_the_field).count(),
        3,
        "once at the start and once an invocation: {lines:?}"
    );
    let measured: Vec<_> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    assert_eq!(measured.len(), 2);
    assert!(measured.iter().all(|line| line["NotOk"] == 1 && line["Runs"] == 0));
}

#[test]
fn a_sweep_that_reaches_nothing_fails_and_by_hand_the_report_says_why() {
    let lambda = Lambda::start(CONFIG);
    let (path, error) = lambda.invoke(&json!({"trigger": "sweep"}));
    assert!(path.ends_with("/error"), "{path}");
    assert_eq!(error["errorType"], "NothingReadable");
    let (path, report) = lambda.invoke(&json!({"mode": "plan"}));
    assert!(path.ends_with("/response"), "{path}");
    assert_eq!(
        (&report["ok"], &report["bindings"][0]["name"]),
        (&json!(false), &json!("orders-writer"))
    );
    assert!(report["bindings"][0]["reason"]["message"].is_string(), "{report}");
    let lines = lambda.end();
    assert!(
        lines.iter().all(|line| line.get("_aws").is_some() || line["message"].is_string()),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line["binding"] == "orders-writer" && line["request_id"] == "r-1"),
        "{lines:?}"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["Binding"] == "orders-writer" && line["BindingNotOk"] == 1)
            .count(),
        2
    );
    let finished: Vec<&Value> = lines.iter().filter_map(|line| line.get("SweepFinished")).collect();
    assert_eq!(
        finished,
        [0],
        "the sweep reports that it could not do its work, and the dry run is not a sweep"
    );
}

#[test]
fn garbage_of_300_kilobytes_stays_bounded_in_answers_and_logs() {
    let lambda = Lambda::start(CONFIG);
    let garbage = "\u{1b}[31m\n\"".repeat(50_000);
    let (_, error) = lambda.invoke(&json!({ "mode": garbage }));
    assert_eq!(error["errorType"], "PayloadRefused");
    assert!(error["errorMessage"].as_str().unwrap().len() < 1000);
    lambda.invoke(&json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": garbage}}]}));
    let lines = lambda.end();
    assert!(lines.iter().any(|line| line["kind"] == "unreadable"), "{lines:?}");
    assert!(lines.iter().all(|line| line.to_string().len() < 3000), "{lines:?}");
    assert!(lines.iter().any(|line| line["Unreadable"] == 1), "{lines:?}");
}

#[test]
fn a_payload_that_cannot_be_parsed_is_answered_and_measured() {
    let lambda = Lambda::start(CONFIG);
    let payloads: [&[u8]; 6] = [
        b"",
        b"{",
        b"{\"mode\": \"plan\"} {}",
        b"plan",
        b"{\"mode\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
    ];
    for payload in payloads {
        let (path, error) = lambda.invoke_bytes(payload);
        assert!(path.ends_with("/error"), "{path}");
        assert_eq!(error["errorType"], "PayloadRefused", "{error}");
        let text = error["errorMessage"].as_str().unwrap();
        assert!(text.contains("cannot be read") && text.contains("Nothing was written"), "{text}");
    }
    let (path, _) = lambda.invoke(&json!({"mode": "plan"}));
    assert!(path.ends_with("/response"), "it continues: {path}");
    let lines = lambda.end();
    let failed = lines.iter().filter(|line| line["NotOk"] == 1 && line["Runs"] == 0);
    assert_eq!(failed.count(), payloads.len());
}

/// The largest payload that Lambda delivers is 6 MB, and the function has 256 MB of memory.
#[test]
#[cfg(target_os = "linux")]
fn no_payload_takes_more_memory_than_the_function_has() {
    let objects = r#"{"":0},"#.repeat(860_000);
    let body = serde_json::to_string(&format!("[{}0]", r#"{"":0},"#.repeat(500_000))).unwrap();
    let wrapped = (0..10).fold(format!("[{objects}0]"), |text, _| {
        let text: String = text.chars().take(500_000).collect();
        json!({"Type": "Notification", "Message": text, "junk": [[0], [0]]}).to_string()
    });
    for payload in [
        format!("[{objects}0]"),
        format!("[{}0]", "0,".repeat(3_000_000)),
        format!(r#"{{"Records":[{{"eventSource":"aws:sqs","messageId":"a","body":{body}}}]}}"#),
        format!("{{\"mode\":\"{}\"}}", "\\\"".repeat(2_900_000)),
        wrapped,
        (0..6).fold(format!("[{}0]", r#"{"":0},"#.repeat(60_000)), |detail, _| {
            format!(
                "{{\"source\":\"lambda\",\"detail-type\":\"x\",\
                 \"detail\":{{\"version\":\"1\",\"requestPayload\":{detail}}}}}"
            )
        }),
        format!(
            "{{\"RequestType\":\"Create\",\"ResponseURL\":\"https://x/\",\"StackId\":\"s\",\
             \"RequestId\":\"r\",\"LogicalResourceId\":\"l\",\"ResourceType\":\"t\",\
             \"ResourceProperties\":[{}0]}}",
            r#"{"":0},"#.repeat(60_000)
        ),
    ] {
        let lambda = Lambda::start(CONFIG);
        lambda.invoke_bytes(payload.as_bytes());
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", lambda.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        println!("{} bytes of {:.20}: {} MB", payload.len(), payload, kilobytes >> 10);
        assert!(kilobytes < 160 << 10, "{kilobytes} kB for {payload:.20}");
        lambda.end();
    }
}

#[test]
fn an_outcome_is_published_but_never_to_the_topic_that_triggered_and_a_refusal_changes_nothing() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:outcomes";
    let aws = DenyingAws::start();
    let lambda = Lambda::start_with(&aws.address, &format!("notify-topic = \"{topic}\"\n{CONFIG}"));
    let (path, report) = lambda.invoke(&json!({}));
    assert!(path.ends_with("/response"), "{path}");
    assert_eq!(report["bindings"][0]["reason"]["code"], "access-denied");
    let published = aws.requests_for("Publish");
    assert_eq!(published.len(), 1, "{published:?}");
    assert!(
        published[0].contains("Subject=writerlink%3A%20orders-writer%20failed"),
        "{published:?}"
    );

    let event =
        json!({"Event Source": "db-cluster", "Source ID": "orders", "Event ID": "#RDS-EVENT-0071"})
            .to_string();
    let from_topic = |topic: &str| {
        let sns = json!({"TopicArn": topic, "Message": event});
        json!({"Records": [{"EventSource": "aws:sns", "Sns": sns}]})
    };
    let config_topic = lambda.invoke(&from_topic(topic));
    assert_eq!(config_topic.1["errorType"], "NotOk");
    assert_eq!(aws.requests_for("Publish").len(), 1);
    lambda.invoke(&from_topic("arn:aws:sns:eu-west-1:111122223333:events"));
    assert_eq!(aws.requests_for("Publish").len(), 2);
    lambda.invoke(&json!({"trigger": "sweep"}));
    lambda.invoke(&json!({"mode": "plan"}));
    assert_eq!(aws.requests_for("Publish").len(), 2);

    let lines = lambda.end();
    let messages: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "notify")
        .filter_map(|line| line["message"].as_str())
        .collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(
        messages[0].contains("could not be published") && messages[0].contains("`sns:Publish`"),
        "{messages:?}"
    );
    assert!(messages[1].contains("is the topic that triggers this function"), "{messages:?}");
}
