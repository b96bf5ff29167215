"""Creates in ministack what the tests follow, and prints what it made as JSON.

usage: ministack_seed.py ENDPOINT

An Aurora cluster `orders` of two, an instance `billing`, a TCP target group for each that holds an old address, and a
topic for outcomes.
"""

import json
import sys

from emulator_state import client, members, targets

OLD_TARGET = {"Id": "10.20.2.9", "Port": 5432}
CREDENTIALS = {"MasterUsername": "writerlink", "MasterUserPassword": "not-a-secret"}


def main(endpoint):
    rds, elbv2, ec2, sns = (client(service, endpoint) for service in ("rds", "elbv2", "ec2", "sns"))
    create_databases(rds)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    groups = {name: create_group(elbv2, name, vpc) for name in ("orders", "billing")}
    cluster = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]
    instance = rds.describe_db_instances(DBInstanceIdentifier="billing")["DBInstances"][0]
    return {
        "endpoints": {"orders": cluster["Endpoint"], "billing": instance["Endpoint"]["Address"]},
        "groups": groups,
        "topic": sns.create_topic(Name="outcomes")["TopicArn"],
        "members": members(rds),
        "targets": targets(elbv2),
    }


def create_databases(rds, **where):
    rds.create_db_cluster(DBClusterIdentifier="orders", Engine="aurora-postgresql", Port=5432, **CREDENTIALS, **where)
    for member in ("orders-1", "orders-2"):
        rds.create_db_instance(
            DBInstanceIdentifier=member,
            DBClusterIdentifier="orders",
            Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
            **where,
        )
    rds.create_db_instance(
        DBInstanceIdentifier="billing",
        Engine="postgres",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=20,
        MultiAZ=True,
        **CREDENTIALS,
        **where,
    )


def create_group(elbv2, name, vpc):
    group = elbv2.create_target_group(
        Name=name, Protocol="TCP", Port=5432, VpcId=vpc, TargetType="ip", HealthCheckProtocol="TCP"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[OLD_TARGET])
    return group


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
