"""Creates in an emulator of AWS what is followed as a set, as far as it has that, and prints what it made as JSON.

usage: proxy_seed.py ENDPOINT

A proxy `front` of PostgreSQL in a VPC of its own, its endpoint `front-ro` for readers, and the custom endpoint `reports` of
the cluster `orders`. What the emulator refuses is printed as the word of its refusal.
"""

import json
import sys

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from emulator_state import client


def main(endpoint):
    rds, ec2 = client("rds", endpoint), client("ec2", endpoint)
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.30.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in ((1, "eu-west-1a"), (2, "eu-west-1b"))
    ]
    return {
        "vpc": vpc,
        "proxy": made(
            lambda: rds.create_db_proxy(
                DBProxyName="front",
                EngineFamily="POSTGRESQL",
                Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x"}],
                RoleArn="arn:aws:iam::111122223333:role/front",
                VpcSubnetIds=subnets,
            )["DBProxy"]
        ),
        "endpoint": made(
            lambda: rds.create_db_proxy_endpoint(
                DBProxyName="front", DBProxyEndpointName="front-ro", VpcSubnetIds=subnets, TargetRole="READ_ONLY"
            )["DBProxyEndpoint"]
        ),
        "custom": made(
            lambda: rds.create_db_cluster_endpoint(
                DBClusterIdentifier="orders",
                DBClusterEndpointIdentifier="reports",
                EndpointType="READER",
                StaticMembers=["orders-2"],
            )
        ),
    }


def made(create):
    """The endpoint of what was created, or why it was not."""
    try:
        return create()["Endpoint"]
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    except ResponseParserError as nonsense:
        # An operation that moto does not know is a page of HTML.
        return type(nonsense).__name__


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
