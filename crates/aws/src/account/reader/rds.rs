//! Databases and their surroundings, as RDS lists them.

use aws_sdk_rds::types;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use writerlink_core::failure::CallError;
use writerlink_core::ports::action::{CLUSTERS, INSTANCES, PROXIES, PROXY_ENDPOINTS};

use super::AccountReader;
use super::pages::{converted, every_page, text};
use crate::account::{
    Certificate, Cluster, ClusterMember, EventSubscription, Instance, Maintenance, Proxy,
    ProxyEndpoint, Quota, SubnetGroup, SubnetOfGroup,
};
use crate::read::{listed, read};

const SUBNET_GROUPS: &str = "rds:DescribeDBSubnetGroups";
const SUBSCRIPTIONS: &str = "rds:DescribeEventSubscriptions";
const QUOTAS: &str = "rds:DescribeAccountAttributes";
const MAINTENANCE: &str = "rds:DescribePendingMaintenanceActions";

/// The most that one page may hold (botocore rds 2014-10-31, `MaxRecords`).
const PAGE: i32 = 100;

impl AccountReader {
    /// Every DB instance of the Region (`rds:DescribeDBInstances`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn instances(&self) -> Result<Vec<Instance>, CallError> {
        let request = self.rds.describe_db_instances().max_records(PAGE);
        every_page!(INSTANCES, request, set_marker, db_instances: "DBInstances", marker, instance)
    }

    /// Every DB cluster of the Region (`rds:DescribeDBClusters`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn clusters(&self) -> Result<Vec<Cluster>, CallError> {
        let request = self.rds.describe_db_clusters().max_records(PAGE);
        every_page!(CLUSTERS, request, set_marker, db_clusters: "DBClusters", marker, cluster)
    }

    /// Every DB subnet group of the Region (`rds:DescribeDBSubnetGroups`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn subnet_groups(&self) -> Result<Vec<SubnetGroup>, CallError> {
        let request = self.rds.describe_db_subnet_groups().max_records(PAGE);
        every_page!(
            SUBNET_GROUPS,
            request,
            set_marker,
            db_subnet_groups: "DBSubnetGroups",
            marker,
            subnet_group
        )
    }

    /// Every RDS Proxy of the Region (`rds:DescribeDBProxies`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn proxies(&self) -> Result<Vec<Proxy>, CallError> {
        let request = self.rds.describe_db_proxies().max_records(PAGE);
        every_page!(PROXIES, request, set_marker, db_proxies: "DBProxies", marker, proxy)
    }

    /// Every endpoint of an RDS Proxy beside its default one (`rds:DescribeDBProxyEndpoints`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn proxy_endpoints(&self) -> Result<Vec<ProxyEndpoint>, CallError> {
        let request = self.rds.describe_db_proxy_endpoints().max_records(PAGE);
        every_page!(
            PROXY_ENDPOINTS,
            request,
            set_marker,
            db_proxy_endpoints: "DBProxyEndpoints",
            marker,
            proxy_endpoint
        )
    }

    /// Every RDS event subscription of the Region (`rds:DescribeEventSubscriptions`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn event_subscriptions(&self) -> Result<Vec<EventSubscription>, CallError> {
        let request = self.rds.describe_event_subscriptions().max_records(PAGE);
        every_page!(
            SUBSCRIPTIONS,
            request,
            set_marker,
            event_subscriptions_list: "EventSubscriptionsList",
            marker,
            event_subscription
        )
    }

    /// The quotas of RDS in this account and Region (`rds:DescribeAccountAttributes`).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn quotas(&self) -> Result<Vec<Quota>, CallError> {
        let request = self.rds.describe_account_attributes().customize();
        let answer = read(QUOTAS, |watch| request.interceptor(watch).send()).await?;
        let list = listed(QUOTAS, "AccountQuotas", answer.account_quotas)?;
        converted(QUOTAS, "AccountQuotas", &list, |quota| {
            Ok(Quota {
                name: text(quota.account_quota_name(), "AccountQuotaName")?,
                used: quota.used().unwrap_or_default(),
                max: quota.max().unwrap_or_default(),
            })
        })
    }

    /// What RDS will do to the databases of the Region (`rds:DescribePendingMaintenanceActions`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn maintenance(&self) -> Result<Vec<Maintenance>, CallError> {
        let request = self.rds.describe_pending_maintenance_actions().max_records(PAGE);
        let resources: Result<Vec<Vec<Maintenance>>, CallError> = every_page!(
            MAINTENANCE,
            request,
            set_marker,
            pending_maintenance_actions: "PendingMaintenanceActions",
            marker,
            maintenance_of
        );
        Ok(resources?.concat())
    }
}

