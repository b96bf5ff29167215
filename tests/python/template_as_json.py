"""Prints a CloudFormation template as JSON, with every short tag in its long form.

usage: template_as_json.py TEMPLATE
"""

import json
import sys

from cfnlint.decode.cfn_yaml import load

json.dump(load(sys.argv[1]), sys.stdout)
