"""Drives the lab with boto3, as any AWS client would, and checks that it sees what AWS would show.

usage: lab_boto3.py ENDPOINT-URL

The lab must be fresh and run at its brisk pace. Each claim is a function; its name is printed with `ok` or what was seen
instead. Exits 1 when a claim does not hold. Stops by itself: every wait has an end.
"""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PATIENCE = 30  # seconds for anything that takes time


class Region:
    """The clients, and what the claims before have made."""

    def __init__(self, endpoint):
        settings = dict(
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="lab",
            aws_secret_access_key="lab",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
        )
        self.rds = boto3.client("rds", **settings)
        self.elbv2 = boto3.client("elbv2", **settings)
        self.sns = boto3.client("sns", **settings)
        self.sts = boto3.client("sts", **settings)
        self.function = boto3.client("lambda", **settings)
        self.group = None
        self.six = None
        self.balancer = None
        self.topic = None
        self.zones = None
        self.deployment = None

    def cluster(self, name="orders"):
        return self.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]

    def writer(self, cluster="orders"):
        [writer] = [m for m in self.cluster(cluster)["DBClusterMembers"] if m["IsClusterWriter"]]
        return writer["DBInstanceIdentifier"]

    def instance(self, name):
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def blue_green(self):
        asked = dict(BlueGreenDeploymentIdentifier=self.deployment)
        return self.rds.describe_blue_green_deployments(**asked)["BlueGreenDeployments"][0]

    def green(self):
        return self.blue_green()["Target"].split(":")[-1]

    def proxy(self, name):
        return self.rds.describe_db_proxies(DBProxyName=name)["DBProxies"][0]

    def vpc(self):
        return self.instance("orders-1")["DBSubnetGroup"]["VpcId"]

    def health(self, **asked):
        answer = self.elbv2.describe_target_health(TargetGroupArn=self.group, **asked)
        return answer["TargetHealthDescriptions"]

    def states(self):
        return {(t["Target"]["Id"], t["Target"]["Port"]): t["TargetHealth"]["State"] for t in self.health()}


def same(seen, expected):
    assert seen == expected, f"saw {seen!r}, expected {expected!r}"


def eventually(read, expected):
    """Reads until what is expected is seen, or patience ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = read()
        if seen == expected:
            return
        assert time.monotonic() < deadline, f"after {PATIENCE} s still {seen!r}, expected {expected!r}"
        time.sleep(0.1)


def refused(exception, call, **parameters):
    """The refusal that a call ends in, which must be of boto3's own class for it."""
    try:
        answer = call(**parameters)
    except exception as error:
        return error.response
    raise AssertionError(f"was not refused, but answered {answer!r}")


def code_of(call, **parameters):
    return refused(ClientError, call, **parameters)["Error"]["Code"]


# RDS


def the_caller_has_an_identity(region):
    same(region.sts.get_caller_identity()["Account"], "111122223333")


def a_new_region_has_no_clusters(region):
    same(region.rds.describe_db_clusters()["DBClusters"], [])


def a_cluster_is_created_with_its_endpoints(region):
    cluster = region.rds.create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="admin", MasterUserPassword="not-a-secret"
    )["DBCluster"]
    same(cluster["Status"], "creating")
    same(cluster["Port"], 5432)
    same(cluster["Endpoint"].split(".")[0], "orders")
    assert ".cluster-ro-" in cluster["ReaderEndpoint"], cluster["ReaderEndpoint"]
    region.rds.get_waiter("db_cluster_available").wait(
        DBClusterIdentifier="orders", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )


def an_instance_has_no_endpoint_while_it_is_created(region):
    for number, zone in enumerate("abc", start=1):
        instance = region.rds.create_db_instance(
            DBInstanceIdentifier=f"orders-{number}",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier="orders",
            AvailabilityZone=f"eu-west-1{zone}",
        )["DBInstance"]
        same(instance["DBInstanceStatus"], "creating")
        assert "Endpoint" not in instance, instance["Endpoint"]
    waiter = region.rds.get_waiter("db_instance_available")
    for number in (1, 2, 3):
        waiter.wait(DBInstanceIdentifier=f"orders-{number}", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE})
    same(region.instance("orders-1")["Endpoint"]["Port"], 5432)


def the_first_member_is_the_writer(region):
    same(region.writer(), "orders-1")
    same(len(region.cluster()["DBClusterMembers"]), 3)


def an_instance_shows_its_cluster_zone_and_vpc(region):
    instance = region.instance("orders-2")
    same(instance["DBClusterIdentifier"], "orders")
    same(instance["AvailabilityZone"], "eu-west-1b")
    assert region.vpc().startswith("vpc-"), region.vpc()
    same(instance["VpcSecurityGroups"], [])


def an_arn_serves_as_an_identifier(region):
    arn = region.cluster()["DBClusterArn"]
    same(region.rds.describe_db_clusters(DBClusterIdentifier=arn)["DBClusters"][0]["DBClusterIdentifier"], "orders")


def a_filter_chooses_the_members_of_a_cluster(region):
    filters = [{"Name": "db-cluster-id", "Values": ["orders"]}]
    same(len(region.rds.describe_db_instances(Filters=filters)["DBInstances"]), 3)
    filters = [{"Name": "db-cluster-id", "Values": ["nobody"]}]
    same(region.rds.describe_db_instances(Filters=filters)["DBInstances"], [])


