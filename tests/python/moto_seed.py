"""Creates in moto what the tests follow, and prints what it made as JSON.

usage: moto_seed.py ENDPOINT CROWD

An Aurora cluster `orders` of two, an instance `billing` and CROWD other instances; a network load balancer with a TCP
listener and target group for `orders` and `billing`, each of which holds an old address; and a topic for outcomes with a
queue behind it.
"""

import json
import sys

from emulator_state import client
from ministack_seed import CREDENTIALS, create_databases, create_group

PORTS = {"orders": 5432, "billing": 5433}


def main(endpoint, crowd):
    rds, elbv2, ec2, sns, sqs = (client(service, endpoint) for service in ("rds", "elbv2", "ec2", "sns", "sqs"))
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [create_subnet(ec2, vpc, number) for number in (1, 2)]
    rds.create_db_subnet_group(
        DBSubnetGroupName="databases", DBSubnetGroupDescription="of the tests", SubnetIds=subnets
    )
    create_databases(rds, DBSubnetGroupName="databases")
    for number in range(int(crowd)):
        rds.create_db_instance(
            DBInstanceIdentifier=f"a-{number}",
            Engine="mysql",
            DBInstanceClass="db.r6g.large",
            AllocatedStorage=20,
            **CREDENTIALS,
        )
    balancer = elbv2.create_load_balancer(Name="link", Type="network", Scheme="internal", Subnets=subnets)
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {}
    for name, port in PORTS.items():
        groups[name] = create_group(elbv2, name, vpc)
        elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="TCP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[name]}],
        )
    topic = sns.create_topic(Name="outcomes")["TopicArn"]
    queue = sqs.create_queue(QueueName="people")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cluster = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]
    instances = rds.get_paginator("describe_db_instances").paginate().build_full_result()["DBInstances"]
    return {
        "vpc": vpc,
        "groups": groups,
        "topic": topic,
        "cluster": cluster["Endpoint"],
        "instances": {instance["DBInstanceIdentifier"]: instance["Endpoint"]["Address"] for instance in instances},
    }


def create_subnet(ec2, vpc, number):
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone="eu-west-1" + " ab"[number]
    )
    return subnet["Subnet"]["SubnetId"]


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
