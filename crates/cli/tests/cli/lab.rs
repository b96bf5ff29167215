//! `writerlink lab serve`, and audits of what it serves.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{fake_credentials, run, writerlink};

/// A region that is served until this is dropped.
struct Served {
    child: Child,
    addresses: serde_json::Value,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
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

    fn audit(&self, config: &Path) -> Command {
        let mut command = writerlink(&["audit", "--config", config.to_str().unwrap()]);
        fake_credentials(&mut command)
            .env("AWS_ENDPOINT_URL", self.addresses["aws_endpoint"].as_str().unwrap());
        command
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
fn a_configuration_that_cannot_be_written_is_named() {
    let path = "/nowhere/writerlink.toml";
    let arguments = ["lab", "serve", "--write-config", path];
    let (code, stdout, stderr) = run(&mut writerlink(&arguments));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with(&format!("writerlink: {path}: ")), "{stderr}");
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
fn a_world_that_is_wrong_is_told_with_its_place() {
    let folder = TempDir::new().unwrap();
    let world = folder.path().join("world.toml");
    std::fs::write(&world, "[[instance]]\nname = \"stock\"\nengine = \"mongodb\"\n").unwrap();
    let (code, stdout, stderr) =
        run(&mut writerlink(&["lab", "serve", "--world", world.to_str().unwrap()]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    let place = format!("writerlink: {}:3:10: instance[0].engine: ", world.display());
    assert!(stderr.starts_with(&place) && stderr.contains("`mariadb`"), "{stderr}");
}

#[test]
fn the_schema_of_a_worlds_file_is_printed_as_json() {
    let (code, stdout, _) = run(&mut writerlink(&["lab", "schema"]));
    let schema: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &schema["title"]), (0, &serde_json::json!("WorldFile")));
}