def instances_come_in_pages_that_the_paginator_joins(region):
    for number in range(22):
        region.rds.create_db_instance(DBInstanceIdentifier=f"page-{number:02}", DBInstanceClass="db.t4g.micro", Engine="mysql")
    first = region.rds.describe_db_instances(MaxRecords=20)
    same(len(first["DBInstances"]), 20)
    assert first["Marker"], first.keys()
    pages = region.rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
    same(len([i for page in pages for i in page["DBInstances"]]), 25)


def rds_refusals_are_the_exceptions_of_boto3(region):
    faults = region.rds.exceptions
    refused(faults.DBClusterNotFoundFault, region.rds.describe_db_clusters, DBClusterIdentifier="nobody")
    refused(faults.DBInstanceNotFoundFault, region.rds.describe_db_instances, DBInstanceIdentifier="nobody")
    refused(
        faults.DBClusterAlreadyExistsFault,
        region.rds.create_db_cluster,
        DBClusterIdentifier="orders",
        Engine="aurora-postgresql",
    )
    refused(
        faults.DBInstanceAlreadyExistsFault,
        region.rds.create_db_instance,
        DBInstanceIdentifier="orders-1",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
        DBClusterIdentifier="orders",
    )
    same(code_of(region.rds.describe_db_instances, MaxRecords=19), "InvalidParameterValue")


def an_operation_that_the_lab_lacks_is_an_invalid_action(region):
    response = refused(ClientError, region.rds.describe_db_snapshots)
    same(response["Error"]["Code"], "InvalidAction")
    same(response["Error"]["Message"], "Could not find operation DescribeDBSnapshots for version 2014-10-31")


# SNS and subscriptions


