"""The baseline: the Lambda that the field uses to keep a target group on a database, as "resolve once, diff, write".

Whatever invokes it, it does the same for each link: it resolves the endpoint's name once, reads the group's targets,
registers what is resolved and not listed, and deregisters what is listed and not resolved. It asks nobody else who the
writer is, does not wait for an answer to move, and does not look at the group again. README.md says whose habits these are.

`WRITERLINK_LAB` holds what it follows and where it resolves, as JSON; everything else is in the variables that AWS sets.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any, TypedDict

import boto3
import dns.resolver

log = logging.getLogger()
log.setLevel(logging.INFO)
elbv2 = boto3.client("elbv2")


class Link(TypedDict):
    """A database's endpoint, and the group that stands for it."""

    name: str
    endpoint: str
    port: int
    target_group: str


class Target(TypedDict):
    """A target in the words of the ELBv2 API."""

    Id: str
    Port: int


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Puts each group right. A link that fails is logged and answered for, and the others are looked after all the same."""
    settings = json.loads(os.environ["WRITERLINK_LAB"])
    resolver = resolver_at(settings["dns"])
    answer: dict[str, Any] = {}
    for link in settings["links"]:
        try:
            answer[link["name"]] = follow(link, resolver)
        except Exception as error:
            log.exception("%s: not followed", link["name"])
            answer[link["name"]] = {"error": f"{type(error).__name__}: {error}"}
    return answer


def follow(link: Link, resolver: dns.resolver.Resolver) -> dict[str, list[Target]]:
    """Resolves once, compares by address, and writes the difference: what is new first, what is old after."""
    resolved = [str(record) for record in resolver.resolve(link["endpoint"], "A")]
    listed = registered(link["target_group"])
    log.info("%s: resolved %s, registered %s", link["name"], resolved, listed)
    known = {target["Id"] for target in listed}
    new: list[Target] = [{"Id": address, "Port": link["port"]} for address in resolved if address not in known]
    old = [target for target in listed if target["Id"] not in resolved]
    if new:
        elbv2.register_targets(TargetGroupArn=link["target_group"], Targets=new)
    if old:
        elbv2.deregister_targets(TargetGroupArn=link["target_group"], Targets=old)
    return {"registered": new, "deregistered": old}


def registered(target_group: str) -> list[Target]:
    """Every target that the group lists, whatever its state: one that drains is listed too."""
    listed = elbv2.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return [{"Id": each["Target"]["Id"], "Port": each["Target"]["Port"]} for each in listed]


def resolver_at(server: str) -> dns.resolver.Resolver:
    """A resolver that asks this server, `ADDRESS:PORT`, and keeps no answers."""
    address, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [address]
    resolver.port = int(port)
    return resolver
