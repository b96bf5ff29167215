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
DATABASE_PORT = 3307
RESOURCE = "cluster-ABCDEFGHIJKL01234"
FACTS = {
    ("aws_db_instance", "database"): {"port": DATABASE_PORT, "resource_id": RESOURCE},
    ("aws_rds_cluster", "database"): {"port": DATABASE_PORT, "cluster_resource_id": RESOURCE},
    ("aws_subnet", "endpoint"): {"availability_zone": ZONES[0]},
    ("aws_vpc_endpoint_service", "service"): {"availability_zones": ZONES},
    ("aws_availability_zones", "available"): {"names": ZONES},
    ("aws_caller_identity", "current"): {"account_id": ACCOUNT},
    ("aws_partition", "current"): {"partition": PARTITION},
    ("aws_region", "current"): {"region": REGION},
}

# Inputs that one side alone has, or must have.
INPUTS_OF_ONE = {
    # A map has several bindings, each with all settings of the configuration; the stack has one
    # binding, or a Config.
    "reconciler": {"bindings", "source", "port", "name", "package", "load_balancer_arn", "load_balancer_arns"},
    # Terraform knows no name of a stack, so that a name must be given.
    "link": {"name"},
    # Nor a field kit, whose tag its `tags` can give.
    "database": {"name", "field_kit"},
    "consumer": {"name"},
    # Terraform asks the database.
    "proxy": {"port", "database_resource_id"},
}
# A stack has tags of its own, which CloudFormation hands on to its resources.
OF_TERRAFORM = {"tags"}

LINK = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1", "subnet-2"], "Port": "5432"}
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef"
MEMBERS = {"Cluster": "orders", "MemberPorts": "orders-1=5441,orders-2=5442", "Port": "5432", "LoadBalancerArn": BALANCER, "VpcId": "vpc-1"}
BOUNDARY = {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundaries/databases", "RolePath": "/databases/orders/"}
PROXY = {
    "Name": "orders-proxy",
    "EngineFamily": "POSTGRESQL",
    "SecretArn": SECRET,
    "VpcId": "vpc-1",
    "SubnetIds": ["subnet-1", "subnet-2"],
    "DatabaseSecurityGroupId": "sg-1",
    "Port": str(DATABASE_PORT),
}
CLIENTS = {
    "Port": "5432",
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
            "LoadBalancerArn": BALANCER,
            "Probe": "connect",
            **BOUNDARY,
        },
        "with as little as there can be": {
            **BINDING,
            "NotifyTopicArn": "arn:aws:sns:eu-west-1:111122223333:oncall",
            "LoadBalancerArn": BALANCER,
            "TopicKey": KEY,
            "ReserveConcurrency": "false",
            "FirstRun": "false",
            "Alarms": "false",
            "Recorder": "false",
        },
        "with a recorder in the VPC": {**BINDING, "Probe": "connect", "RecorderSubnetIds": ["subnet-1"], "RecorderSecurityGroupIds": ["sg-1"]},
        "with a warm standby": {**BINDING, "Source": "instance/billing", "Standby": "warm"},
        "with a warm standby, in the VPC": {
            **BINDING, "Source": "instance/billing", "Standby": "warm", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]
        },
        "by a configuration for a warm standby": {"Config": "allow = []\n", "TargetGroupArns": [GROUP], "Standby": "warm"},
        "by a configuration": {"Config": "allow = []\n", "TargetGroupArns": [GROUP, GROUP_OF_READERS]},
        "by a parameter that others write": {
            "Config": "ssm:/writerlink/orders", "Permit": "{}", "TargetGroupArns": [GROUP],
            "ConfigArn": "arn:aws:ssm:eu-west-1:111122223333:parameter/writerlink/orders",
        },
        "by an encrypted object that others write": {
            "Config": "s3://bindings/orders.toml", "Permit": "{}", "TargetGroupArns": [GROUP],
            "ConfigArn": "arn:aws:s3:::bindings/orders.toml", "ConfigKeyArn": KEY,
        },
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
            "ProbeSecurityGroupId": "sg-2",
            "DeletionProtection": "true",
        },
        "for a warm standby": {**LINK, "Standby": "warm", "HealthCheckIntervalSeconds": "30"},
        "on a balancer that exists": {
            "VpcId": "vpc-1",
            "Port": "5432",
            "LoadBalancerArn": BALANCER,
        },
    },
    "members": {
        "two": MEMBERS,
        "as many as there can be": {**MEMBERS, "MemberPorts": ",".join(f"orders-{n}={5440 + n}" for n in range(1, 9)), "HealthCheckIntervalSeconds": "5"},
    },
    "database": {
        "Aurora": {"Name": STACK},
        "PostgreSQL, with endpoints": {"Name": STACK, "Engine": "postgres", "LambdaEndpoints": "true"},
        "PostgreSQL, with endpoints for a warm standby": {"Name": STACK, "Engine": "postgres", "LambdaEndpoints": "true", "Standby": "warm"},
        "MySQL": {"Name": STACK, "Engine": "mysql", "InstanceClass": "db.m7g.large", "VpcCidr": "10.21.0.0/20"},
    },
    "proxy": {
        "of a cluster": {**PROXY, "DBClusterIdentifier": "orders"},
        "of an instance": {
            **PROXY,
            "DBInstanceIdentifier": "billing",
            "KmsKeyArn": KEY,
            "EngineFamily": "MYSQL",
            "IamAuth": "DISABLED",
            **BOUNDARY,
        },
        "with IAM from end to end": {
            **{name: value for name, value in PROXY.items() if name != "SecretArn"},
            "DBClusterIdentifier": "orders",
            "DefaultAuthScheme": "IAM_AUTH",
            "DatabaseResourceId": RESOURCE,
            "DatabaseUser": "app",
        },
        "with IAM from end to end, and a secret for others": {
            **PROXY,
            "DBInstanceIdentifier": "billing",
            "DefaultAuthScheme": "IAM_AUTH",
            "DatabaseResourceId": RESOURCE,
            "DatabaseUser": "*",
        },
    },
    "consumer": {
        "by group": {**CLIENTS, "ClientSecurityGroupId": "sg-2", "IpAddressType": "dualstack"},
        "by network": {**CLIENTS, "ClientCidr": "10.30.0.0/16", "Port": "3306", "ServiceRegion": "eu-central-1"},
        "with members": {
            **CLIENTS,
            "Members": ",".join(f"orders-{n}.c0ffee1234ab.eu-west-1.rds.amazonaws.com={5440 + n}" for n in range(1, 9)),
            "ClientSecurityGroupId": "sg-2",
            "IpAddressType": "dualstack",
        },
        "with a member, by network": {**CLIENTS, "Members": "orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com=5441", "ClientCidr": "10.30.0.0/16"},
        "in China": {
            **CLIENTS,
            "EndpointServiceName": "cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0a1b",
            "DatabaseEndpoint": "orders.cluster-c0ffee1234ab.rds.cn-north-1.amazonaws.com.cn",
            "ClientSecurityGroupId": "sg-2",
        },
        "of a database that is not of RDS": {**CLIENTS, "DatabaseEndpoint": "db.example.org", "ClientSecurityGroupId": "sg-2"},
        "of a proxy": {
            **CLIENTS,
            "DatabaseEndpoint": "orders.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com",
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
            **BOUNDARY,
        },
    },
}

