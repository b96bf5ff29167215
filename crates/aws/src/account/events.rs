//! RDS event subscriptions, and SNS subscriptions.

/// An RDS event subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSubscription {
    pub name: String,
    /// The ARN of its topic.
    pub topic: String,
    /// `active`, `creating`, `modifying`, `deleting`, `no-permission` or `topic-not-exist`.
    pub status: String,
    pub enabled: bool,
    /// `db-instance`, `db-cluster`, …; every type if it is not set.
    pub source_type: Option<String>,
    /// The databases that it follows; all of its type if there are none.
    pub sources: Vec<String>,
    /// The categories that it follows; all if there are none.
    pub categories: Vec<String>,
}

/// A quota of RDS in this account and Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Such as `EventSubscriptions`.
    pub name: String,
    pub used: i64,
    pub max: i64,
}

/// A subscription of an SNS topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSubscription {
    /// Its ARN; absent while nobody has confirmed it.
    pub arn: Option<String>,
    /// `lambda`, `sqs`, `email`, `https`, …
    pub protocol: String,
    pub endpoint: String,
}
