//! `writerlink lab serve`, and audits of what it serves.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use writerlink_tests::programs;

use super::program::{fake_credentials, run, writerlink};

/// A region that is served until this is dropped.
pub(super) struct Served {
    child: Child,
    addresses: serde_json::Value,
}

impl Served {
    pub(super) fn start(arguments: &[&str]) -> Self {
        let mut child = writerlink(&["lab", "serve"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self { child, addresses: serde_json::from_str(&line).unwrap() }
    }

    pub(super) fn audit(&self, config: &Path) -> Command {
        self.command(&["audit", "--config", config.to_str().unwrap()])
    }

    /// The program, with the served region for AWS.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = writerlink(arguments);
        fake_credentials(&mut command)
            .env("AWS_ENDPOINT_URL", self.addresses["aws_endpoint"].as_str().unwrap());
        command
    }

    /// The address of its DNS server.
    pub(super) fn dns(&self) -> String {
        self.addresses["dns"].as_str().unwrap().to_owned()
    }

    fn interrupt(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The program may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_demo_world_is_in_sync_and_ctrl_c_is_a_good_end() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("writerlink.toml");
    let path = config.to_str().unwrap();
    let mut served = Served::start(&["--write-config", path]);
    for key in ["aws_endpoint", "dns", "runtime_api"] {
        assert!(served.addresses[key].as_str().unwrap().contains("127.0.0.1:"));
    }
    let listeners = served.addresses["nlb_listeners"].as_array().unwrap();
    let shown: Vec<_> = listeners.iter().map(|node| (&node["port"], &node["zone"])).collect();
    assert_eq!(
        serde_json::json!(shown),
        serde_json::json!([
            [3306, "eu-west-1a"],
            [3306, "eu-west-1b"],
            [3306, "eu-west-1c"],
            [5432, "eu-west-1a"],
            [5432, "eu-west-1b"],
            [5432, "eu-west-1c"],
        ])
    );
    for node in listeners {
        assert_eq!(node["load_balancer"], "link");
        TcpStream::connect(node["address"].as_str().unwrap()).unwrap();
    }
    let (code, stdout, stderr) = run(&mut served.audit(&config));
    assert_eq!(code, 0, "{stdout}{stderr}");
    insta::assert_snapshot!("audit_of_the_demo_world", stdout);
    let (code, stdout, _) = run(served.audit(&config).args(["--binding", "billing"]));
    assert_eq!(code, 0);
    assert!(stdout.contains("billing") && !stdout.contains("orders"));
    assert_eq!(served.interrupt(), 0);
}

#[test]
fn a_world_is_served_from_its_file() {
    let folder = TempDir::new().unwrap();
    let [world, config] = ["world.toml", "writerlink.toml"].map(|name| folder.path().join(name));
    let [world, path] = [&world, &config].map(|path| path.to_str().unwrap());
    std::fs::write(
        world,
        "[[instance]]\nname = \"stock\"\nengine = \"mariadb\"\n\n\
         [[load-balancer]]\nname = \"link\"\n\n\
         [[target-group]]\nname = \"stock\"\n\
         port = 3306\nsource = \"instance/stock\"\nbinding = \"stock\"\n\
         listeners = [{ load-balancer = \"link\", port = 3306 }]\n",
    )
    .unwrap();
    let served = Served::start(&["--world", world, "--write-config", path]);
    let (code, stdout, stderr) = run(&mut served.audit(&config));
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("instance/stock") && stdout.contains("10.20.1.10:3306"), "{stdout}");
}

#[test]
fn a_world_that_is_wrong_or_empty_is_refused_with_its_place() {
    let folder = TempDir::new().unwrap();
    let world = folder.path().join("world.toml");
    for (text, place, says) in [
        (
            "[[instance]]\nname = \"stock\"\nengine = \"mongodb\"\n",
            ":3:10: instance[0].engine: ",
            "`mariadb`",
        ),
        ("pace = \"brisk\"\n", ": the world is empty: ", "`[[cluster]]`"),
    ] {
        std::fs::write(&world, text).unwrap();
        let (code, stdout, stderr) =
            run(&mut writerlink(&["lab", "serve", "--world", world.to_str().unwrap()]));
        assert_eq!((code, stdout.as_str()), (1, ""));
        let place = format!("writerlink: {}{place}", world.display());
        assert!(stderr.starts_with(&place) && stderr.contains(says), "{stderr}");
    }
}

#[test]
fn a_command_gets_the_region_and_its_end_is_the_end() {
    let audit = format!("{} audit --output json", programs::writerlink().display());
    for (words, code, says) in [
        (&["sh", "-c", &audit][..], 0, "\"settled\""),
        (&["sh", "-c", "echo $AWS_LAMBDA_RUNTIME_API $AWS_PROFILE; exit 7"], 7, "127.0.0.1:"),
        (&["sh", "-c", "kill -KILL $$"], 137, ""),
        (&["no-such-program"], 127, "`no-such-program` is not found"),
        (&["/no/such/program"], 127, "`/no/such/program` is not found"),
        (&["/"], 126, "it is no file that may be executed"),
    ] {
        let mut command = writerlink(&["lab", "serve", "--host-network", "--"]);
        let command = command.args(words).env("PATH", env!("PATH")).env("AWS_PROFILE", "mine");
        let (ended, stdout, stderr) = run(command);
        assert_eq!(ended, code, "{words:?}: {stdout}{stderr}");
        let (said, other) = if code < 126 { (stdout, stderr) } else { (stderr, stdout) };
        assert!(said.contains(says) && !said.contains("mine"), "{words:?}: {said}");
        assert_eq!(other, "", "{words:?}");
    }
}

#[test]
fn a_command_that_can_have_no_namespace_runs_all_the_same_and_the_reason_is_told() {
    let folder = TempDir::new().unwrap();
    let unshare = folder.path().join("unshare");
    std::fs::write(&unshare, "#!/bin/sh\necho it is forbidden >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&unshare, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), env!("PATH"));
    let arguments = ["lab", "serve", "--", "sh", "-c", "exit 7"];
    let (code, _, stderr) = run(writerlink(&arguments).env("PATH", path));
    assert_eq!(code, 7);
    let whole = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(whole.contains("can be made here: it is forbidden."), "{stderr}");
    assert!(whole.contains("WRITERLINK_LAB_DNS"), "{stderr}");
}

#[test]
fn ctrl_c_ends_the_command_too_and_the_ready_file_is_there_until_then() {
    let folder = TempDir::new().unwrap();
    let [ready, pid] = ["ready.json", "pid"].map(|name| folder.path().join(name));
    std::fs::write(&ready, r#"{"aws_endpoint": "of an earlier region"}"#).unwrap();
    let script = "cat \"$0\" >\"$1.new\"; echo $$ >>\"$1.new\"; mv \"$1.new\" \"$1\"; \
                  exec sleep 600";
    let mut child = writerlink(&["lab", "serve", "--host-network", "--ready-file"])
        .arg(&ready)
        .args(["--", "sh", "-c", script])
        .args([&ready, &pid])
        .env("PATH", env!("PATH"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !pid.exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = std::fs::read_to_string(&pid).unwrap();
    let (line, command) = told.trim_end().rsplit_once('\n').unwrap();
    let addresses: serde_json::Value = serde_json::from_str(line).unwrap();
    assert!(addresses["runtime_api"].as_str().unwrap().starts_with("127.0.0.1:"));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!ready.exists() && !Path::new("/proc").join(command).exists());
}

#[test]
fn what_cannot_be_written_is_named_and_what_can_is_quoted_for_a_shell() {
    let folder = TempDir::new().unwrap();
    let serve = |option: &str, path: &str| {
        let arguments = ["lab", "serve", option, path, "--host-network", "--", "true"];
        run(writerlink(&arguments).env("PATH", env!("PATH")).current_dir(folder.path()))
    };
    for option in ["--write-config", "--ready-file"] {
        for path in ["/nowhere/file", "/"] {
            let (code, stdout, stderr) = serve(option, path);
            assert_eq!((code, stdout.as_str()), (1, ""), "{option} {path}");
            assert!(stderr.starts_with(&format!("writerlink: {path}: ")), "{stderr}");
        }
        assert_eq!(serve(option, &format!("it's {option}")).0, 0);
    }
    let mut served = writerlink(&["lab", "serve", "--write-config", "it's one.toml"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(served.stderr.take().unwrap());
    let mut lines = stderr.lines().map(Result::unwrap);
    let hint = lines.find(|line| line.contains("WRITERLINK_CONFIG")).unwrap();
    served.kill().unwrap();
    served.wait().unwrap();
    let path = folder.path().canonicalize().unwrap();
    let path = path.display();
    assert_eq!(hint, format!(r"  export WRITERLINK_CONFIG='{path}/it'\''s one.toml'"));
}

#[test]
fn the_schemas_of_the_files_are_printed_as_json() {
    for (arguments, title) in [(&[][..], "WorldFile"), (&["--scenarios"], "Scenarios")] {
        let (code, stdout, _) = run(writerlink(&["lab", "schema"]).args(arguments));
        let schema: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((code, &schema["title"]), (0, &serde_json::json!(title)));
    }
}
