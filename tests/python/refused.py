"""Prints what a template, or a Terraform module, refuses of given inputs before it makes anything.

usage: refused.py PATH < INPUTS

PATH is a CloudFormation template or the directory of a module. INPUTS is a JSON list of objects, each with inputs by their names. Of each
it prints a list, in JSON: the names of the inputs whose own constraints refuse them, and what the template's rules say.
"""

import json
import os
import sys
from pathlib import Path

from layers.cloudformation import Template
from layers.terraform import Module


def of_template(path):
    template = Template(path)

    def refused(given):
        return [
            *(name for name, value in given.items() if not template.accepts(name, value)),
            *template.broken("stack", given),
        ]

    return refused


def of_module(path):
    module = Module(path)
    return lambda given: [name for name, value in given.items() if not module.accepts(name, value)]


os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # SAM's translator asks for one
path = Path(sys.argv[1])
refused = of_module(path) if path.is_dir() else of_template(path)
json.dump([refused(given) for given in json.load(sys.stdin)], sys.stdout)