def a_topic_keeps_its_attributes_and_subscriptions(region):
    region.topic = region.sns.create_topic(Name="database-events", Attributes={"DisplayName": "databases"})["TopicArn"]
    same([t["TopicArn"] for t in region.sns.list_topics()["Topics"]], [region.topic])
    region.sns.set_topic_attributes(TopicArn=region.topic, AttributeName="Policy", AttributeValue='{"Statement":[]}')
    attributes = region.sns.get_topic_attributes(TopicArn=region.topic)["Attributes"]
    same((attributes["DisplayName"], attributes["Policy"]), ("databases", '{"Statement":[]}'))
    function = "arn:aws:lambda:eu-west-1:111122223333:function:someone"
    arn = region.sns.subscribe(TopicArn=region.topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    [listed] = region.sns.list_subscriptions_by_topic(TopicArn=region.topic)["Subscriptions"]
    same((listed["SubscriptionArn"], listed["Endpoint"], listed["Protocol"]), (arn, function, "lambda"))
    region.sns.unsubscribe(SubscriptionArn=arn)
    same(region.sns.list_subscriptions()["Subscriptions"], [])


def a_message_gets_an_id(region):
    answer = region.sns.publish(
        TopicArn=region.topic,
        Subject="hello",
        Message="<&> ünïcode",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
    )
    same(len(answer["MessageId"]), 36)


def sns_refusals_are_the_exceptions_of_boto3(region):
    refused(region.sns.exceptions.NotFoundException, region.sns.publish, TopicArn=region.topic + "-gone", Message="x")
    refused(region.sns.exceptions.InvalidParameterException, region.sns.create_topic, Name="no blanks")


def an_event_subscription_becomes_active(region):
    made = region.rds.create_event_subscription(
        SubscriptionName="clusters",
        SnsTopicArn=region.topic,
        SourceType="db-cluster",
        EventCategories=["failover", "notification"],
        SourceIds=["orders"],
    )["EventSubscription"]
    same(made["Status"], "creating")
    same((sorted(made["EventCategoriesList"]), made["SourceIdsList"]), (["failover", "notification"], ["orders"]))

    def status():
        [one] = region.rds.describe_event_subscriptions(SubscriptionName="clusters")["EventSubscriptionsList"]
        return one["Status"]

    eventually(status, "active")


def an_event_subscription_is_changed_and_deleted(region):
    changed = region.rds.modify_event_subscription(SubscriptionName="clusters", Enabled=False)["EventSubscription"]
    same(changed["Enabled"], False)
    region.rds.delete_event_subscription(SubscriptionName="clusters")
    same(region.rds.describe_event_subscriptions()["EventSubscriptionsList"], [])


def subscription_refusals_are_the_exceptions_of_boto3(region):
    faults = region.rds.exceptions
    refused(faults.SubscriptionNotFoundFault, region.rds.describe_event_subscriptions, SubscriptionName="nobody")
    refused(
        faults.SNSTopicArnNotFoundFault,
        region.rds.create_event_subscription,
        SubscriptionName="lost",
        SnsTopicArn=region.topic + "-gone",
    )


def the_categories_of_a_source_type_are_listed(region):
    [one] = region.rds.describe_event_categories(SourceType="db-cluster")["EventCategoriesMapList"]
    same(one["SourceType"], "db-cluster")
    assert "failover" in one["EventCategories"], one


# ELBv2


def a_target_group_has_the_defaults_of_tcp(region):
    made = region.elbv2.create_target_group(
        Name="orders",
        Protocol="TCP",
        Port=5432,
        VpcId=region.vpc(),
        TargetType="ip",
        HealthCheckIntervalSeconds=5,
        Tags=[{"Key": "team", "Value": "<orders>"}],
    )["TargetGroups"][0]
    region.group = made["TargetGroupArn"]
    shown = {key: made[key] for key in ("Protocol", "Port", "TargetType", "IpAddressType", "LoadBalancerArns")}
    same(shown, {"Protocol": "TCP", "Port": 5432, "TargetType": "ip", "IpAddressType": "ipv4", "LoadBalancerArns": []})
    check = (made["HealthCheckProtocol"], made["HealthCheckPort"], made["HealthCheckTimeoutSeconds"])
    same(check, ("TCP", "traffic-port", 10))
    same((made["HealthyThresholdCount"], made["UnhealthyThresholdCount"]), (5, 2))


def a_groups_attributes_have_awss_keys_and_defaults(region):
    def attributes():
        listed = region.elbv2.describe_target_group_attributes(TargetGroupArn=region.group)["Attributes"]
        return {attribute["Key"]: attribute["Value"] for attribute in listed}

    before = attributes()
    same(before["deregistration_delay.timeout_seconds"], "300")
    same(before["preserve_client_ip.enabled"], "false")
    same(before["deregistration_delay.connection_termination.enabled"], "false")
    change = [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    region.elbv2.modify_target_group_attributes(TargetGroupArn=region.group, Attributes=change)
    same(attributes(), {**before, "deregistration_delay.timeout_seconds": "60"})
    change = [{"Key": "no.such.key", "Value": "1"}]
    modify = region.elbv2.modify_target_group_attributes
    same(code_of(modify, TargetGroupArn=region.group, Attributes=change), "ValidationError")


def tags_are_added_and_removed(region):
    def tags():
        [described] = region.elbv2.describe_tags(ResourceArns=[region.group])["TagDescriptions"]
        return {tag["Key"]: tag["Value"] for tag in described["Tags"]}

    same(tags(), {"team": "<orders>"})
    region.elbv2.add_tags(ResourceArns=[region.group], Tags=[{"Key": "stage", "Value": "test"}])
    region.elbv2.remove_tags(ResourceArns=[region.group], TagKeys=["team"])
    same(tags(), {"stage": "test"})
    same(code_of(region.elbv2.describe_tags, ResourceArns=[region.group] * 21), "ValidationError")


def targets_of_a_group_that_no_listener_uses_are_unused(region):
    region.elbv2.register_targets(TargetGroupArn=region.group, Targets=[{"Id": "10.20.1.200"}])
    [target] = region.health()
    same(target["Target"], {"Id": "10.20.1.200", "Port": 5432, "AvailabilityZone": "eu-west-1a"})
    same((target["TargetHealth"]["State"], target["TargetHealth"]["Reason"]), ("unused", "Target.NotInUse"))
    region.elbv2.deregister_targets(TargetGroupArn=region.group, Targets=[{"Id": "10.20.1.200"}])
    same(region.health(), [])


def a_listener_puts_the_group_to_use(region):
    subnets = [subnet["SubnetIdentifier"] for subnet in region.instance("orders-1")["DBSubnetGroup"]["Subnets"]]
    made = region.elbv2.create_load_balancer(Name="link", Type="network", Scheme="internal", Subnets=subnets)
    balancer = made["LoadBalancers"][0]
    region.balancer = balancer["LoadBalancerArn"]
    same([zone["ZoneName"] for zone in balancer["AvailabilityZones"]], ["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    region.elbv2.get_waiter("load_balancer_available").wait(
        LoadBalancerArns=[region.balancer], WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )
    listener = region.elbv2.create_listener(
        LoadBalancerArn=region.balancer,
        Protocol="TCP",
        Port=5432,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": region.group}],
    )["Listeners"][0]
    [listed] = region.elbv2.describe_listeners(LoadBalancerArn=region.balancer)["Listeners"]
    same(listed, listener)
    same(listed["DefaultActions"][0]["TargetGroupArn"], region.group)
    [group] = region.elbv2.describe_target_groups(LoadBalancerArn=region.balancer)["TargetGroups"]
    same((group["TargetGroupArn"], group["LoadBalancerArns"]), (region.group, [region.balancer]))


def cross_zone_is_off_until_it_is_turned_on(region):
    key = "load_balancing.cross_zone.enabled"

    def value():
        listed = region.elbv2.describe_load_balancer_attributes(LoadBalancerArn=region.balancer)["Attributes"]
        return {attribute["Key"]: attribute["Value"] for attribute in listed}[key]

    same(value(), "false")
    region.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=region.balancer, Attributes=[{"Key": key, "Value": "true"}]
    )
    same(value(), "true")


def a_database_becomes_healthy_and_an_empty_address_unhealthy(region):
    database, nobody = "10.20.1.10", "10.20.2.200"
    targets = [{"Id": database, "Port": 5432}, {"Id": nobody, "Port": 5432}]
    region.elbv2.register_targets(TargetGroupArn=region.group, Targets=targets)
    same(set(region.states().values()), {"initial"})
    eventually(region.states, {(database, 5432): "healthy", (nobody, 5432): "unhealthy"})
    [failed] = [target for target in region.health() if target["Target"]["Id"] == nobody]
    same(failed["TargetHealth"]["Reason"], "Target.FailedHealthChecks")
    region.elbv2.get_waiter("target_in_service").wait(
        TargetGroupArn=region.group, Targets=targets[:1], WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )


def a_deregistered_target_drains_and_comes_back_when_registered(region):
    target = [{"Id": "10.20.2.200", "Port": 5432}]
    region.elbv2.deregister_targets(TargetGroupArn=region.group, Targets=target)
    [health] = region.health(Targets=target)
    same(health["TargetHealth"]["Reason"], "Target.DeregistrationInProgress")
    same(region.states()[("10.20.2.200", 5432)], "draining")
    region.elbv2.register_targets(TargetGroupArn=region.group, Targets=target)
    same(region.states()[("10.20.2.200", 5432)], "initial")
    region.elbv2.deregister_targets(TargetGroupArn=region.group, Targets=target)
    eventually(region.states, {("10.20.1.10", 5432): "healthy"})


def deregistering_what_is_not_there_succeeds_and_does_nothing(region):
    before = region.states()
    elsewhere = [{"Id": "10.20.1.10", "Port": 6432}, {"Id": "10.20.3.99"}]
    region.elbv2.deregister_targets(TargetGroupArn=region.group, Targets=elsewhere)
    same(region.states(), before)


def one_that_is_asked_for_and_not_registered_is_unused(region):
    [health] = region.health(Targets=[{"Id": "10.20.3.99", "Port": 5432}])
    same((health["TargetHealth"]["State"], health["TargetHealth"]["Reason"]), ("unused", "Target.NotRegistered"))


def elbv2_refusals_are_the_exceptions_of_boto3(region):
    gone = region.group.replace("targetgroup/orders/", "targetgroup/gone/")
    elsewhere = region.group.replace("eu-west-1", "us-east-1")
    faults, elbv2 = region.elbv2.exceptions, region.elbv2
    response = refused(faults.TargetGroupNotFoundException, elbv2.describe_target_health, TargetGroupArn=gone)
    same(response["Error"]["Message"], "One or more target groups not found")
    same(response["ResponseMetadata"]["HTTPStatusCode"], 400)
    same(code_of(elbv2.describe_target_health, TargetGroupArn=elsewhere), "ValidationError")
    refused(faults.TargetGroupNotFoundException, elbv2.describe_target_groups, Names=["nobody"])
    refused(faults.LoadBalancerNotFoundException, elbv2.describe_load_balancers, Names=["nobody"])
    refused(faults.ResourceInUseException, elbv2.delete_target_group, TargetGroupArn=region.group)
    register = dict(call=elbv2.register_targets, TargetGroupArn=region.group)
    refused(faults.InvalidTargetException, **register, Targets=[{"Id": "8.8.8.8", "AvailabilityZone": "all"}])
    same(code_of(**register, Targets=[{"Id": "10.30.0.7"}]), "ValidationError")
    same(code_of(**register, Targets=[{"Id": "2001:db8::7"}]), "ValidationError")
    refused(
        faults.DuplicateTargetGroupNameException,
        elbv2.create_target_group,
        Name="orders",
        Protocol="TCP",
        Port=3306,
        VpcId=region.vpc(),
        TargetType="ip",
    )


# Both families


def a_database_is_dual_stack_when_asked_and_when_modified(region):
    made = dict(DBInstanceIdentifier="parcels", DBInstanceClass="db.m6g.large", Engine="postgres")
    create = region.rds.create_db_instance
    refused(region.rds.exceptions.NetworkTypeNotSupported, create, **made, NetworkType="IPV6")
    same(create(**made, NetworkType="DUAL")["DBInstance"]["NetworkType"], "DUAL")
    same(region.instance("parcels")["DBSubnetGroup"]["SupportedNetworkTypes"], ["IPV4", "DUAL"])
    eventually(lambda: region.instance("parcels")["DBInstanceStatus"], "available")
    same((region.cluster()["NetworkType"], region.instance("orders-1")["NetworkType"]), ("IPV4", "IPV4"))
    region.rds.modify_db_cluster(DBClusterIdentifier="orders", NetworkType="DUAL", ApplyImmediately=True)
    eventually(lambda: (region.cluster()["Status"], region.cluster()["NetworkType"]), ("available", "DUAL"))
    same(region.instance("orders-1")["NetworkType"], "DUAL")


def an_ipv6_group_needs_a_dual_stack_load_balancer(region):
    group = region.elbv2.create_target_group(
        Name="six", Protocol="TCP", Port=5432, VpcId=region.vpc(), TargetType="ip", IpAddressType="ipv6"
    )["TargetGroups"][0]
    same(group["IpAddressType"], "ipv6")
    region.six = group["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": region.six}]
    listen = dict(Protocol="TCP", Port=6432, DefaultActions=forward)
    fault = region.elbv2.exceptions.InvalidConfigurationRequestException
    response = refused(fault, region.elbv2.create_listener, LoadBalancerArn=region.balancer, **listen)
    same("'ipv4' IP address type" in response["Error"]["Message"], True)
    subnets = [subnet["SubnetIdentifier"] for subnet in region.instance("orders-1")["DBSubnetGroup"]["Subnets"]]
    settings = dict(Type="network", Scheme="internal", Subnets=subnets)
    create = region.elbv2.create_load_balancer
    same(code_of(create, Name="link-six", IpAddressType="dualstack-without-public-ipv4", **settings), "ValidationError")
    balancer = create(Name="link-six", IpAddressType="dualstack", **settings)["LoadBalancers"][0]
    same(balancer["IpAddressType"], "dualstack")
    region.elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], **listen)


