//! The file that says that the region serves.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

/// A file that appears whole, and is removed with this value.
pub(super) struct ReadyFile {
    path: PathBuf,
    /// Written first, and then moved to the path.
    draft: Option<NamedTempFile>,
    line: String,
}

impl ReadyFile {
    /// Refuses a path that cannot be written or that is no ready file, and removes what an earlier
    /// region has left there.
    pub(super) fn prepare(path: &Path) -> anyhow::Result<ReadyFile> {
        let named = || format!("{}: the ready file cannot be written", path.display());
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => bail!(named()),
        };
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(named),
            Ok(file) if file.is_file() && is_of_a_region(path) => {
                fs::remove_file(path).with_context(named)?;
            }
            Ok(_) => bail!("{}: it exists, and is no ready file: name another", named()),
        }
        let readable = Permissions::from_mode(0o644);
        let draft = tempfile::Builder::new().permissions(readable).tempfile_in(folder);
        let draft = draft.with_context(named)?;
        Ok(ReadyFile { path: path.to_owned(), draft: Some(draft), line: String::new() })
    }

    /// Makes it appear.
    pub(super) fn write(&mut self, line: &str) -> anyhow::Result<()> {
        let Some(mut draft) = self.draft.take() else { return Ok(()) };
        let named = || format!("{}: the ready file cannot be written", self.path.display());
        self.line = format!("{line}\n");
        draft.write_all(self.line.as_bytes()).with_context(named)?;
        draft.persist(&self.path).with_context(named)?;
        Ok(())
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Another region may have put its own there.
        let is_own = fs::read_to_string(&self.path).is_ok_and(|text| text == self.line);
        if self.draft.is_none() && is_own {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file holds what a region writes.
fn is_of_a_region(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value.get("aws_endpoint").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_somebody_else_is_refused_and_never_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ready.json");
        fs::write(&path, "mine").expect("written");
        let refused = ReadyFile::prepare(&path).err().expect("it is no ready file").to_string();
        assert!(refused.contains("name another"), "{refused}");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "mine");
        fs::write(&path, r#"{"aws_endpoint": "of an earlier region"}"#).expect("written");
        let [mut first, mut second] = [(); 2].map(|()| ReadyFile::prepare(&path).expect("a file"));
        first.write("first").expect("written");
        second.write("second").expect("written");
        drop(first);
        assert_eq!(fs::read_to_string(&path).expect("the second's"), "second\n");
        drop(second);
        assert!(!path.exists());
    }
}
