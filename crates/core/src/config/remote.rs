//! A configuration that is outside the function: in a parameter of SSM, or in an object of S3.
//!
//! [`Followed`] decides what a reading of it means. It keeps the version in hand whenever a reading
//! gives no better one: a configuration that cannot be read is unknown, and not empty.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Checked, Config, ConfigError, Location, Permit};
use crate::failure::{CallError, Failure, Rejection};
use crate::finding::{Finding, Severity};
use crate::text::bounded;

/// What the place of a parameter begins with.
const PARAMETER: &str = "ssm:";

/// What the place of an object begins with.
const OBJECT: &str = "s3://";

/// The longest text, in bytes. A parameter has at most 8 KB (AWS docs: Parameter Store, "Managing
/// parameter tiers"), and an object any size.
pub const LONGEST: usize = 64 * 1024;

/// Where a configuration outside the function is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remote {
    /// A parameter of SSM.
    Parameter {
        /// Its name, and after a colon perhaps a version or a label of it.
        name: String,
    },
    /// An object of S3.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
}

/// A place that no parameter and no object can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{written:?} {fault}: write `ssm:NAME`, as in `ssm:/writerlink/orders`, or `s3://BUCKET/KEY`"
)]
pub struct BadRemote {
    written: String,
    fault: &'static str,
}

impl Remote {
    /// Whether a value of `WRITERLINK_CONFIG` is meant as such a place.
    pub(super) fn is_meant(value: &str) -> bool {
        value.starts_with(PARAMETER) || value.starts_with(OBJECT)
    }
}

impl FromStr for Remote {
    type Err = BadRemote;

    fn from_str(value: &str) -> Result<Self, BadRemote> {
        let refuse = |fault| BadRemote { written: bounded(value), fault };
        if let Some(name) = value.strip_prefix(PARAMETER) {
            return match fault_of_name(name) {
                None => Ok(Self::Parameter { name: name.to_owned() }),
                Some(fault) => Err(refuse(fault)),
            };
        }
        let (bucket, key) = value
            .strip_prefix(OBJECT)
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| refuse("is no place of a parameter or an object"))?;
        match fault_of_object(bucket, key) {
            None => Ok(Self::Object { bucket: bucket.to_owned(), key: key.to_owned() }),
            Some(fault) => Err(refuse(fault)),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter { name } => write!(f, "{PARAMETER}{name}"),
            Self::Object { bucket, key } => write!(f, "{OBJECT}{bucket}/{key}"),
        }
    }
}

/// What is wrong with a parameter's name (AWS docs: SSM `PutParameter`, `Name`; the selector after
/// the colon as in `GetParameter`).
fn fault_of_name(written: &str) -> Option<&'static str> {
    let (name, selector) = match written.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (written, None),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let path = name.strip_prefix('/').unwrap_or(name);
    if path.is_empty() {
        Some("names no parameter")
    } else if !path.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)) {
        Some("is not the name of a parameter, which has letters, digits and `_.-`, between slashes")
    } else if name.contains('/') && !name.starts_with('/') {
        Some("is not the name of a parameter: one with a path begins with a slash")
    } else if name.len() > 1011 || path.split('/').count() > 15 {
        Some("is too long for the name of a parameter: 1,011 characters, 15 levels")
    } else if selector.is_some_and(|s| s.is_empty() || s.len() > 100 || !s.chars().all(is_plain)) {
        Some("has no version and no label after its colon")
    } else {
        None
    }
}

/// What is wrong with the name of a bucket or of an object (AWS docs: S3 "General purpose bucket
/// naming rules", "Naming Amazon S3 objects").
fn fault_of_object(bucket: &str, key: &str) -> Option<&'static str> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_good = (3..=63).contains(&bucket.len())
        && bucket.chars().all(|c| is_letter(c) || matches!(c, '.' | '-'))
        && bucket.starts_with(is_letter)
        && bucket.ends_with(is_letter);
    let is_bad_key = key.len() > 1024 || key.chars().any(char::is_control);
    match (is_good, key.is_empty()) {
        (false, _) => {
            Some("does not name a bucket: 3 to 63 lower-case letters, digits, dots and hyphens")
        }
        (true, true) => Some("names no object"),
        (true, false) if is_bad_key => Some(
            "does not name an object, whose key has at most 1,024 bytes and no control characters",
        ),
        (true, false) => None,
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The text, as it came.
    pub bytes: Vec<u8>,
    /// Which version it is, in the service's word.
    pub version: String,
}

/// A configuration outside the function, and what is known of it.
#[derive(Debug, Clone)]
pub struct Followed {
    remote: Remote,
    place: Location,
    permit: Permit,
    in_hand: Option<Fetched>,
    finding: Option<Finding>,
}

/// What an answer says of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowedReport {
    /// Where it is.
    pub from: String,
    /// The version in hand; none, if there is none.
    pub version: Option<String>,
    /// What keeps the newest version from being in hand.
    pub findings: Vec<Finding>,
}

impl Followed {
    /// A configuration of which nothing is known yet.
    pub fn new(remote: Remote, permit: Permit) -> Self {
        let place = Location::Remote(remote.to_string());
        Self { remote, place, permit, in_hand: None, finding: None }
    }

    /// Where it is.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// What the stack permits in it.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Whether a version is in hand.
    pub fn is_in_hand(&self) -> bool {
        self.in_hand.is_some()
    }

    /// What keeps the newest version from being in hand, as of the last reading.
    pub fn finding(&self) -> Option<&Finding> {
        self.finding.as_ref()
    }