NO_BOUNDARY = [
    ("PermissionsBoundaryArn", "boundary"),
    ("PermissionsBoundaryArn", "arn:aws:iam::111122223333:role/boundary"),
    ("RolePath", "databases"),
    ("RolePath", "/databases"),
]

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
        ("Probe", "login"),
        ("Standby", "hot"),
        *NO_BOUNDARY,
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
        ("ProbeSecurityGroupId", "orders"),
        ("Name", "orders!"),
    ],
    "members": [
        ("Cluster", "orders-"),
        ("Cluster", "cluster/orders"),
        ("MemberPorts", ""),
        ("MemberPorts", "orders--1=5441"),
        ("MemberPorts", "orders-1=0"),
        ("MemberPorts", "orders-1=65536"),
        ("MemberPorts", "orders-1=5441,orders-2=5441"),
        ("MemberPorts", f"{'o' * 64}=5441"),
        ("LoadBalancerArn", ""),
        ("HealthCheckIntervalSeconds", "4"),
        ("Port", "0"),
    ],
    "failovers": [
        ("DBClusterIdentifier", "Orders"),
        ("DBInstanceIdentifier", "Billing"),
        ("Start", "tomorrow"),
        ("Start", "2026-19-01T10:00:00Z"),
        ("Start", "2026-00-01T10:00:00Z"),
        ("Start", "2026-12-32T10:00:00Z"),
        ("End", "2026-12-01T29:00:00Z"),
        ("End", "2026-12-01T24:00:00Z"),
        ("BudgetDollars", "0"),
        ("NotifyEmail", "oncall"),
        ("End", "2026-12-01T12:00:00+01:00"),
        ("Minutes", "19"),
        *NO_BOUNDARY,
    ],
    "database": [("Engine", "sqlserver-se"), ("Name", "Orders"), ("VpcCidr", "10.20.0.0/24"), ("InstanceClass", "t4g.medium")],
    "proxy": [
        ("SecretArn", "*"),
        ("SecretArn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"),
        ("KmsKeyArn", "*"),
        ("EngineFamily", "SQLSERVER"),
        ("IamAuth", "OPTIONAL"),
        ("Name", "orders_proxy"),
        ("DefaultAuthScheme", "IAM"),
        ("DatabaseUser", "app*"),
        *NO_BOUNDARY,
    ],
    "consumer": [
        ("DatabaseEndpoint", "eu-west-1.rds.amazonaws.com"),
        ("EndpointServiceName", "com.amazonaws.eu-west-1.rds"),
        ("EndpointServiceName", "us.com.amazonaws.vpce.us-east-1.vpce-svc-0a1b"),
        ("DatabaseEndpoint", "rds.amazonaws.com"),
        ("DatabaseEndpoint", "amazonaws.com"),
        ("DatabaseEndpoint", "eu-west-1.amazonaws.com"),
        ("DatabaseEndpoint", "cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com"),
        ("DatabaseEndpoint", "cluster-c0ffee1234ab.rds.cn-north-1.amazonaws.com.cn"),
        ("DatabaseEndpoint", "vpce-0a1b-2c3d.vpce-svc-0a1b.eu-west-1.vpce.amazonaws.com"),
        ("DatabaseEndpoint", "Orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com"),
        ("DatabaseEndpoint", "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com:5432"),
        ("DatabaseEndpoint", "dns/db.example.org"),
        ("DatabaseEndpoint", "db"),
        ("DatabaseEndpoint", "10.20.4.7"),
        ("DatabaseEndpoint", "db..example.org"),
        ("Members", "eu-west-1.rds.amazonaws.com=5441"),
        ("Members", "vpce-0a1b-2c3d.vpce-svc-0a1b.eu-west-1.vpce.amazonaws.com=5441"),
        ("Members", "orders-1=5441"),
        ("Members", "Orders-1.example.org=5441"),
        ("Members", "orders-1.example.org=0"),
        ("Members", "orders-1.example.org=5441,orders-2.example.org=5441"),
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
        *NO_BOUNDARY,
    ],
}

