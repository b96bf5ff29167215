//! Finds and reads a configuration.

use std::{env, fs, io};

use writerlink_core::config::{Config, ConfigError, Location, VARIABLE};

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    #[error(
        "no configuration: give `--config` or set WRITERLINK_CONFIG, either to the path of a TOML \
         or JSON file or to the text itself"
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
}

/// Reads the configuration of `--config`, or else of WRITERLINK_CONFIG.
pub(crate) fn load(option: Option<&str>) -> Result<Config, ConfigurationError> {
    let place = place(option)?;
    Ok(Config::parse(&text(&place)?, &place)?)
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
pub(crate) fn text(place: &Location) -> Result<String, ConfigurationError> {
    match place {
        Location::Inline(text) => Ok(text.clone()),
        Location::File(path) => match fs::read(path) {
            Ok(bytes) => Ok(place.decode(bytes)?),
            Err(fault) => Err(ConfigurationError::Unreadable { place: place.clone(), fault }),
        },
    }
}
