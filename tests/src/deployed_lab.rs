//! The whole system on loopback: the lab's region, and the real `bootstrap` running in it.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::wire::{Ending, Invoked, Kind, Lab, Options};
use writerlink_lab::world::{Pace, World};

use crate::programs;

/// The settings of a run in a world in haste: seconds for what takes minutes.
pub const BRISK: &str = "\n[timing]\nsettle = 2\npatience-started = 12\npatience = 4\nsweep = 2\n";

/// Longer than anything here takes, so that a test that hangs says so.
const PATIENCE: Duration = Duration::from_secs(60);

/// A region with a Lambda in it.
pub struct DeployedLab {
    /// The region.
    pub lab: Lab,
    /// `orders-writer` and `billing`.
    pub links: Vec<Link>,
    bootstrap: Child,
    home: TempDir,
}

impl DeployedLab {
    /// The scene as it is, and its own configuration.
    pub async fn begin() -> Self {
        Self::with(|_| {}, |config| config).await
    }

    /// The scene after a change, and its configuration after another.
    pub async fn with(
        change: impl FnOnce(&mut Scene),
        configure: impl FnOnce(String) -> String,
    ) -> Self {
        let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
        change(&mut scene);
        Self::start(scene, configure, Options::default(), &[]).await
    }

    /// The recorder in the place of the function, ended by Lambda after this time.
    pub async fn recorder(timeout: Duration) -> Self {
        Self::recorder_with(Pace::brisk(), timeout, &[]).await
    }

    /// The same at a pace, and with further variables.
    pub async fn recorder_with(pace: Pace, timeout: Duration, variables: &[(&str, &str)]) -> Self {
        let scene = Scene::new(pace).expect("a good scene");
        let options = Options { timeout, ..Options::default() };
        let variables = [&[("WRITERLINK_ROLE", "recorder")], variables].concat();
        Self::start(scene, |config| config, options, &variables).await
    }

    /// A function whose configuration is outside it. `place` says where, and `permit` what the
    /// stack permits there, given the DNS server and the links. Nothing is there yet.
    pub async fn outside(
        place: &str,
        permit: impl FnOnce(SocketAddr, &[Link]) -> String,
        role: Option<&str>,
    ) -> Self {
        let scene = Scene::new(Pace::brisk()).expect("a good scene");
        let links = scene.links.clone();
        let lab = Lab::start(scene.world.clone(), Options::default()).await;
        let lab = lab.expect("loopback has ports");
        lab.world().add_topic("outcomes");
        let permit = permit(lab.dns(), &links);
        let mut variables = vec![("WRITERLINK_PERMIT", permit.as_str())];
        variables.extend(role.map(|role| ("WRITERLINK_ROLE", role)));
        let home = TempDir::new().expect("there is room for temporary files");
        let bootstrap = start(&lab, place, &home, &variables).expect("bootstrap starts");
        Self { lab, links, bootstrap, home }
    }

    async fn start(
        scene: Scene,
        configure: impl FnOnce(String) -> String,
        options: Options,
        variables: &[(&str, &str)],
    ) -> Self {
        let links = scene.links.clone();
        let lab = Lab::start(scene.world.clone(), options).await.expect("loopback has ports");
        let config = configure(scene.config(lab.dns(), BRISK));
        let home = TempDir::new().expect("there is room for temporary files");
        let bootstrap = start(&lab, &config, &home, variables).expect("bootstrap starts");
        Self { lab, links, bootstrap, home }
    }

    /// `orders-writer`, the Aurora cluster.
    pub fn orders(&self) -> &Link {
        &self.links[0]
    }

    /// `billing`, the Multi-AZ instance.
    pub fn billing(&self) -> &Link {
        &self.links[1]
    }

    /// Invokes the function as SNS, a schedule or a queue would, and waits for how it ends.
    pub async fn deliver(&self, payload: &Value) -> Ending {
        self.deliver_text(&payload.to_string()).await
    }

    /// The same, with a payload to the letter.
    pub async fn deliver_text(&self, payload: &str) -> Ending {
        let invoked = self.lab.invoke("writerlink", payload, Kind::Async).await.expect("invoked");
        let Invoked::Queued(id) = invoked else {
            panic!("an asynchronous call is queued, not {invoked:?}")
        };
        self.until("the invocation has ended", || {
            self.lab.invocations().into_iter().find(|i| i.request_id == id).and_then(|i| i.ending)
        })
        .await
    }

