"""Deploys infra/link.yaml, infra/members.yaml, infra/failovers.yaml and infra/reconciler.yaml to ministack, and publishes what RDS would.

usage: deployed.py ENDPOINT deploy ARCHIVE DNS
       deployed.py ENDPOINT publish TOPIC MESSAGE

`deploy` puts the cluster `orders` and an old target there first, deploys the function's code ARCHIVE with DNS (host:port) as its DNS
server, and prints what was created, what was left out, and the targets. `publish` posts MESSAGE to TOPIC, as RDS would, and prints the
next outcome that the function publishes, the targets then, and how many events stand in the queue of failures.

ministack must be told its own address as AWS_ENDPOINT_URL, which it hands on to the function. It expands the SAM template itself, with the
translator that AWS uses.
"""

import json
import platform
import sys
import time
from pathlib import Path

from botocore.exceptions import ClientError
from emulator_state import client, targets
from ministack_seed import OLD_TARGET, create_databases
from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parents[2] / "infra"

# The resource types that ministack 1.5.33 does not know and refuses by name. `deploy` requires that
# it refuses exactly these.
UNKNOWN = {
    "link.yaml": {
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::VPCEndpointService",
        "AWS::EC2::VPCEndpointServicePermissions",
    },
    "reconciler.yaml": {"AWS::Logs::QueryDefinition", "AWS::RDS::EventSubscription"},
}


def deploy(endpoint, archive, dns):
    rds, elbv2, ec2, s3 = (client(service, endpoint) for service in ("rds", "elbv2", "ec2", "s3"))
    create_databases(rds)
    vpc, subnets, group = create_network(ec2)
    link = create_stack(
        endpoint,
        "link",
        "link.yaml",
        load("link.yaml"),
        VpcId=vpc,
        SubnetIds=",".join(subnets),
        Port="5432",
        DatabaseSecurityGroupId=group,
        AllowedPrincipals="arn:aws:iam::444455556666:root",
    )
    target_group = link["outputs"]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=target_group, Targets=[OLD_TARGET])

    template = load("members.yaml")
    # ministack takes every load balancer for one of applications, and names it so.
    del template["Parameters"]["LoadBalancerArn"]["AllowedPattern"]
    # It evaluates no Fn::Split in a condition, so what the conditions are here is written out.
    template["Conditions"] = {name: {"Fn::Equals": [name, "HasMember2"]} for name in template["Conditions"]}
    members = create_stack(
        endpoint,
        "members",
        "members.yaml",
        template,
        Cluster="orders",
        MemberPorts="orders-1=5441,orders-2=5442",
        Port="5432",
        LoadBalancerArn=link["outputs"]["LoadBalancerArn"],
        VpcId=vpc,
    )
    members["sources"] = sources(elbv2, link["outputs"]["LoadBalancerArn"], target_group)
    failovers = create_stack(
        endpoint,
        "failovers",
        "failovers.yaml",
        load("failovers.yaml"),
        DBClusterIdentifier="orders",
        Start="2026-12-01T10:00:00Z",
        End="2026-12-01T12:00:00Z",
    )

    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.upload_file(archive, "code", "bootstrap.zip")
    template = load("reconciler.yaml")
    # What `sam package` does.
    for function in ("Function", "RecorderFunction"):
        template["Resources"][function]["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "bootstrap.zip"}
    reconciler = create_stack(
        endpoint,
        "writerlink",
        "reconciler.yaml",
        template,
        # The parameters cannot name a DNS server, which no VPC needs. Here there is no VPC
        # resolver, so the Config names one.
        Config=json.dumps(configuration(target_group, dns)),
        TargetGroupArns=target_group,
        Architecture="arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
        # The function answers a stack only at CloudFormation's hosts, and ministack expects the
        # answer elsewhere.
        FirstRun="false",
    )
    silence_recorder(endpoint, reconciler["outputs"]["EventTopicArn"])
    subscribe_inbox(endpoint, reconciler["outputs"]["OutcomeTopicArn"])
    attributes = {
        "balancer": attributes_of(elbv2.describe_load_balancer_attributes(LoadBalancerArn=link["outputs"]["LoadBalancerArn"])),
        "group": attributes_of(elbv2.describe_target_group_attributes(TargetGroupArn=target_group)),
    }
    return {"link": link, "members": members, "failovers": failovers, "reconciler": reconciler, "attributes": attributes, "targets": held(elbv2)}


def create_network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]["SubnetId"]
        for number, zone in ((4, "a"), (5, "b"))
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="database", Description="The database")["GroupId"]
    return vpc, subnets, group


