"""Resources of both languages in one shape, CloudFormation's: {(type, name): Shape}."""

import json
from dataclasses import dataclass, field

from layers.pairs import OF_CLOUDFORMATION_ALONE, OF_TERRAFORM_ALONE, PAIRS, STANDS_FOR
from layers.terraform import place
from layers.words import leaves, listed, plain, snake

# Terraform's values, and CloudFormation's words for the same.
VALUES = {"internal": {"true": "internal", "false": "internet-facing"}}
# Policies as CloudFormation has them. Terraform's are JSON.
DOCUMENTS = {"AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument"}
# CloudFormation removes the default rule to everywhere only if there is a rule, such as this one to
# nowhere. Terraform removes it by itself.
NOWHERE = "127.0.0.1/32"


class Unknown(Exception):
    """Something that the pairs do not know."""


@dataclass
class Shape:
    """A resource: its properties by path, each a sorted list of texts, and what must be made before it."""

    properties: dict = field(default_factory=dict)
    after: set = field(default_factory=set)


def of_cloudformation(resources):
    shapes = {}
    for logical, (whole, declared, after) in resources.items():
        for kind, name, properties in apart(whole, snake(logical), declared):
            flat = flattened(properties)
            known = {path: value for path, value in flat.items() if path not in OF_CLOUDFORMATION_ALONE and value != [""]}
            if kind.startswith("Custom::"):
                known = {"ServiceToken": [token.removesuffix(".Arn>") + ">" for token in flat["ServiceToken"]]}
            if (kind, name) in shapes:
                raise Unknown(f"a second {kind} of {name}")
            shapes[kind, name] = Shape(known, {snake(other) for other in after})
    return shapes


def apart(kind, name, properties):
    """A resource without what Terraform has resources of its own for, and these."""
    properties = dict(properties)
    if kind == "AWS::EC2::SecurityGroup":
        for direction in ("Egress", "Ingress"):
            rules = [rule for rule in properties.pop(f"SecurityGroup{direction}", []) if rule.get("CidrIp") != NOWHERE]
            for rule in rules:
                yield f"AWS::EC2::SecurityGroup{direction}", name, {**rule, "GroupId": f"<{name}>"}
    if kind == "AWS::IAM::Role":
        for policy in properties.pop("Policies", []):
            yield "AWS::IAM::RolePolicy", name, {**policy, "RoleName": f"<{name}>"}
    yield kind, name, properties


def of_terraform(resources):
    shapes, places = {}, {}
    for (kind, name, _), attributes in resources:
        places[kind, name] = places.get((kind, name), -1) + 1
        name = place(name, places[kind, name])
        if f"{kind}.{name}" in STANDS_FOR:
            continue
        if kind not in PAIRS:
            raise Unknown(f"the type {kind}")
        pair = PAIRS[kind]
        shape = shapes.setdefault((pair.cloudformation, name), Shape())
        shape.after |= {address.split(".")[1] for address in attributes.pop("depends_on", [])}
        for path, value in flattened(attributes).items():
            known = next((known for known in pair.attributes if path == known or path.startswith(f"{known}.")), None)
            if known:
                value = [VALUES[path][item] for item in value] if path in VALUES else value
                merge(shape.properties, pair.attributes[known] + path.removeprefix(known), value)
            elif path.split(".")[0] not in OF_TERRAFORM_ALONE:
                raise Unknown(f"the attribute {path} of {kind}.{name}")
    return shapes


def merge(properties, path, value):
    """Several resources of Terraform can be one of CloudFormation: what they list each is listed together."""
    before = properties.get(path, [])
    properties[path] = value if before in ([], value) else sorted(before + value)


def name_of(address, path):
    """The placeholder for what a resource of Terraform has once it is made, as CloudFormation's would be."""
    kind, name = address
    if ".".join(address) in STANDS_FOR:
        name, attribute = STANDS_FOR[".".join(address)][".".join(path)]
    else:
        split = next((index for index, part in enumerate(path) if part.startswith("split(")), len(path))
        known = PAIRS[kind].references
        if ".".join(path[:split]) not in known:
            raise Unknown(f"the reference {kind}.{name}.{'.'.join(path)}")
        attribute = ".".join([known[".".join(path[:split])], *path[split:]])
    if attribute == "service_name":
        return f"com.amazonaws.vpce.eu-west-1.<{name}>"
    if kind == "aws_cloudwatch_log_group" and attribute == "arn":
        return f"<{name}.arn>"
    return f"<{name}.{attribute}>" if attribute else f"<{name}>"


def flattened(value, path=""):
    """Each text by its path. Lists of keys and values are taken for what they mean, and JSON is read."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return leaves(json.loads(value), path)
    if path in DOCUMENTS:
        return leaves(value, path)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        pairs = [keyed(item) for item in value]
        if all(pairs):
            value = dict(pairs)
        elif len(value) == 1:
            value = value[0]
        else:
            raise Unknown(f"several of {path}")
    if isinstance(value, dict):
        return {deeper: item for key, inner in value.items() for deeper, item in flattened(inner, f"{path}.{key}".strip(".")).items()}
    return {path: sorted(plain(listed(value)))} if value != [] else {}


def keyed(item):
    for key, value in (("Key", "Value"), ("Name", "Value"), ("name", "value")):
        if set(item) == {key, value}:
            return item[key], item[value]
    return None
