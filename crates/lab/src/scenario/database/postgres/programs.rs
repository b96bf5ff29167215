//! Finds PostgreSQL's programs and the account that they run as.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// Where Debian has the servers: `/usr/lib/postgresql/VERSION/bin`, which is not on the `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a fleet needs.
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_basebackup"];

/// PostgreSQL's programs on this machine. A standby changes its primary without a restart from
/// version 13 on, and older ones do not do here.
#[derive(Clone, Debug)]
pub struct Programs {
    directory: PathBuf,
    account: Option<Account>,
}

/// What this machine lacks, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user of the machine and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Programs {
    /// The newest on this machine: Debian's, else those on the `PATH`.
    ///
    /// # Errors
    /// What is missing.
    pub fn find() -> Result<Programs, Missing> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directory =
            first_complete(debian(Path::new(DEBIAN)).into_iter().chain(on_path(&path)))?;
        Ok(Programs { directory, account: account()? })
    }

    /// One of the programs, such as `psql`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The account that they run as, if not the current one.
    pub(super) fn account(&self) -> Option<Account> {
        self.account
    }

    /// Gives a file or a directory to the account that they run as.
    pub(super) fn hand_over(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.user), Some(account.group)),
            None => Ok(()),
        }
    }
}

fn first_complete(directories: impl Iterator<Item = PathBuf>) -> Result<PathBuf, Missing> {
    let is_complete =
        |directory: &PathBuf| NEEDED.iter().all(|name| directory.join(name).is_file());
    let mut directories = directories;
    directories.find(is_complete).ok_or_else(|| {
        Missing(format!(
            "there is no PostgreSQL ({}) in {DEBIAN}/*/bin or on the PATH; on Debian: apt-get \
             install postgresql",
            NEEDED.join(", ")
        ))
    })
}

/// Debian's directories, the newest version first.
fn debian(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let version = |name: OsString| name.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<u32> = entries.filter_map(|entry| version(entry.file_name())).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| root.join(version.to_string()).join("bin")).collect()
}

fn on_path(path: &OsString) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path)
}

/// PostgreSQL refuses to run as root.
fn account() -> Result<Option<Account>, Missing> {
    // The owner of a process's directory is its effective user.
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !is_root {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = named(&passwd, "postgres").or_else(|| named(&passwd, "nobody"));
    let missing =
        "PostgreSQL refuses to run as root, and /etc/passwd has neither postgres nor nobody";
    found.map(Some).ok_or_else(|| Missing(missing.to_owned()))
}

fn named(passwd: &str, name: &str) -> Option<Account> {
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let entry = passwd.lines().map(fields).find(|entry| entry[0] == name)?;
    Some(Account { user: entry.get(2)?.parse().ok()?, group: entry.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_taken() {
        let root = tempfile::tempdir().expect("there is room for temporary files");
        for version in ["9", "15", "16", "lost+found"] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("a new directory can be written to");
            for name in NEEDED.iter().take(if version == "16" { 1 } else { 3 }) {
                fs::write(bin.join(name), "").expect("a new directory can be written to");
            }
        }
        let found = first_complete(debian(root.path()).into_iter());
        assert_eq!(found, Ok(root.path().join("15/bin")), "16 has no server, and 9 is older");
    }

    #[test]
    fn what_is_missing_is_said_with_the_package_that_brings_it() {
        let said = first_complete(std::iter::empty()).expect_err("nothing is there").to_string();
        assert!(said.contains("initdb") && said.contains("apt-get install postgresql"), "{said}");
    }

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresx:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/:/bin/bash\n";
        let account = Account { user: 101, group: 104 };
        assert_eq!(named(passwd, "postgres"), Some(account));
        assert_eq!(named(passwd, "nobody"), None);
    }
}
