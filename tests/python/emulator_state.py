"""Prints who writes to the cluster `orders` in an emulator of AWS, and what every target group holds, as JSON.

usage: emulator_state.py ENDPOINT [fail-over]

With `fail-over`, `orders` is failed over first, to the member that RDS chooses.
"""

import json
import sys

import boto3


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def members(rds):
    cluster = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]
    return {
        member["DBInstanceIdentifier"]: "writer" if member["IsClusterWriter"] else "reader"
        for member in cluster["DBClusterMembers"]
    }


def targets(elbv2):
    return {
        group["TargetGroupName"]: sorted(
            f"{health['Target']['Id']}:{health['Target']['Port']}"
            for health in elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        )
        for group in elbv2.describe_target_groups()["TargetGroups"]
    }


def main(endpoint, *order):
    rds, elbv2 = client("rds", endpoint), client("elbv2", endpoint)
    if order == ("fail-over",):
        rds.failover_db_cluster(DBClusterIdentifier="orders")
    return {"members": members(rds), "targets": targets(elbv2)}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
