//! Finds and reads a configuration.

use std::{env, fs, io};

use writerlink_aws::{Clients, ConnectError, Settings};
use writerlink_core::config::{
    BadRemote, Config, ConfigError, LONGEST, Location, PERMIT, Permit, Remote, VARIABLE,
};
use writerlink_core::failure::CallError;

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    #[error(
        "no configuration: give `--config` or set WRITERLINK_CONFIG, to the path of a TOML or JSON \
         file, to the text itself, to `ssm:NAME` or to `s3://BUCKET/KEY`"
    )]
    Missing,
    #[error(
        "{place}: the configuration cannot be read: {fault}.{} `--config` and WRITERLINK_CONFIG \
         take the path of a TOML or JSON file, or the text itself",
        .place.remark()
    )]
    Unreadable { place: Location, fault: io::Error },
    #[error(transparent)]
    Refused(#[from] ConfigError),
    #[error("`--config` or WRITERLINK_CONFIG is {0}")]
    BadRemote(#[from] BadRemote),
    #[error(
        "{PERMIT} is not set, and {0} is outside the function: set it to what the stack has there, \
         so that the text is judged as the function judges it"
    )]
    NoPermit(String),
    #[error("the permit is refused: {0}")]
    Permit(ConfigError),
    #[error("{place} cannot be read: {error}. {}", .error.remedy())]
    NotRead { place: String, error: CallError },
    #[error("{place}: the text has {bytes} bytes, and at most {LONGEST} are read")]
    TooLong { place: String, bytes: usize },
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// Reads the configuration of `--config`, or else of WRITERLINK_CONFIG. `settings` say which
/// account and Region it is read from, if it is in SSM or S3.
pub(crate) async fn load(
    option: Option<&str>,
    settings: &Settings,
) -> Result<Config, ConfigurationError> {
    let place = place(option)?;
    let permit = permit_of(&place)?;
    let text = text(&place, settings).await?;
    let checked = Config::check_within(&text, &place, permit.as_ref());
    Ok(checked.config.ok_or(ConfigError { mistakes: checked.mistakes })?)
}

/// The permit of WRITERLINK_PERMIT for a configuration that is outside the function, which needs
/// one; none for another.
pub(crate) fn permit_of(place: &Location) -> Result<Option<Permit>, ConfigurationError> {
    let Location::Remote(outside) = place else { return Ok(None) };
    let value = env::var(PERMIT).ok().filter(|value| !value.trim().is_empty());
    permit(&value.ok_or_else(|| ConfigurationError::NoPermit(outside.clone()))?).map(Some)
}

/// Reads a permit: the path of a file, or the text itself.
pub(crate) fn permit(value: &str) -> Result<Permit, ConfigurationError> {
    let place = Location::from(value);
    Permit::parse(&local(&place)?, &place).map_err(ConfigurationError::Permit)
}

/// Where the configuration is, according to `--config` or else WRITERLINK_CONFIG: a path or the
/// text.
pub(crate) fn place(option: Option<&str>) -> Result<Location, ConfigurationError> {
    // Not read by the argument parser: there, a variable would conflict with the options that
    // replace a configuration.
    let variable = env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
    let value = option.map(str::to_owned).or(variable);
    let value = value.filter(|value| !value.trim().is_empty());
    Ok(Location::from(value.ok_or(ConfigurationError::Missing)?.as_str()))
}

/// The text of a configuration.
pub(crate) async fn text(
    place: &Location,
    settings: &Settings,
) -> Result<String, ConfigurationError> {
    let Location::Remote(outside) = place else { return local(place) };
    let remote: Remote = outside.parse()?;
    let reader = Clients::connect(settings).await?.remote_reader();
    let read = reader.read(&remote).await;
    let bytes =
        read.map_err(|error| ConfigurationError::NotRead { place: outside.clone(), error })?.bytes;
    if bytes.len() > LONGEST {
        return Err(ConfigurationError::TooLong { place: outside.clone(), bytes: bytes.len() });
    }
    Ok(place.decode(bytes)?)
}

fn local(place: &Location) -> Result<String, ConfigurationError> {
    match place {
        Location::Inline(text) => Ok(text.clone()),
        Location::File(path) => match fs::read(path) {
            Ok(bytes) => Ok(place.decode(bytes)?),
            Err(fault) => Err(ConfigurationError::Unreadable { place: place.clone(), fault }),
        },
        Location::Remote(_) => Err(ConfigurationError::Unreadable {
            place: place.clone(),
            fault: io::Error::other("it is no file"),
        }),
    }
}
