//! Tests a company's certificates and its proxy with every HTTP client of ours.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use writerlink_aws::http::{HttpError, WayOut};
use writerlink_lab::World;
use writerlink_lab::wire::{Ending, Invoked, Kind, Lab, Options};
use writerlink_lambda::callback::Callback;
use writerlink_tests::programs;

use super::peer::{Authority, Peer};

/// AWS's hosts in the Region, and CloudFormation's bucket.
const AWS: [&str; 3] = [
    "rds.eu-west-1.amazonaws.com",
    "elasticloadbalancing.eu-west-1.amazonaws.com",
    "cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com",
];

const CONFIG: &str = r#"
allow = ["10.20.0.0/16"]

[dns]
servers = ["127.0.0.1:9"]

[timing]
sweep = 1

[[binding]]
name = "orders-writer"
source = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
"#;

type Variables = Vec<(&'static str, String)>;

/// A company: its authority, and the bundle of its certificates in a file.
struct Company {
    authority: Authority,
    folder: TempDir,
}

impl Company {
    fn new() -> Self {
        let authority = Authority::new();
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("company.pem"), authority.pem()).expect("written");
        Self { authority, folder }
    }

    fn bundle(&self) -> (&'static str, String) {
        ("AWS_CA_BUNDLE", self.folder.path().join("company.pem").display().to_string())
    }

    /// Its proxy, which opens TLS.
    fn proxy(&self) -> Peer {
        Peer::start(self.authority.server(&AWS))
    }
}

fn through(peer: &Peer) -> (&'static str, String) {
    ("HTTPS_PROXY", format!("http://{}", peer.address))
}

fn credentials() -> Variables {
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .map(|name| (name, "lab".to_owned()))
        .into_iter()
        .chain([
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("WRITERLINK_CONFIG", CONFIG.to_owned()),
        ])
        .collect()
}

/// Standard output and standard error of `writerlink audit --output json` in an environment of
/// these variables.
async fn audit(variables: Variables) -> (String, String) {
    let mut command = Command::new(programs::writerlink());
    command
        .args(["audit", "--output", "json"])
        .env_clear()
        .envs(credentials())
        .envs(variables)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
    let output = output.await.expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (text(output.stdout), text(output.stderr))
}

fn reason(stdout: &str) -> Value {
    let report: Value =
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    report["bindings"][0]["reason"].clone()
}

