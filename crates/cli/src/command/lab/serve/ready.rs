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
}

impl ReadyFile {
    /// Refuses a path that cannot be written, and removes what an earlier region has left there.
    pub(super) fn prepare(path: &Path) -> anyhow::Result<ReadyFile> {
        let named = || format!("{}: the ready file cannot be written", path.display());
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => bail!(named()),
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(named);
            }
            _ => {}
        }
        let readable = Permissions::from_mode(0o644);
        let draft = tempfile::Builder::new().permissions(readable).tempfile_in(folder);
        let draft = draft.with_context(named)?;
        Ok(ReadyFile { path: path.to_owned(), draft: Some(draft) })
    }

    /// Makes it appear.
    pub(super) fn write(&mut self, line: &str) -> anyhow::Result<()> {
        let Some(mut draft) = self.draft.take() else { return Ok(()) };
        let named = || format!("{}: the ready file cannot be written", self.path.display());
        writeln!(draft, "{line}").with_context(named)?;
        draft.persist(&self.path).with_context(named)?;
        Ok(())
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if self.draft.is_none() {
            // Somebody else may have removed it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
