"""Reads a CloudFormation template from YAML, with every short tag in its long form, and writes it in
a compact and readable form."""

import json
import re
import sys

try:
    import yaml
except ImportError:
    sys.exit("PyYAML is missing (pip install pyyaml)")

WIDTH = 320
# One blank a level: CloudFormation limits the bytes of a template, and the blanks count.
INDENT = " "


class Loader(yaml.SafeLoader):
    """Reads short tags in their long form, and dates as texts, as CloudFormation does."""


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    else:
        value = loader.construct_sequence(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", tagged)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def function(value):
    """The name and the argument of an intrinsic function, or two Nones."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        if name.startswith("Fn::") or name in ("Ref", "Condition") and isinstance(argument, str):
            return name, argument
    return None, None


def load(path):
    return yaml.load(path.read_text(), Loader)


def scalar(value):
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    if "\n" in value:
        if not value.startswith("{"):
            raise ValueError(f"a text of several lines that is not JSON: {value}")
        value = re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda found: found[1] or "", value)  # blanks outside its texts
    try:
        if yaml.safe_load(f"[{value}, {{a: {value}}}]") == [value, {"a": value}]:
            return value
    except yaml.YAMLError:
        pass
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)


def tag(value):
    """The short tag of a function and its argument, or two Nones. Functions of rules have no short tag."""
    name, argument = function(value)
    if name is None or name.startswith(("Fn::EachMember", "Fn::Contains")):
        return None, None
    return "!" + name.removeprefix("Fn::"), ".".join(argument) if name == "Fn::GetAtt" else argument


def inline(value):
    short, argument = tag(value)
    if short:
        return f"{short} {inline(argument)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {inline(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(inline, value)) + "]" if isinstance(value, list) else scalar(value)


def lines(lead, value, indent, deep=False):
    """The lines of a value after `lead`, which is `key:` or `-`. A short value has one line."""
    one = f"{lead} {inline(value)}"
    short, argument = tag(value)
    inner = argument if short else value
    if not isinstance(inner, (dict, list)) or not inner or not deep and len(indent) + len(one) <= WIDTH:
        return [indent + one]
    made = [f"{indent}{lead} {short}" if short else indent + lead]
    further = indent + "  " if lead == "-" else indent if isinstance(inner, list) else indent + INDENT
    for key, each in inner.items() if isinstance(inner, dict) else enumerate(inner):
        made += lines(f"{scalar(key)}:" if isinstance(inner, dict) else "-", each, further)
    if isinstance(value, dict) and not short and lead == "-":
        made[0:2] = [made[0] + " " + made[1].strip()]
    return made


def written(header, template):
    text = [header]
    for section, content in template.items():
        if not isinstance(content, dict):
            text += lines(f"{section}:", content, "")
            continue
        text += ["", f"{section}:"]
        for name, each in content.items():
            text += lines(f"{name}:", each, INDENT, deep=section == "Resources")
    return "\n".join(text) + "\n"
