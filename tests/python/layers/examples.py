"""What the root modules under examples/ ask of the layers' modules: each exists, takes what it is given, and gives what is taken of it."""

import re

from layers.terraform import Module, Scope

# The root certificates that a client needs for the server behind a name.
ROOTS = {
    "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com": "global-bundle.pem",
    "billing.c0ffee1234ab.eu-west-1.rds.amazonaws.com": "global-bundle.pem",
    "orders.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com": "system",
    "readers.endpoint.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com": "system",
    "db.example.org": "system",
}


def faults(terraform):
    for directory in sorted(path for path in (terraform / "examples").iterdir() if path.is_dir()):
        example = Module(directory)
        for name, arguments in example.modules.items():
            where = f"examples/{directory.name}: module {name}"
            source = directory / Scope(example, {}, {}, None).value(arguments.pop("source"))
            if not source.is_dir():
                yield f"{where} is of {source}, which is not there"
                continue
            module = Module(source)
            for name_of_terraform in ("for_each", "providers", "depends_on"):
                arguments.pop(name_of_terraform, None)
            needed = {variable for variable, declared in module.variables.items() if "default" not in declared}
            yield from (
                f"{where} is given {argument}, which it does not take" for argument in sorted(arguments.keys() - module.variables.keys())
            )
            yield from (f"{where} is not given {variable}" for variable in sorted(needed - arguments.keys()))
            taken = set(re.findall(rf"\bmodule\.{name}(?:\[\w+\])?\.(\w+)", example.texts))
            yield from (f"{where} has no output {output}" for output in sorted(taken - module.outputs.keys()))
    consumer = Module(terraform / "examples/consumer")
    for name, roots in ROOTS.items():
        line = Scope(consumer, {"database_endpoint": name, "port": 5433}, {}, None).value(consumer.outputs["psql"]["value"])
        if f"host={name} port=5433 " not in line or not line.endswith(f"sslrootcert={roots}'"):
            yield f"examples/consumer: a client of {name} is told {line}"
