"""Words that both languages share: names, and values that mean the same."""

import re

# The facts about the account that both get.
ACCOUNT = "111122223333"
PARTITION = "aws"
REGION = "eu-west-1"
ZONES = ["eu-west-1a", "eu-west-1b"]


def snake(name):
    """A name of CloudFormation as it is written in Terraform."""
    whole = name.replace("IPv6", "Ipv6").replace("DB", "Db")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", whole).lower()


def attribute(logical, name=None):
    """What nobody knows before it is made: a resource's attribute, or its reference."""
    return f"<{snake(logical)}.{name}>" if name else f"<{snake(logical)}>"


def plain(value):
    """Numbers and truths as text, since CloudFormation takes both."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def leaves(value, path):
    """A JSON document by the path of each of its texts; a policy's statements by their Sid, with IAM's freedoms taken out."""
    if isinstance(value, dict) and "Statement" in value:
        return {leaf: item for place, statement in stated(value, path) for leaf, item in leaves_of_policy(statement, place).items()}
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {leaf: item for key, inner in pairs for leaf, item in leaves(inner, f"{path}.{key}").items()}
    return {path: [plain(value)]}


def stated(policy, path):
    """A policy's statements, each by its Sid, or by its number where it has none or another has the same."""
    sids = [statement.get("Sid") for statement in policy["Statement"]]
    for index, (sid, statement) in enumerate(zip(sids, policy["Statement"], strict=True)):
        yield f"{path}.{sid if sid and sids.index(sid) == index else index}", statement


def leaves_of_policy(value, path):
    """One text or a list of it, in any order."""
    if isinstance(value, dict):
        return {leaf: item for key, inner in value.items() for leaf, item in leaves_of_policy(inner, f"{path}.{key}").items()}
    return {path: sorted(plain(listed(value)))}


def listed(value):
    return list(value) if isinstance(value, list) else [value]
