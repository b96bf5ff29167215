"""Which resource of Terraform is which of CloudFormation, attribute by attribute. What is on neither list is a difference."""

from dataclasses import dataclass, field


@dataclass
class Pair:
    """A type of Terraform and the one of CloudFormation that makes the same thing."""

    cloudformation: str
    # attribute of Terraform: property of CloudFormation, both as paths. An attribute without a
    # counterpart is a difference.
    attributes: dict
    # What a reference can name. attribute of Terraform: attribute of CloudFormation; "" is the
    # reference itself.
    references: dict = field(default_factory=dict)
    # What a property is if it is not written.
    defaults: dict = field(default_factory=dict)


# Terraform must invent names where CloudFormation makes them up itself.
OF_TERRAFORM_ALONE = {
    "name": "a name that CloudFormation makes up",
    "name_prefix": "as above",
    "alarm_name": "as above",
    "dashboard_name": "as above",
    "identifier": "as above, but for the databases, where it is compared",
    "filename": "SAM's CodeUri is a path of its own",
    "source_code_hash": "so that Terraform sees a new package",
    "publish": "versions, which SAM does not publish when a parameter changes",
    "qualifier": "the alias",
    "statement_id": "CloudFormation makes it up",
    "input": "the first run is a custom resource there, which has its own form",
    "triggers": "as above",
    "lifecycle_scope": "as above",
    "target_group_name": "the default group, which has a type of its own",
    "skip_final_snapshot": "DeletionPolicy: Snapshot",
    "final_snapshot_identifier": "as above",
}
OF_CLOUDFORMATION_ALONE = {
    "Code.S3Bucket": "the package's place",
    "Code.S3Key": "as above",
    "Tags.lambda:createdBy": "SAM's",
    "Qualifier": "$LATEST, there being no alias",
    "VPCs.VPCRegion": "Terraform takes the provider's",
    "TargetGroupName": "default, for which Terraform has a type of its own",
}

# Resources that Terraform alone has, each with its reason. CloudFormation has none of its own.
TERRAFORM_ALONE = {
    "aws_lambda_alias.live": "SAM publishes no version when only a parameter changes, so that an alias there would keep an old configuration; "
    "Terraform publishes one, and moves the alias, on each change",
}

# The alias represents the function in every invocation.
STANDS_FOR = {"aws_lambda_alias.live": {"arn": ("function", "Arn"), "name": ("function", "")}}

# What has no tags in AWS, or none in the provider.
WITHOUT_TAGS = {
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_query_definition",
    "aws_db_proxy_default_target_group",
    "aws_db_proxy_target",
    "aws_iam_role_policy",
    "aws_lambda_alias",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_invocation",
    "aws_lambda_permission",
    "aws_route53_record",
    "aws_route_table_association",
    "aws_scheduler_schedule",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
    "aws_vpc_endpoint_service_allowed_principal",
}

ENI = {"security_group_ids": "SecurityGroupIds", "subnet_ids": "SubnetIds"}
RULE = {
    "description": "Description",
    "ip_protocol": "IpProtocol",
    "from_port": "FromPort",
    "to_port": "ToPort",
    "security_group_id": "GroupId",
}
NAMED = {"tags.Name": "Tags.Name"}

