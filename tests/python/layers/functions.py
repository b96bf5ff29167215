"""Those of Terraform's functions that the modules use."""

import base64
import hashlib
import ipaddress
import json
import re
from pathlib import Path

from layers.syntax import Refused


def call(name, arguments):
    functions = {
        "alltrue": all,
        "cidrsubnet": lambda network, bits, number: str(list(ipaddress.ip_network(network).subnets(bits))[number]),
        "coalesce": lambda *values: next(value for value in values if value not in (None, "")),
        "compact": lambda values: [value for value in values if value],
        "concat": lambda *lists: [item for items in lists for item in items],
        "contains": lambda values, value: value in values,
        "distinct": lambda values: list(dict.fromkeys(values)),
        "filebase64sha256": lambda path: base64.b64encode(hashlib.sha256(path.encode()).digest()).decode(),
        "flatten": flatten,
        "join": lambda between, values: between.join(values),
        "jsondecode": json.loads,
        "jsonencode": lambda value: json.dumps(value, sort_keys=True),
        "keys": lambda mapping: sorted(mapping),
        "length": len,
        "merge": lambda *mappings: {key: value for mapping in mappings for key, value in mapping.items()},
        "one": lambda values: values[0] if values else None,
        "regex": regex,
        "replace": lambda text, what, by: text.replace(what, by),
        "setsubtract": lambda these, those: sorted(set(these) - set(those)),
        "setunion": lambda *sets: sorted({item for items in sets for item in items}),
        "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
        "split": lambda between, text: text.split(between),
        "substr": lambda text, start, size: text[start : start + size],
        "templatefile": templatefile,
        "tonumber": int,
        "trimsuffix": lambda text, suffix: text.removesuffix(suffix),
        "toset": lambda values: sorted(set(values)),
        "values": lambda mapping: list(mapping.values()),
    }
    if name not in functions:
        raise Refused(f"the function {name}")
    return functions[name](*arguments)


# What Python knows and Go does not (https://pkg.go.dev/regexp/syntax). Terraform's `can` hides the
# error, and the validation then refuses every value.
NOT_OF_GO = re.compile(r"\(\?[=!<]|\{\d*,?(100[1-9]|10[1-9]\d|1[1-9]\d\d|[2-9]\d{3}|\d{5,})\}")


def regex(pattern, text):
    if NOT_OF_GO.search(pattern):
        raise Refused(f"a regular expression with a lookaround, or with more than 1000 repeats: {pattern}")
    found = re.search(pattern.replace("$", r"\Z"), text or "")  # Go's `$` is the end of the text, Python's also the place before a last newline
    if not found:
        raise LookupError(pattern)
    return found[0]


def flatten(values):
    return [inner for value in values for inner in (flatten(value) if isinstance(value, list) else [value])]


def templatefile(path, values):
    text = Path(path).read_text()
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    if "${" in text:
        raise Refused(f"{path} has a placeholder that is not filled: {text[text.index('${') :][:40]}")
    return text