def an_ipv6_group_takes_ipv6_addresses_of_its_vpc_alone_and_finds_their_zones(region):
    register = dict(call=region.elbv2.register_targets, TargetGroupArn=region.six)
    same(code_of(**register, Targets=[{"Id": "10.20.1.7"}]), "ValidationError")
    outside = [{"Id": "2001:db8:99::7", "AvailabilityZone": "all"}]
    refused(region.elbv2.exceptions.InvalidTargetException, **register, Targets=outside)
    region.elbv2.register_targets(TargetGroupArn=region.six, Targets=[{"Id": "2001:db8:20:2::00c8"}])
    [target] = region.elbv2.describe_target_health(TargetGroupArn=region.six)["TargetHealthDescriptions"]
    same(target["Target"], {"Id": "2001:db8:20:2::c8", "Port": 5432, "AvailabilityZone": "eu-west-1b"})
    [balancer] = region.elbv2.describe_load_balancers(Names=["link-six"])["LoadBalancers"]
    region.elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    region.elbv2.delete_target_group(TargetGroupArn=region.six)


# What changes by itself


def a_failover_moves_the_writer_and_is_told(region):
    started = region.rds.failover_db_cluster(DBClusterIdentifier="orders", TargetDBInstanceIdentifier="orders-2")
    same(started["DBCluster"]["Status"], "failing-over")
    eventually(region.writer, "orders-2")
    eventually(lambda: region.cluster()["Status"], "available")
    events = region.rds.describe_events(SourceIdentifier="orders", SourceType="db-cluster", EventCategories=["failover"])
    messages = [event["Message"] for event in events["Events"]]
    same(len(messages), 2)
    same(messages[-1], "Completed failover to DB instance: orders-2")