def configuration(target_group, dns):
    return {
        "allow": ["10.20.0.0/16"],
        "notify-topic": "arn:aws:sns:eu-west-1:111122223333:writerlink-outcomes",
        "dns": {"servers": [dns]},
        "timing": {"settle": 1},
        "binding": [{"name": "orders", "source": "cluster/orders", "target-group": target_group, "port": 5432}],
    }


def load(name):
    return yaml_parse((INFRA / name).read_text())


def create_stack(endpoint, stack, name, template, **parameters):
    """Creates the stack without what ministack does not know, after ministack has said so of exactly that."""
    cloudformation = client("cloudformation", endpoint)
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]

    def attempt():
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=json.dumps(template),
            Parameters=given,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

    unknown = UNKNOWN.get(name, set())
    try:
        attempt()
    except ClientError as refused:
        said = refused.response["Error"]["Message"]
        wanted = f"Unrecognized resource types: [{', '.join(sorted(unknown))}]"
        if wanted not in said:
            raise AssertionError(f"{name}: {said}, which is not {wanted}") from None
        left_out = take_out(template, unknown)
        attempt()
    else:
        if unknown:
            raise AssertionError(f"{name}: ministack knows all its types")
        left_out = {}
    status = wait(cloudformation, stack)
    if status["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in events if "FAILED" in event["ResourceStatus"]]
        raise AssertionError(f"{name}: {status['StackStatus']}: {reasons}")
    resources = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {
        "created": {each["LogicalResourceId"]: each["ResourceType"] for each in resources},
        "left out": left_out,
        "outputs": {each["OutputKey"]: each["OutputValue"] for each in status.get("Outputs", [])},
    }


def take_out(template, types):
    """Removes the resources of these types, and the outputs and dependencies that name one."""
    left_out = {name: each["Type"] for name, each in template["Resources"].items() if each["Type"] in types}
    for name in left_out:
        del template["Resources"][name]
    outputs = template["Outputs"]
    for name in [name for name, output in outputs.items() if any(gone in json.dumps(output["Value"]) for gone in left_out)]:
        del outputs[name]
    for resource in template["Resources"].values():
        if resource.get("DependsOn") in left_out:
            del resource["DependsOn"]
    return left_out


def wait(cloudformation, stack):
    for _ in range(600):
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if not status["StackStatus"].endswith("IN_PROGRESS"):
            return status
        time.sleep(0.1)
    raise AssertionError(f"{stack} is still {status['StackStatus']} after a minute")


def attributes_of(answer):
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def held(elbv2):
    [one] = [each for each in targets(elbv2).values() if each]  # the members' groups stay empty
    return one


def sources(elbv2, balancer, writers):
    """By the port of a listener, the source in the tags of its group, without the writer's."""
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    groups = {each["Port"]: each["DefaultActions"][0]["TargetGroupArn"] for each in listeners}
    tags = elbv2.describe_tags(ResourceArns=[group for group in groups.values() if group != writers])["TagDescriptions"]
    named = {each["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in tags}
    return {port: named[group]["writerlink:source"] for port, group in groups.items() if group != writers}


def silence_recorder(endpoint, topic):
    """Takes the recorder's subscription away: what it publishes would be taken for the function's outcome."""
    sns = client("sns", endpoint)
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    [recorder] = [each["SubscriptionArn"] for each in subscriptions if "RecorderFunction" in each["Endpoint"]]
    sns.unsubscribe(SubscriptionArn=recorder)


def subscribe_inbox(endpoint, topic):
    sqs, sns = client("sqs", endpoint), client("sns", endpoint)
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})


def publish(endpoint, topic, message):
    sns, sqs, elbv2 = (client(service, endpoint) for service in ("sns", "sqs", "elbv2"))
    sns.publish(TopicArn=topic, Subject="RDS Notification Message", Message=message)
    return {"outcome": next_outcome(sqs), "targets": held(elbv2), "failures": failures(sqs)}


def next_outcome(sqs):
    inbox = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    for _ in range(30):
        for message in sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])
    raise AssertionError("the function published nothing for 30 seconds")


def failures(sqs):
    [queue] = [url for url in sqs.list_queues()["QueueUrls"] if "Failures" in url]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


if __name__ == "__main__":
    endpoint, verb, *rest = sys.argv[1:]
    json.dump({"deploy": deploy, "publish": publish}[verb](endpoint, *rest), sys.stdout)
