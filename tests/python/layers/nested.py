"""infra/layers.yaml, or another template of nested stacks, evaluated as CloudFormation would."""

from layers.cloudformation import Template


class Layers:
    def __init__(self, path):
        self.outer, infra = Template(path), path.parent
        self.stacks = {
            name: (Template(infra / resource["Properties"]["TemplateURL"]), resource["Properties"]["Parameters"])
            for name, resource in self.outer.read["Resources"].items()
        }

    def evaluate(self, stack, given):
        """The resources of all layers, each with its layer's name before its own, and the outputs.

        Each nested stack is named as the outermost one, so that where a stack's name goes can be
        compared. CloudFormation's name has random letters besides."""
        made = {}

        def outputs(name, parameters):
            if name not in made:
                made[name] = self.stacks[name][0].evaluate(stack, parameters, prefix=name)
            return Outputs(made[name][1])

        nested, told = self.outer.evaluate(stack, given, layers=outputs)
        for name, (_, properties, _) in nested.items():
            outputs(name, properties["Parameters"])
        resources = {logical: resource for name in nested for logical, resource in made[name][0].items()}
        return resources, {name: value for name, value in told.items() if value is not None}

    def broken(self, stack, given):
        """What is said of the rules that these parameters break: those of layers.yaml or, if it has
        nothing to say, of the layers."""
        if broken := self.outer.broken(stack, given):
            return set(broken)
        said, made = set(), {}

        def outputs(name, parameters):
            if name not in made:
                template = self.stacks[name][0]
                said.update(template.broken(stack, parameters))
                made[name] = template.evaluate(stack, parameters, prefix=name)[1]
            return Outputs(made[name])

        for name, (_, properties, _) in self.outer.evaluate(stack, given, layers=outputs)[0].items():
            outputs(name, properties["Parameters"])
        return said


class Outputs(dict):
    """An output whose condition does not hold is not there, nor the output that tells it."""

    def __missing__(self, _):
        return None