def a_multi_az_instance_fails_over_to_its_standby(region):
    region.rds.create_db_instance(
        DBInstanceIdentifier="billing", DBInstanceClass="db.m6g.large", Engine="mysql", MultiAZ=True
    )
    eventually(lambda: region.instance("billing")["DBInstanceStatus"], "available")
    before = region.instance("billing")
    region.zones = before["AvailabilityZone"], before["SecondaryAvailabilityZone"]
    region.rds.reboot_db_instance(DBInstanceIdentifier="billing", ForceFailover=True)
    same(region.instance("billing")["DBInstanceStatus"], "rebooting")
    eventually(lambda: region.instance("billing")["DBInstanceStatus"], "available")
    same(region.instance("billing")["AvailabilityZone"], region.zones[0])
    reboot = region.rds.reboot_db_instance
    same(code_of(reboot, DBInstanceIdentifier="page-00", ForceFailover=True), "InvalidParameterCombination")


def a_multi_az_cluster_is_made_with_its_three_nodes(region):
    asked = dict(DBClusterIdentifier="ledger", Engine="postgres", MasterUsername="admin", MasterUserPassword="not-a-secret")
    create = region.rds.create_db_cluster
    same(code_of(create, **asked), "InvalidParameterCombination")
    nodes = dict(DBClusterInstanceClass="db.m6gd.large", AllocatedStorage=100, StorageType="io1", Iops=1000)
    made = create(**asked, **nodes)["DBCluster"]
    same((made["Status"], made["MultiAZ"]), ("creating", True))
    same({key: made[key] for key in nodes}, nodes)
    region.rds.get_waiter("db_cluster_available").wait(
        DBClusterIdentifier="ledger", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )
    cluster = region.cluster("ledger")
    same(cluster["Endpoint"].split(".")[:2], ["ledger", cluster["ReaderEndpoint"].split(".")[1].replace("-ro-", "-")])
    members = [member["DBInstanceIdentifier"] for member in cluster["DBClusterMembers"]]
    same(members, [f"ledger-instance-{number}" for number in (1, 2, 3)])
    same(region.writer("ledger"), "ledger-instance-1")
    filters = [{"Name": "db-cluster-id", "Values": ["ledger"]}]
    listed = region.rds.describe_db_instances(Filters=filters)["DBInstances"]
    same(len({instance["AvailabilityZone"] for instance in listed}), 3)
    same({instance["DBClusterIdentifier"] for instance in listed}, {"ledger"})
    same([instance["Endpoint"]["Address"].split(".")[0] for instance in listed], members)


def a_multi_az_cluster_fails_over_and_restarts_in_place(region):
    started = region.rds.failover_db_cluster(DBClusterIdentifier="ledger")
    same(started["DBCluster"]["Status"], "failing-over")
    eventually(lambda: region.writer("ledger"), "ledger-instance-2")
    eventually(lambda: region.cluster("ledger")["Status"], "available")
    same(region.rds.reboot_db_cluster(DBClusterIdentifier="ledger")["DBCluster"]["Status"], "rebooting")
    eventually(lambda: region.cluster("ledger")["Status"], "available")
    same(region.writer("ledger"), "ledger-instance-2")
    fault = region.rds.exceptions.InvalidDBClusterStateFault
    refused(fault, region.rds.reboot_db_cluster, DBClusterIdentifier="orders")
    refused(fault, region.rds.stop_db_cluster, DBClusterIdentifier="ledger")
    events = region.rds.describe_events(SourceIdentifier="ledger", SourceType="db-cluster", EventCategories=["failover"])
    same(events["Events"][-1]["Message"], "Completed failover to DB instance: ledger-instance-2")
    same(len(events["Events"]), 2)


def a_multi_az_cluster_is_deleted_with_its_nodes(region):
    fault = region.rds.exceptions.InvalidDBClusterStateFault
    node = dict(DBInstanceIdentifier="ledger-instance-3", SkipFinalSnapshot=True)
    refused(fault, region.rds.delete_db_instance, **node)
    region.rds.delete_db_cluster(DBClusterIdentifier="ledger", SkipFinalSnapshot=True)
    region.rds.get_waiter("db_cluster_deleted").wait(
        DBClusterIdentifier="ledger", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )
    filters = [{"Name": "db-cluster-id", "Values": ["ledger"]}]
    same(region.rds.describe_db_instances(Filters=filters)["DBInstances"], [])


