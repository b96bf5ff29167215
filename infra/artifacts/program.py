"""The archive of the CLI that operators install: the program, checked, its completions, and the
list of its components."""

import json
import subprocess

from artifacts import elf
from artifacts.archive import write_tarball
from artifacts.build import ROOT, Refused, build, host, read, shown
from artifacts.components import bill_of_materials

PACKAGE = "writerlink-cli"
# Operators need no lab, which brings servers and a client of PostgreSQL with it.
FEATURES = ("--no-default-features",)
# What only a program without the lab says.
MARKER = b"which was built without the lab"
# The oldest glibc that Rust supports ("Platform Support", the rustc book).
GLIBC = (2, 17)
# For each target, the start of a program and the bytes at a position in it that name the machine.
MACHINES = {
    "aarch64-unknown-linux-gnu": (b"\x7fELF", 18, b"\xb7\x00"),
    "x86_64-unknown-linux-gnu": (b"\x7fELF", 18, b"\x3e\x00"),
    "aarch64-apple-darwin": (b"\xcf\xfa\xed\xfe", 4, b"\x0c\x00\x00\x01"),
    "x86_64-apple-darwin": (b"\xcf\xfa\xed\xfe", 4, b"\x07\x00\x00\x01"),
}
COMPLETIONS = {"bash": "writerlink.bash", "zsh": "_writerlink", "fish": "writerlink.fish"}
PAGES = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"]


def build_program(target, env):
    return build(target, PACKAGE, "writerlink", GLIBC, FEATURES, env)


def check(name, content, target, version, commit):
    """Refuses what is not the CLI of this version, commit and target, without the lab."""
    check_machine(name, content, target)
    if f"{version} ({commit}, {target})".encode() not in content:
        raise Refused(f"{name} is not writerlink {version} of commit {commit}. Build it again from that commit")
    if MARKER not in content:
        raise Refused(f"{name} was built with the lab. Build it with `cargo build --package {PACKAGE} {' '.join(FEATURES)}`")


def check_machine(name, content, target):
    def is_for(target):
        start, position, machine = MACHINES[target]
        return content.startswith(start) and content[position : position + len(machine)] == machine

    if not is_for(target):
        found = next((f"built for {other}" for other in MACHINES if is_for(other)), "no program that a release has")
        raise Refused(f"{name} is {found}, and not for {target}. Build it for {target}")


def completions(program):
    """The scripts that a program of this machine prints, by file name."""
    scripts = {}
    for shell, name in COMPLETIONS.items():
        try:
            printed = subprocess.run([program, "completions", shell], check=True, stdout=subprocess.PIPE)
        except OSError as error:
            raise Refused(
                f"{shown(program)} cannot be started to print the completions: {error.strerror}. It has to be a program for {host()}"
            ) from None
        scripts[name] = printed.stdout
    return scripts


def write_archive(binary, target, directory, version, commit, scripts):
    """Checks the program, and writes its archive and the list of its components."""
    content = read(binary)
    check(shown(binary), content, target, version, commit)
    if "linux" in target:
        elf.check_glibc(binary, elf.readelf(binary), GLIBC, "the oldest Linux of the release", "Build it with cargo-zigbuild")
    name = f"writerlink-{version}-{target}"
    files = [("writerlink", content, 0o755)]
    files += [(page, (ROOT / page).read_bytes(), 0o644) for page in PAGES]
    files += [(f"completions/{script}", text, 0o644) for script, text in scripts.items()]
    write_tarball(directory / f"{name}.tar.gz", [(f"{name}/{path}", *rest) for path, *rest in files])
    components = bill_of_materials(PACKAGE, target, content, FEATURES)
    (directory / f"{name}.cdx.json").write_text(json.dumps(components, indent=2) + "\n")
