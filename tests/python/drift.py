"""Compares the Terraform modules of infra/terraform with the CloudFormation templates beside them.

usage: drift.py INFRA

Each layer is evaluated in both languages for the same inputs, several times, and what they make is compared: every resource, each of its
attributes, the outputs, the inputs with their defaults, and what is refused. The root modules under examples/ must fit the modules. It
prints a line for each difference and exits 1; or nothing, and exits 0.

Needs aws-sam-translator and cfn-lint (SAM CLI brings the former) and python-hcl2, which must not share an environment with checkov: both
bring a module of the name hcl2.
"""

import json
import os
import sys
from pathlib import Path

from layers.cases import CASES, FACTS, INPUTS_OF_ONE, OF_TERRAFORM, REFUSED, REFUSED_TOGETHER, STACK, for_terraform
from layers.cloudformation import Refused as Misused
from layers.cloudformation import Template
from layers.examples import faults
from layers.pairs import PAIRS, TERRAFORM_ALONE, WITHOUT_TAGS
from layers.shapes import Unknown, name_of, of_cloudformation, of_terraform
from layers.syntax import Refused
from layers.terraform import Module
from layers.words import plain, snake

# Names that CloudFormation makes up where the template gives none. Terraform has to give one.
MADE_UP = {"FunctionName", "TopicName"}
DEFAULTS = {pair.cloudformation: pair.defaults for pair in PAIRS.values() if pair.defaults}


def main():
    infra = Path(sys.argv[1])
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # SAM's translator asks for one
    found = {}  # a difference: the cases that show it
    for layer, cases in CASES.items():
        template, module = Template(infra / f"{layer}.yaml"), Module(infra / "terraform" / layer)
        for line in (*inputs(layer, template.inputs(), module.inputs()), *refusals(layer, template, module)):
            found[layer, line] = []
        for case, given in cases.items():
            for line in compared(layer, template, module, given):
                found.setdefault((layer, line), []).append(case)
    for (layer, line), cases in found.items():
        print(f"{layer}{''.join(f', {case}' for case in cases)}: {line}")
    faulty = list(faults(infra / "terraform"))
    for line in faulty:
        print(line)
    sys.exit(1 if found or faulty else 0)


def inputs(layer, ours, theirs):
    ours = {snake(name): told for name, told in ours.items()}
    alone = INPUTS_OF_ONE.get(layer, set()) | OF_TERRAFORM
    for name in sorted((ours.keys() | theirs.keys()) - alone):
        if name not in theirs or name not in ours:
            yield f"the input {name} is missing in {'Terraform' if name in ours else 'CloudFormation'}"
            continue
        (default, needed), (other, needed_too) = ours[name], theirs[name]
        if needed != needed_too:
            yield f"the input {name} must be given in {'CloudFormation' if needed else 'Terraform'} alone"
        elif plain(default or "") != plain(other if other is not None else "") and (default or other not in ([], {}, None)):
            yield f"the input {name} is {default!r} by default in CloudFormation and {other!r} in Terraform"


def refusals(layer, template, module):
    """Values that both must refuse, most of them because a permission would be too wide."""
    shared = [(name, value) for name, value in REFUSED[layer] if name in template.read["Parameters"]]
    for name, value in shared:
        if template.accepts(name, value):
            yield f"CloudFormation takes {value!r} for {name}"
        if not refuses(layer, module, {name: value}):
            yield f"Terraform takes {value!r} for {snake(name)}"
    for case, given in REFUSED_TOGETHER.get(layer, {}).items():
        if not list(template.broken(STACK, given)):
            yield f"CloudFormation takes {case}"
        if not list(module.broken(for_terraform(layer, given, module), FACTS, name_of)):
            yield f"Terraform takes {case}"


def refuses(layer, module, given):
    told = for_terraform(layer, given, module)
    return not all(module.accepts(name, value) for name, value in told.items() if name in module.variables)