def a_cluster_is_renamed_and_back(region):
    for name, other in (("orders", "sales"), ("sales", "orders")):
        renamed = region.rds.modify_db_cluster(
            DBClusterIdentifier=name, NewDBClusterIdentifier=other, ApplyImmediately=True
        )["DBCluster"]
        same((renamed["DBClusterIdentifier"], renamed["Status"]), (other, "renaming"))
        refused(region.rds.exceptions.DBClusterNotFoundFault, region.cluster, name=name)
        eventually(lambda: region.cluster(other)["Status"], "available")
    events = region.rds.describe_events(SourceIdentifier="orders", SourceType="db-cluster")["Events"]
    same(events[-1]["Message"], "Renamed cluster from sales to orders")


def a_blue_green_deployment_copies_a_cluster(region):
    missing = region.rds.exceptions.BlueGreenDeploymentNotFoundFault
    refused(missing, region.rds.describe_blue_green_deployments, BlueGreenDeploymentIdentifier="bgd-nobody")
    unsupported = dict(BlueGreenDeploymentName="no", Source=region.instance("orders-1")["DBInstanceArn"])
    create = region.rds.create_blue_green_deployment
    refused(region.rds.exceptions.SourceDatabaseNotSupportedFault, create, **unsupported)
    made = create(BlueGreenDeploymentName="upgrade", Source=region.cluster()["DBClusterArn"])["BlueGreenDeployment"]
    same((made["Status"], made["Source"]), ("PROVISIONING", region.cluster()["DBClusterArn"]))
    region.deployment = made["BlueGreenDeploymentIdentifier"]
    same(len(made["SwitchoverDetails"]), 1 + len(region.cluster()["DBClusterMembers"]))
    eventually(lambda: region.blue_green()["Status"], "AVAILABLE")
    green = region.green()
    same(green[:-6], "orders-green-")
    same(len(region.cluster(green)["DBClusterMembers"]), len(region.cluster()["DBClusterMembers"]))
    refused(region.rds.exceptions.BlueGreenDeploymentAlreadyExistsFault, create, **{**unsupported, "BlueGreenDeploymentName": "upgrade"})


def a_switchover_gives_blues_names_to_green(region):
    before = {name: region.cluster(name)["DbClusterResourceId"] for name in ("orders", region.green())}
    green = region.green()
    started = region.rds.switchover_blue_green_deployment(
        BlueGreenDeploymentIdentifier=region.deployment, SwitchoverTimeout=300
    )["BlueGreenDeployment"]
    same(started["Status"], "SWITCHOVER_IN_PROGRESS")
    fault = region.rds.exceptions.InvalidBlueGreenDeploymentStateFault
    refused(fault, region.rds.delete_blue_green_deployment, BlueGreenDeploymentIdentifier=region.deployment)
    eventually(lambda: region.blue_green()["Status"], "SWITCHOVER_COMPLETED")
    same({detail["Status"] for detail in region.blue_green()["SwitchoverDetails"]}, {"SWITCHOVER_COMPLETED"})
    same(region.cluster()["DbClusterResourceId"], before[green])
    same(region.cluster("orders-old1")["DbClusterResourceId"], before["orders"])
    same(region.instance("orders-1-old1")["DBClusterIdentifier"], "orders-old1")
    refused(region.rds.exceptions.DBClusterNotFoundFault, region.cluster, name=green)
    events = region.rds.describe_events(SourceIdentifier=region.deployment, SourceType="blue-green-deployment")["Events"]
    same(events[-1]["Message"], "Switchover completed on blue/green deployment.")
    deleted = region.rds.delete_blue_green_deployment(BlueGreenDeploymentIdentifier=region.deployment)
    same(deleted["BlueGreenDeployment"]["Status"], "DELETING")
    eventually(lambda: region.rds.describe_blue_green_deployments()["BlueGreenDeployments"], [])


def a_global_database_has_its_primary_here_until_it_moves_to_another_region(region):
    here, elsewhere = region.cluster()["DBClusterArn"], "arn:aws:rds:us-east-1:111122223333:cluster:orders-us"
    made = region.rds.create_global_cluster(GlobalClusterIdentifier="world", SourceDBClusterIdentifier=here)
    same([member["IsWriter"] for member in made["GlobalCluster"]["GlobalClusterMembers"]], [True])
    assert "ReplicationSourceIdentifier" not in region.cluster()

    def source():
        return region.cluster().get("ReplicationSourceIdentifier")

    def primary():
        [cluster] = region.rds.describe_global_clusters(GlobalClusterIdentifier="world")["GlobalClusters"]
        return [member["DBClusterArn"] for member in cluster["GlobalClusterMembers"] if member["IsWriter"]]

    switch = region.rds.switchover_global_cluster
    switch(GlobalClusterIdentifier="world", TargetDbClusterIdentifier=elsewhere)
    eventually(source, elsewhere)
    same(primary(), [elsewhere])
    cluster = region.cluster()
    same([member["IsClusterWriter"] for member in cluster["DBClusterMembers"]], [False] * 3)
    same(cluster["GlobalWriteForwardingStatus"], "disabled")
    assert cluster["Endpoint"].startswith("orders.cluster-"), cluster["Endpoint"]
    refused(region.rds.exceptions.InvalidDBClusterStateFault, region.rds.failover_db_cluster, DBClusterIdentifier="orders")
    refused(region.rds.exceptions.GlobalClusterNotFoundFault, switch, GlobalClusterIdentifier="moon", TargetDbClusterIdentifier=here)
    switch(GlobalClusterIdentifier="world", TargetDbClusterIdentifier=here)
    eventually(source, None)
    same(primary(), [here])
    assert region.writer().startswith("orders-"), region.writer()


