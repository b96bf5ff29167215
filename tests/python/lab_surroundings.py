"""Reads with boto3 what stands around the databases of the lab, call by call.

usage: lab_surroundings.py ENDPOINT-URL demo|planted

`demo` is the demo's world, in which everything must be as infra/ deploys it; `planted` is
tests/python/lab_planted.toml. Each row is a claim: its name, what is read, what is expected. Exits 1
when a claim does not hold.
"""

import datetime
import json
import sys

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

ACCOUNT, REGION = "111122223333", "eu-west-1"


class QueryLoader(Loader):
    """The service models, of which CloudWatch's speaks the query protocol, as the lab does."""

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if service_name == "cloudwatch" and type_name == "service-2":
            model = {**model, "metadata": {**model["metadata"], "protocol": "query", "protocols": ["query"]}}
        return model


def clients(endpoint):
    core = botocore.session.Session()
    core.register_component("data_loader", QueryLoader(core.get_config_variable("data_path")))
    session = boto3.Session(botocore_session=core)
    settings = dict(
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
    )
    names = ("ec2", "rds", "elbv2", "sns", "lambda", "scheduler", "cloudwatch", "sqs", "ssm", "s3")
    return {name: session.client(name, **settings) for name in names}


class Seen:
    """What the calls answer; each attribute is one call."""

    def __init__(self, endpoint):
        self.__dict__.update(clients(endpoint))
        self.function = getattr(self, "lambda")

    def instance(self, name):
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def cluster(self):
        return self.rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]

    def balancer(self, name="link"):
        return self.elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0]

    def group(self, name):
        return self.elbv2.describe_target_groups(Names=[name])["TargetGroups"][0]

    def group_attributes(self, name):
        arn = self.group(name)["TargetGroupArn"]
        return pairs(self.elbv2.describe_target_group_attributes(TargetGroupArn=arn))

    def balancer_attributes(self):
        arn = self.balancer()["LoadBalancerArn"]
        return pairs(self.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn))

    def listener_attributes(self):
        arn = self.balancer()["LoadBalancerArn"]
        arn = self.elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["ListenerArn"]
        return pairs(self.elbv2.describe_listener_attributes(ListenerArn=arn))

    def health(self, name):
        arn = self.group(name)["TargetGroupArn"]
        return self.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]

    def security_groups(self, ids):
        return self.ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]

    def security_group(self, name):
        filters = [{"Name": "group-name", "Values": [name]}]
        [group] = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return group

    def subnet(self, id):
        [subnet] = self.ec2.describe_subnets(SubnetIds=[id])["Subnets"]
        return subnet

    def acl(self, subnet):
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        [acl] = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        return acl

    def interfaces(self, **filters):
        asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        pages = self.ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=asked, PaginationConfig={"PageSize": 5}
        )
        return [one for page in pages for one in page["NetworkInterfaces"]]

    def interfaces_of_rds(self, **filters):
        return self.interfaces(requester_managed="true", description="RDSNetworkInterface", **filters)

    def service(self):
        [service] = self.ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
        return service

    def principals(self):
        asked = dict(ServiceId=self.service()["ServiceId"])
        answer = self.ec2.describe_vpc_endpoint_service_permissions(**asked)["AllowedPrincipals"]
        return [(one["PrincipalType"], one["Principal"]) for one in answer]

    def connections(self):
        filters = [{"Name": "service-id", "Values": [self.service()["ServiceId"]]}]
        answer = self.ec2.describe_vpc_endpoint_connections(Filters=filters)["VpcEndpointConnections"]
        keys = ("VpcEndpointOwner", "VpcEndpointId", "VpcEndpointState", "VpcEndpointRegion")
        return [tuple(one[key] for key in keys) for one in answer]

    def topic(self, name):
        return self.sns.get_topic_attributes(TopicArn=topic(name))["Attributes"]

    def subscriptions(self, name):
        answer = self.sns.list_subscriptions_by_topic(TopicArn=topic(name))["Subscriptions"]
        return sorted(answer, key=lambda one: one["Endpoint"])

    def subscription(self, protocol, name="events"):
        found = [one for one in self.subscriptions(name) if one["Protocol"] == protocol]
        arn = found[0]["SubscriptionArn"]
        return self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]

    def event_subscription(self, name):
        asked = dict(SubscriptionName=name)
        return self.rds.describe_event_subscriptions(**asked)["EventSubscriptionsList"][0]

    def configuration(self, name="writerlink"):
        return self.function.get_function_configuration(FunctionName=name)

    def policy(self, name="writerlink"):
        return json.loads(self.function.get_policy(FunctionName=name)["Policy"])["Statement"]

    def invocations(self, name="writerlink"):
        return self.function.get_function_event_invoke_config(FunctionName=name)

    def mappings(self):
        answer = self.function.list_event_source_mappings(FunctionName="writerlink")
        return [(one["EventSourceArn"], one["State"]) for one in answer["EventSourceMappings"]]

    def schedules(self):
        answer = self.scheduler.list_schedules()["Schedules"]
        return [(one["GroupName"], one["Name"], one["State"], one["Target"]["Arn"]) for one in answer]

    def alarms(self):
        return self.cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]

    def alarm(self, name):
        return self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]

    def sweeps(self, minutes):
        now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
        answer = self.cloudwatch.get_metric_statistics(
            Namespace="Writerlink",
            MetricName="SweepFinished",
            Dimensions=[{"Name": "Function", "Value": "writerlink"}],
            StartTime=now - datetime.timedelta(minutes=minutes),
            EndTime=now,
            Period=60,
            Statistics=["Sum", "Maximum"],
        )
        return [(one["Sum"], one["Maximum"]) for one in answer["Datapoints"]]

    def queue(self, name):
        url = f"{self.sqs.meta.endpoint_url}/{ACCOUNT}/{name}"
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def pairs(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def topic(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def lambda_arn(name):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def queue_arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def picked(answer, *keys):
    return tuple(answer.get(key) for key in keys)


def groups_of(database):
    return [one["VpcSecurityGroupId"] for one in database["VpcSecurityGroups"]]


def rules(permissions):
    """A set of what permissions admit: protocol, first port, last port, peer."""
    kinds = (
        ("UserIdGroupPairs", "GroupId"),
        ("IpRanges", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6"),
        ("PrefixListIds", "PrefixListId"),
    )
    return {
        (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), peer[key])
        for rule in permissions
        for kind, key in kinds
        for peer in rule[kind]
    }


def admits(seen, database, port):
    """Whether the load balancer and the database let each other through on a port."""
    [own], [balancer] = groups_of(database), seen.balancer()["SecurityGroups"]
    [group], [from_balancer] = seen.security_groups([own]), seen.security_groups([balancer])
    into, out = rules(group["IpPermissions"]), rules(from_balancer["IpPermissionsEgress"])
    return ("tcp", port, port, balancer) in into and ("tcp", port, port, own) in out


def code_of(call, **parameters):
    try:
        return f"answered {call(**parameters)}"
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


DAY = datetime.timedelta(days=1)
SUBNETS = [f"subnet-0a1b2c3d{number}" for number in (1, 2, 3)]

DEMO = [
    ("the databases admit the load balancer", lambda s: (admits(s, s.cluster(), 5432), admits(s, s.instance("billing"), 3306)), (True, True)),
    ("a member has its cluster's groups", lambda s: groups_of(s.instance("orders-1")) == groups_of(s.cluster()), True),
    ("the load balancer has no inbound rule and enforces none", lambda s: (s.security_group("load-balancer/link")["IpPermissions"], s.balancer()["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"]), ([], "off")),
    ("the load balancer's zones name subnets", lambda s: [zone["SubnetId"] for zone in s.balancer()["AvailabilityZones"]], SUBNETS),
    ("subnets hold their addresses", lambda s: picked(s.subnet(SUBNETS[1]), "CidrBlock", "AvailabilityZone", "State"), ("10.20.2.0/24", "eu-west-1b", "available")),
    ("the ACL lets everything through", lambda s: [(e["RuleNumber"], e["RuleAction"], e["Egress"]) for e in s.acl(SUBNETS[0])["Entries"]][:2], [(100, "allow", True), (100, "allow", False)]),
    ("each host of a database has an interface, a standby's too", lambda s: len(s.interfaces_of_rds(vpc_id=s.subnet(SUBNETS[0])["VpcId"])), 5),
    ("an instance's interfaces are in its two zones", lambda s: sorted(one["AvailabilityZone"] for one in s.interfaces_of_rds(group_id=groups_of(s.instance("billing"))[0])) == sorted(picked(s.instance("billing"), "AvailabilityZone", "SecondaryAvailabilityZone")), True),
    ("nothing but groups, subnet and zone tells whose one is", lambda s: {(*picked(one, "RequesterId", "RequesterManaged", "Status", "InterfaceType", "OwnerId", "TagSet"), one["PrivateIpAddress"] == one["PrivateIpAddresses"][0]["PrivateIpAddress"], one["SubnetId"] in SUBNETS) for one in s.interfaces_of_rds()}, {("amazon-rds", True, "in-use", "interface", ACCOUNT, None, True, True)}),
    ("a load balancer has interfaces in its subnets", lambda s: sorted((one["SubnetId"], one["RequesterId"], one["Description"] == "ELB " + s.balancer()["LoadBalancerArn"].split(":loadbalancer/")[1]) for one in s.interfaces(interface_type="network_load_balancer")), [(subnet, "amazon-elb", True) for subnet in SUBNETS]),
    ("the subnet group has all zones", lambda s: [subnet["SubnetIdentifier"] for subnet in s.rds.describe_db_subnet_groups()["DBSubnetGroups"][0]["Subnets"]], SUBNETS),
    ("an instance is private and modern", lambda s: picked(s.instance("billing"), "PubliclyAccessible", "IAMDatabaseAuthenticationEnabled", "AutoMinorVersionUpgrade", "NetworkType", "PendingModifiedValues"), (False, True, True, "IPV4", {})),
    ("an instance shows its standby's zone", lambda s: s.instance("billing")["SecondaryAvailabilityZone"][:-1], "eu-west-1"),
    ("a certificate lasts", lambda s: s.instance("billing")["CertificateDetails"]["ValidTill"] - datetime.datetime.now(datetime.timezone.utc) > 300 * DAY, True),
    ("a cluster has its window and IAM", lambda s: picked(s.cluster(), "PreferredMaintenanceWindow", "IAMDatabaseAuthenticationEnabled"), ("sun:03:00-sun:03:30", True)),
    ("no maintenance is pending", lambda s: s.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"], []),
    ("quotas have room", lambda s: {q["AccountQuotaName"]: (q["Used"], q["Max"]) for q in s.rds.describe_account_attributes()["AccountQuotas"]}["EventSubscriptions"], (3, 20)),
    ("the health check is the template's", lambda s: picked(s.group("orders"), "HealthCheckProtocol", "HealthCheckPort", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"), ("TCP", "traffic-port", 10, 4, 2, 2)),
    ("the group's attributes are the template's", lambda s: picked(s.group_attributes("orders"), "deregistration_delay.timeout_seconds", "deregistration_delay.connection_termination.enabled", "load_balancing.cross_zone.enabled"), ("30", "true", "true")),
    ("a listener's time-out is the default", lambda s: s.listener_attributes(), {"tcp.idle_timeout.seconds": "350"}),
    ("no zonal shift", lambda s: "AdministrativeOverride" in s.health("orders")[0], False),
    ("the endpoint service is available", lambda s: picked(s.service(), "ServiceState", "AcceptanceRequired", "AvailabilityZones", "NetworkLoadBalancerArns") == ("Available", True, ["eu-west-1a", "eu-west-1b", "eu-west-1c"], [s.balancer()["LoadBalancerArn"]]), True),
    ("it serves its own Region", lambda s: s.service()["SupportedRegions"], [{"Region": REGION, "ServiceState": "Available"}]),
    ("an account may connect", lambda s: s.principals(), [("Account", "arn:aws:iam::444455556666:root")]),
    ("it has connected", lambda s: s.connections(), [("444455556666", "vpce-0123456789abcdef0", "available", REGION)]),
    ("only RDS publishes", lambda s: json.loads(s.topic("database-events")["Policy"])["Statement"][0]["Principal"], {"Service": "events.rds.amazonaws.com"}),
    ("the topic is not encrypted", lambda s: "KmsMasterKeyId" in s.topic("database-events"), False),
    ("the function is subscribed", lambda s: picked(s.subscription("lambda", "database-events"), "Endpoint", "PendingConfirmation", "FilterPolicy"), (lambda_arn("writerlink"), "false", None)),
    ("a mailbox hears of outcomes", lambda s: picked(s.subscription("email", "writerlink-outcomes"), "Endpoint", "PendingConfirmation"), ("operations@example.com", "false")),
    ("subscriptions are enabled", lambda s: picked(s.event_subscription("clusters"), "Enabled", "Status", "SourceIdsList"), (True, "active", [])),
    ("the function is active", lambda s: picked(s.configuration(lambda_arn("writerlink")), "FunctionName", "Timeout", "State", "LastUpdateStatus", "VpcConfig", "DeadLetterConfig"), ("writerlink", 240, "Active", "Successful", None, None)),
    ("the function has its bindings", lambda s: [b["name"] for b in json.loads(s.configuration()["Environment"]["Variables"]["WRITERLINK_CONFIG"])["binding"]], ["orders-writer", "billing"]),
    ("one run at a time", lambda s: s.function.get_function_concurrency(FunctionName="writerlink")["ReservedConcurrentExecutions"], 1),
    ("the topic may invoke the function", lambda s: [one["Condition"]["ArnLike"]["AWS:SourceArn"] for one in s.policy()], [topic("database-events")]),
    ("failures go to a queue, at once", lambda s: picked(s.invocations(), "MaximumRetryAttempts", "MaximumEventAgeInSeconds") + (s.invocations()["DestinationConfig"]["OnFailure"]["Destination"],), (0, 600, queue_arn("writerlink-failures"))),
    ("the function reads no queue", lambda s: s.mappings(), []),
    ("a sweep each minute", lambda s: s.schedules(), [("default", "writerlink-sweep", "ENABLED", lambda_arn("writerlink"))]),
    ("the schedule asks for a sweep", lambda s: (lambda one: (one["ScheduleExpression"], json.loads(one["Target"]["Input"])))(s.scheduler.get_schedule(Name="writerlink-sweep")), ("rate(1 minute)", {"trigger": "sweep"})),
    ("the alarms are the template's", lambda s: [a["MetricName"] for a in s.alarms()], ["BindingNotOk", "BindingNotOk", "ApproximateNumberOfMessagesVisible", "HealthyHostCount", "HealthyHostCount", "NotOk", "SweepFinished"]),
    ("every alarm is heard", lambda s: {(a["StateValue"], a["ActionsEnabled"], *a["AlarmActions"]) for a in s.alarms()}, {("OK", True, topic("writerlink-outcomes"))}),
    ("a link's alarm names its group", lambda s: [d["Value"] for d in s.alarm("writerlink-link-billing")["Dimensions"] if d["Name"] == "TargetGroup"] == [s.group("billing")["TargetGroupArn"].split(":")[-1]], True),
    ("sweeps are counted each minute", lambda s: s.sweeps(10), [(1.0, 1.0)] * 10),
    ("the queue of failures is empty", lambda s: picked(s.queue("writerlink-failures"), "ApproximateNumberOfMessages", "QueueArn"), ("0", queue_arn("writerlink-failures"))),
    ("what does not exist is not found", lambda s: [
        code_of(s.ec2.describe_security_groups, GroupIds=["sg-0"]),
        code_of(s.ec2.describe_subnets, SubnetIds=["subnet-0"]),
        code_of(s.ec2.get_managed_prefix_list_entries, PrefixListId="pl-0"),
        code_of(s.ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-0"]),
        code_of(s.ec2.describe_vpc_endpoint_service_permissions, ServiceId="vpce-svc-0"),
        code_of(s.rds.describe_db_subnet_groups, DBSubnetGroupName="no"),
        code_of(s.function.get_policy, FunctionName="no"),
        code_of(s.scheduler.get_schedule, Name="no"),
        code_of(s.sqs.get_queue_attributes, QueueUrl=s.sqs.meta.endpoint_url + "/1/no"),
        code_of(s.sns.get_subscription_attributes, SubscriptionArn=topic("database-events") + ":no"),
    ], [
        ("InvalidGroup.NotFound", 400), ("InvalidSubnetID.NotFound", 400), ("InvalidPrefixListID.NotFound", 400),
        ("InvalidNetworkInterfaceID.NotFound", 400),
        ("InvalidVpcEndpointServiceId.NotFound", 400), ("DBSubnetGroupNotFoundFault", 404),
        ("ResourceNotFoundException", 404), ("ResourceNotFoundException", 404),
        ("QueueDoesNotExist", 400), ("NotFound", 404),
    ]),
    ("a filter that does not exist is refused", lambda s: code_of(s.ec2.describe_subnets, Filters=[{"Name": "colour", "Values": ["teal"]}]), ("InvalidParameterValue", 400)),
    ("pages join", lambda s: len(list(s.cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 3}).search("MetricAlarms"))), 7),
]

PLANTED = [
    ("written groups take the place of the own ones", lambda s: groups_of(s.instance("billing")) == [s.security_group("locked")["GroupId"], "sg-0123456789abcdef0"], True),
    ("rules name every kind of peer", lambda s: rules(s.security_group("locked")["IpPermissions"]) == {
        ("tcp", 3306, 3306, s.security_group("load-balancer/link")["GroupId"]),
        ("tcp", 3306, 3306, s.security_group("locked")["IpPermissions"][0]["PrefixListIds"][0]["PrefixListId"]),
        ("tcp", 3306, 3306, "10.9.0.0/16"), ("tcp", 3306, 3306, "2001:db8::/32"),
        ("udp", 8000, 8080, "sg-0fedcba9876543210"),
    }, True),
    ("a written group of an own name takes its place", lambda s: rules(s.security_group("load-balancer/link")["IpPermissionsEgress"]), {("-1", None, None, "0.0.0.0/0")}),
    ("a group of nobody is not found", lambda s: code_of(s.ec2.describe_security_groups, GroupIds=["sg-0123456789abcdef0"]), ("InvalidGroup.NotFound", 400)),
    ("a prefix list has entries", lambda s: [one["Cidr"] for one in s.ec2.get_managed_prefix_list_entries(PrefixListId=s.security_group("locked")["IpPermissions"][0]["PrefixListIds"][0]["PrefixListId"])["Entries"]], ["192.0.2.0/24", "198.51.100.0/24"]),
    ("a load balancer without groups says nothing of them", lambda s: picked(s.balancer("bare"), "SecurityGroups", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"), (None, None)),
    ("rules are enforced", lambda s: s.balancer()["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"], "on"),
    ("a subnet is elsewhere and full", lambda s: picked(s.subnet(SUBNETS[0]), "CidrBlock", "AvailableIpAddressCount"), ("10.30.0.0/28", 0)),
    ("a subnet group is narrow", lambda s: [one["SubnetIdentifier"] for one in s.instance("billing")["DBSubnetGroup"]["Subnets"]], SUBNETS[:1]),
    ("interfaces of others are there, and one is missing", lambda s: sorted(picked(one, "PrivateIpAddress", "Description", "RequesterManaged", "Status") for one in s.interfaces(group_id=s.security_group("locked")["GroupId"]) if "DBProxy" not in one["Description"]), [("10.20.2.77", "RDSNetworkInterface", True, "in-use"), ("10.20.3.77", "AWS Lambda VPC ENI-writerlink", False, "available")]),
    ("a proxy's interfaces are not those of instances", lambda s: [one["RequesterId"] for one in s.interfaces(description="Network interface for DBProxy front")], ["amazon-rds"] * 3),
    ("denied calls are denied", lambda s: [code_of(s.ec2.describe_network_acls), code_of(s.function.get_policy, FunctionName="writerlink"), code_of(s.scheduler.get_schedule, Name="hourly")], [("UnauthorizedOperation", 403), ("AccessDeniedException", 403), ("AccessDeniedException", 403)]),
    ("an instance is public and neglected", lambda s: picked(s.instance("billing"), "PubliclyAccessible", "AutoMinorVersionUpgrade", "PreferredMaintenanceWindow"), (True, False, "mon:04:00-mon:04:30")),
    ("changes are pending", lambda s: s.instance("billing")["PendingModifiedValues"], {"MultiAZ": True, "DBInstanceClass": "db.t4g.small"}),
    ("a replica names its source", lambda s: (s.instance("billing-copy")["ReadReplicaSourceDBInstanceIdentifier"], s.instance("billing")["ReadReplicaDBInstanceIdentifiers"]), ("billing", ["billing-copy"])),
    ("members have their cluster's certificate", lambda s: str(s.instance("orders-2")["CertificateDetails"]["ValidTill"].date()), "2026-12-24"),
    ("a member is promoted last", lambda s: [one["PromotionTier"] for one in s.cluster()["DBClusterMembers"]], [1, 15]),
    ("IAM authentication is off", lambda s: s.cluster()["IAMDatabaseAuthenticationEnabled"], False),
    ("a proxy has its groups and subnets", lambda s: picked(s.rds.describe_db_proxies()["DBProxies"][0], "VpcSecurityGroupIds", "VpcSubnetIds") == ([s.security_group("locked")["GroupId"]], SUBNETS), True),
    ("maintenance is pending", lambda s: [(one["ResourceIdentifier"].split(":")[-1], *picked(one["PendingMaintenanceActionDetails"][0], "Action", "Description"), str(one["PendingMaintenanceActionDetails"][0]["AutoAppliedAfterDate"].date())) for one in s.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]], [("billing", "system-update", "New Operating System update is available", "2026-12-10")]),
    ("a quota is small", lambda s: [(q["Used"], q["Max"]) for q in s.rds.describe_account_attributes()["AccountQuotas"] if q["AccountQuotaName"] == "EventSubscriptions"], [(1, 2)]),
    ("the health check is another", lambda s: picked(s.group("billing"), "HealthCheckProtocol", "HealthCheckPort", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount"), ("HTTP", "8080", 30, 6, 5)),
    ("attributes are others", lambda s: (s.group_attributes("billing")["preserve_client_ip.enabled"], s.balancer_attributes()["dns_record.client_routing_policy"], s.listener_attributes()["tcp.idle_timeout.seconds"]), ("true", "availability_zone_affinity", "60")),
    ("a blocked check never passes", lambda s: s.health("billing")[0]["TargetHealth"]["State"], "unhealthy"),
    ("a zonal shift is shown", lambda s: (s.health("billing")[0]["AdministrativeOverride"]["State"], s.balancer_attributes()["zonal_shift.config.enabled"]), ("zonal_shift_active", "true")),
    ("an endpoint service is open and unverified", lambda s: (*picked(s.service(), "AcceptanceRequired", "PrivateDnsName"), s.service()["PrivateDnsNameConfiguration"]["State"]), (False, "db.example.com", "failed")),
    ("it serves another Region", lambda s: [one["Region"] for one in s.service()["SupportedRegions"]], [REGION, "eu-central-1"]),
    ("everybody may connect", lambda s: s.principals(), [("All", "*"), ("Role", "arn:aws:iam::444455556666:role/apps")]),
    ("connections wait or were rejected", lambda s: s.connections(), [("444455556666", "vpce-0a", "pendingAcceptance", REGION), ("777788889999", "vpce-0b", "rejected", "eu-central-1")]),
    ("the account publishes, encrypted", lambda s: (json.loads(s.topic("events")["Policy"])["Statement"][0]["Principal"], s.topic("events")["KmsMasterKeyId"]), ({"AWS": "*"}, "arn:aws:kms:eu-west-1:111122223333:key/mine")),
    ("there are other subscribers", lambda s: [one["Endpoint"] for one in s.subscriptions("events")], [lambda_arn("rotated"), lambda_arn("writerlink"), queue_arn("copies")]),
    ("one is raw and one is filtered", lambda s: (s.subscription("sqs")["RawMessageDelivery"], [s.sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"].get("FilterPolicy") for one in s.subscriptions("events")][0]), ("true", '{"kind": ["none"]}')),
    ("nobody confirmed", lambda s: ([one["SubscriptionArn"] for one in s.subscriptions("writerlink-outcomes")], s.topic("writerlink-outcomes")["SubscriptionsPending"]), (["PendingConfirmation"], "1")),
    ("an event subscription is off", lambda s: picked(s.event_subscription("clusters"), "Enabled", "Status", "SourceIdsList"), (False, "no-permission", ["orders"])),
    ("the function is another", lambda s: (*picked(s.configuration(), "Timeout", "DeadLetterConfig"), s.configuration()["Environment"]["Variables"], s.configuration()["VpcConfig"]["SubnetIds"]), (3, {"TargetArn": queue_arn("dead")}, {"WRITERLINK_CONFIG": "stale.toml"}, [SUBNETS[1]])),
    ("no concurrency is reserved", lambda s: "ReservedConcurrentExecutions" in s.function.get_function_concurrency(FunctionName="writerlink"), False),
    ("events are tried again and lost", lambda s: picked(s.invocations(), "MaximumRetryAttempts", "MaximumEventAgeInSeconds") + (s.invocations()["DestinationConfig"]["OnFailure"],), (2, 21600, {})),
    ("a function without settings", lambda s: (code_of(s.function.get_function_event_invoke_config, FunctionName="rotated"), s.configuration("rotated")["Environment"]["Variables"]), (("ResourceNotFoundException", 404), {})),
    ("the function reads a queue", lambda s: s.mappings(), [(queue_arn("copies"), "Disabled")]),
    ("the only schedule is off", lambda s: s.schedules(), [("default", "hourly", "DISABLED", lambda_arn("writerlink"))]),
    ("an alarm goes off unheard", lambda s: picked(s.alarm("writerlink-sweep"), "StateValue", "ActionsEnabled", "AlarmActions"), ("ALARM", False, [topic("events")])),
    ("sweeps ended ten minutes ago", lambda s: (s.sweeps(8), s.sweeps(15)[0]), ([], (2.5, 2.5))),
    ("a parameter has its text and its version", lambda s: picked(s.ssm.get_parameter(Name="/writerlink/orders:7", WithDecryption=True)["Parameter"], "Value", "Version", "ARN"), ("allow = []", 7, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/writerlink/orders")),
    ("an object has its text", lambda s: s.s3.get_object(Bucket="bindings", Key="teams/a b&c.toml")["Body"].read(), b"allow = []"),
    ("what is not stored is missing", lambda s: (code_of(s.ssm.get_parameter, Name="gone"), code_of(s.ssm.get_parameter, Name="/writerlink/orders:6"), code_of(s.s3.get_object, Bucket="bindings", Key="gone"), code_of(s.s3.get_object, Bucket="gone", Key="gone")), (("ParameterNotFound", 400), ("ParameterVersionNotFound", 400), ("NoSuchKey", 404), ("NoSuchBucket", 404))),
    ("a queue fills", lambda s: s.queue("copies")["ApproximateNumberOfMessages"], "7"),
]


def main():
    tables = {"demo": DEMO, "planted": PLANTED}
    if len(sys.argv) != 3 or sys.argv[2] not in tables:
        sys.exit(__doc__)
    seen, failed = Seen(sys.argv[1]), 0
    for name, read, expected in tables[sys.argv[2]]:
        try:
            found = read(seen)
        except Exception as error:  # a claim that stumbles does not hold
            found = f"{type(error).__name__}: {error}"
        failed += found != expected
        print(f"ok      {name}" if found == expected else f"FAILED  {name}: saw {found!r}, expected {expected!r}")
    print(f"{len(tables[sys.argv[2]]) - failed} of {len(tables[sys.argv[2]])} claims hold")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