fn instance(listed: &types::DbInstance) -> Result<Instance, String> {
    let endpoint = listed.endpoint();
    let owned = |part: Option<&str>| part.map(str::to_owned);
    Ok(Instance {
        id: text(listed.db_instance_identifier(), "DBInstanceIdentifier")?,
        arn: text(listed.db_instance_arn(), "DBInstanceArn")?,
        engine: text(listed.engine(), "Engine")?,
        engine_version: listed.engine_version().unwrap_or_default().to_owned(),
        status: text(listed.db_instance_status(), "DBInstanceStatus")?,
        endpoint: owned(endpoint.and_then(types::Endpoint::address)),
        port: port(endpoint.and_then(types::Endpoint::port)),
        multi_az: listed.multi_az().unwrap_or_default(),
        zone: owned(listed.availability_zone()),
        secondary_zone: owned(listed.secondary_availability_zone()),
        cluster: owned(listed.db_cluster_identifier()),
        replica_of: owned(
            listed
                .read_replica_source_db_instance_identifier()
                .or(listed.read_replica_source_db_cluster_identifier()),
        ),
        subnet_group: listed.db_subnet_group().map(subnet_group).transpose()?,
        security_groups: in_force(listed.vpc_security_groups()),
        publicly_accessible: listed.publicly_accessible().unwrap_or_default(),
        network_type: owned(listed.network_type()),
        iam_authentication: listed.iam_database_authentication_enabled().unwrap_or_default(),
        certificate: certificate(listed),
        maintenance_window: owned(listed.preferred_maintenance_window()),
        auto_minor_version_upgrade: listed.auto_minor_version_upgrade().unwrap_or_default(),
        pending: listed.pending_modified_values().map(pending).unwrap_or_default(),
    })
}

fn port(number: Option<i32>) -> Option<u16> {
    u16::try_from(number?).ok().filter(|port| *port != 0)
}

/// A security group that is being removed does not count any more.
fn in_force(groups: &[types::VpcSecurityGroupMembership]) -> Vec<String> {
    let ends = |status: Option<&str>| matches!(status, Some("removing" | "removed"));
    let groups = groups.iter().filter(|group| !ends(group.status()));
    groups.filter_map(|group| group.vpc_security_group_id().map(str::to_owned)).collect()
}

fn certificate(listed: &types::DbInstance) -> Option<Certificate> {
    let details = listed.certificate_details();
    let authority = details
        .and_then(types::CertificateDetails::ca_identifier)
        .or(listed.ca_certificate_identifier());
    let valid_till = details.and_then(types::CertificateDetails::valid_till).and_then(time);
    (authority.is_some() || valid_till.is_some())
        .then(|| Certificate { authority: authority.map(str::to_owned), valid_till })
}

fn time(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// The names of the values that a change will set (botocore rds 2014-10-31,
/// `PendingModifiedValues`).
fn pending(values: &types::PendingModifiedValues) -> Vec<String> {
    let named = [
        ("DBInstanceClass", values.db_instance_class.is_some()),
        ("AllocatedStorage", values.allocated_storage.is_some()),
        ("MasterUserPassword", values.master_user_password.is_some()),
        ("Port", values.port.is_some()),
        ("BackupRetentionPeriod", values.backup_retention_period.is_some()),
        ("MultiAZ", values.multi_az.is_some()),
        ("EngineVersion", values.engine_version.is_some()),
        ("LicenseModel", values.license_model.is_some()),
        ("Iops", values.iops.is_some()),
        ("StorageThroughput", values.storage_throughput.is_some()),
        ("DBInstanceIdentifier", values.db_instance_identifier.is_some()),
        ("StorageType", values.storage_type.is_some()),
        ("CACertificateIdentifier", values.ca_certificate_identifier.is_some()),
        ("DBSubnetGroupName", values.db_subnet_group_name.is_some()),
        ("PendingCloudwatchLogsExports", values.pending_cloudwatch_logs_exports.is_some()),
        ("ProcessorFeatures", !values.processor_features().is_empty()),
        ("AutomationMode", values.automation_mode.is_some()),
        ("MultiTenant", values.multi_tenant.is_some()),
        ("IAMDatabaseAuthenticationEnabled", values.iam_database_authentication_enabled.is_some()),
        ("DedicatedLogVolume", values.dedicated_log_volume.is_some()),
        ("Engine", values.engine.is_some()),
        ("AdditionalStorageVolumes", !values.additional_storage_volumes().is_empty()),
    ];
    named.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name.to_owned()).collect()
}

