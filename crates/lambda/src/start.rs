//! Reads the configuration and builds the clients, once, before the first invocation.

use std::fmt;
use std::fs;

use writerlink_aws::{Clients, Settings};
use writerlink_core::config::{
    BadRemote, Config, ConfigError, Followed, Location, PERMIT, Permit, VARIABLE,
};
use writerlink_core::text::bounded;

/// The variable that says which of the two functions this is.
pub const ROLE: &str = "WRITERLINK_ROLE";

/// The variable that makes the recorder connect to the links.
pub const PROBE: &str = "WRITERLINK_PROBE";

/// Which function this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It keeps target groups pointed at databases.
    Reconciler,
    /// It only reads, and records failovers.
    Recorder,
}

/// Why the function cannot do its work. Every invocation gets this as its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error(
        "{VARIABLE} is not set: set it to the path of a TOML or JSON file, to the text itself, to \
         `ssm:NAME` or to `s3://BUCKET/KEY`"
    )]
    NoConfig,
    #[error(
        "{place}: the configuration cannot be read: {fault}.{} Set {VARIABLE} to the path of a \
         file that is part of the function's package, or to the text itself",
        .place.remark()
    )]
    Unreadable { place: Location, fault: String },
    /// The configuration is refused as a whole.
    #[error("the configuration is refused: {0}")]
    Config(#[from] ConfigError),
    /// The configuration is outside the function, and nothing says what it may hold.
    #[error(
        "{PERMIT} is not set, and {VARIABLE} is {0}, which others may be able to write: state in \
         {PERMIT} what that text may hold, at least `allow`, `target-groups` and `modes`"
    )]
    NoPermit(String),
    /// A permit for a configuration that is part of the stack.
    #[error(
        "{PERMIT} is set, and the configuration is not in SSM or S3: remove {PERMIT}, or set \
         {VARIABLE} to `ssm:NAME` or `s3://BUCKET/KEY`"
    )]
    UnusedPermit,
    #[error("the permit is refused: {0}")]
    Permit(ConfigError),
    #[error("{VARIABLE} is {0}")]
    BadRemote(#[from] BadRemote),
    /// No version of the configuration outside the function could be used yet.
    #[error("{0}")]
    NotFollowed(String),
    #[error("the clients cannot be built: {0}")]
    Clients(String),
    #[error("{ROLE} is {0:?}: set it to `reconciler` or `recorder`, or remove it for `reconciler`")]
    Role(String),
    #[error("{PROBE} is {0:?}: set it to `connect`, or remove it for no probe")]
    Probe(String),
    /// A stack asked the recorder to reconcile.
    #[error(
        "this function is the recorder ({ROLE}=recorder), which changes no target group: name the \
         other function as the ServiceToken"
    )]
    IsRecorder,
}

impl StartError {
    pub(crate) fn clients(fault: impl fmt::Display) -> Self {
        Self::Clients(fault.to_string())
    }
}

/// Reads the role. `value` is that of [`ROLE`].
///
/// # Errors
/// If the value is no role.
pub fn role(value: Option<&str>) -> Result<Role, StartError> {
    match value {
        None | Some("reconciler") => Ok(Role::Reconciler),
        Some("recorder") => Ok(Role::Recorder),
        Some(other) => Err(StartError::Role(bounded(other))),
    }
}

/// Reads whether to probe. `value` is that of [`PROBE`].
///
/// # Errors
/// If the value is no kind of probe.
pub fn probes(value: Option<&str>) -> Result<bool, StartError> {
    match value {
        None => Ok(false),
        Some("connect") => Ok(true),
        Some(other) => Err(StartError::Probe(bounded(other))),
    }
}

/// Where the configuration comes from.
#[derive(Debug)]
pub enum Source {
    /// From the stack: it does not change while the process lives.
    Fixed(Box<Config>),
    /// From SSM or S3.
    Followed(Box<Followed>),
}

/// Finds the configuration. `value` is that of [`VARIABLE`], `permit` that of [`PERMIT`].
///
/// # Errors
/// If there is no value, what it names cannot be read or cannot exist, the configuration is refused
/// as a whole, or the permit is missing, superfluous or refused.
pub fn source(value: Option<&str>, permit: Option<&str>) -> Result<Source, StartError> {
    match Location::from(value.unwrap_or_default()) {
        Location::Remote(place) => {
            let remote = place.parse()?;
            let value = permit.ok_or(StartError::NoPermit(place))?;
            let at = Location::from(value);
            let permit = Permit::parse(&text(&at)?, &at).map_err(StartError::Permit)?;
            Ok(Source::Followed(Box::new(Followed::new(remote, permit))))
        }
        _ if permit.is_some() => Err(StartError::UnusedPermit),
        _ => Ok(Source::Fixed(Box::new(configuration(value)?))),
    }
}