def a_proxy_is_made_before_a_cluster_and_described_with_its_endpoints(region):
    subnets = [s["SubnetIdentifier"] for s in region.instance("orders-1")["DBSubnetGroup"]["Subnets"]]
    proxy = region.rds.create_db_proxy(
        DBProxyName="app",
        EngineFamily="POSTGRESQL",
        RoleArn="arn:aws:iam::111122223333:role/proxy",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app"}],
        VpcSubnetIds=subnets,
    )["DBProxy"]
    same(proxy["Status"], "creating")
    eventually(lambda: region.proxy("app")["Status"], "available")
    proxy = region.proxy("app")
    same((proxy["EngineFamily"], proxy["VpcId"], proxy["VpcSubnetIds"]), ("POSTGRESQL", region.vpc(), subnets))
    assert proxy["Endpoint"].startswith("app.proxy-"), proxy["Endpoint"]
    targets = region.rds.register_db_proxy_targets(DBProxyName="app", DBClusterIdentifiers=["orders"])["DBProxyTargets"]
    same([t["Type"] for t in targets], ["TRACKED_CLUSTER"] + ["RDS_INSTANCE"] * 3)
    region.rds.create_db_proxy_endpoint(
        DBProxyName="app", DBProxyEndpointName="app-readers", VpcSubnetIds=subnets[:2], TargetRole="READ_ONLY"
    )

    def status():
        asked = region.rds.describe_db_proxy_endpoints(DBProxyName="app", DBProxyEndpointName="app-readers")
        [endpoint] = asked["DBProxyEndpoints"]
        return endpoint["Status"], endpoint["TargetRole"], endpoint["IsDefault"], endpoint["VpcSubnetIds"]

    eventually(status, ("available", "READ_ONLY", False, subnets[:2]))
    pages = region.rds.get_paginator("describe_db_proxy_endpoints").paginate(DBProxyName="app")
    names = [e["Endpoint"].split(".proxy-")[0] for page in pages for e in page["DBProxyEndpoints"]]
    same(names, ["app-readers.endpoint", "app"])
    events = region.rds.describe_events(SourceType="db-proxy", SourceIdentifier="app")["Events"]
    same([e["EventCategories"] for e in events], [["creation"], ["creation"]])


def a_proxy_is_deleted_with_its_endpoints(region):
    same(region.rds.delete_db_proxy(DBProxyName="app")["DBProxy"]["Status"], "deleting")
    eventually(lambda: region.rds.describe_db_proxies()["DBProxies"], [])
    same(region.rds.describe_db_proxy_endpoints()["DBProxyEndpoints"], [])
    faults = region.rds.exceptions
    refused(faults.DBProxyNotFoundFault, region.rds.describe_db_proxies, DBProxyName="app")
    refused(faults.DBProxyEndpointNotFoundFault, region.rds.delete_db_proxy_endpoint, DBProxyEndpointName="app-readers")


def a_custom_endpoint_is_made_changed_and_deleted(region):
    endpoint = region.rds.create_db_cluster_endpoint(
        DBClusterIdentifier="orders",
        DBClusterEndpointIdentifier="reports",
        EndpointType="READER",
        StaticMembers=["orders-2"],
    )
    same((endpoint["Status"], endpoint["EndpointType"], endpoint["CustomEndpointType"]), ("creating", "CUSTOM", "READER"))
    assert ".cluster-custom-" in endpoint["Endpoint"], endpoint["Endpoint"]
    same(region.cluster()["CustomEndpoints"], [endpoint["Endpoint"]])

    def lists():
        pages = region.rds.get_paginator("describe_db_cluster_endpoints").paginate(DBClusterIdentifier="orders")
        found = [e for page in pages for e in page["DBClusterEndpoints"]]
        same([e["EndpointType"] for e in found], ["WRITER", "READER", "CUSTOM"])
        return found[2]["Status"], found[2]["StaticMembers"], found[2]["ExcludedMembers"]

    eventually(lists, ("available", ["orders-2"], []))
    region.rds.modify_db_cluster_endpoint(DBClusterEndpointIdentifier="reports", ExcludedMembers=["orders-3"])
    eventually(lists, ("available", [], ["orders-3"]))
    refused(
        region.rds.exceptions.DBClusterEndpointAlreadyExistsFault,
        region.rds.create_db_cluster_endpoint,
        DBClusterIdentifier="orders",
        DBClusterEndpointIdentifier="reports",
        EndpointType="ANY",
    )
    region.rds.delete_db_cluster_endpoint(DBClusterEndpointIdentifier="reports")
    eventually(lambda: region.cluster()["CustomEndpoints"], [])
    # One that does not exist is an empty list, and no error.
    same(region.rds.describe_db_cluster_endpoints(DBClusterEndpointIdentifier="reports")["DBClusterEndpoints"], [])
    refused(
        region.rds.exceptions.DBClusterEndpointNotFoundFault,
        region.rds.delete_db_cluster_endpoint,
        DBClusterEndpointIdentifier="reports",
    )