fn cluster(listed: &types::DbCluster) -> Result<Cluster, String> {
    let owned = |part: Option<&str>| part.map(str::to_owned);
    Ok(Cluster {
        id: text(listed.db_cluster_identifier(), "DBClusterIdentifier")?,
        arn: text(listed.db_cluster_arn(), "DBClusterArn")?,
        engine: text(listed.engine(), "Engine")?,
        status: text(listed.status(), "Status")?,
        endpoint: owned(listed.endpoint()),
        reader_endpoint: owned(listed.reader_endpoint()),
        port: port(listed.port()),
        members: listed.db_cluster_members().iter().map(member).collect::<Result<_, _>>()?,
        subnet_group: owned(listed.db_subnet_group()),
        security_groups: in_force(listed.vpc_security_groups()),
        iam_authentication: listed.iam_database_authentication_enabled().unwrap_or_default(),
        maintenance_window: owned(listed.preferred_maintenance_window()),
    })
}

fn member(listed: &types::DbClusterMember) -> Result<ClusterMember, String> {
    Ok(ClusterMember {
        instance: text(listed.db_instance_identifier(), "DBInstanceIdentifier")?,
        is_writer: listed.is_cluster_writer().unwrap_or_default(),
        promotion_tier: listed.promotion_tier(),
    })
}

fn subnet_group(listed: &types::DbSubnetGroup) -> Result<SubnetGroup, String> {
    let subnet = |subnet: &types::Subnet| {
        let zone = subnet.subnet_availability_zone().and_then(types::AvailabilityZone::name);
        let id = text(subnet.subnet_identifier(), "SubnetIdentifier")?;
        Ok::<_, String>(SubnetOfGroup { id, zone: zone.map(str::to_owned) })
    };
    Ok(SubnetGroup {
        name: text(listed.db_subnet_group_name(), "DBSubnetGroupName")?,
        vpc: listed.vpc_id().map(str::to_owned),
        subnets: listed.subnets().iter().map(subnet).collect::<Result<_, _>>()?,
    })
}

fn proxy(listed: &types::DbProxy) -> Result<Proxy, String> {
    Ok(Proxy {
        name: text(listed.db_proxy_name(), "DBProxyName")?,
        status: text(listed.status().map(types::DbProxyStatus::as_str), "Status")?,
        engine_family: listed.engine_family().unwrap_or_default().to_owned(),
        endpoint: listed.endpoint().map(str::to_owned),
        vpc: listed.vpc_id().map(str::to_owned),
        subnets: listed.vpc_subnet_ids().to_vec(),
        security_groups: listed.vpc_security_group_ids().to_vec(),
    })
}

fn proxy_endpoint(listed: &types::DbProxyEndpoint) -> Result<ProxyEndpoint, String> {
    Ok(ProxyEndpoint {
        name: text(listed.db_proxy_endpoint_name(), "DBProxyEndpointName")?,
        proxy: text(listed.db_proxy_name(), "DBProxyName")?,
        status: text(listed.status().map(types::DbProxyEndpointStatus::as_str), "Status")?,
        endpoint: listed.endpoint().map(str::to_owned),
        vpc: listed.vpc_id().map(str::to_owned),
        subnets: listed.vpc_subnet_ids().to_vec(),
        security_groups: listed.vpc_security_group_ids().to_vec(),
    })
}

fn event_subscription(listed: &types::EventSubscription) -> Result<EventSubscription, String> {
    Ok(EventSubscription {
        name: text(listed.cust_subscription_id(), "CustSubscriptionId")?,
        topic: text(listed.sns_topic_arn(), "SnsTopicArn")?,
        status: text(listed.status(), "Status")?,
        enabled: listed.enabled().unwrap_or_default(),
        source_type: listed.source_type().map(str::to_owned),
        sources: listed.source_ids_list().to_vec(),
        categories: listed.event_categories_list().to_vec(),
    })
}

fn maintenance_of(
    listed: &types::ResourcePendingMaintenanceActions,
) -> Result<Vec<Maintenance>, String> {
    let resource = text(listed.resource_identifier(), "ResourceIdentifier")?;
    let action = |action: &types::PendingMaintenanceAction| {
        // "This date takes into account opt-in requests […], the AutoAppliedAfterDate, and the
        // ForcedApplyDate" (botocore rds 2014-10-31, PendingMaintenanceAction.CurrentApplyDate).
        let date = action
            .current_apply_date()
            .or(action.auto_applied_after_date())
            .or(action.forced_apply_date());
        Ok(Maintenance {
            resource: resource.clone(),
            action: text(action.action(), "Action")?,
            description: action.description().map(str::to_owned),
            date: date.and_then(time),
        })
    };
    listed.pending_maintenance_action_details().iter().map(action).collect()
}
