"""For which inputs the two languages are compared, in CloudFormation's words, and how Terraform is told the same."""

from layers.syntax import words
from layers.words import ACCOUNT, PARTITION, REGION, ZONES, snake

STACK = "orders"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
GROUP_OF_READERS = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/readers/fedcba9876543210"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4444-8888-0123456789ab"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
CONSUMER = "arn:aws:iam::444455556666:root"

# What data sources say. The subnets and the service of the consumer serve a precondition alone.
FACTS = {
    ("aws_availability_zones", "available"): {"names": ZONES},
    ("aws_caller_identity", "current"): {"account_id": ACCOUNT},
    ("aws_partition", "current"): {"partition": PARTITION},
    ("aws_region", "current"): {"region": REGION},
}

# Inputs that one side alone has, or must have.
INPUTS_OF_ONE = {
    # A map says several bindings, each with all that the configuration can say of one; the stack has one, or a Config.
    "reconciler": {"bindings", "source", "port", "name", "package"},
    # Terraform knows no name of a stack, so that a name must be given.
    "link": {"name"},
    "database": {"name"},
    "consumer": {"name"},
}

LINK = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1", "subnet-2"]}
PROXY = {
    "Name": "orders-proxy",
    "SecretArn": SECRET,
    "VpcId": "vpc-1",
    "SubnetIds": ["subnet-1", "subnet-2"],
    "DatabaseSecurityGroupId": "sg-1",
}
CLIENTS = {
    "EndpointServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b",
    "DatabaseEndpoint": "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com",
    "VpcId": "vpc-2",
    "SubnetIds": ["subnet-3", "subnet-4"],
}
BINDING = {"Source": "cluster/orders", "TargetGroupArns": [GROUP], "Allow": "10.20.4.0/24,10.20.5.0/24"}

CASES = {
    "reconciler": {
        "by default": BINDING,
        "with everything": {
            **BINDING,
            "Port": "5433",
            "Mode": "observe",
            "Discover": ["cluster/orders-*", "instance/billing"],
            "NotifyEmail": "oncall@example.org",
            "TopicKey": "create",
            "Architecture": "x86_64",
            "FunctionTimeout": "300",
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["sg-1"],
            "LogRetentionDays": "90",
        },
        "with as little as there can be": {
            **BINDING,
            "NotifyTopicArn": "arn:aws:sns:eu-west-1:111122223333:oncall",
            "TopicKey": KEY,
            "ReserveConcurrency": "false",
            "FirstRun": "false",
            "Alarms": "false",
        },
        "by a configuration": {"Config": "allow = []\n", "TargetGroupArns": [GROUP, GROUP_OF_READERS]},
        "by tags alone": {"Allow": "10.20.4.0/24", "Discover": ["cluster/orders-*"]},
    },
    "link": {
        "by default": LINK,
        "with everything": {
            **LINK,
            "Port": "3306",
            "HealthCheckIntervalSeconds": "30",
            "AllowedPrincipals": [CONSUMER, "arn:aws:iam::444455556666:role/orders-app"],
            "AcceptanceRequired": "false",
            "SupportedRegions": ["eu-central-1", "us-east-1"],
            "IpAddressType": "dualstack",
            "DatabaseSecurityGroupId": "sg-1",
            "DeletionProtection": "true",
        },
        "on a balancer that exists": {
            "VpcId": "vpc-1",
            "LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef",
        },
    },
    "database": {
        "Aurora": {"Name": STACK},
        "PostgreSQL, with endpoints": {"Name": STACK, "Engine": "postgres", "LambdaEndpoints": "true"},
        "MySQL": {"Name": STACK, "Engine": "mysql", "InstanceClass": "db.m7g.large", "VpcCidr": "10.21.0.0/20"},
    },
    "proxy": {
        "of a cluster": {**PROXY, "DBClusterIdentifier": "orders"},
        "of an instance": {
            **PROXY,
            "DBInstanceIdentifier": "billing",
            "KmsKeyArn": KEY,
            "EngineFamily": "MYSQL",
            "Port": "3306",
            "IamAuth": "DISABLED",
        },
    },
    "consumer": {
        "by group": {**CLIENTS, "ClientSecurityGroupId": "sg-2", "IpAddressType": "dualstack"},
        "by network": {**CLIENTS, "ClientCidr": "10.30.0.0/16", "Port": "3306", "ServiceRegion": "eu-central-1"},
        "in China": {
            **CLIENTS,
            "EndpointServiceName": "cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0a1b",
            "ClientSecurityGroupId": "sg-2",
        },
    },
    "access": {
        "by default": {"TrustedPrincipals": ["arn:aws:iam::444455556666:role/orders-app"], "DbResourceId": "cluster-ABC", "DbUser": "app"},
        "with an external id": {
            "TrustedPrincipals": [CONSUMER, "arn:aws:iam::444455556666:role/orders-app"],
            "ExternalId": "orders",
            "DbResourceId": "prx-abc",
            "DbUser": "app",
        },
    },
}

