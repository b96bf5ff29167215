"""Creates in moto what `doctor` reads of an account, and prints what boto3 reads of it as JSON, by the method that reads
the same.

usage: account_seed.py ENDPOINT
"""

import io
import json
import sys
import zipfile
from datetime import datetime, timedelta, timezone

from emulator_state import client
from moto_seed import main as seed

MINUTE = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)


def main(endpoint):
    made = seed(endpoint, 0)
    ec2, elbv2, rds, sns, sqs = (client(service, endpoint) for service in ("ec2", "elbv2", "rds", "sns", "sqs"))
    queue = sqs.create_queue(QueueName="failures")["QueueUrl"]
    queue_attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    rds.create_event_subscription(
        SubscriptionName="orders-events",
        SnsTopicArn=made["topic"],
        SourceType="db-cluster",
        EventCategories=["failover"],
        SourceIds=["orders"],
        Enabled=True,
    )
    return {
        "topic": made["topic"],
        "groups": made["groups"],
        "queue": queue_attributes["QueueArn"],
        "queue_attributes": queue_attributes,
        "topic_attributes": sns.get_topic_attributes(TopicArn=made["topic"])["Attributes"],
        "identity": identity(client("sts", endpoint)),
        **network(ec2, made["vpc"]),
        **balancers(elbv2, ec2),
        **function(endpoint, queue_attributes["QueueArn"]),
        **watched(client("cloudwatch", endpoint), made["topic"]),
        **stored(endpoint),
    }


def identity(sts):
    caller = sts.get_caller_identity()
    return [caller["Account"], caller["Arn"]]


def network(ec2, vpc):
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.9.0/24")["Subnet"]["SubnetId"]
    prefix_list = ec2.create_managed_prefix_list(
        PrefixListName="clients", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "10.30.0.0/16"}]
    )["PrefixList"]["PrefixListId"]
    clients, databases = (
        ec2.create_security_group(GroupName=name, Description="of the tests", VpcId=vpc)["GroupId"]
        for name in ("clients", "databases")
    )
    ec2.authorize_security_group_ingress(
        GroupId=databases,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5433,
                "IpRanges": [{"CidrIp": "10.20.0.0/16"}],
                "Ipv6Ranges": [{"CidrIpv6": "fd12::/48"}],
                "UserIdGroupPairs": [{"GroupId": clients}],
                "PrefixListIds": [{"PrefixListId": prefix_list}],
            }
        ],
    )
    subnet = ec2.describe_subnets(SubnetIds=[other])["Subnets"][0]
    acl = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [other]}])["NetworkAcls"][0]
    return {
        "other": other,
        "databases": databases,
        "clients": clients,
        "prefix_list": prefix_list,
        "subnets": [[other, vpc, subnet["AvailabilityZone"], [subnet["CidrBlock"]]]],
        "network_acls": [
            acl["NetworkAclId"],
            sorted(association["SubnetId"] for association in acl["Associations"]),
            sorted([e["RuleNumber"], e["Egress"], e["RuleAction"] == "allow", e["CidrBlock"]] for e in acl["Entries"]),
        ],
    }


def balancers(elbv2, ec2):
    balancer = elbv2.describe_load_balancers(Names=["link"])["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    service = ec2.create_vpc_endpoint_service_configuration(NetworkLoadBalancerArns=[arn], AcceptanceRequired=True)
    service = service["ServiceConfiguration"]["ServiceId"]
    principals = ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"]
    ec2.modify_vpc_endpoint_service_permissions(ServiceId=service, AddAllowedPrincipals=principals)
    configuration = ec2.describe_vpc_endpoint_service_configurations(ServiceIds=[service])["ServiceConfigurations"][0]
    listeners = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return {
        "balancer": arn,
        "service": service,
        "balancers": [
            [
                arn,
                "link",
                "network",
                "internal",
                balancer["VpcId"],
                sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
            ]
        ],
        "listeners": sorted(
            [listener["ListenerArn"], listener["Port"], listener["DefaultActions"][0]["TargetGroupArn"]]
            for listener in listeners
        ),
        "endpoint_services": [[service, configuration["ServiceName"], configuration["ServiceState"], True, [arn]]],
        "endpoint_principals": sorted(principals),
    }


def function(endpoint, queue):
    iam, awslambda, scheduler = (client(service, endpoint) for service in ("iam", "lambda", "scheduler"))
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName="link", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bootstrap", "")
    arn = awslambda.create_function(
        FunctionName="link",
        Runtime="provided.al2023",
        Role=role,
        Handler="bootstrap",
        Code={"ZipFile": code.getvalue()},
        Timeout=300,
        Environment={"Variables": {"WRITERLINK_CONFIG": "{}", "SECRET": "not for us"}},
    )["FunctionArn"]
    bare = awslambda.create_function(
        FunctionName="bare", Runtime="provided.al2023", Role=role, Handler="b", Code={"ZipFile": code.getvalue()}
    )["FunctionArn"]
    awslambda.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=1)
    awslambda.add_permission(
        FunctionName=arn, StatementId="Topic", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com"
    )
    awslambda.put_function_event_invoke_config(
        FunctionName=arn,
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=600,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    awslambda.create_event_source_mapping(FunctionName=arn, EventSourceArn=queue)
    scheduler.create_schedule(
        Name="sweep",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role, "Input": '{"trigger": "sweep"}'},
    )
    return {
        "link": arn,
        "bare": bare,
        "function_policy": json.loads(awslambda.get_policy(FunctionName=arn)["Policy"]),
        "source_mappings": [[queue, awslambda.list_event_source_mappings()["EventSourceMappings"][0]["State"]]],
    }


def watched(cloudwatch, topic):
    dimensions = [{"Name": "Binding", "Value": "orders & billing"}]
    metric = {"Namespace": "Writerlink", "MetricName": "BindingNotOk", "Dimensions": dimensions}
    rule = {"EvaluationPeriods": 3, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
    cloudwatch.put_metric_alarm(
        AlarmName="plain", Period=180, Statistic="Minimum", AlarmActions=[topic], **metric, **rule
    )
    cloudwatch.put_metric_alarm(
        AlarmName="math",
        Metrics=[
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "e", "Expression": "m * 2", "ReturnData": True},
        ],
        **rule,
    )
    for minute, value in ((0, 1.5), (0, 2.5), (1, 4)):
        time = MINUTE + timedelta(minutes=minute)
        data = {"MetricName": "BindingNotOk", "Dimensions": dimensions, "Timestamp": time, "Value": value}
        cloudwatch.put_metric_data(Namespace="Writerlink", MetricData=[data])
    return {}


def stored(endpoint):
    """A parameter of two versions and an object."""
    ssm, s3 = client("ssm", endpoint), client("s3", endpoint)
    for text in ("old", "allow = []  # ü"):
        ssm.put_parameter(Name="/writerlink/orders", Value=text, Type="SecureString", Overwrite=True)
    s3.create_bucket(Bucket="bindings", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    put = s3.put_object(Bucket="bindings", Key="teams/a b&c=+ü~.toml", Body="allow = []  # ü".encode())
    return {"tag": put["ETag"].strip('"')}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