    /// Invokes the function by hand, and gives its answer.
    pub async fn ask(&self, payload: Value) -> Value {
        match self.lab.invoke("writerlink", &payload.to_string(), Kind::Sync).await {
            Ok(Invoked::Ended(_, ending)) => {
                ending.answer().unwrap_or_else(|| panic!("no answer: {ending:?}"))
            }
            other => panic!("{other:?}\n{}", self.log()),
        }
    }

    /// The instance that truly writes.
    pub fn writer(&self, link: &Link) -> SocketAddr {
        link.writer(&self.lab.world()).expect("a database has a writer").address
    }

    /// Lets a database fail over, and waits until its group holds exactly the new writer and
    /// nothing is being done.
    pub async fn follows(&self, link: &Link, fail_over: impl FnOnce(&mut World)) {
        let old = self.writer(link);
        fail_over(&mut self.lab.world());
        let what = format!("{} holds exactly its new writer", link.name);
        self.until(&what, || (self.writer(link) != old && self.is_right(link)).then_some(())).await;
        assert!(self.lab.is_quiet_within(PATIENCE).await, "{}", self.log());
    }

    /// Whether a group holds exactly its writer.
    pub fn is_right(&self, link: &Link) -> bool {
        let world = self.lab.world();
        let writer = link.writer(&world).map(|writer| writer.address);
        let present: Vec<_> =
            link.present(&world).into_iter().map(|(address, _)| Some(address)).collect();
        present == [writer]
    }

    /// The group's present targets.
    pub fn present(&self, link: &Link) -> Vec<String> {
        link.present(&self.lab.world())
            .into_iter()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    /// Every write that reached the region, committed or not.
    pub fn writes(&self) -> Vec<String> {
        let world = self.lab.world();
        let is_write =
            |operation: &str| matches!(operation, "RegisterTargets" | "DeregisterTargets");
        let written = world.calls.iter().filter(|call| is_write(&call.operation));
        written
            .map(|call| format!("{} {}", call.operation, call.parameters["Targets.member.1.Id"]))
            .collect()
    }

    /// Whether no moment found the group without a present target.
    pub fn was_never_empty(&self, link: &Link) -> bool {
        link.was_never_empty(&self.lab.world())
    }

    /// What the function has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// Kills the function and starts it anew, as Lambda does after a crash.
    pub fn kill(&mut self, config: impl FnOnce(SocketAddr) -> String) {
        self.end();
        let text = config(self.lab.dns());
        self.bootstrap = start(&self.lab, &text, &self.home, &[]).expect("bootstrap starts");
    }

    /// Waits until there is something.
    pub async fn until<T>(&self, what: &str, mut is: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = is() {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn end(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.bootstrap.kill();
        let _ = self.bootstrap.wait();
    }
}

impl Drop for DeployedLab {
    fn drop(&mut self) {
        self.end();
    }
}

fn start(lab: &Lab, config: &str, home: &TempDir, variables: &[(&str, &str)]) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(home.path().join("log"))?;
    Command::new(programs::bootstrap())
        .env_clear()
        .envs(aws(lab))
        .env("AWS_LAMBDA_RUNTIME_API", lab.runtime_api())
        .env("AWS_LAMBDA_FUNCTION_NAME", "writerlink")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("WRITERLINK_CONFIG", config)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// The `errorType` and the document of an invocation that ended in an error.
pub fn error(ending: &Ending) -> (String, String) {
    let Ending::Failed { document, .. } = ending else { panic!("no error: {ending:?}") };
    let parsed: Value = serde_json::from_str(document).expect("an error document is JSON");
    (parsed["errorType"].as_str().unwrap_or_default().to_owned(), document.clone())
}

/// The variables with which any AWS client finds the lab.
pub fn aws(lab: &Lab) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", lab.aws_endpoint()),
        ("AWS_ACCESS_KEY_ID", "lab".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "lab".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// An RDS event in an SNS envelope, as the function gets it, at this moment.
pub fn sns(id: &str, about: &str, source: &str, at: jiff::Timestamp) -> Value {
    let message = serde_json::json!({
        "Event Source": about,
        "Source ID": source,
        "Event Time": at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        "Event ID": format!("http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#{id}"),
        "Event Message": "in the words of the day",
    });
    envelope(&message.to_string())
}

/// A message in an SNS envelope, as the function gets it.
pub fn envelope(message: &str) -> Value {
    serde_json::json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {
        "Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:database-events",
        "Subject": "RDS Notification Message", "Message": message, "MessageAttributes": {},
    }}]})
}
