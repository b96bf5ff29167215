"""Compares infra/writerlink.yaml and infra/field-kit.yaml with the layers that infra/flatten makes them of.

usage: flat.py INFRA

Both are evaluated for the same inputs: they must make the same resources with the same properties,
tell the same outputs, break the same rules and refuse the same values. It prints a line for each
difference and exits 1; or nothing, and exits 0.
"""

import os
import re
import sys
from itertools import product
from pathlib import Path

from layers.cases import CONSUMER, KEY, REFUSED, SECRET, STACK
from layers.cloudformation import Template
from layers.nested import Layers
from layers.words import plain

EXISTING = {
    "Source": "cluster/orders",
    "Allow": "10.20.4.0/24,10.20.5.0/24",
    "VpcId": "vpc-1",
    "SubnetIds": ["subnet-1", "subnet-2"],
    "Port": "5432",
}
PROXY = {"UseProxy": "true", "EngineFamily": "POSTGRESQL", "SecretArn": SECRET, "DatabaseSecurityGroupId": "sg-1"}
CASES = {
    "a database that exists": EXISTING,
    "with everything": {
        **EXISTING,
        **PROXY,
        "KmsKeyArn": KEY,
        "EngineFamily": "MYSQL",
        "Port": "3307",
        "AllowedPrincipals": [CONSUMER],
        "AcceptanceRequired": "false",
        "SupportedRegions": ["eu-central-1", "us-east-1"],
        "DeletionProtection": "true",
        "Mode": "observe",
        "NotifyEmail": "oncall@example.org",
        "TopicKey": "create",
        "Architecture": "x86_64",
        "ReserveConcurrency": "false",
        "FirstRun": "false",
        "Recorder": "false",
    },
    "an instance, without alarms": {
        **EXISTING,
        "Source": "instance/billing",
        "TopicKey": KEY,
        "DatabaseSecurityGroupId": "sg-1",
        "DatabaseEndpoint": "billing.c0ffee1234ab.eu-west-1.rds.amazonaws.com",
        "Alarms": "false",
    },
    "a proxy with IAM from end to end, and roles in bounds": {
        **EXISTING,
        "UseProxy": "true",
        "EngineFamily": "POSTGRESQL",
        "DatabaseSecurityGroupId": "sg-1",
        "DefaultAuthScheme": "IAM_AUTH",
        "DatabaseResourceId": "cluster-ABC",
        "DatabaseUser": "app",
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/bounds",
        "RolePath": "/databases/",
    },
    "a proxy without IAM": {**EXISTING, **PROXY, "IamAuth": "DISABLED"},
    "an instance with a proxy": {**EXISTING, **PROXY, "Source": "instance/billing"},
    "readers": {**EXISTING, "Source": "cluster/orders/readers", "Port": "5433"},
    "an example of Aurora": {"CreateDatabase": "true", "AllowedPrincipals": [CONSUMER]},
    "an example of PostgreSQL": {"CreateDatabase": "true", "Engine": "postgres", "VpcCidr": "10.21.0.0/20"},
    "an example of MySQL with a proxy": {"CreateDatabase": "true", "Engine": "mysql", "UseProxy": "true", "KmsKeyArn": KEY},
    "an example of Aurora with a proxy": {"CreateDatabase": "true", "UseProxy": "true"},
}
TIMES = {"Start": "2026-12-01T10:00:00Z", "End": "2026-12-01T12:00:00Z"}
FIELD_KIT = {
    "by default": TIMES,
    "of Aurora, with everything": {
        **TIMES,
        "Engine": "aurora-postgresql",
        "InstanceClass": "db.t4g.large",
        "VpcCidr": "10.21.0.0/20",
        "Minutes": "60",
        "TopicKey": KEY,
        "NotifyEmail": "oncall@example.org",
        "BudgetDollars": "50",
        "Architecture": "x86_64",
        "ReserveConcurrency": "false",
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/bounds",
        "RolePath": "/databases/",
    },
    "of an instance with a warm standby": {**TIMES, "Standby": "warm"},
    "of MySQL, without a probe": {**TIMES, "Engine": "mysql", "Probe": "none"},
}
# Each of them given or not, in every combination.
GIVEN_OR_NOT = {
    "CreateDatabase": ("false", "true"),
    "UseProxy": ("false", "true"),
    "Source": ("", "cluster/orders"),
    "Allow": ("", "10.20.4.0/24"),
    "VpcId": ("", "vpc-1"),
    "SubnetIds": ([""], ["subnet-1", "subnet-2"]),
    "DatabaseSecurityGroupId": ("", "sg-1"),
    "SecretArn": ("", SECRET),
    "EngineFamily": ("", "MYSQL"),
    "Port": ("", "5432"),
}
# The function's code lies at a path in the layers, and in a bucket in the flat template.
CODE = {"CodeBucket": "code", "CodeKey": "bootstrap.zip"}


