//! What was read of an account, by the ids that AWS gives things.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use writerlink_aws::account::{
    Alarm, Attributes, Balancer, Cluster, EndpointConnection, EndpointService, EventInvoke,
    EventSubscription, Function, GroupDetail, Instance, Listener, Maintenance, Measurement,
    NetworkAcl, Proxy, ProxyEndpoint, Quota, Schedule, SecurityGroup, SourceMapping, Subnet,
    SubnetGroup, TargetSeen, TopicSubscription,
};

use crate::read::{Gap, Read};

/// Values by the id under which they were asked for.
pub type ById<T> = BTreeMap<String, Read<T>>;

/// What was read of an account in one Region.
#[derive(Debug, Clone)]
pub struct Account {
    /// The number of the account.
    pub number: Read<String>,
    pub region: String,
    /// When the reading began.
    pub at: Timestamp,
    pub databases: Databases,
    pub links: Links,
    pub network: Network,
    pub events: Events,
    /// What each host name resolved to, from the machine on which this runs.
    pub names: ById<Resolved>,
}

/// What tells one schedule from another: its group and its name.
pub fn schedule_id(schedule: &Schedule) -> String {
    format!("{}/{}", schedule.group, schedule.name)
}

/// What a host name resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub addresses: Vec<IpAddr>,
    /// The names of the CNAME chain, without the one that was asked for.
    pub aliases: Vec<String>,
    /// The longest time to live of its records, in seconds.
    pub ttl: u64,
    /// Whether the name does not exist.
    pub missing: bool,
}

/// The databases of the Region.
#[derive(Debug, Clone)]
pub struct Databases {
    pub instances: Read<BTreeMap<String, Instance>>,
    pub clusters: Read<BTreeMap<String, Cluster>>,
    pub subnet_groups: Read<BTreeMap<String, SubnetGroup>>,
    pub proxies: Read<BTreeMap<String, Proxy>>,
    pub proxy_endpoints: Read<BTreeMap<String, ProxyEndpoint>>,
    pub maintenance: Read<Vec<Maintenance>>,
}

/// Target groups, load balancers and endpoint services.
#[derive(Debug, Clone)]
pub struct Links {
    pub groups: Read<BTreeMap<String, GroupDetail>>,
    pub group_attributes: ById<Attributes>,
    /// The targets at the beginning of the reading.
    pub targets: ById<Vec<TargetSeen>>,
    /// The targets of the same groups at its end.
    pub targets_later: ById<Vec<TargetSeen>>,
    pub balancers: Read<BTreeMap<String, Balancer>>,
    pub balancer_attributes: ById<Attributes>,
    /// By the ARN of the load balancer.
    pub listeners: ById<Vec<Listener>>,
    /// By the ARN of the listener.
    pub listener_attributes: ById<Attributes>,
    pub services: Read<Vec<EndpointService>>,
    /// The ARNs of who may connect, by the id of the endpoint service.
    pub principals: ById<Vec<String>>,
    pub connections: ById<Vec<EndpointConnection>>,
}

/// The networks and what guards them.
#[derive(Debug, Clone)]
pub struct Network {
    pub subnets: ById<Subnet>,
    pub security_groups: ById<SecurityGroup>,
    pub prefix_lists: ById<Vec<IpNet>>,
    /// By the id of the subnet that the ACL guards.
    pub acls: ById<NetworkAcl>,
}

/// What starts the function, and what watches it.
#[derive(Debug, Clone)]
pub struct Events {
    pub subscriptions: Read<Vec<EventSubscription>>,
    pub quotas: Read<Vec<Quota>>,
    pub topics: BTreeMap<String, Topic>,
    pub functions: BTreeMap<String, Following>,
    /// Why not every function that events or schedules start is among these.
    pub left_out: Option<Gap>,
    pub schedules: Read<Vec<Schedule>>,
    /// The description of those that start a function of ours, by [`schedule_id`].
    pub schedule_details: ById<Schedule>,
    pub alarms: Read<Vec<Alarm>>,
    pub queues: ById<Attributes>,
}

/// A topic.
#[derive(Debug, Clone)]
pub struct Topic {
    pub attributes: Read<Attributes>,
    pub subscriptions: Read<Vec<TopicSubscription>>,
    /// The attributes of the confirmed subscriptions, by their ARN.
    pub subscription_attributes: ById<Attributes>,
}

/// A Lambda function that events or schedules start.
#[derive(Debug, Clone)]
pub struct Following {
    pub function: Read<Option<Function>>,
    /// The reserved concurrency.
    pub concurrency: Read<Option<u32>>,
    pub policy: Read<Option<String>>,
    pub event_invoke: Read<Option<EventInvoke>>,
    pub mappings: Read<Vec<SourceMapping>>,
    /// `SweepFinished` of the last minutes.
    pub sweeps: Read<Vec<Measurement>>,
}

impl Account {
    /// An account of which nothing was read yet, for this reason.
    pub fn unread(region: &str, at: Timestamp, gap: &Gap) -> Self {
        fn not<T>(gap: &Gap) -> Read<T> {
            Err(gap.clone())
        }
        Self {
            number: not(gap),
            region: region.to_owned(),
            at,
            databases: Databases {
                instances: not(gap),
                clusters: not(gap),
                subnet_groups: not(gap),
                proxies: not(gap),
                proxy_endpoints: not(gap),
                maintenance: not(gap),
            },
            links: Links {
                groups: not(gap),
                group_attributes: ById::new(),
                targets: ById::new(),
                targets_later: ById::new(),
                balancers: not(gap),
                balancer_attributes: ById::new(),
                listeners: ById::new(),
                listener_attributes: ById::new(),
                services: not(gap),
                principals: ById::new(),
                connections: ById::new(),
            },
            network: Network {
                subnets: ById::new(),
                security_groups: ById::new(),
                prefix_lists: ById::new(),
                acls: ById::new(),
            },
            events: Events {
                subscriptions: not(gap),
                quotas: not(gap),
                topics: BTreeMap::new(),
                functions: BTreeMap::new(),
                left_out: None,
                schedules: not(gap),
                schedule_details: ById::new(),
                alarms: not(gap),
                queues: ById::new(),
            },
            names: ById::new(),
        }
    }
}
