"""A CloudFormation template, evaluated for given parameters; one for SAM as SAM's own translator makes plain CloudFormation of it.

What is only known once it is made becomes a placeholder that names it.
"""

import copy
import ipaddress
import logging
import re

from cfnlint.decode.cfn_yaml import load
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from layers.words import ACCOUNT, PARTITION, REGION, ZONES, attribute, listed, plain

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of telemetry that it does not send

NO_VALUE = object()
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Partition": PARTITION, "AWS::Region": REGION, "AWS::NoValue": NO_VALUE}


class Refused(Exception):
    """The template is wrong, or uses what is not evaluated here."""


class Template:
    """A template, with every short tag in its long form."""

    def __init__(self, path):
        self.read = load(str(path))

    def inputs(self):
        """Each parameter with its default; and whether it must be given."""
        return {name: (declared.get("Default"), "Default" not in declared) for name, declared in self.read["Parameters"].items()}

    def accepts(self, name, value):
        """Whether the parameter's own constraints allow the value."""
        declared = self.read["Parameters"][name]
        for item in listed(value):
            low, high = (declared.get(bound) for bound in ("MinValue", "MaxValue"))
            if low is not None and int(item) < low or high is not None and int(item) > high:
                return False
            if "AllowedValues" in declared and plain(item) not in plain(declared["AllowedValues"]):
                return False
            if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], item):
                return False
        return True

    def evaluate(self, stack, given, prefix="", layers=None):
        """The resources, as {logical: (type, properties, what it depends on)}, and the outputs.

        `prefix` stands before every logical id. `layers` evaluates a nested stack for its logical id and its parameters.
        """
        values = self.values(stack, given)
        made = Stack(self.translated(values), values, prefix, layers)
        return made.resources(), made.outputs()

    def broken(self, stack, given, prefix="", layers=None):
        """What is said of the rules that these parameters break."""
        return Stack(self.read, self.values(stack, given), prefix, layers).broken()

    def values(self, stack, given):
        values = {"AWS::StackName": stack, **PSEUDO}
        for name, declared in self.read["Parameters"].items():
            value = given.get(name, declared.get("Default"))
            if value is None:
                raise Refused(f"the parameter {name}, which is not given")
            if declared["Type"].startswith(("CommaDelimitedList", "List<")) and not isinstance(value, list):
                value = value.split(",")
            values[name] = value
        return values

    def translated(self, values):
        template = copy.deepcopy(dict(self.read))
        if "Transform" not in template:
            return template
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = "s3://bucket/bootstrap.zip"  # as `sam package` writes it
        parameters = {name: value for name, value in values.items() if value is not NO_VALUE}
        return transform(template, parameters, ManagedPolicyLoader(None))


class Stack:
    """A template with the values of its parameters."""

    def __init__(self, template, values, prefix="", layers=None):
        self.template, self.values, self.prefix, self.layers = template, values, prefix, layers

    def resources(self):
        found = {}
        for logical, resource in self.template["Resources"].items():
            if self.holds(resource.get("Condition")):
                after = [self.prefix + other for other in listed(resource.get("DependsOn", []))]
                found[self.prefix + logical] = (resource["Type"], self.value(resource.get("Properties", {})), after)
        return found

    def outputs(self):
        outputs = self.template["Outputs"].items()
        return {name: self.value(output["Value"]) for name, output in outputs if self.holds(output.get("Condition"))}

    def broken(self):
        return [
            each["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            if self.value(rule.get("RuleCondition", True))
            for each in rule["Assertions"]
            if not self.value(each["Assert"])
        ]

    def holds(self, condition):
        return condition is None or self.value(self.template["Conditions"][condition])

    def value(self, value):
        if isinstance(value, list):
            return [made for made in map(self.value, value) if made is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            method = getattr(self, "on_" + function.removeprefix("Fn::").lower(), None)
            if method and (function in ("Ref", "Condition") and isinstance(argument, str) or function.startswith("Fn::")):
                return method(argument)
            if function.startswith("Fn::"):
                raise Refused(f"the function {function}")
        pairs = ((key, self.value(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not NO_VALUE}

    def on_ref(self, name):
        return self.values[name] if name in self.values else self.named(name)

    def on_getatt(self, argument):
        logical, name = argument if isinstance(argument, list) else argument.split(".", 1)
        if self.layers and name.startswith("Outputs."):
            return self.output(logical, name.removeprefix("Outputs."))
        return self.named(logical, name)

    def output(self, logical, name):
        stack = self.template["Resources"][logical]
        if not self.holds(stack.get("Condition")):
            raise Refused(f"a reference to {logical}, which is not made")
        return self.layers(logical, self.value(stack["Properties"]["Parameters"]))[name]

    def named(self, logical, name=None):
        if logical not in self.template["Resources"] or not self.holds(self.template["Resources"][logical].get("Condition")):
            raise Refused(f"a reference to {logical}, which is not made")
        if name == "Arn" and self.template["Resources"][logical]["Type"] == "AWS::Logs::LogGroup":
            return f"{attribute(self.prefix + logical, 'arn')}:*"  # of the group's streams, where Terraform's is of the group
        return attribute(self.prefix + logical, name)

    def on_sub(self, argument):
        pattern, own = argument if isinstance(argument, list) else (argument, {})

        def fill(match):
            name = match[1]
            if name in own:
                return plain(self.value(own[name]))
            return plain(self.on_getatt(name) if "." in name else self.on_ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", fill, pattern)

    def on_join(self, argument):
        return argument[0].join(plain(self.value(argument[1])))

    def on_split(self, argument):
        text = self.value(argument[1])
        if re.fullmatch(r"<[^<>]*>", text):
            return [f"{text[:-1]}.split({argument[0]!r}).{index}>" for index in range(16)]
        return text.split(argument[0])

    def on_select(self, argument):
        values = self.value(argument[1])
        if isinstance(values, str):
            return f"{values[:-1]}.{argument[0]}>"
        return values[int(argument[0])]

    def on_cidr(self, argument):
        network, count, bits = (self.value(item) for item in argument)
        return [str(part) for part in list(ipaddress.ip_network(network).subnets(new_prefix=32 - int(bits)))[: int(count)]]

    def on_getazs(self, _):
        return ZONES

    def on_if(self, argument):
        return self.value(argument[1] if self.holds(argument[0]) else argument[2])

    def on_condition(self, name):
        return self.holds(name)

    def on_equals(self, argument):
        return plain(self.value(argument[0])) == plain(self.value(argument[1]))

    def on_contains(self, argument):
        members, wanted = map(self.value, argument)
        return plain(wanted) in plain(members)

    def on_not(self, argument):
        return not self.value(argument[0])

    def on_and(self, argument):
        return all(self.value(item) for item in argument)

    def on_or(self, argument):
        return any(self.value(item) for item in argument)

    def on_eachmemberequals(self, argument):
        members, wanted = map(self.value, argument)
        return all(plain(member) == plain(wanted) for member in members)

    def on_eachmemberin(self, argument):
        members, wanted = map(self.value, argument)
        return all(plain(member) in plain(wanted) for member in members)
