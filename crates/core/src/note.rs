//! What a run logs while it goes on: one note for each decision.

use crate::text::{bounded, sentence};

/// One decision, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The binding that it concerns.
    pub binding: String,
    /// The round in which it was taken.
    pub round: u32,
    /// What kind of decision it is.
    pub kind: NoteKind,
    /// One sentence.
    pub text: String,
}

impl Note {
    /// The same note without control and format characters, fit for a terminal and a log.
    pub fn cleaned(self) -> Self {
        let Self { binding, round, kind, text } = self;
        Self { binding: bounded(&binding), round, kind, text: sentence(&text) }
    }
}

/// Kinds of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// The keys say something new.
    Evidence,
    /// A target is about to be registered.
    Register,
    /// Targets are about to be deregistered.
    Deregister,
    /// A write was acknowledged, or a reading showed that it was done.
    Applied,
    /// A write was refused, or could not be sent.
    Rejected,
    /// The answer to a write was lost.
    Unconfirmed,
    /// The round ended in another way than the one before.
    Status,
    /// What a person's trust in DNS comes to.
    Trust,
}

impl NoteKind {
    /// The word in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Register => "register",
            Self::Deregister => "deregister",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Unconfirmed => "unconfirmed",
            Self::Status => "status",
            Self::Trust => "trust",
        }
    }
}