def the_zones_swap_long_after_the_failover(region):
    def zones():
        instance = region.instance("billing")
        return instance["SecondaryAvailabilityZone"], instance["AvailabilityZone"]

    eventually(zones, region.zones)


def an_instance_is_renamed_and_its_old_name_is_gone(region):
    region.rds.modify_db_instance(
        DBInstanceIdentifier="page-01", NewDBInstanceIdentifier="renamed", ApplyImmediately=True
    )
    eventually(lambda: region.instance("renamed")["DBInstanceStatus"], "available")
    refused(
        region.rds.exceptions.DBInstanceNotFoundFault, region.rds.describe_db_instances, DBInstanceIdentifier="page-01"
    )


def a_stopped_cluster_starts_again(region):
    region.rds.stop_db_cluster(DBClusterIdentifier="orders")
    eventually(lambda: region.cluster()["Status"], "stopped")
    refused(
        region.rds.exceptions.InvalidDBClusterStateFault, region.rds.failover_db_cluster, DBClusterIdentifier="orders"
    )
    region.rds.start_db_cluster(DBClusterIdentifier="orders")
    eventually(lambda: region.cluster()["Status"], "available")


def a_deleted_instance_is_gone(region):
    region.rds.delete_db_instance(DBInstanceIdentifier="page-02", SkipFinalSnapshot=True)
    region.rds.get_waiter("db_instance_deleted").wait(
        DBInstanceIdentifier="page-02", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )


def a_load_balancer_is_deleted_with_its_listeners_and_the_group_after_it(region):
    region.elbv2.delete_load_balancer(LoadBalancerArn=region.balancer)
    same(region.elbv2.describe_load_balancers()["LoadBalancers"], [])
    region.elbv2.delete_target_group(TargetGroupArn=region.group)
    same(region.elbv2.describe_target_groups()["TargetGroups"], [])


def an_unknown_function_is_not_found(region):
    refused(region.function.exceptions.ResourceNotFoundException, region.function.invoke, FunctionName="nobody")


CLAIMS = [
    the_caller_has_an_identity,
    a_new_region_has_no_clusters,
    a_cluster_is_created_with_its_endpoints,
    an_instance_has_no_endpoint_while_it_is_created,
    the_first_member_is_the_writer,
    an_instance_shows_its_cluster_zone_and_vpc,
    an_arn_serves_as_an_identifier,
    a_filter_chooses_the_members_of_a_cluster,
    instances_come_in_pages_that_the_paginator_joins,
    rds_refusals_are_the_exceptions_of_boto3,
    an_operation_that_the_lab_lacks_is_an_invalid_action,
    a_topic_keeps_its_attributes_and_subscriptions,
    a_message_gets_an_id,
    sns_refusals_are_the_exceptions_of_boto3,
    an_event_subscription_becomes_active,
    an_event_subscription_is_changed_and_deleted,
    subscription_refusals_are_the_exceptions_of_boto3,
    the_categories_of_a_source_type_are_listed,
    a_target_group_has_the_defaults_of_tcp,
    a_groups_attributes_have_awss_keys_and_defaults,
    tags_are_added_and_removed,
    targets_of_a_group_that_no_listener_uses_are_unused,
    a_listener_puts_the_group_to_use,
    cross_zone_is_off_until_it_is_turned_on,
    a_database_becomes_healthy_and_an_empty_address_unhealthy,
    a_deregistered_target_drains_and_comes_back_when_registered,
    deregistering_what_is_not_there_succeeds_and_does_nothing,
    one_that_is_asked_for_and_not_registered_is_unused,
    elbv2_refusals_are_the_exceptions_of_boto3,
    a_database_is_dual_stack_when_asked_and_when_modified,
    an_ipv6_group_needs_a_dual_stack_load_balancer,
    an_ipv6_group_takes_ipv6_addresses_of_its_vpc_alone_and_finds_their_zones,
    a_failover_moves_the_writer_and_is_told,
    a_multi_az_instance_fails_over_to_its_standby,
    an_instance_is_renamed_and_its_old_name_is_gone,
    a_stopped_cluster_starts_again,
    a_deleted_instance_is_gone,
    a_multi_az_cluster_is_made_with_its_three_nodes,
    a_multi_az_cluster_fails_over_and_restarts_in_place,
    a_multi_az_cluster_is_deleted_with_its_nodes,
    a_cluster_is_renamed_and_back,
    a_blue_green_deployment_copies_a_cluster,
    a_switchover_gives_blues_names_to_green,
    a_global_database_has_its_primary_here_until_it_moves_to_another_region,


    a_proxy_is_made_before_a_cluster_and_described_with_its_endpoints,
    a_proxy_is_deleted_with_its_endpoints,
    a_custom_endpoint_is_made_changed_and_deleted,
    the_zones_swap_long_after_the_failover,
    a_load_balancer_is_deleted_with_its_listeners_and_the_group_after_it,
    an_unknown_function_is_not_found,
]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    region = Region(sys.argv[1])
    failed = 0
    for claim in CLAIMS:
        try:
            claim(region)
            print(f"ok      {claim.__name__}", flush=True)
        except Exception as error:  # a claim that stumbles does not hold
            failed += 1
            print(f"FAILED  {claim.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(CLAIMS) - failed} of {len(CLAIMS)} claims hold")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
