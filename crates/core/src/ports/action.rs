//! The calls behind the ports. Each is named by the IAM action that permits it, as
//! [`CallError::call`](crate::failure::CallError::call) is.

/// [`Rds::clusters`](super::Rds::clusters).
pub const CLUSTERS: &str = "rds:DescribeDBClusters";
/// [`Rds::instances`](super::Rds::instances).
pub const INSTANCES: &str = "rds:DescribeDBInstances";
/// [`Rds::custom_endpoints`](super::Rds::custom_endpoints).
pub const CUSTOM_ENDPOINTS: &str = "rds:DescribeDBClusterEndpoints";
/// [`Rds::proxies`](super::Rds::proxies).
pub const PROXIES: &str = "rds:DescribeDBProxies";
/// [`Rds::proxy_endpoints`](super::Rds::proxy_endpoints).
pub const PROXY_ENDPOINTS: &str = "rds:DescribeDBProxyEndpoints";
/// [`TargetGroupRead::describe`](super::TargetGroupRead::describe) and
/// [`TargetGroupRead::groups`](super::TargetGroupRead::groups).
pub const GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
/// [`TargetGroupRead::targets`](super::TargetGroupRead::targets).
pub const TARGETS: &str = "elasticloadbalancing:DescribeTargetHealth";
/// [`TargetGroupRead::tags`](super::TargetGroupRead::tags).
pub const TAGS: &str = "elasticloadbalancing:DescribeTags";
/// [`TargetGroupWrite::register`](super::TargetGroupWrite::register).
pub const REGISTER: &str = "elasticloadbalancing:RegisterTargets";
/// [`TargetGroupWrite::deregister`](super::TargetGroupWrite::deregister).
pub const DEREGISTER: &str = "elasticloadbalancing:DeregisterTargets";
/// [`StandbyRead::interfaces`](super::StandbyRead::interfaces).
pub const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
/// [`StandbyRead::group_attributes`](super::StandbyRead::group_attributes).
pub const GROUP_ATTRIBUTES: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";
/// [`StandbyRead::balancers`](super::StandbyRead::balancers).
pub const BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
/// [`StandbyRead::balancer_attributes`](super::StandbyRead::balancer_attributes).
pub const BALANCER_ATTRIBUTES: &str = "elasticloadbalancing:DescribeLoadBalancerAttributes";