/// What `bootstrap` answers to a dry run in an environment of these variables. The runtime API is
/// on loopback.
async fn bootstrap(variables: Variables) -> Value {
    let lab = Lab::start(World::new(jiff::Timestamp::now()), Options::default())
        .await
        .expect("loopback has ports");
    let mut child = Command::new(programs::bootstrap())
        .env_clear()
        .envs(credentials())
        .envs(variables)
        .env("AWS_LAMBDA_RUNTIME_API", lab.runtime_api())
        .env("AWS_LAMBDA_FUNCTION_NAME", "writerlink")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("bootstrap starts");
    let ended = lab.invoke("writerlink", r#"{"mode": "plan"}"#, Kind::Sync).await;
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    match ended.expect("invoked") {
        Invoked::Ended(_, Ending::Failed { document, .. }) => {
            json!({"error": serde_json::from_str::<Value>(&document).expect("JSON")})
        }
        Invoked::Ended(_, ending) => ending.answer().expect("an answer"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_companys_bundle_both_programs_reach_aws_through_its_proxy() {
    let company = Company::new();
    let proxy = company.proxy();
    let (stdout, stderr) = audit(vec![company.bundle(), through(&proxy)]).await;
    assert_eq!(reason(&stdout)["code"], "source-not-found", "{stdout}{stderr}");
    for host in &AWS[..2] {
        assert!(proxy.was_connected_to(host), "{host}: {:?}", proxy.heard());
    }
    let proxy = company.proxy();
    let lower_case = ("https_proxy", through(&proxy).1);
    let answer = bootstrap(vec![company.bundle(), lower_case]).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "source-not-found", "{answer:#}");
    assert!(proxy.was_asked(), "{:?}", proxy.heard());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_bundle_the_certificate_is_told_and_the_variable_that_names_one() {
    let company = Company::new();
    let proxy = company.proxy();
    let told = |reason: &Value| {
        assert_eq!(reason["code"], "certificate-not-trusted", "{reason:#}");
        let message = reason["message"].as_str().expect("a message");
        assert!(message.contains("its issuer is not among the trusted"), "{message}");
        let remedy = reason["remedy"].as_str().expect("a remedy");
        assert!(
            remedy.contains("AWS_CA_BUNDLE") && !remedy.contains("interface endpoints"),
            "{remedy}"
        );
    };
    let (stdout, _) = audit(vec![through(&proxy)]).await;
    told(&reason(&stdout));
    let answer = bootstrap(vec![through(&proxy)]).await;
    told(&answer["bindings"][0]["reason"]);
    assert!(!proxy.was_asked(), "{:?}", proxy.heard());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired_or_is_of_another_name_is_told_as_that() {
    let company = Company::new();
    for (server, says) in [
        (company.authority.server_until(&["localhost"], 2001), "it has expired"),
        (company.authority.server(&["elsewhere.example"]), "it is of another name"),
    ] {
        let peer = Peer::start(server);
        let endpoint = ("AWS_ENDPOINT_URL", format!("https://localhost:{}", peer.address.port()));
        let (stdout, _) = audit(vec![company.bundle(), endpoint]).await;
        let reason = reason(&stdout);
        assert_eq!(reason["code"], "certificate-not-trusted", "{reason:#}");
        assert!(
            reason["message"].as_str().is_some_and(|message| message.contains(says)),
            "{reason:#}"
        );
        assert!(!peer.was_asked());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_and_what_no_proxy_names_are_reached_without_the_proxy() {
    let company = Company::new();
    let peer = Peer::start(company.authority.server(&["localhost"]));
    let endpoint = ("AWS_ENDPOINT_URL", format!("https://localhost:{}", peer.address.port()));
    let nowhere = |name| (name, "http://127.0.0.1:9".to_owned());
    let (stdout, _) =
        audit(vec![company.bundle(), endpoint, nowhere("HTTPS_PROXY"), nowhere("HTTP_PROXY")])
            .await;
    assert_eq!(reason(&stdout)["code"], "source-not-found", "{stdout}");
    assert!(peer.was_asked() && !peer.was_connected_to("localhost"), "{:?}", peer.heard());

    let proxy = company.proxy();
    let except = ("NO_PROXY", "10.0.0.0/8, *.amazonaws.com".to_owned());
    let (stdout, _) = audit(vec![company.bundle(), through(&proxy), except]).await;
    assert_eq!(proxy.heard(), [""; 0], "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_or_a_proxy_that_cannot_be_used_ends_the_start_with_its_name() {
    let company = Company::new();
    let file = |name: &str, text: &str| {
        let path: PathBuf = company.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let empty = file("empty.pem", "");
    for (variable, says) in [
        (("AWS_CA_BUNDLE", "/nowhere/company.pem".to_owned()), "/nowhere/company.pem"),
        (("AWS_CA_BUNDLE", empty.clone()), empty.as_str()),
        (("HTTPS_PROXY", "socks5://user:secret@proxy:1080".to_owned()), "HTTPS_PROXY"),
    ] {
        let (stdout, stderr) = audit(vec![variable.clone()]).await;
        assert_eq!(stdout, "");
        assert!(stderr.contains(says) && !stderr.contains("secret"), "{stderr}");
        let answer = bootstrap(vec![variable]).await;
        assert_eq!(answer["error"]["errorType"], "NotReady", "{answer:#}");
        let message = answer["error"]["errorMessage"].as_str().expect("a message");
        assert!(message.contains(says) && !message.contains("secret"), "{message}");
    }
}

/// A bundle takes the place of the system's certificates, as the AWS CLI has it: one of another
/// authority is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn cloudformation_is_answered_through_the_same_proxy_and_with_the_same_certificates() {
    let company = Company::new();
    let proxy = company.proxy();
    let url = format!("https://{}/arn%3Aaws?X-Amz-Signature=secret", AWS[2]);
    let put = async |variables: &[(&str, String)]| {
        let way = WayOut::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        })?;
        Ok::<_, HttpError>(Callback::through(way.connector()).put(&url, "{}").await)
    };
    assert_eq!(put(&[company.bundle(), through(&proxy)]).await, Ok(Ok(())));
    assert!(proxy.was_connected_to(AWS[2]), "{:?}", proxy.heard());
    assert!(proxy.heard().iter().any(|line| line.starts_with("PUT /arn")), "{:?}", proxy.heard());
    let other = Company::new();
    for variables in [vec![through(&proxy)], vec![other.bundle(), through(&proxy)]] {
        let error = put(&variables).await.expect("good variables").expect_err("refused");
        assert!(
            error.contains("its issuer is not among the trusted")
                && error.contains("AWS_CA_BUNDLE"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_defined_nowhere_is_named_with_the_places_and_those_that_are() {
    let folder = TempDir::new().expect("a folder");
    let config = folder.path().join("config");
    std::fs::write(
        &config,
        "[default]\nregion = eu-west-1\n[profile production]\nregion = eu-west-1\n",
    )
    .expect("written");
    let run = async |arguments: &[&str], variables: Variables| {
        let mut command = Command::new(programs::writerlink());
        command
            .arg("audit")
            .args(arguments)
            .env_clear()
            .env("WRITERLINK_CONFIG", CONFIG)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
            .env("AWS_REGION", "eu-west-1")
            .envs(variables)
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
        let output = output.await.expect("it ends");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, stderr) = run(&["--profile", "nope"], Variables::new()).await;
    assert_eq!(code, Some(1));
    for says in
        ["`nope`", config.to_str().expect("text"), "/nowhere/credentials", "default, production"]
    {
        assert!(stderr.contains(says), "{says}: {stderr}");
    }
    let (code, stderr) = run(&[], vec![("AWS_PROFILE", "nope".to_owned())]).await;
    assert!(code == Some(1) && stderr.contains("`nope`"), "{stderr}");
}
