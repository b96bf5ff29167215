"""Prints every alarm that infra/ makes, in CloudFormation's words: {source: {alarm: {property: value}}}.

usage: alarms.py INFRA

The templates and the Terraform modules are evaluated for one binding. In the flat template the
layer's name stands before an alarm's, and is left out here.
"""

import json
import os
import sys
from pathlib import Path

from flat import CODE, EXISTING
from layers.cases import BINDING, FACTS, STACK, for_terraform
from layers.cloudformation import Template
from layers.shapes import name_of, of_cloudformation, of_terraform
from layers.terraform import Module

INFRA = Path(sys.argv[1])
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # SAM's translator asks for one
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef"
# The alarm of the link is there where the load balancer is known.
OF_THE_LINK = {"LoadBalancerArn": BALANCER} if "LoadBalancerArn" in Template(INFRA / "reconciler.yaml").read["Parameters"] else {}
GIVEN = {**BINDING, **OF_THE_LINK}


def alarms(shapes):
    return {
        name.removeprefix("reconciler_"): {path: ",".join(value) for path, value in shape.properties.items()}
        for (kind, name), shape in shapes.items()
        if kind == "AWS::CloudWatch::Alarm"
    }


def of_template(name, given):
    return alarms(of_cloudformation(Template(INFRA / name).evaluate(STACK, given)[0]))


def of_module(layer, given):
    module = Module(INFRA / "terraform" / layer)
    return alarms(of_terraform(module.evaluate(for_terraform(layer, given, module), FACTS, name_of)[0]))


json.dump(
    {
        "infra/reconciler.yaml": of_template("reconciler.yaml", GIVEN),
        "infra/writerlink.yaml": of_template("writerlink.yaml", {**EXISTING, **CODE}),
        "infra/terraform/reconciler": of_module("reconciler", GIVEN),
    },
    sys.stdout,
)
