//! A repository to release from, with small programs in place of the real ones.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use writerlink_tests::python::{linters, workspace_dir};
use writerlink_tests::skip::available;

use crate::lint::said;

pub(super) const TARGETS: [&str; 4] = [
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

const CHANGELOG: &str = "# Changelog

## [Unreleased]

- What comes next.

## [0.1.0] - 2026-12-01

### Added

- A thing that users see: [its page](page.md#a), and
  [the standard](https://a.example/).

## [0.0.1] - 2026-01-01

- A thing of before.
";

pub(super) struct Scratch {
    home: TempDir,
    python: PathBuf,
}

impl Scratch {
    /// A clean repository, and a program for every target.
    pub(super) fn with_every_program() -> Option<Self> {
        let python = available(linters())?;
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let scratch = Self { home, python };
        scratch.lay_out();
        scratch.git(&["init", "--quiet"]);
        scratch.commit_all();
        scratch.stand_ins(&scratch.commit());
        Some(scratch)
    }

    pub(super) fn path(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn target(&self) -> PathBuf {
        self.path().join("target")
    }

    pub(super) fn commit(&self) -> String {
        self.git(&["rev-parse", "--short=12", "HEAD"]).trim().to_owned()
    }

    pub(super) fn commit_all(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "A commit"]);
    }

    /// The command of a release in this repository.
    pub(super) fn release(&self, arguments: &[&str]) -> Command {
        self.python(&[&["infra/release"], arguments].concat())
    }

    /// Python in this repository.
    pub(super) fn python(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command.args(arguments).current_dir(self.path());
        command
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).expect("there is room");
    }

    /// Changes a text in a file.
    pub(super) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(name)).expect("it is text");
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replace(from, to));
    }

    /// Programs of this commit in `programs/`. That of this machine starts, and prints its
    /// arguments. It needs an old glibc alone, because it brings its own start.
    pub(super) fn stand_ins(&self, commit: &str) {
        let says: String =
            TARGETS.iter().map(|target| format!("0.1.0 ({commit}, {target}) ")).collect();
        self.write(
            "programs/stand-in.c",
            format!(
                "#include <fcntl.h>
#include <unistd.h>
const char *says = \"{says}This is the Lambda function of Writerlink, \"
    \"and a CLI which was built without the lab\";
void _start(void) {{
    char text[4096];
    int arguments = open(\"/proc/self/cmdline\", O_RDONLY);
    write(1, text, read(arguments, text, sizeof text));
    _exit(0);
}}
"
            ),
        );
        let cc = ["-w", "-nostartfiles", "-fno-stack-protector", "-o", "stand-in", "stand-in.c"];
        run(Command::new("cc").args(cc).current_dir(self.path().join("programs")));
        let program = fs::read(self.path().join("programs/stand-in")).expect("it was made");
        for target in TARGETS {
            self.stand_in(target, &program);
        }
    }

    /// The program as if it were for this target.
    fn stand_in(&self, target: &str, program: &[u8]) {
        let mut program = program.to_vec();
        let machine: &[u8] = if target.starts_with("aarch64") { b"\xb7\0" } else { b"\x3e\0" };
        program[18..20].copy_from_slice(machine);
        if target.ends_with("darwin") {
            let machine = if target.starts_with("aarch64") { 0x0c } else { 0x07 };
            program[..8].copy_from_slice(&[0xcf, 0xfa, 0xed, 0xfe, machine, 0, 0, 1]);
        }
        fs::create_dir_all(self.path().join("programs").join(target)).expect("there is room");
        let names: &[&str] =
            if target.contains("linux") { &["writerlink", "bootstrap"] } else { &["writerlink"] };
        for name in names {
            let name = format!("programs/{target}/{name}");
            self.write(&name, &program);
            run(Command::new("chmod").arg("+x").arg(self.path().join(name)));
        }
    }

    /// What a release reads: `infra/` and the manifests, with the sources of this workspace.
    fn lay_out(&self) {
        for folder in ["infra", "infra/artifacts", "infra/cdk", "docs", "programs", "target"] {
            fs::create_dir(self.path().join(folder)).expect("it is empty");
        }
        for folder in ["infra", "infra/artifacts", "infra/cdk"] {
            let files = fs::read_dir(workspace_dir().join(folder)).expect("it is in the source");
            for path in files.map(|entry| entry.expect("it can be listed").path()) {
                if path.is_file() {
                    let name = path.file_name().expect("it is a file");
                    fs::copy(&path, self.path().join(folder).join(name)).expect("there is room");
                }
            }
        }
        fs::copy(workspace_dir().join("Cargo.toml"), self.path().join("Cargo.toml"))
            .expect("there is room");
        for name in ["Cargo.lock", "README.md", "LICENSE-APACHE", "LICENSE-MIT", "crates", "tests"]
        {
            symlink(workspace_dir().join(name), self.path().join(name)).expect("it is empty");
        }
        self.write(".gitignore", "/target/\n/programs/\n__pycache__/\n");
        self.write("docs/CHANGELOG.md", CHANGELOG);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A tester", "-c", "user.email=tester@example.com"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path());
        run(&mut git)
    }
}

/// What a command that has to succeed prints.
pub(super) fn run(command: &mut Command) -> String {
    let output = command.output().expect("it can be started");
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("it is text")
}