    /// What an answer says of it.
    pub fn report(&self) -> FollowedReport {
        FollowedReport {
            from: self.remote.to_string(),
            version: self.in_hand.as_ref().map(|fetched| fetched.version.clone()),
            findings: self.finding.iter().cloned().collect(),
        }
    }

    /// Takes in a reading. Gives the configuration if it is another than the one in hand and can be
    /// used, and is then in hand itself.
    ///
    /// A text with any mistake does not take the place of a version in hand. Where there is none, a
    /// bad binding fails alone, as it does in a file.
    pub fn see(&mut self, read: Result<Fetched, CallError>) -> Option<Config> {
        let fetched = match read {
            Ok(fetched) => fetched,
            Err(error) => {
                self.finding = Some(self.unreadable(&error));
                return None;
            }
        };
        let is_same = self.in_hand.as_ref().is_some_and(|own| own.bytes == fetched.bytes);
        let config = match self.check(&fetched.bytes).map(|config| (!is_same).then_some(config)) {
            Ok(config) => config,
            // What is in hand may have a bad binding since the start.
            Err(_) if is_same => None,
            Err(says) => {
                self.finding = Some(self.refused(&fetched.version, &says));
                return None;
            }
        };
        self.finding = None;
        self.in_hand = Some(fetched);
        config
    }

    fn check(&self, bytes: &[u8]) -> Result<Config, String> {
        if bytes.len() > LONGEST {
            return Err(format!(
                "{}: the text has {} bytes, and at most {LONGEST} are read",
                self.place,
                bytes.len()
            ));
        }
        let text = self.place.decode(bytes.to_vec()).map_err(|error| error.to_string())?;
        let Checked { config, mistakes, .. } =
            Config::check_within(&text, &self.place, Some(&self.permit));
        let is_good = mistakes.is_empty() || !self.is_in_hand();
        let error = ConfigError { mistakes };
        config.filter(|_| is_good).ok_or_else(|| error.to_string())
    }

    fn refused(&self, version: &str, says: &str) -> Finding {
        Finding {
            code: "configuration-refused",
            severity: Severity::Broken,
            message: format!("version {version} of the configuration is refused: {says}"),
            remedy: format!("Correct the text in {}. {}", self.remote, self.until_then()),
        }
    }

    fn unreadable(&self, error: &CallError) -> Finding {
        Finding {
            code: "configuration-unreadable",
            // What passes by itself is told, and nobody is called for it.
            severity: if error.is_retryable() { Severity::Note } else { Severity::Broken },
            message: format!("{} cannot be read: {error}", self.remote),
            remedy: format!("{} {}", remedy(&self.remote, error), self.until_then()),
        }
    }

    fn until_then(&self) -> String {
        match &self.in_hand {
            Some(Fetched { version, .. }) => format!(
                "Version {version} stays in effect until then, as long as this process lives; the \
                 next process starts with what it can read."
            ),
            None => "Until then nothing is followed and nothing is written; each sweep reads it \
                     again."
                .to_owned(),
        }
    }
}

/// What can be done about a configuration that cannot be read.
fn remedy(remote: &Remote, error: &CallError) -> String {
    let has = |code: &str| error.detail.contains(code);
    let is_denied = error.failure == Failure::Rejected(Rejection::AccessDenied);
    let is_missing = error.failure == Failure::Rejected(Rejection::NotFound);
    match remote {
        // Of whichever service: the key is asked on the caller's behalf.
        _ if is_denied && (has("kms:Decrypt") || has("KMS")) => {
            "Allow `kms:Decrypt` on the key that encrypts it, in the function's role \
             (`ConfigKeyArn` of infra/reconciler.yaml) and in the key's policy."
                .to_owned()
        }
        _ if has("InvalidKeyId") || has("KMS") => {
            "Look whether the key that encrypts it is enabled and not about to be deleted."
                .to_owned()
        }
        Remote::Parameter { .. } if has("ParameterVersionNotFound") => {
            "Name a version or a label that exists, or none for the newest: Parameter Store keeps \
             the 100 newest versions."
                .to_owned()
        }
        Remote::Parameter { .. } if is_missing => {
            "Make the parameter in the function's Region and account, or mend its name in \
             WRITERLINK_CONFIG."
                .to_owned()
        }
        Remote::Parameter { .. } if is_denied => {
            "Allow `ssm:GetParameter` on this parameter in the function's role (`ConfigArn` \
             of infra/reconciler.yaml), and look for a service control policy, a permissions \
             boundary or a VPC endpoint policy that denies it."
                .to_owned()
        }
        Remote::Object { .. }
            if has("PermanentRedirect") || has("AuthorizationHeaderMalformed") =>
        {
            "Put the object into a bucket of the function's own Region.".to_owned()
        }
        Remote::Object { .. } if is_missing => {
            "Put the object there, or mend its bucket and key in WRITERLINK_CONFIG.".to_owned()
        }
        Remote::Object { .. } if is_denied => {
            "Look first whether the object exists: without `s3:ListBucket`, S3 denies one that is \
             missing. Then allow `s3:GetObject` on it in the function's role (`ConfigArn` of \
             infra/reconciler.yaml), in the bucket's policy and in a VPC endpoint's."
                .to_owned()
        }
        Remote::Parameter { .. } | Remote::Object { .. }
            if error.failure == Failure::Unreachable =>
        {
            "If this stays, check the network path: in an isolated VPC an interface endpoint of \
             SSM, or a gateway endpoint of S3; elsewhere AWS_ENDPOINT_URL, and HTTPS_PROXY and \
             NO_PROXY where they are set."
                .to_owned()
        }
        _ => error.remedy(),
    }
}

#[cfg(test)]
mod tests;