# Values that both must refuse.
REFUSED = {
    "reconciler": [
        ("TargetGroupArns", ["*"]),
        ("NotifyTopicArn", "*"),
        ("TopicKey", "*"),
        ("TopicKey", "alias/aws/sns"),
        ("Mode", "Manage"),
        ("Architecture", "arm"),
        ("FunctionTimeout", "59"),
        ("FunctionTimeout", "301"),
        ("LogRetentionDays", "2"),
        ("Allow", "10.20.4.0"),
        ("NotifyEmail", "oncall"),
    ],
    "link": [
        ("AllowedPrincipals", ["*"]),
        ("AllowedPrincipals", [CONSUMER, "*"]),
        ("AllowedPrincipals", ["arn:aws:iam::444455556666:role/*"]),
        ("AllowedPrincipals", ["arn:aws:organizations::444455556666:organization/o-a1b2c3d4e5"]),
        ("Port", "0"),
        ("HealthCheckIntervalSeconds", "4"),
        ("SupportedRegions", ["eu"]),
        ("IpAddressType", "ipv6"),
        ("LoadBalancerArn", "orders"),
        ("DatabaseSecurityGroupId", "orders"),
        ("Name", "orders!"),
    ],
    "database": [("Engine", "sqlserver-se"), ("Name", "Orders"), ("VpcCidr", "10.20.0.0/24"), ("InstanceClass", "t4g.medium")],
    "proxy": [
        ("SecretArn", "*"),
        ("SecretArn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"),
        ("KmsKeyArn", "*"),
        ("EngineFamily", "SQLSERVER"),
        ("IamAuth", "OPTIONAL"),
        ("Port", "65536"),
        ("Name", "orders_proxy"),
    ],
    "consumer": [
        ("DatabaseEndpoint", "eu-west-1.rds.amazonaws.com"),
        ("EndpointServiceName", "com.amazonaws.eu-west-1.rds"),
        ("EndpointServiceName", "us.com.amazonaws.vpce.us-east-1.vpce-svc-0a1b"),
        ("DatabaseEndpoint", "rds.amazonaws.com"),
        ("DatabaseEndpoint", "db.example.org"),
        ("ClientCidr", "0.0.0.0/0"),
        ("ClientSecurityGroupId", "clients"),
        ("ServiceRegion", "eu"),
        ("IpAddressType", "ipv6"),
        ("Port", "0"),
    ],
    "access": [
        ("TrustedPrincipals", ["*"]),
        ("TrustedPrincipals", ["arn:aws:iam::444455556666:role/*"]),
        ("DbResourceId", "*"),
        ("DbResourceId", "orders"),
        ("DbUser", "*"),
        ("DbUser", "app*"),
        ("ExternalId", "a"),
    ],
}


def for_terraform(layer, given, module):
    """The same inputs in Terraform's words."""
    told = {snake(name): value for name, value in given.items()}
    if "name" in module.variables:
        told.setdefault("name", STACK)
    if layer == "reconciler":
        told["package"] = "bootstrap.zip"
        if "source" in told:
            (group,) = told.pop("target_group_arns")
            told["bindings"] = {STACK: {"source": told.pop("source"), "target_group_arn": group, "port": number(told.pop("port", None))}}
    return {
        name: typed(words(module.variables[name]["type"])[0], value) if name in module.variables else value for name, value in told.items()
    }


def typed(kind, value):
    if kind == "bool":
        return value == "true"
    if kind == "number":
        return number(value)
    if kind in ("list", "set") and isinstance(value, str):
        return value.split(",")
    return value


def number(value):
    return int(value) if value else None
