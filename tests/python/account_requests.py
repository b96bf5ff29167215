"""Prints, as JSON, what botocore sends for the calls that `crates/aws/src/call` makes, and where it sends them in every
Region.

usage: account_requests.py
"""

import itertools
import json
import sys
from datetime import datetime, timezone
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.serialize import create_serializer

ENDPOINT = "http://127.0.0.1:1"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:link"
NOON, ONE = (datetime(2026, 11, 30, hour, tzinfo=timezone.utc) for hour in (12, 13))

# Each line is a method of `AccountReader`, in the order of the test that compares.
CALLS = [
    ("sts", "get_caller_identity", {}),
    ("ec2", "describe_subnets", {"Filters": [{"Name": "subnet-id", "Values": ["subnet-1", "subnet-2"]}]}),
    ("ec2", "describe_security_groups", {"Filters": [{"Name": "group-id", "Values": ["sg-1", "sg-2"]}]}),
    ("ec2", "get_managed_prefix_list_entries", {"PrefixListId": "pl-1", "MaxResults": 100}),
    (
        "ec2",
        "describe_network_acls",
        {"MaxResults": 100, "Filters": [{"Name": "association.subnet-id", "Values": ["subnet-1", "subnet-2"]}]},
    ),
    ("ec2", "describe_vpc_endpoint_service_configurations", {"MaxResults": 100}),
    ("ec2", "describe_vpc_endpoint_service_permissions", {"ServiceId": "vpce-svc-1", "MaxResults": 100}),
    (
        "ec2",
        "describe_vpc_endpoint_connections",
        {"Filters": [{"Name": "service-id", "Values": ["vpce-svc-1"]}], "MaxResults": 100},
    ),
    ("lambda", "get_function_configuration", {"FunctionName": FUNCTION}),
    ("lambda", "get_function_concurrency", {"FunctionName": FUNCTION}),
    ("lambda", "get_policy", {"FunctionName": FUNCTION}),
    ("lambda", "get_function_event_invoke_config", {"FunctionName": FUNCTION}),
    ("lambda", "list_event_source_mappings", {"FunctionName": FUNCTION, "MaxItems": 100}),
    ("scheduler", "list_schedules", {"MaxResults": 100}),
    ("scheduler", "get_schedule", {"Name": "a b&c/ü", "GroupName": "x y+z"}),
    ("cloudwatch", "describe_alarms", {"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}),
    (
        "cloudwatch",
        "get_metric_statistics",
        {
            "Namespace": "AWS/NetworkELB",
            "MetricName": "HealthyHostCount",
            "Dimensions": [{"Name": "LoadBalancer", "Value": "net/a&b/1"}, {"Name": "TargetGroup", "Value": "t=1~*ü"}],
            "StartTime": NOON,
            "EndTime": ONE,
            "Period": 60,
            "Statistics": ["Sum", "Maximum"],
        },
    ),
    ("sqs", "get_queue_attributes", {"QueueUrl": f"{ENDPOINT}/111122223333/failures", "AttributeNames": ["All"]}),
    # Not of `AccountReader`: the port that proves a standby's address.
    (
        "ec2",
        "describe_network_interfaces",
        {
            "Filters": [
                {"Name": "vpc-id", "Values": ["vpc-1"]},
                {"Name": "requester-managed", "Values": ["true"]},
                {"Name": "description", "Values": ["RDSNetworkInterface"]},
            ],
            "MaxResults": 1000,
        },
    ),
    # And the reader of a configuration outside the function.
    ("ssm", "get_parameter", {"Name": "/writerlink/orders", "WithDecryption": True}),
    ("s3", "get_object", {"Bucket": "bindings", "Key": "teams/a b&c=+ü~.toml"}),
]

# botocore prefers newer protocols here. The API's reference documents the query protocol too.
QUERY = {"cloudwatch", "sqs"}


class Sent(Exception):
    pass


def sent(session, service, method, arguments):
    # The answer's checksum is not asked for: it comes through TLS, whole or not at all.
    config = Config(response_checksum_validation="when_required")
    client = session.create_client(service, region_name="eu-west-1", endpoint_url=ENDPOINT, config=config)
    if service in QUERY:
        client._serializer = create_serializer("query", False)

    def capture(request, **_):
        raise Sent(request)

    client.meta.events.register_first("before-send", capture)
    try:
        getattr(client, method)(**arguments)
    except Sent as error:
        request = error.args[0]
    url = urlsplit(request.url)
    signed = request.headers["Authorization"].decode().split("SignedHeaders=")[1].split(",")[0]
    body = (request.body or b"").decode() if isinstance(request.body, bytes) else request.body or ""
    if body.startswith("{"):
        body = json.dumps(json.loads(body), separators=(",", ":"))
    # botocore's model of SQS is of the JSON protocol, and has lost the list's name in the other.
    body = body.replace("&AttributeNames.1", "&AttributeName.1")
    return {
        "line": f"{request.method} {url.path}{'?' if url.query else ''}{url.query}",
        "body": body,
        "signed": signed.split(";"),
    }


def endpoints(session):
    loader = session.get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = [region for partition in partitions["partitions"] for region in partition["regions"]]
    regions = [region for region in regions if not region.endswith("-global")]
    for service in ("sts", "ec2", "lambda", "scheduler", "cloudwatch", "sqs", "ssm", "s3"):
        bucket = {"Bucket": "bindings"} if service == "s3" else {}
        provider = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for region, fips, dual_stack in itertools.product(regions, (False, True), (False, True)):
            try:
                url = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack, **bucket).url
            except EndpointProviderError:
                url = None
            yield [service, region, fips, dual_stack, url]


if __name__ == "__main__":
    session = botocore.session.get_session()
    session.set_credentials("lab", "lab")
    requests = [sent(session, *call) for call in CALLS]
    json.dump({"requests": requests, "endpoints": list(endpoints(session))}, sys.stdout)
