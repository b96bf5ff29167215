//! Reads an account: RDS, Elastic Load Balancing and SNS through the SDK's clients, other services
//! through the [closed list of calls](crate::call).

mod cloudwatch;
mod ec2;
mod elbv2;
mod lambda;
mod pages;
mod rds;
mod scheduler;
mod sns;
mod sqs;
mod sts;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

use crate::call::Caller;
use crate::home::Home;

/// How often a read is attempted that is throttled or gets no usable answer.
const ATTEMPTS: u32 = 3;

/// The longest pause before the second attempt. The pause before the third is at most twice as
/// long. The SDK chooses it at random.
const PAUSE: Duration = Duration::from_millis(400);

/// The longest that a read may take with all of its attempts.
const LONGEST_READ: Duration = Duration::from_secs(30);

/// Reads an account for a person who waits for the answer.
///
/// Each method makes the calls that its documentation names, reads every page, and fails with the
/// call that failed. A call that is throttled, or that gets no usable answer, is attempted three
/// times. What does not exist is
/// [`Rejection::NotFound`](writerlink_core::failure::Rejection::NotFound).
#[derive(Debug, Clone)]
pub struct AccountReader {
    rds: aws_sdk_rds::Client,
    elbv2: aws_sdk_elasticloadbalancingv2::Client,
    sns: aws_sdk_sns::Client,
    caller: Caller,
    home: Home,
}

impl AccountReader {
    /// `config` must have an HTTP client and a Region.
    pub(crate) fn new(config: SdkConfig, home: Home, connect: Duration, attempt: Duration) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect)
            .operation_attempt_timeout(attempt)
            .operation_timeout(LONGEST_READ);
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let config = config
            .into_builder()
            .retry_config(retries.with_initial_backoff(PAUSE))
            .timeout_config(timeouts.build())
            .build();
        Self {
            rds: aws_sdk_rds::Client::new(&config),
            elbv2: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            caller: Caller::new(config),
            home,
        }
    }
}