PAIRS = {
    "aws_cloudwatch_dashboard": Pair("AWS::CloudWatch::Dashboard", {"dashboard_body": "DashboardBody"}, {"dashboard_name": ""}),
    "aws_cloudwatch_log_group": Pair(
        "AWS::Logs::LogGroup",
        {"name": "LogGroupName", "retention_in_days": "RetentionInDays"},
        {"name": "", "arn": "arn"},
    ),
    # The name is compared, because people choose a saved query by it.
    "aws_cloudwatch_query_definition": Pair(
        "AWS::Logs::QueryDefinition", {"name": "Name", "log_group_names": "LogGroupNames", "query_string": "QueryString"}
    ),
    "aws_cloudwatch_metric_alarm": Pair(
        "AWS::CloudWatch::Alarm",
        {
            "alarm_description": "AlarmDescription",
            "namespace": "Namespace",
            "metric_name": "MetricName",
            "dimensions.Function": "Dimensions.Function",
            "dimensions.Binding": "Dimensions.Binding",
            "dimensions.QueueName": "Dimensions.QueueName",
            "dimensions.TargetGroup": "Dimensions.TargetGroup",
            "dimensions.LoadBalancer": "Dimensions.LoadBalancer",
            "statistic": "Statistic",
            "period": "Period",
            "evaluation_periods": "EvaluationPeriods",
            "datapoints_to_alarm": "DatapointsToAlarm",
            "threshold": "Threshold",
            "comparison_operator": "ComparisonOperator",
            "treat_missing_data": "TreatMissingData",
            "alarm_actions": "AlarmActions",
            "ok_actions": "OKActions",
        },
        {"arn": "Arn"},
    ),
    "aws_db_event_subscription": Pair(
        "AWS::RDS::EventSubscription",
        {"sns_topic": "SnsTopicArn", "source_type": "SourceType", "event_categories": "EventCategories"},
    ),
    "aws_db_instance": Pair(
        "AWS::RDS::DBInstance",
        {
            "identifier": "DBInstanceIdentifier",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "instance_class": "DBInstanceClass",
            "db_name": "DBName",
            "parameter_group_name": "DBParameterGroupName",
            "db_subnet_group_name": "DBSubnetGroupName",
            "vpc_security_group_ids": "VPCSecurityGroups",
            "multi_az": "MultiAZ",
            "publicly_accessible": "PubliclyAccessible",
            "allocated_storage": "AllocatedStorage",
            "storage_type": "StorageType",
            "storage_encrypted": "StorageEncrypted",
            "username": "MasterUsername",
            "manage_master_user_password": "ManageMasterUserPassword",
            "iam_database_authentication_enabled": "EnableIAMDatabaseAuthentication",
            "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
            "backup_retention_period": "BackupRetentionPeriod",
            "copy_tags_to_snapshot": "CopyTagsToSnapshot",
            "deletion_protection": "DeletionProtection",
        },
        {
            "identifier": "",
            "address": "Endpoint.Address",
            "port": "Endpoint.Port",
            "master_user_secret.0.secret_arn": "MasterUserSecret.SecretArn",
            "resource_id": "DbiResourceId",
        },
    ),
    "aws_db_parameter_group": Pair(
        "AWS::RDS::DBParameterGroup",
        {
            "description": "Description",
            "family": "Family",
            "parameter.rds.force_ssl": "Parameters.rds.force_ssl",
            "parameter.require_secure_transport": "Parameters.require_secure_transport",
            "parameter.max_connect_errors": "Parameters.max_connect_errors",
        },
        {"name": ""},
    ),
    "aws_db_proxy": Pair(
        "AWS::RDS::DBProxy",
        {
            "name": "DBProxyName",
            "engine_family": "EngineFamily",
            "require_tls": "RequireTLS",
            "role_arn": "RoleArn",
            "vpc_subnet_ids": "VpcSubnetIds",
            "vpc_security_group_ids": "VpcSecurityGroupIds",
            "default_auth_scheme": "DefaultAuthScheme",
            "auth.auth_scheme": "Auth.AuthScheme",
            "auth.iam_auth": "Auth.IAMAuth",
            "auth.secret_arn": "Auth.SecretArn",
        },
        {"name": "", "arn": "DBProxyArn", "endpoint": "Endpoint"},
    ),
    # One resource of CloudFormation is two of Terraform.
    "aws_db_proxy_default_target_group": Pair(
        "AWS::RDS::DBProxyTargetGroup",
        {
            "db_proxy_name": "DBProxyName",
            "connection_pool_config.max_connections_percent": "ConnectionPoolConfigurationInfo.MaxConnectionsPercent",
            "connection_pool_config.connection_borrow_timeout": "ConnectionPoolConfigurationInfo.ConnectionBorrowTimeout",
        },
        {"name": ""},
    ),
    "aws_db_proxy_target": Pair(
        "AWS::RDS::DBProxyTargetGroup",
        {
            "db_proxy_name": "DBProxyName",
            "db_cluster_identifier": "DBClusterIdentifiers",
            "db_instance_identifier": "DBInstanceIdentifiers",
        },
    ),
    "aws_db_subnet_group": Pair(
        "AWS::RDS::DBSubnetGroup",
        {"description": "DBSubnetGroupDescription", "subnet_ids": "SubnetIds"},
        {"name": ""},
    ),
    "aws_iam_role": Pair(
        "AWS::IAM::Role",
        {
            "description": "Description",
            "assume_role_policy": "AssumeRolePolicyDocument",
            "path": "Path",
            "permissions_boundary": "PermissionsBoundary",
        },
        {"arn": "Arn", "id": ""},
        {"Path": "/"},
    ),
    "aws_iam_role_policy": Pair("AWS::IAM::RolePolicy", {"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"}),
    "aws_kms_key": Pair(
        "AWS::KMS::Key",
        {"description": "Description", "enable_key_rotation": "EnableKeyRotation", "policy": "KeyPolicy"},
        {"key_id": "", "arn": "Arn"},
    ),
    "aws_lambda_function": Pair(
        "AWS::Lambda::Function",
        {
            "function_name": "FunctionName",
            "description": "Description",
            "runtime": "Runtime",
            "architectures": "Architectures",
            "handler": "Handler",
            "memory_size": "MemorySize",
            "timeout": "Timeout",
            "role": "Role",
            "reserved_concurrent_executions": "ReservedConcurrentExecutions",
            "environment.variables.WRITERLINK_CONFIG": "Environment.Variables.WRITERLINK_CONFIG",
            "environment.variables.WRITERLINK_PERMIT": "Environment.Variables.WRITERLINK_PERMIT",
            "environment.variables.WRITERLINK_PROBE": "Environment.Variables.WRITERLINK_PROBE",
            "environment.variables.WRITERLINK_ROLE": "Environment.Variables.WRITERLINK_ROLE",
            "logging_config.log_format": "LoggingConfig.LogFormat",
            "logging_config.log_group": "LoggingConfig.LogGroup",
            "vpc_config.subnet_ids": "VpcConfig.SubnetIds",
            "vpc_config.security_group_ids": "VpcConfig.SecurityGroupIds",
        },
        {"arn": "Arn", "function_name": "", "version": "Version"},
        {"ReservedConcurrentExecutions": "-1", "LoggingConfig.LogFormat": "Text"},
    ),
    "aws_lambda_function_event_invoke_config": Pair(
        "AWS::Lambda::EventInvokeConfig",
        {
            "function_name": "FunctionName",
            "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
            "maximum_retry_attempts": "MaximumRetryAttempts",
            "destination_config.on_failure.destination": "DestinationConfig.OnFailure.Destination",
        },
    ),
    # What wakes it differs by nature; that it is there, and when, is compared.
    "aws_lambda_invocation": Pair("Custom::WriterlinkFollow", {"function_name": "ServiceToken"}),
    "aws_lambda_permission": Pair(
        "AWS::Lambda::Permission",
        {"function_name": "FunctionName", "action": "Action", "principal": "Principal", "source_arn": "SourceArn"},
    ),
    "aws_lb": Pair(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            "load_balancer_type": "Type",
            "internal": "Scheme",
            "ip_address_type": "IpAddressType",
            "subnets": "Subnets",
            "security_groups": "SecurityGroups",
            "enforce_security_group_inbound_rules_on_private_link_traffic": "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
            "enable_cross_zone_load_balancing": "LoadBalancerAttributes.load_balancing.cross_zone.enabled",
            "enable_deletion_protection": "LoadBalancerAttributes.deletion_protection.enabled",
            **NAMED,
        },
        {"arn": ""},
    ),
    "aws_lb_listener": Pair(
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            "load_balancer_arn": "LoadBalancerArn",
            "protocol": "Protocol",
            "port": "Port",
            "tcp_idle_timeout_seconds": "ListenerAttributes.tcp.idle_timeout.seconds",
            "default_action.type": "DefaultActions.Type",
            "default_action.target_group_arn": "DefaultActions.TargetGroupArn",
        },
    ),
    "aws_lb_target_group": Pair(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            "vpc_id": "VpcId",
            "target_type": "TargetType",
            "ip_address_type": "IpAddressType",
            "protocol": "Protocol",
            "port": "Port",
            "deregistration_delay": "TargetGroupAttributes.deregistration_delay.timeout_seconds",
            "connection_termination": "TargetGroupAttributes.deregistration_delay.connection_termination.enabled",
            "preserve_client_ip": "TargetGroupAttributes.preserve_client_ip.enabled",
            "health_check.protocol": "HealthCheckProtocol",
            "health_check.interval": "HealthCheckIntervalSeconds",
            "health_check.timeout": "HealthCheckTimeoutSeconds",
            "health_check.healthy_threshold": "HealthyThresholdCount",
            "health_check.unhealthy_threshold": "UnhealthyThresholdCount",
            "load_balancing_cross_zone_enabled": "TargetGroupAttributes.load_balancing.cross_zone.enabled",
            "target_health_state.enable_unhealthy_connection_termination": (
                "TargetGroupAttributes.target_health_state.unhealthy.connection_termination.enabled"
            ),
            **{
                f"target_group_health.{what}.minimum_healthy_targets_{by}": f"TargetGroupAttributes.target_group_health.{what}.minimum_healthy_targets.{by}"
                for what in ("unhealthy_state_routing", "dns_failover")
                for by in ("count", "percentage")
            },
            "tags.writerlink:source": "Tags.writerlink:source",
            **NAMED,
        },
        {"arn": ""},
    ),
    "aws_rds_cluster": Pair(
        "AWS::RDS::DBCluster",
        {
            "cluster_identifier": "DBClusterIdentifier",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "database_name": "DatabaseName",
            "db_cluster_parameter_group_name": "DBClusterParameterGroupName",
            "db_subnet_group_name": "DBSubnetGroupName",
            "vpc_security_group_ids": "VpcSecurityGroupIds",
            "master_username": "MasterUsername",
            "manage_master_user_password": "ManageMasterUserPassword",
            "iam_database_authentication_enabled": "EnableIAMDatabaseAuthentication",
            "storage_encrypted": "StorageEncrypted",
            "backup_retention_period": "BackupRetentionPeriod",
            "copy_tags_to_snapshot": "CopyTagsToSnapshot",
            "deletion_protection": "DeletionProtection",
        },
        {
            "id": "",
            "cluster_identifier": "",
            "endpoint": "Endpoint.Address",
            "port": "Endpoint.Port",
            "master_user_secret.0.secret_arn": "MasterUserSecret.SecretArn",
            "cluster_resource_id": "DBClusterResourceId",
        },
    ),
    "aws_rds_cluster_instance": Pair(
        "AWS::RDS::DBInstance",
        {
            "cluster_identifier": "DBClusterIdentifier",
            "engine": "Engine",
            "instance_class": "DBInstanceClass",
            "publicly_accessible": "PubliclyAccessible",
            "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
        },
    ),
    "aws_rds_cluster_parameter_group": Pair(
        "AWS::RDS::DBClusterParameterGroup",
        {"description": "Description", "family": "Family", "parameter.rds.force_ssl": "Parameters.rds.force_ssl"},
        {"name": ""},
    ),
    "aws_route53_record": Pair(
        "AWS::Route53::RecordSet",
        {
            "zone_id": "HostedZoneId",
            "name": "Name",
            "type": "Type",
            "alias.zone_id": "AliasTarget.HostedZoneId",
            "alias.name": "AliasTarget.DNSName",
            "alias.evaluate_target_health": "AliasTarget.EvaluateTargetHealth",
        },
        {},
        {"AliasTarget.EvaluateTargetHealth": "false"},
    ),
    "aws_route53_zone": Pair(
        "AWS::Route53::HostedZone",
        {"name": "Name", "comment": "HostedZoneConfig.Comment", "vpc.vpc_id": "VPCs.VPCId"},
        {"zone_id": ""},
    ),
    "aws_route_table": Pair("AWS::EC2::RouteTable", {"vpc_id": "VpcId", **NAMED}, {"id": ""}),
    "aws_route_table_association": Pair(
        "AWS::EC2::SubnetRouteTableAssociation", {"subnet_id": "SubnetId", "route_table_id": "RouteTableId"}
    ),
    "aws_scheduler_schedule": Pair(
        "AWS::Scheduler::Schedule",
        {
            "description": "Description",
            "schedule_expression": "ScheduleExpression",
            "flexible_time_window.mode": "FlexibleTimeWindow.Mode",
            "target.arn": "Target.Arn",
            "target.role_arn": "Target.RoleArn",
            "target.input": "Target.Input",
            "target.retry_policy.maximum_retry_attempts": "Target.RetryPolicy.MaximumRetryAttempts",
            "target.retry_policy.maximum_event_age_in_seconds": "Target.RetryPolicy.MaximumEventAgeInSeconds",
        },
    ),
    "aws_security_group": Pair(
        "AWS::EC2::SecurityGroup",
        {"description": "GroupDescription", "vpc_id": "VpcId", **NAMED},
        {"id": ""},
    ),
    "aws_sns_topic": Pair(
        "AWS::SNS::Topic",
        {"kms_master_key_id": "KmsMasterKeyId", "name": "TopicName"},
        {"arn": ""},
    ),
    "aws_sns_topic_policy": Pair("AWS::SNS::TopicPolicy", {"arn": "Topics", "policy": "PolicyDocument"}),
    "aws_sns_topic_subscription": Pair("AWS::SNS::Subscription", {"topic_arn": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"}),
    "aws_sqs_queue": Pair(
        "AWS::SQS::Queue",
        {"sqs_managed_sse_enabled": "SqsManagedSseEnabled", "message_retention_seconds": "MessageRetentionPeriod"},
        {"arn": "Arn", "url": "", "name": "QueueName"},
    ),
    "aws_subnet": Pair(
        "AWS::EC2::Subnet",
        {"vpc_id": "VpcId", "availability_zone": "AvailabilityZone", "cidr_block": "CidrBlock", **NAMED},
        {"id": ""},
    ),
    "aws_vpc": Pair(
        "AWS::EC2::VPC",
        {
            "cidr_block": "CidrBlock",
            "enable_dns_support": "EnableDnsSupport",
            "enable_dns_hostnames": "EnableDnsHostnames",
            **NAMED,
        },
        {"id": ""},
    ),
    "aws_vpc_endpoint": Pair(
        "AWS::EC2::VPCEndpoint",
        {
            "vpc_id": "VpcId",
            "vpc_endpoint_type": "VpcEndpointType",
            "service_name": "ServiceName",
            "service_region": "ServiceRegion",
            "ip_address_type": "IpAddressType",
            "private_dns_enabled": "PrivateDnsEnabled",
            "route_table_ids": "RouteTableIds",
            "policy": "PolicyDocument",
            **ENI,
            **NAMED,
        },
        {
            "id": "",
            # An entry is "hosted zone id:name" there.
            "dns_entry.0.hosted_zone_id": "DnsEntries.0.split(':').0",
            "dns_entry.0.dns_name": "DnsEntries.0.split(':').1",
        },
    ),
    "aws_vpc_endpoint_service": Pair(
        "AWS::EC2::VPCEndpointService",
        {
            "network_load_balancer_arns": "NetworkLoadBalancerArns",
            "acceptance_required": "AcceptanceRequired",
            "supported_ip_address_types": "SupportedIpAddressTypes",
            "supported_regions": "SupportedRegions",
            **NAMED,
        },
        {"id": "", "service_name": "service_name"},
    ),
    # One for each principal, of which CloudFormation has one for all.
    "aws_vpc_endpoint_service_allowed_principal": Pair(
        "AWS::EC2::VPCEndpointServicePermissions",
        {"vpc_endpoint_service_id": "ServiceId", "principal_arn": "AllowedPrincipals"},
    ),
    "aws_vpc_security_group_egress_rule": Pair(
        "AWS::EC2::SecurityGroupEgress",
        {**RULE, "referenced_security_group_id": "DestinationSecurityGroupId", "cidr_ipv4": "CidrIp"},
    ),
    "aws_vpc_security_group_ingress_rule": Pair(
        "AWS::EC2::SecurityGroupIngress",
        {**RULE, "referenced_security_group_id": "SourceSecurityGroupId", "cidr_ipv4": "CidrIp"},
    ),
}