def main():
    infra = Path(sys.argv[1])
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # SAM's translator asks for one
    layers, flat = Layers(infra / "layers.yaml"), Template(infra / "writerlink.yaml")
    kit_layers, kit = Layers(infra / "field-kit.layers.yaml"), Template(infra / "field-kit.yaml")
    found = [
        *(f"{case}: {line}" for case, given in CASES.items() for line in compared(layers, flat, given)),
        *(f"field kit {case}: {line}" for case, given in FIELD_KIT.items() for line in compared(kit_layers, kit, given)),
        *kept(layers, flat),
        *kept(kit_layers, kit),
        *rules(layers, flat),
        *refusals(layers, flat, 10),
        *refusals(kit_layers, kit, 5),
    ]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


def compared(layers, flat, given):
    yield from (f"the layers refuse this: {said}" for said in layers.broken(STACK, given))
    ours, told = layers.evaluate(STACK, given)
    theirs, said = flat.evaluate(STACK, given | CODE)
    for logical in sorted(ours.keys() ^ theirs.keys()):
        yield f"{logical} is made by the {'layers' if logical in ours else 'flat template'} alone"
    for logical in sorted(ours.keys() & theirs.keys()):
        yield from differences(logical, ours[logical], theirs[logical])
    if plain(told) != plain(said):
        yield f"the outputs are {told} of the layers and {said} of the flat template"


def differences(logical, ours, theirs):
    (kind, properties, after), (other, others, later) = ours, theirs
    if kind != other:
        yield f"{logical} is {kind} in the layers and {other} in the flat template"
    properties, others = (shown(each) for each in (properties, others))
    for path in sorted(properties.keys() | others.keys()):
        if properties.get(path) != others.get(path):
            yield f"{logical}: {path} is {properties.get(path)} in the layers and {others.get(path)} in the flat template"
    if set(after) - set(later):
        yield f"{logical} comes after {sorted(set(after) - set(later))} in the layers alone"


def shown(properties):
    """Each text by its path, one in JSON without the blanks between its texts, without the place of the code and the tag that SAM adds."""
    whole = {key: value for key, value in properties.items() if key != "Code"}
    whole = {key: value for key, value in whole.items() if value != [{"Key": "lambda:createdBy", "Value": "SAM"}]}
    return {path: value for key, inner in whole.items() for path, value in flat_paths(inner, key).items()}


def flat_paths(value, path):
    if isinstance(value, dict):
        return {deeper: item for key, inner in value.items() for deeper, item in flat_paths(inner, f"{path}.{key}").items()}
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return {deeper: item for index, inner in enumerate(value) for deeper, item in flat_paths(inner, f"{path}.{index}").items()}
    if isinstance(value, str) and value.startswith("{"):
        return {path: re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda found: found[1] or "", value)}
    return {path: plain(value)}


def kept(layers, flat):
    """What becomes of a resource that is deleted or replaced."""
    for name, (template, _) in layers.stacks.items():
        data = layers.outer.read["Resources"][name].get("Metadata", {}).get("Data")
        for logical, resource in template.read["Resources"].items():
            other = flat.read["Resources"].get(name + logical, resource)  # one that is never made is told elsewhere
            for key in ("DeletionPolicy", "UpdateReplacePolicy"):
                wanted = data if data and resource.get(key) == "Snapshot" else resource.get(key)
                if wanted != other.get(key, wanted if other is resource else None):
                    yield f"{name}{logical}: {key} is {resource.get(key)} in the layer and {other.get(key)} in the flat template"


def rules(layers, flat):
    kept = 0
    for values in product(*GIVEN_OR_NOT.values()):
        given = dict(zip(GIVEN_OR_NOT, values, strict=True))
        ours, theirs = layers.broken(STACK, given), set(flat.broken(STACK, given | CODE))
        kept += not ours
        if ours != theirs:
            yield f"{given}: the layers say {sorted(ours)}, the flat template says {sorted(theirs)}"
    if not 10 < kept < 400:
        yield f"{kept} combinations keep the rules"


def refusals(layers, flat, least):
    """What a layer refuses of a parameter that goes there as it is."""
    tried = 0
    for name, (_, given) in layers.stacks.items():
        for parameter, value in REFUSED[name.lower()]:
            if parameter in given and parameter in flat.read["Parameters"] and parameter in str(given[parameter]):
                tried += 1
                if flat.accepts(parameter, value):
                    yield f"{value!r} for {parameter} is refused by {name} and not by the flat template"
    if tried < least:
        yield f"only {tried} values were tried"


if __name__ == "__main__":
    main()
