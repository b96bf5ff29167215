"""The Lambda function's archive: its program, checked, and the list of its components."""

import json

from artifacts import elf
from artifacts.archive import write_zip
from artifacts.build import PROFILE, Refused, build, read, shown
from artifacts.components import bill_of_materials

PACKAGE = "writerlink-lambda"
# Lambda's name of the architecture -> the Rust target, and readelf's name of the machine.
ARCHITECTURES = {
    "arm64": ("aarch64-unknown-linux-gnu", "AArch64"),
    "x86_64": ("x86_64-unknown-linux-gnu", "Advanced Micro Devices X86-64"),
}
# The glibc of provided.al2023 ("Core toolchain packages glibc, gcc, binutils", AL2023 user guide).
# A binary that needs a newer one does not start there.
GLIBC = (2, 34)
# The message of the function when something other than Lambda starts it. No other program has this
# text.
MARKER = b"This is the Lambda function of Writerlink"


def build_function(arch, env=None):
    target, _ = ARCHITECTURES[arch]
    return build(target, PACKAGE, "bootstrap", GLIBC, env=env)


def check(binary, content, arch):
    """Refuses a binary that would deploy without an error and then not start or do something else: another program, the wrong machine, a
    glibc that Lambda does not have."""
    facts = elf.readelf(binary)
    check_machine(shown(binary), elf.machine(facts), arch)
    if MARKER not in content:
        raise Refused(
            f"{shown(binary)} is not the Lambda function of Writerlink. Build it with `cargo build --profile {PROFILE} --package {PACKAGE}`, "
            "which writes a program named bootstrap, or leave --binary out"
        )
    remedy = "Install cargo-zigbuild or cargo-lambda, which link against an older glibc"
    elf.check_glibc(binary, facts, GLIBC, "provided.al2023", remedy)


def check_machine(name, found, arch):
    """Refuses a program for another machine than that of the architecture, in the words of readelf."""
    target, machine = ARCHITECTURES[arch]
    if found != machine:
        other = next((other for other, (_, its) in ARCHITECTURES.items() if its == found), found)
        raise Refused(
            f"{name} is built for {other}, and not for {arch}: Lambda could not start it. Build it for {target}, or package it as what it is"
        )


def check_commit(name, content, commit):
    """Refuses a function that does not name this commit."""
    if commit.encode() not in content:
        raise Refused(f"{name} is not of commit {commit}. Build it again from that commit")


def write_archive(binary, arch, directory, config=None):
    """Checks the binary, writes its archive and the list of its components, and returns the archive's path and their number."""
    content = read(binary)
    check(binary, content, arch)
    components = bill_of_materials(PACKAGE, ARCHITECTURES[arch][0], content)
    archive = directory / f"bootstrap-{arch}.zip"
    write_zip(archive, [("bootstrap", content, 0o755), *([(*config, 0o644)] if config else [])])
    archive.with_suffix(".cdx.json").write_text(json.dumps(components, indent=2) + "\n")
    return archive, len(components["components"])
