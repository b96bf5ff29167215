//! The exit codes of the program. Scripts rely on these numbers.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "lab"), expect(dead_code, reason = "only the lab's commands end in some"))]
pub(crate) enum Exit {
    /// 0: done; for an audit: in sync.
    Success,
    /// 1: usage, configuration, credentials; for a demo: a group ended wrong.
    CouldNotRun,
    /// 2: an audit found something to do, or something broken.
    Drift,
    /// 3: an audit could not determine the state of every binding.
    CouldNotTell,
    /// 129: its terminal was closed (SIGHUP), as a shell reports it.
    HungUp,
    /// 130: ended by Ctrl-C, as a shell reports it.
    Interrupted,
    /// 143: ended by SIGTERM, as a shell reports it.
    Terminated,
    /// That of a command that ran beside the region.
    OfCommand(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::CouldNotRun => 1,
            Self::Drift => 2,
            Self::CouldNotTell => 3,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::OfCommand(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
