//! Credentials, fetched before the first call.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::time::timeout;

use crate::error::last_links;

/// How long a person may take to touch a key, or a helper program to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Credentials that expire sooner than this are fetched again.
const MARGIN: Duration = Duration::from_secs(60);

/// A provider that already has its first credentials. A call's time-out is a few seconds and covers
/// the wait for credentials. A single sign-on or a helper program (`credential_process`) can take
/// longer, and every call would then fail.
///
/// The first failure is kept as well, because the provider of profile files says only once what is
/// wrong with them.
#[derive(Debug)]
pub(crate) struct Fetched {
    first: Result<Credentials, String>,
    provider: SharedCredentialsProvider,
}

impl Fetched {
    /// Asks the provider. Missing credentials are not an error here: each call asks again and says
    /// so.
    pub(crate) async fn ahead(provider: SharedCredentialsProvider) -> Self {
        let first = match timeout(PATIENCE, provider.provide_credentials()).await {
            Ok(answer) => answer.map_err(|error| last_links(&error)),
            Err(_) => Err(format!("no credentials within {PATIENCE:?}")),
        };
        Self { first, provider }
    }

    /// Whether the provider gave no credentials.
    pub(crate) fn has_none(&self) -> bool {
        self.first.is_err()
    }

    fn still_good(&self) -> Option<Credentials> {
        let good =
            |first: &&Credentials| first.expiry().is_none_or(|at| at > SystemTime::now() + MARGIN);
        self.first.as_ref().ok().filter(good).cloned()
    }

    async fn again(&self) -> Result<Credentials, CredentialsError> {
        let answer = self.provider.provide_credentials().await;
        answer.map_err(|error| match &self.first {
            Ok(_) => error,
            Err(reason) => CredentialsError::provider_error(reason.clone()),
        })
    }
}

impl ProvideCredentials for Fetched {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.still_good() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => future::ProvideCredentials::new(self.again()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Counts how often it is asked; what it gives expires after `lifetime`.
    #[derive(Debug, Clone)]
    struct Counting {
        asked: Arc<AtomicU64>,
        lifetime: Option<Duration>,
    }

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let expiry = self.lifetime.map(|lifetime| SystemTime::now() + lifetime);
            future::ProvideCredentials::ready(Ok(Credentials::new(
                "id", "secret", None, expiry, "test",
            )))
        }
    }

    async fn asked_after_two_calls(lifetime: Option<Duration>) -> u64 {
        let counting = Counting { asked: Arc::default(), lifetime };
        let fetched = Fetched::ahead(SharedCredentialsProvider::new(counting.clone())).await;
        for _ in 0..2 {
            fetched.provide_credentials().await.expect("credentials");
        }
        counting.asked.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn credentials_are_fetched_once_until_they_are_about_to_expire() {
        assert_eq!(asked_after_two_calls(None).await, 1);
        assert_eq!(asked_after_two_calls(Some(Duration::from_secs(3600))).await, 1);
        assert_eq!(asked_after_two_calls(Some(Duration::from_secs(5))).await, 3);
    }

    /// Says only the first time what is wrong, as the SDK's provider of profile files does.
    #[derive(Debug, Default)]
    struct Forgetful(AtomicU64);

    impl ProvideCredentials for Forgetful {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let error = match self.0.fetch_add(1, Ordering::SeqCst) {
                0 => CredentialsError::invalid_configuration("profile `typo` is not defined"),
                _ => CredentialsError::unhandled("error already taken"),
            };
            future::ProvideCredentials::ready(Err(error))
        }
    }

    #[tokio::test]
    async fn the_first_reason_is_given_every_time() {
        let fetched = Fetched::ahead(SharedCredentialsProvider::new(Forgetful::default())).await;
        for _ in 0..2 {
            let error = fetched.provide_credentials().await.expect_err("no credentials");
            assert!(last_links(&error).contains("profile `typo` is not defined"), "{error:?}");
        }
    }
}
