"""Drives the lab with boto3, as any AWS client would, and checks that it sees what AWS would show.

usage: lab_boto3.py ENDPOINT-URL

The lab must be fresh and serve tests/python/lab_boto3.toml. Each claim is a function; its name is printed with `ok` or what was seen
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
        groups = {g["TargetGroupName"]: g for g in self.elbv2.describe_target_groups()["TargetGroups"]}
        self.group, self.six = (groups[name]["TargetGroupArn"] for name in ("orders", "six"))
        self.balancer = self.elbv2.describe_load_balancers(Names=["link"])["LoadBalancers"][0]["LoadBalancerArn"]
        self.topic = self.sns.list_topics()["Topics"][0]["TopicArn"]
        self.deployment = self.rds.describe_blue_green_deployments()["BlueGreenDeployments"][0][
            "BlueGreenDeploymentIdentifier"
        ]
        self.zones = None

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


def a_cluster_has_its_endpoints(region):
    cluster = region.cluster()
    same((cluster["Status"], cluster["Port"]), ("available", 5432))
    same(cluster["Endpoint"].split(".")[0], "orders")
    assert ".cluster-ro-" in cluster["ReaderEndpoint"], cluster["ReaderEndpoint"]
    same(region.instance("orders-1")["Endpoint"]["Port"], 5432)


def the_first_member_is_the_writer(region):
    same(region.writer(), "orders-1")
    same(len(region.cluster()["DBClusterMembers"]), 3)


def an_instance_shows_its_cluster_zone_and_vpc(region):
    instance = region.instance("orders-2")
    same(instance["DBClusterIdentifier"], "orders")
    same(instance["AvailabilityZone"], "eu-west-1b")
    assert region.vpc().startswith("vpc-"), region.vpc()
    [group] = instance["VpcSecurityGroups"]
    same((group["VpcSecurityGroupId"][:3], group["Status"]), ("sg-", "active"))


def an_arn_serves_as_an_identifier(region):
    arn = region.cluster()["DBClusterArn"]
    same(region.rds.describe_db_clusters(DBClusterIdentifier=arn)["DBClusters"][0]["DBClusterIdentifier"], "orders")


def a_filter_chooses_the_members_of_a_cluster(region):
    filters = [{"Name": "db-cluster-id", "Values": ["orders"]}]
    same(len(region.rds.describe_db_instances(Filters=filters)["DBInstances"]), 3)
    filters = [{"Name": "db-cluster-id", "Values": ["nobody"]}]
    same(region.rds.describe_db_instances(Filters=filters)["DBInstances"], [])


def instances_come_in_pages_that_the_paginator_joins(region):
    first = region.rds.describe_db_instances(MaxRecords=20)
    same(len(first["DBInstances"]), 20)
    assert first["Marker"], first.keys()
    pages = region.rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
    names = [i["DBInstanceIdentifier"] for page in pages for i in page["DBInstances"]]
    same((len(names), len(set(names))), (len(names), len(names)))
    same("page-21" in names, True)
    same(code_of(region.rds.describe_db_instances, Marker="nonsense"), "InvalidParameterValue")


def rds_refusals_are_the_exceptions_of_boto3(region):
    faults = region.rds.exceptions
    refused(faults.DBClusterNotFoundFault, region.rds.describe_db_clusters, DBClusterIdentifier="nobody")
    refused(faults.DBInstanceNotFoundFault, region.rds.describe_db_instances, DBInstanceIdentifier="nobody")
    same(code_of(region.rds.describe_db_instances, MaxRecords=19), "InvalidParameterValue")


def an_operation_that_the_lab_lacks_is_an_invalid_action_and_names_the_worlds_file(region):
    for call, asked in (
        (region.rds.create_db_cluster, dict(DBClusterIdentifier="sales", Engine="aurora-mysql")),
        (region.rds.stop_db_cluster, dict(DBClusterIdentifier="orders")),
        (region.elbv2.delete_target_group, dict(TargetGroupArn=region.group)),
        (region.sns.create_topic, dict(Name="events")),
    ):
        error = refused(ClientError, call, **asked)["Error"]
        same(error["Code"], "InvalidAction")
        assert error["Message"].startswith("Could not find operation "), error
        assert "--world" in error["Message"], error


# SNS and subscriptions


def a_topic_keeps_its_subscriptions(region):
    attributes = region.sns.get_topic_attributes(TopicArn=region.topic)["Attributes"]
    same((attributes["Owner"], attributes["SubscriptionsConfirmed"]), ("111122223333", "0"))
    function = "arn:aws:lambda:eu-west-1:111122223333:function:someone"
    arn = region.sns.subscribe(TopicArn=region.topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    [listed] = region.sns.list_subscriptions_by_topic(TopicArn=region.topic)["Subscriptions"]
    same((listed["SubscriptionArn"], listed["Endpoint"], listed["Protocol"]), (arn, function, "lambda"))
    outcomes = [one["Protocol"] for one in region.sns.list_subscriptions()["Subscriptions"]]
    same(sorted(outcomes), ["email", "lambda"])


def a_message_gets_an_id(region):
    answer = region.sns.publish(
        TopicArn=region.topic,
        Subject="hello",
        Message="<&> ünïcode",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
    )
    same(len(answer["MessageId"]), 36)


def sns_refusals_are_the_exceptions_of_boto3(region):
    faults, publish = region.sns.exceptions, region.sns.publish
    refused(faults.NotFoundException, publish, TopicArn=region.topic + "-gone", Message="x")
    refused(faults.InvalidParameterException, publish, TopicArn="events", Message="x")
    for subject in ("x" * 101, "two\nlines"):
        refused(faults.InvalidParameterException, publish, TopicArn=region.topic, Subject=subject, Message="x")


def an_event_subscription_is_active(region):
    [one] = region.rds.describe_event_subscriptions(SubscriptionName="clusters")["EventSubscriptionsList"]
    same((one["Status"], one["Enabled"], one["SnsTopicArn"]), ("active", True, region.topic))
    same((one["SourceType"], sorted(one["EventCategoriesList"])), ("db-cluster", ["failover", "notification"]))


def subscription_refusals_are_the_exceptions_of_boto3(region):
    faults = region.rds.exceptions
    refused(faults.SubscriptionNotFoundFault, region.rds.describe_event_subscriptions, SubscriptionName="nobody")


def the_categories_of_a_source_type_are_listed(region):
    [one] = region.rds.describe_event_categories(SourceType="db-cluster")["EventCategoriesMapList"]
    same(one["SourceType"], "db-cluster")
    assert "failover" in one["EventCategories"], one


# ELBv2


def a_target_group_is_checked_as_the_template_says(region):
    made = region.elbv2.describe_target_groups(TargetGroupArns=[region.group])["TargetGroups"][0]
    shown = {key: made[key] for key in ("Protocol", "Port", "TargetType", "IpAddressType", "LoadBalancerArns")}
    same(
        shown,
        {"Protocol": "TCP", "Port": 5432, "TargetType": "ip", "IpAddressType": "ipv4", "LoadBalancerArns": [region.balancer]},
    )
    check = (made["HealthCheckProtocol"], made["HealthCheckPort"], made["HealthCheckTimeoutSeconds"])
    same(check, ("TCP", "traffic-port", 4))
    same((made["HealthyThresholdCount"], made["UnhealthyThresholdCount"]), (2, 2))


def a_groups_attributes_have_awss_keys(region):
    listed = region.elbv2.describe_target_group_attributes(TargetGroupArn=region.group)["Attributes"]
    attributes = {attribute["Key"]: attribute["Value"] for attribute in listed}
    same(attributes["deregistration_delay.timeout_seconds"], "60")
    same(attributes["preserve_client_ip.enabled"], "false")
    same(attributes["deregistration_delay.connection_termination.enabled"], "true")


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
    [group] = region.elbv2.describe_target_groups(Names=["idle"])["TargetGroups"]
    arn, target = group["TargetGroupArn"], [{"Id": "10.20.1.200"}]
    region.elbv2.register_targets(TargetGroupArn=arn, Targets=target)
    [target] = region.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    same(target["Target"], {"Id": "10.20.1.200", "Port": 5432, "AvailabilityZone": "eu-west-1a"})
    same((target["TargetHealth"]["State"], target["TargetHealth"]["Reason"]), ("unused", "Target.NotInUse"))
    region.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.1.200"}])
    same(region.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"], [])


def a_load_balancer_has_listeners_that_forward_to_groups(region):
    [balancer] = region.elbv2.describe_load_balancers(LoadBalancerArns=[region.balancer])["LoadBalancers"]
    same([zone["ZoneName"] for zone in balancer["AvailabilityZones"]], ["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    [listed] = region.elbv2.describe_listeners(LoadBalancerArn=region.balancer)["Listeners"]
    same(region.elbv2.describe_listeners(ListenerArns=[listed["ListenerArn"]])["Listeners"], [listed])
    same(listed["DefaultActions"][0]["TargetGroupArn"], region.group)
    [group] = region.elbv2.describe_target_groups(LoadBalancerArn=region.balancer)["TargetGroups"]
    same((group["TargetGroupArn"], group["LoadBalancerArns"]), (region.group, [region.balancer]))


def cross_zone_is_off_by_default(region):
    listed = region.elbv2.describe_load_balancer_attributes(LoadBalancerArn=region.balancer)["Attributes"]
    attributes = {attribute["Key"]: attribute["Value"] for attribute in listed}
    same(attributes["load_balancing.cross_zone.enabled"], "false")


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
    both = dict(Names=["orders"], TargetGroupArns=[region.group])
    same(code_of(elbv2.describe_target_groups, **both), "ValidationError")
    register = dict(call=elbv2.register_targets, TargetGroupArn=region.group)
    refused(faults.InvalidTargetException, **register, Targets=[{"Id": "8.8.8.8", "AvailabilityZone": "all"}])
    same(code_of(**register, Targets=[{"Id": "10.30.0.7"}]), "ValidationError")
    same(code_of(**register, Targets=[{"Id": "2001:db8::7"}]), "ValidationError")


# Both families


def a_database_says_whether_it_is_dual_stack(region):
    same(region.instance("parcels")["NetworkType"], "DUAL")
    same(region.instance("parcels")["DBSubnetGroup"]["SupportedNetworkTypes"], ["IPV4", "DUAL"])
    same((region.cluster()["NetworkType"], region.instance("orders-1")["NetworkType"]), ("IPV4", "IPV4"))


def an_ipv6_group_belongs_to_a_dual_stack_load_balancer(region):
    [group] = region.elbv2.describe_target_groups(TargetGroupArns=[region.six])["TargetGroups"]
    same(group["IpAddressType"], "ipv6")
    [balancer] = region.elbv2.describe_load_balancers(LoadBalancerArns=group["LoadBalancerArns"])["LoadBalancers"]
    same(balancer["IpAddressType"], "dualstack")


def an_ipv6_group_takes_ipv6_addresses_of_its_vpc_alone_and_finds_their_zones(region):
    register = dict(call=region.elbv2.register_targets, TargetGroupArn=region.six)
    same(code_of(**register, Targets=[{"Id": "10.20.1.7"}]), "ValidationError")
    outside = [{"Id": "2001:db8:99::7", "AvailabilityZone": "all"}]
    refused(region.elbv2.exceptions.InvalidTargetException, **register, Targets=outside)
    region.elbv2.register_targets(TargetGroupArn=region.six, Targets=[{"Id": "2001:db8:20:2::00c8"}])
    [target] = region.elbv2.describe_target_health(TargetGroupArn=region.six)["TargetHealthDescriptions"]
    same(target["Target"], {"Id": "2001:db8:20:2::c8", "Port": 5432, "AvailabilityZone": "eu-west-1b"})


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
    before = region.instance("billing")
    region.zones = before["AvailabilityZone"], before["SecondaryAvailabilityZone"]
    region.rds.reboot_db_instance(DBInstanceIdentifier="billing", ForceFailover=True)
    same(region.instance("billing")["DBInstanceStatus"], "rebooting")
    eventually(lambda: region.instance("billing")["DBInstanceStatus"], "available")
    same(region.instance("billing")["AvailabilityZone"], region.zones[0])
    reboot = region.rds.reboot_db_instance
    same(code_of(reboot, DBInstanceIdentifier="page-00", ForceFailover=True), "InvalidParameterCombination")


def a_multi_az_cluster_has_three_nodes(region):
    cluster = region.cluster("ledger")
    same((cluster["Status"], cluster["MultiAZ"]), ("available", True))
    same(cluster["Endpoint"].split(".")[:2], ["ledger", cluster["ReaderEndpoint"].split(".")[1].replace("-ro-", "-")])
    members = [member["DBInstanceIdentifier"] for member in cluster["DBClusterMembers"]]
    same(members, [f"ledger-instance-{number}" for number in (1, 2, 3)])
    same(region.writer("ledger"), "ledger-instance-1")
    filters = [{"Name": "db-cluster-id", "Values": ["ledger"]}]
    listed = region.rds.describe_db_instances(Filters=filters)["DBInstances"]
    same(len({instance["AvailabilityZone"] for instance in listed}), 3)
    same({instance["DBClusterIdentifier"] for instance in listed}, {"ledger"})
    same([instance["Endpoint"]["Address"].split(".")[0] for instance in listed], members)


def a_multi_az_cluster_fails_over(region):
    started = region.rds.failover_db_cluster(DBClusterIdentifier="ledger")
    same(started["DBCluster"]["Status"], "failing-over")
    eventually(lambda: region.writer("ledger"), "ledger-instance-2")
    eventually(lambda: region.cluster("ledger")["Status"], "available")
    events = region.rds.describe_events(SourceIdentifier="ledger", SourceType="db-cluster", EventCategories=["failover"])
    same(events["Events"][-1]["Message"], "Completed failover to DB instance: ledger-instance-2")
    same(len(events["Events"]), 2)


def a_blue_green_deployment_copies_a_cluster(region):
    missing = region.rds.exceptions.BlueGreenDeploymentNotFoundFault
    refused(missing, region.rds.describe_blue_green_deployments, BlueGreenDeploymentIdentifier="bgd-nobody")
    made = region.blue_green()
    same((made["Status"], made["Source"]), ("AVAILABLE", region.cluster()["DBClusterArn"]))
    same(len(made["SwitchoverDetails"]), 1 + len(region.cluster()["DBClusterMembers"]))
    green = region.green()
    same(green[:-6], "orders-green-")
    same(len(region.cluster(green)["DBClusterMembers"]), len(region.cluster()["DBClusterMembers"]))


def a_switchover_gives_blues_names_to_green(region):
    before = {name: region.cluster(name)["DbClusterResourceId"] for name in ("orders", region.green())}
    green = region.green()
    started = region.rds.switchover_blue_green_deployment(
        BlueGreenDeploymentIdentifier=region.deployment, SwitchoverTimeout=300
    )["BlueGreenDeployment"]
    same(started["Status"], "SWITCHOVER_IN_PROGRESS")
    fault, switch = region.rds.exceptions.InvalidBlueGreenDeploymentStateFault, region.rds.switchover_blue_green_deployment
    refused(fault, switch, BlueGreenDeploymentIdentifier=region.deployment)
    eventually(lambda: region.blue_green()["Status"], "SWITCHOVER_COMPLETED")
    same({detail["Status"] for detail in region.blue_green()["SwitchoverDetails"]}, {"SWITCHOVER_COMPLETED"})
    same(region.cluster()["DbClusterResourceId"], before[green])
    same(region.cluster("orders-old1")["DbClusterResourceId"], before["orders"])
    same(region.instance("orders-1-old1")["DBClusterIdentifier"], "orders-old1")
    refused(region.rds.exceptions.DBClusterNotFoundFault, region.cluster, name=green)
    events = region.rds.describe_events(SourceIdentifier=region.deployment, SourceType="blue-green-deployment")["Events"]
    same(events[-1]["Message"], "Switchover completed on blue/green deployment.")


def a_global_database_has_its_primary_here(region):
    here = region.cluster("far")
    same(here["GlobalClusterIdentifier"], "world")
    assert "ReplicationSourceIdentifier" not in here, here
    [cluster] = region.rds.describe_global_clusters(GlobalClusterIdentifier="world")["GlobalClusters"]
    members = [(member["DBClusterArn"], member["IsWriter"]) for member in cluster["GlobalClusterMembers"]]
    same(members, [(here["DBClusterArn"], True)])
    missing = region.rds.exceptions.GlobalClusterNotFoundFault
    refused(missing, region.rds.describe_global_clusters, GlobalClusterIdentifier="moon")


def a_proxy_is_described_with_its_endpoints(region):
    subnets = [s["SubnetIdentifier"] for s in region.instance("orders-1")["DBSubnetGroup"]["Subnets"]]
    proxy = region.proxy("app")
    same((proxy["Status"], proxy["EngineFamily"], proxy["VpcId"]), ("available", "POSTGRESQL", region.vpc()))
    same(proxy["VpcSubnetIds"], subnets)
    assert proxy["Endpoint"].startswith("app.proxy-"), proxy["Endpoint"]
    asked = region.rds.describe_db_proxy_endpoints(DBProxyName="app", DBProxyEndpointName="app-readers")
    [endpoint] = asked["DBProxyEndpoints"]
    same((endpoint["TargetRole"], endpoint["IsDefault"]), ("READ_ONLY", False))
    pages = region.rds.get_paginator("describe_db_proxy_endpoints").paginate(DBProxyName="app")
    names = [e["Endpoint"].split(".proxy-")[0] for page in pages for e in page["DBProxyEndpoints"]]
    same(names, ["app-readers.endpoint", "app"])
    refused(region.rds.exceptions.DBProxyNotFoundFault, region.rds.describe_db_proxies, DBProxyName="nobody")


def a_custom_endpoint_is_described_with_its_lists(region):
    pages = region.rds.get_paginator("describe_db_cluster_endpoints").paginate(DBClusterIdentifier="far")
    found = [e for page in pages for e in page["DBClusterEndpoints"]]
    same([e["EndpointType"] for e in found], ["WRITER", "READER", "CUSTOM"])
    endpoint = found[2]
    same((endpoint["CustomEndpointType"], endpoint["StaticMembers"], endpoint["ExcludedMembers"]), ("READER", ["far-2"], []))
    assert ".cluster-custom-" in endpoint["Endpoint"], endpoint["Endpoint"]
    same(region.cluster("far")["CustomEndpoints"], [endpoint["Endpoint"]])
    # One that does not exist is an empty list, and no error.
    same(region.rds.describe_db_cluster_endpoints(DBClusterEndpointIdentifier="nobody")["DBClusterEndpoints"], [])


def the_zones_swap_long_after_the_failover(region):
    def zones():
        instance = region.instance("billing")
        return instance["SecondaryAvailabilityZone"], instance["AvailabilityZone"]

    eventually(zones, region.zones)


def a_deleted_reader_is_gone_and_a_writer_is_not_deleted(region):
    delete = region.rds.delete_db_instance
    fault = region.rds.exceptions.InvalidDBInstanceStateFault
    refused(fault, delete, DBInstanceIdentifier="far-1", SkipFinalSnapshot=True)
    refused(fault, delete, DBInstanceIdentifier="billing", SkipFinalSnapshot=True)
    delete(DBInstanceIdentifier="far-3", SkipFinalSnapshot=True)
    region.rds.get_waiter("db_instance_deleted").wait(
        DBInstanceIdentifier="far-3", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )


def an_unknown_function_is_not_found(region):
    refused(region.function.exceptions.ResourceNotFoundException, region.function.invoke, FunctionName="nobody")


CLAIMS = [
    the_caller_has_an_identity,
    a_cluster_has_its_endpoints,
    the_first_member_is_the_writer,
    an_instance_shows_its_cluster_zone_and_vpc,
    an_arn_serves_as_an_identifier,
    a_filter_chooses_the_members_of_a_cluster,
    instances_come_in_pages_that_the_paginator_joins,
    rds_refusals_are_the_exceptions_of_boto3,
    an_operation_that_the_lab_lacks_is_an_invalid_action_and_names_the_worlds_file,
    a_topic_keeps_its_subscriptions,
    a_message_gets_an_id,
    sns_refusals_are_the_exceptions_of_boto3,
    an_event_subscription_is_active,
    subscription_refusals_are_the_exceptions_of_boto3,
    the_categories_of_a_source_type_are_listed,
    a_target_group_is_checked_as_the_template_says,
    a_groups_attributes_have_awss_keys,
    tags_are_added_and_removed,
    targets_of_a_group_that_no_listener_uses_are_unused,
    a_load_balancer_has_listeners_that_forward_to_groups,
    cross_zone_is_off_by_default,
    a_database_becomes_healthy_and_an_empty_address_unhealthy,
    a_deregistered_target_drains_and_comes_back_when_registered,
    deregistering_what_is_not_there_succeeds_and_does_nothing,
    one_that_is_asked_for_and_not_registered_is_unused,
    elbv2_refusals_are_the_exceptions_of_boto3,
    a_database_says_whether_it_is_dual_stack,
    an_ipv6_group_belongs_to_a_dual_stack_load_balancer,
    an_ipv6_group_takes_ipv6_addresses_of_its_vpc_alone_and_finds_their_zones,
    a_failover_moves_the_writer_and_is_told,
    a_multi_az_instance_fails_over_to_its_standby,
    a_deleted_reader_is_gone_and_a_writer_is_not_deleted,
    a_multi_az_cluster_has_three_nodes,
    a_multi_az_cluster_fails_over,
    a_blue_green_deployment_copies_a_cluster,
    a_switchover_gives_blues_names_to_green,
    a_global_database_has_its_primary_here,
    a_proxy_is_described_with_its_endpoints,
    a_custom_endpoint_is_described_with_its_lists,
    the_zones_swap_long_after_the_failover,
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
