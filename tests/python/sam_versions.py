"""Prints which version the SAM translator publishes of a template's `Function`, were there an alias, before and after a change.

usage: sam_versions.py TEMPLATE

The logical id of a version is a hash of what the translator saw: the same id is the same version, and nothing is published.
"""

import copy
import json
import sys

from cfnlint.decode.cfn_yaml import load
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"


def version(template, everything, source="cluster/orders", key="first"):
    template = copy.deepcopy(template)
    function = template["Resources"]["Function"]["Properties"]
    function["AutoPublishAlias"] = "live"
    function["AutoPublishAliasAllProperties"] = everything
    for name in ("Function", "RecorderFunction"):
        template["Resources"][name]["Properties"]["CodeUri"] = {"Bucket": "artifacts", "Key": key}
    given = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    given.update(Source=source, TargetGroupArns=GROUP, Allow="10.20.4.0/24")
    translated = Translator({}, Parser()).translate(template, given)
    [found] = [name for name, it in translated["Resources"].items() if it["Type"] == "AWS::Lambda::Version"]
    return found


template = json.loads(json.dumps(load(sys.argv[1])))
print(
    json.dumps(
        {
            name: {
                "before": version(template, everything),
                "parameter": version(template, everything, source="cluster/billing"),
                "code-changed": version(template, everything, key="second"),
            }
            for name, everything in (("code", False), ("all", True))
        }
    )
)
