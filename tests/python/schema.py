"""Prints which values a JSON Schema accepts: reads {"schema": …, "values": {name: value}}."""

import json
import sys

from jsonschema import Draft7Validator

asked = json.load(sys.stdin)
Draft7Validator.check_schema(asked["schema"])
validator = Draft7Validator(asked["schema"])
for name, value in asked["values"].items():
    if validator.is_valid(value):
        print(name)