def compared(layer, template, module, given):
    if missing := given.keys() - template.read["Parameters"].keys():
        yield f"CloudFormation has no parameter {', '.join(sorted(missing))}, which the cases give"
        return
    if refused := [name for name, value in given.items() if not template.accepts(name, value)]:
        yield f"CloudFormation does not take these {', '.join(refused)}"
    if refuses(layer, module, given):
        yield "Terraform does not take these inputs"
    yield from (f"CloudFormation refuses these: {said}" for said in template.broken(STACK, given))
    yield from (f"Terraform refuses these: {said}" for said in module.broken(for_terraform(layer, given, module), FACTS, name_of))
    try:
        resources, outputs = template.evaluate(STACK, given)
    except Misused as fault:
        yield f"CloudFormation has {fault}"
        return
    try:
        made, told = module.evaluate(for_terraform(layer, given, module), FACTS, name_of)
        ours, theirs = of_cloudformation(resources), of_terraform(made)
    except (Refused, Unknown) as fault:
        yield f"cannot be evaluated or compared: {fault}"
        return
    for kind, name in ours:
        if (kind, name) not in theirs:
            yield f"{name} ({kind}) is missing in Terraform"
    for (kind, name), shape in theirs.items():
        if (kind, name) not in ours:
            yield f"{name} ({kind}) is missing in CloudFormation"
        else:
            yield from differences(name, ours[kind, name], shape, DEFAULTS.get(kind, {}), {name for _, name in ours})
    yield from unstated(made)
    yield from said(outputs, told)
    yield from untagged(layer, module, given)


def untagged(layer, module, given):
    """The resources without the tags that the module was given, of those that can have any."""
    made, _ = module.evaluate({**for_terraform(layer, given, module), "tags": {"team": "databases"}}, FACTS, name_of)
    for (kind, name, _), attributes in made:
        if (attributes.get("tags", {}).get("team") == "databases") == (kind in WITHOUT_TAGS):
            yield f"{kind}.{name} {'has tags, which AWS does not know there' if kind in WITHOUT_TAGS else 'is given no tags'}"


def differences(name, ours, theirs, defaults, there):
    for path in sorted(ours.properties.keys() | theirs.properties.keys()):
        default = [defaults[path]] if path in defaults else None
        here, other = ours.properties.get(path, default), theirs.properties.get(path, default)
        if here != other and not (here is None and path in MADE_UP):
            yield f"{name}: {path} is {shown(here)} in CloudFormation and {shown(other)} in Terraform"
    for before in sorted((ours.after & there) - theirs.after):
        yield f"{name} comes after {before} in CloudFormation alone"


def unstated(made):
    """What Terraform has more must be there, else its reason has lost its object."""
    addresses = {f"{kind}.{name}" for (kind, name, _), _ in made}
    if any(address.startswith("aws_lambda_function.") for address in addresses):
        yield from (f"{address} is stated as Terraform's own, and is not there" for address in TERRAFORM_ALONE if address not in addresses)


def said(ours, theirs):
    ours = {snake(name): value for name, value in ours.items()}
    theirs = {name: value for name, value in theirs.items() if value is not None}
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs or name not in ours:
            yield f"the output {name} is missing in {'Terraform' if name in ours else 'CloudFormation'}"
            continue
        here, other = (one_text(value) for value in (ours[name], theirs[name]))
        if here != other:
            yield f"the output {name} is {here} in CloudFormation and {other} in Terraform"


def one_text(value):
    if isinstance(value, dict):  # by member, whose name CloudFormation cannot use as a key
        value = [item if isinstance(item, str) else {"name": name, **item} for name, item in value.items()]
        value = value if isinstance(value[0], str) else json.dumps(value, separators=(",", ":")).replace("target_group_arn", "target-group")
    text = ",".join(value) if isinstance(value, list) else plain(value)
    return text.replace(" --qualifier <function>", "")  # the alias, of which CloudFormation has none


def shown(value):
    return "not there" if value is None else ", ".join(map(str, value))


if __name__ == "__main__":
    main()
