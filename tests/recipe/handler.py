"""Keeps a target group at the address behind a database's endpoint, in the manner of the handlers that people copy."""

import os
import socket

import boto3

elbv2 = boto3.client("elbv2")


def handler(event, context):
    group = os.environ["TARGET_GROUP_ARN"]
    port = int(os.environ["DB_PORT"])
    writer = socket.gethostbyname(os.environ["DB_ENDPOINT"])
    health = elbv2.describe_target_health(TargetGroupArn=group)
    registered = {target["Target"]["Id"] for target in health["TargetHealthDescriptions"]}
    if writer not in registered:
        elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": writer, "Port": port}])
    former = [{"Id": address, "Port": port} for address in sorted(registered - {writer})]
    if former:
        elbv2.deregister_targets(TargetGroupArn=group, Targets=former)
    return {"writer": writer, "former": former}