# Inputs that are good by themselves and that both must refuse together.
REFUSED_TOGETHER = {
    "reconciler": {
        "subnets without security groups": {**BINDING, "SubnetIds": ["subnet-1"]},
        "security groups without subnets": {**BINDING, "SecurityGroupIds": ["sg-1"]},
        "a recorder's subnets without security groups": {**BINDING, "RecorderSubnetIds": ["subnet-1"]},
        "a probe from outside the VPC": {**BINDING, "Probe": "connect"},
        "neither networks nor a configuration": {**BINDING, "Allow": ""},
        "a group without what belongs behind it": {"TargetGroupArns": [GROUP], "Allow": "10.20.4.0/24"},
    },
    "link": {
        "no subnets": {"VpcId": "vpc-1", "Port": "5432"},
        "a probe of a balancer that exists": {"VpcId": "vpc-1", "Port": "5432", "LoadBalancerArn": BALANCER, "ProbeSecurityGroupId": "sg-1"},
        "principals of a balancer that exists": {
            "VpcId": "vpc-1", "Port": "5432", "LoadBalancerArn": BALANCER, "AllowedPrincipals": [CONSUMER]
        },
    },
    "proxy": {
        "no database": PROXY,
        "two databases": {**PROXY, "DBClusterIdentifier": "orders", "DBInstanceIdentifier": "billing"},
        "no login": {**{name: value for name, value in PROXY.items() if name != "SecretArn"}, "DBClusterIdentifier": "orders"},
        "a token for nobody": {
            **PROXY, "DBClusterIdentifier": "orders", "DefaultAuthScheme": "IAM_AUTH", "DatabaseResourceId": RESOURCE
        },
    },
    "consumer": {
        "no clients": CLIENTS,
        "two kinds of clients": {**CLIENTS, "ClientSecurityGroupId": "sg-2", "ClientCidr": "10.30.0.0/16"},
        "a network for both families": {**CLIENTS, "ClientCidr": "10.30.0.0/16", "IpAddressType": "dualstack"},
    },
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
        if "load_balancer_arn" in told:
            told["load_balancer_arns"] = {STACK: told.pop("load_balancer_arn")}
        if told.get("allow") == "":
            told["allow"] = []
    for name in {"member_ports", "members"} & told.keys():
        told[name] = {member: number(port) for member, _, port in (each.partition("=") for each in told[name].split(",") if each)}
    for name in INPUTS_OF_ONE.get(layer, set()) - module.variables.keys():
        told.pop(name, None)
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
