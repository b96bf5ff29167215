"""What stands in the folder of each Terraform module, so that the folder alone is the module.

usage: modules.py INFRA [--write]

README.md is generated from the module's variables.tf, outputs.tf and versions.tf and the first
comment of main.tf. policy.json is a copy of infra/policy.json, in the module that reads it. Each
`*.tftest.hcl` must parse, run something, and name only variables, outputs and resources that the
module has. It prints a line for each fault and exits 1; or nothing, and exits 0. With --write it
writes what is generated first.
"""

import re
import sys
from pathlib import Path

import hcl2
from lark import Token

from layers.syntax import attributes, blocks, words
from layers.terraform import Module

# A path that leaves the module, in neither a comment nor a description.
OUTSIDE = re.compile(r"^(?!\s*description\b)[^#\n]*\.\./", re.MULTILINE)


def main():
    infra, write = Path(sys.argv[1]), "--write" in sys.argv
    modules = sorted(path.parent for path in infra.glob("terraform/*/versions.tf"))
    found = [line for module in modules for line in faults(infra, module, write)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found or not modules else 0)


def faults(infra, directory, write):
    module = Module(directory)
    name = directory.name
    generated = {"README.md": page(directory, module)}
    if "policy.json" in module.texts.replace("infra/policy.json", ""):
        generated["policy.json"] = (infra / "policy.json").read_text()
    for file, text in generated.items():
        path = directory / file
        if write:
            path.write_text(text)
        if not path.is_file() or path.read_text() != text:
            yield f"terraform/{name}/{file} is stale: run the test again with WRITERLINK_WRITE_DOCS=1"
    for file in sorted(directory.glob("*.tf")):
        if OUTSIDE.search(file.read_text()):
            yield f"terraform/{name}/{file.name} reads a file outside its folder"
    tests = sorted(directory.glob("tests/*.tftest.hcl"))
    if not tests:
        yield f"terraform/{name} has no tests/*.tftest.hcl"
    for test in tests:
        yield from (f"terraform/{name}/tests/{test.name}: {fault}" for fault in untrue(test, module))


def untrue(test, module):
    """What a test says about the module that is not so, as far as that is known without running it."""
    text = test.read_text()
    (body,) = hcl2.parses_to_tree(text).children[:1]
    found = list(blocks(body))
    kinds = [kind for kind, _, _ in found]
    if "mock_provider" not in kinds:
        yield "no mock_provider, so it would call AWS"
    needed = {name for name, variable in module.variables.items() if "default" not in variable}
    given = {name for kind, _, inner in found if kind == "variables" for name, _ in attributes(inner)}
    for kind, labels, inner in found:
        if kind != "run":
            continue
        inside = list(blocks(inner))
        own = given | {name for what, _, values in inside if what == "variables" for name, _ in attributes(values)}
        for name in sorted(own - module.variables.keys()):
            yield f"run {labels[0]} gives {name}, which the module does not take"
        for name in sorted(needed - own):
            yield f"run {labels[0]} does not give {name}"
        refused = dict(attributes(inner)).get("expect_failures")
        if refused is None and not any(what == "assert" for what, _, _ in inside):
            yield f"run {labels[0]} checks nothing"
    addresses = {".".join(address) for address in module.resources} | {f"data.{'.'.join(address)}" for address in module.data}
    for address in sorted(set(re.findall(r"\b(?<!data\.)(?<!\")aws_\w+\.\w+", text)) - addresses):
        yield f"{address} is not a resource of the module"
    for name in sorted(set(re.findall(r"\boutput\.(\w+)", text)) - module.outputs.keys()):
        yield f"{name} is not an output of the module"
    for name in sorted(set(re.findall(r"\bvar\.(\w+)", text)) - module.variables.keys()):
        yield f"{name} is not a variable of the module"
    if "run" not in kinds:
        yield "no run"


def page(directory, module):
    """README.md of a module."""
    first = (directory / "main.tf").read_text().split("\n\n")[0]
    purpose = [re.sub("^# ?", "", line) for line in first.split("\n")]
    purpose = "\n".join(purpose).split("\n\n")[0]
    needs = re.search(r'required_version = "([^"]+)"', module.texts)[1]
    provider = re.search(r'version = "(~> [^"]+)"', module.texts)[1]
    inputs = [
        f"| {name} | {code(type_of(variable['type']))} | {default(variable)} | {text(variable['description'])} |"
        for name, variable in module.variables.items()
    ]
    outputs = [f"| {name} | {text(output['description'])} |" for name, output in module.outputs.items()]
    return "\n".join([
        f"# {directory.name}",
        "",
        "A Terraform module of Writerlink. This page is generated from the module's files.",
        "",
        purpose,
        "",
        f"It needs Terraform {needs} and hashicorp/aws {provider}, and no file outside this folder.",
        "",
        "## Inputs",
        "",
        "| name | type | default | |",
        "|---|---|---|---|",
        *inputs,
        "",
        "## Outputs",
        "",
        "| name | |",
        "|---|---|",
        *outputs,
        "",
    ])  # fmt: skip


def default(variable):
    return code(source(variable["default"])) if "default" in variable else "required"


def text(tree):
    """What a description says, for a cell of a table."""
    written = source(tree)
    return written[1:-1].replace('\\"', '"').replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def type_of(tree):
    lines = re.sub(r"\s*\n\s*", ", ", source(tree)).replace("{, ", "{ ").replace(", }", " }")
    return re.sub(r"\s*=\s*", " = ", lines)


def code(written):
    return f"`{written}`"


def source(tree):
    """The text of an expression, on one line."""
    if isinstance(tree, Token):
        return str(tree)
    return "".join(str(token) for token in tree.scan_values(lambda _: True))


if __name__ == "__main__":
    main()