/// Reads the configuration. `value` is that of [`VARIABLE`]: a path or the text.
///
/// # Errors
/// If there is no value, the file cannot be read, or the configuration is refused as a whole.
pub fn configuration(value: Option<&str>) -> Result<Config, StartError> {
    let value = value.filter(|value| !value.trim().is_empty()).ok_or(StartError::NoConfig)?;
    let place = Location::from(value);
    Ok(Config::parse(&text(&place)?, &place)?)
}

fn text(place: &Location) -> Result<String, StartError> {
    let unreadable = |fault| StartError::Unreadable { place: place.clone(), fault };
    match place {
        Location::Inline(text) => Ok(text.clone()),
        Location::File(path) => {
            let bytes = fs::read(path).map_err(|fault| unreadable(fault.to_string()))?;
            Ok(place.decode(bytes)?)
        }
        Location::Remote(_) => Err(unreadable("it is no file".to_owned())),
    }
}

/// Builds the clients from the standard environment variables.
///
/// # Errors
/// If no Region is set.
pub async fn clients() -> Result<Clients, StartError> {
    Clients::connect(&Settings::default()).await.map_err(StartError::clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_configuration_says_where_to_put_one() {
        for value in [None, Some(""), Some("  ")] {
            let error = configuration(value).expect_err("there is none");
            assert_eq!(error, StartError::NoConfig);
            assert!(error.to_string().contains("WRITERLINK_CONFIG is not set"));
        }
    }

    #[test]
    fn a_role_and_a_probe_are_one_of_their_words_or_refused_with_them() {
        for (value, expected) in [
            (None, Ok(Role::Reconciler)),
            (Some("reconciler"), Ok(Role::Reconciler)),
            (Some("recorder"), Ok(Role::Recorder)),
            (Some("Recorder"), Err(StartError::Role("Recorder".to_owned()))),
            (Some(" recorder"), Err(StartError::Role(" recorder".to_owned()))),
        ] {
            assert_eq!(role(value), expected);
        }
        for (value, expected) in [
            (None, Ok(false)),
            (Some("connect"), Ok(true)),
            (Some("off"), Err(StartError::Probe("off".to_owned()))),
        ] {
            assert_eq!(probes(value), expected);
        }
        let text = role(Some("record")).expect_err("no role").to_string();
        assert!(text.contains("`reconciler` or `recorder`"), "{text}");
    }

    #[test]
    fn a_configuration_outside_the_stack_needs_a_permit_and_another_takes_none() {
        let group =
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/o/0123456789abcdef";
        let permit = format!(
            "allow = [\"10.20.0.0/16\"]\ntarget-groups = [\"{group}\"]\nmodes = [\"observe\"]\n"
        );
        let remote = Some("ssm:/writerlink/orders");
        assert!(matches!(source(remote, Some(&permit)), Ok(Source::Followed(_))));
        for (value, permit, says) in [
            (remote, None, "WRITERLINK_PERMIT is not set, and WRITERLINK_CONFIG is ssm:"),
            (
                remote,
                Some("allow = []\n"),
                "the permit is refused: 3 mistakes\n  WRITERLINK_PERMIT:1:1: ",
            ),
            (
                remote,
                Some("ssm:/permit"),
                "ssm:/permit: the configuration cannot be read: it is no",
            ),
            (remote, Some("/nowhere"), "/nowhere: the configuration cannot be read"),
            (Some("ssm:/a b"), Some(&permit), "WRITERLINK_CONFIG is \"ssm:/a b\" is not the name"),
            (Some("s3://b"), Some(&permit), "write `ssm:NAME`"),
            (
                Some("allow = []\n"),
                Some(&permit),
                "WRITERLINK_PERMIT is set, and the configuration",
            ),
            (None, None, "WRITERLINK_CONFIG is not set"),
        ] {
            let error = source(value, permit).expect_err("refused").to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_remedy() {
        for (value, says) in [
            ("/nowhere/writerlink.toml", "Set WRITERLINK_CONFIG"),
            ("allow = [\"10.20.0.0/16\"]", "looks like the text itself"),
        ] {
            let error = configuration(Some(value)).expect_err("no file").to_string();
            assert!(error.starts_with(&format!("{value}: ")) && error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_refused_configuration_keeps_its_place_and_remedy() {
        let error = configuration(Some("alow = []\n")).expect_err("refused").to_string();
        assert!(
            error.contains("the configuration text, line 1, column 1: `alow` is no key"),
            "{error}"
        );
    }
}
