//! The SDK's clients, built once.

use std::net::SocketAddr;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_elasticloadbalancingv2 as elbv2;
use aws_sdk_rds as rds;
use aws_sdk_sns as sns;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use writerlink_core::drive;
use writerlink_core::text::bounded;

use crate::account::AccountReader;
use crate::call::{Caller, configured};
use crate::credentials::Fetched;
use crate::dns::{DnsResolver, NoServers};
use crate::elbv2::ElbReadClient;
use crate::home::Home;
use crate::http::{HttpError, WayOut};
use crate::link::TcpProbe;
use crate::profile::{self, ProfileError};
use crate::rds::RdsClient;
use crate::remote::RemoteReader;
use crate::sns::Notifier;
use crate::standby::StandbyClient;
use crate::writer::ElbWriteClient;

/// The longest that connecting may take. The value is the same for reads and writes, because the
/// HTTP client shares connections only between calls with the same value: so a write goes out on
/// the connection that the read before it has just used, and not on one that a frozen function left
/// open.
const CONNECT: Duration = Duration::from_secs(1);

/// The longest that a read may take, from the credentials to the last byte. A call that takes 10 s
/// still counts. It does not leave a run blind for so long: after a second the driver sends the
/// same read again, while the first goes on.
const READ: Duration = Duration::from_secs(12);

/// The longest that a publication may take. It is not sent a second time while the first goes on,
/// and it is made again after a failure.
const PUBLISH: Duration = Duration::from_secs(5);

/// The longest that a reading of a configuration may take with its attempts, and one of these. A
/// sweep waits for it, and goes on with the configuration in hand.
const REMOTE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

/// The services without which nothing works, by botocore's `serviceId`.
const NEEDED: [&str; 2] = ["RDS", "Elastic Load Balancing v2"];

/// What a caller may choose. The rest comes from the standard variables and profile files.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The profile of the AWS configuration files, in place of `AWS_PROFILE`.
    pub profile: Option<String>,
    /// The Region, in place of `AWS_REGION` and the profile's.
    pub region: Option<String>,
}

/// Clients of RDS, Elastic Load Balancing and SNS in one Region. They honor `AWS_ENDPOINT_URL`, its
/// per-service forms, and the proxies and certificates of [`http`](crate::http). A call is
/// attempted once: core decides what is tried again.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    home: Home,
}

/// The ports that only read.
pub type ReadPorts = drive::ReadPorts<RdsClient, DnsResolver, ElbReadClient, StandbyClient>;

