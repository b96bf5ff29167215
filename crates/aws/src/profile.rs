//! Checks that a profile is defined, and says which files were searched.

use aws_config::profile;
use aws_types::os_shim_internal::{Env, Fs};
use writerlink_core::text::bounded;

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    #[error("the profile `{name}` is defined neither in {config} nor in {credentials}; \
        {}", listing(.known))]
    Missing {
        name: String,
        /// `AWS_CONFIG_FILE`, or its default.
        config: String,
        /// `AWS_SHARED_CREDENTIALS_FILE`, or its default.
        credentials: String,
        known: Vec<String>,
    },
    #[error("the profile `{name}` cannot be read from {config} and {credentials}: {fault}")]
    Unreadable { name: String, config: String, credentials: String, fault: String },
}

/// Refuses a profile that no file defines.
pub(crate) async fn check(name: &str) -> Result<(), ProfileError> {
    let file = |variable, default: &str| {
        bounded(&std::env::var(variable).unwrap_or_else(|_| default.to_owned()))
    };
    let config = file("AWS_CONFIG_FILE", "~/.aws/config");
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    let shown = bounded(name);
    match profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await {
        Ok(set) if set.get_profile(name).is_some() => Ok(()),
        Ok(set) => {
            let mut known: Vec<String> = set.profiles().map(bounded).collect();
            known.sort();
            Err(ProfileError::Missing { name: shown, config, credentials, known })
        }
        Err(error) => Err(ProfileError::Unreadable {
            name: shown,
            config,
            credentials,
            fault: bounded(&crate::error::last_links(&error)),
        }),
    }
}

fn listing(names: &[String]) -> String {
    const SHOWN: usize = 10;
    match names {
        [] => "they define no profile".to_owned(),
        names if names.len() > SHOWN => {
            format!("they define {} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN)
        }
        names => format!("they define {}", names.join(", ")),
    }
}