/// Why no clients could be built.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no Region is set: give `--region`, set AWS_REGION, or put `region` into the profile")]
    NoRegion,
    #[error("{0:?} is not a Region: write it as in `eu-west-1`")]
    BadRegion(String),
    #[error(
        "the endpoint {url:?} of {service} is not a URL: write it as in `http://127.0.0.1:4566`, \
         or remove it; it is in AWS_ENDPOINT_URL, in the variable of this service, or in the \
         profile as `endpoint_url`"
    )]
    BadEndpoint { service: &'static str, url: String },
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Clients {
    /// Reads the standard variables and profiles, and fetches the credentials before the first
    /// call. Without credentials, each call fails and says so.
    ///
    /// # Errors
    /// When no Region is named, or a name that no Region can have; when no file defines the
    /// profile; when a proxy or a bundle of certificates cannot be used.
    pub async fn connect(settings: &Settings) -> Result<Self, ConnectError> {
        let http = WayOut::of_process()?.client();
        if let Some(profile) = &settings.profile {
            profile::check(profile).await?;
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        let provider = match &settings.profile {
            Some(profile) => {
                Some(SharedCredentialsProvider::new(of_profile(profile, &config, http)))
            }
            None => config.credentials_provider(),
        };
        let Some(provider) = provider else {
            return Self::on(config);
        };
        let fetched = Fetched::ahead(provider).await;
        if let Some(profile) = std::env::var("AWS_PROFILE").ok().filter(|_| fetched.has_none()) {
            profile::check(&profile).await?;
        }
        let fetched = SharedCredentialsProvider::new(fetched);
        Self::on(config.into_builder().credentials_provider(fetched).build())
    }

    /// Clients of one server that stands for every service, such as the lab, which checks no
    /// credentials. No variable and no file is read.
    ///
    /// # Errors
    /// When no Region can have the name `region`.
    pub fn at(endpoint: &str, region: &str) -> Result<Self, ConnectError> {
        let anyone = Credentials::new("lab", "lab", None, None, "lab");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(WayOut::default().client())
            .endpoint_url(endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(anyone))
            .build();
        Self::on(config)
    }

    /// Clients on the caller's configuration, which must have an HTTP client.
    ///
    /// # Errors
    /// When the configuration has no Region, or a name that no Region can have; when the endpoint
    /// of RDS or of Elastic Load Balancing is not a URL. A bad endpoint of another service fails
    /// the calls of that service.
    pub fn on(config: SdkConfig) -> Result<Self, ConnectError> {
        let region = config.region().map(Region::as_ref).unwrap_or_default();
        if region.is_empty() {
            return Err(ConnectError::NoRegion);
        }
        if !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(ConnectError::BadRegion(region.to_owned()));
        }
        for service in NEEDED {
            if let Some(url) = configured(&config, service).filter(|url| !is_http(url)) {
                return Err(ConnectError::BadEndpoint { service, url: bounded(&url) });
            }
        }
        let home = Home::new(region);
        Ok(Self { config, home })
    }

    pub fn region(&self) -> &str {
        self.home.name()
    }

    /// The ports that only read. They ask `servers` for names, or the system's DNS servers when
    /// `servers` is empty.
    ///
    /// # Errors
    /// When `servers` is empty and the system names no DNS server.
    pub fn read_ports(&self, servers: &[SocketAddr]) -> Result<ReadPorts, NoServers> {
        let rds = rds::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(READ));
        let groups = elbv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(READ));
        let groups = elbv2::Client::from_conf(groups.build());
        let calls = self.config.clone().into_builder().retry_config(RetryConfig::disabled());
        let caller = Caller::new(calls.timeout_config(timeouts(READ)).build());
        Ok(ReadPorts::new(
            RdsClient::new(rds::Client::from_conf(rds.build())),
            DnsResolver::new(servers)?,
            ElbReadClient::new(groups.clone(), self.home.clone()),
            StandbyClient::new(caller, groups, self.home.clone()),
        ))
    }

    /// What connects to load balancers.
    pub fn link_probe(&self) -> TcpProbe {
        let config = elbv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(READ));
        TcpProbe::new(elbv2::Client::from_conf(config.build()), self.home.clone())
    }

    pub fn writer(&self) -> ElbWriteClient {
        let config = elbv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
        ElbWriteClient::new(elbv2::Client::from_conf(config.build()), self.home.clone())
    }

    /// What reads the rest of the account, for `doctor` and `init`.
    pub fn account_reader(&self) -> AccountReader {
        AccountReader::new(self.config.clone(), self.home.clone(), CONNECT, READ)
    }

    /// What reads a configuration that is outside the function, in up to three attempts.
    pub fn remote_reader(&self) -> RemoteReader {
        let (longest, attempt) = REMOTE;
        let retries = RetryConfig::standard().with_max_attempts(3);
        let config = self
            .config
            .clone()
            .into_builder()
            .retry_config(retries.with_initial_backoff(Duration::from_millis(200)))
            .timeout_config(
                timeouts(longest).to_builder().operation_attempt_timeout(attempt).build(),
            )
            .build();
        RemoteReader::new(Caller::new(config))
    }

    pub fn notifier(&self) -> Notifier {
        let config = sns::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(PUBLISH));
        Notifier::new(sns::Client::from_conf(config.build()), self.home.clone())
    }
}

/// The credentials of a profile that the caller named, whatever the environment holds. In the SDK's
/// default chain, credentials in variables come before the profile, and belong perhaps to another
/// account.
fn of_profile(
    profile: &str,
    config: &SdkConfig,
    http: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let surroundings = ProviderConfig::without_region()
        .with_http_client(http)
        .with_region(config.region().cloned());
    ProfileFileCredentialsProvider::builder().configure(&surroundings).profile_name(profile).build()
}

fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty()) && HttpRequest::get(url).is_ok()
}

fn timeouts(longest: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(longest).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_is_missing_or_cannot_be_is_refused_with_the_remedy() {
        let missing = Clients::at("http://127.0.0.1:1", "").expect_err("no Region").to_string();
        assert!(missing.contains("AWS_REGION") && missing.contains("--region"), "{missing}");
        let bad =
            Clients::at("http://127.0.0.1:1", "eu west 1").expect_err("no Region").to_string();
        assert!(bad.contains("eu west 1"), "{bad}");
        assert_eq!(
            Clients::at("http://127.0.0.1:1", "eu-west-1").expect("Region").region(),
            "eu-west-1"
        );
    }
}
