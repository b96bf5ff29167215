"""Building a program of the workspace for a target, and what this machine lacks for that."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROFILE = "artifact"


class Refused(Exception):
    """An error, with its remedy."""


def missing_rust():
    """The programs of Rust that this machine lacks, each with the way to get it."""
    needed = [("cargo", "cargo (https://rustup.rs)"), (rustc(), "rustc (https://rustup.rs)")]
    return [remedy for program, remedy in needed if not shutil.which(program)]


def lacks_standard_library(target):
    """What a build for the target lacks of Rust, as (what, how to get it). These programs install nothing: the machine's owner decides
    which toolchain it has."""
    if not shutil.which(rustc()) or any(Path(output(rustc(), "--print", "target-libdir", "--target", target)).glob("libstd-*.rlib")):
        return []
    return [("Rust's standard library", f" (rustup target add {target})")]


def linker():
    """The cargo command that can link against an older glibc, if one is installed."""
    if shutil.which("cargo-zigbuild"):
        return "zigbuild"
    if shutil.which("cargo-lambda"):
        return "lambda"
    return None


def build(target, package, program, glibc, options=(), env=None):
    """Builds a program of the workspace, and returns its path. For Linux it links against this glibc if a linker for that is installed."""
    run("cargo", "fetch", "--locked", "--target", target)
    exactly = f"{target}.{glibc[0]}.{glibc[1]}"
    binary = target_directory() / target / PROFILE / program
    match linker() if "linux" in target else None:
        case "zigbuild":
            command = ["zigbuild", "--target", exactly]
        case "lambda":
            # Without the option it would install the Rust target. It moves the result to a
            # directory of its own.
            command = ["lambda", "build", "--skip-target-check", "--target", exactly]
            binary = target_directory() / "lambda" / program / "bootstrap"
        case _:
            command = ["build", "--target", target]
    run(
        *("cargo", *command, "--locked", "--profile", PROFILE, "--package", package, "--bin", program, *options),
        # This overrides RUSTFLAGS and every configuration file, so that none of them changes the
        # bytes.
        env={**os.environ, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags()), **(env or {})},
    )
    return binary


def flags():
    """Replaces this machine's paths, which panic messages contain, by fixed names."""
    sources = sorted((cargo_home() / "registry/src").glob("*/"))  # one for each registry or mirror, whose name is part of the path
    places = [(ROOT, "/writerlink"), (target_directory(), "/target"), (cargo_home(), "/cargo")]
    places += [(source, "/cargo/registry") for source in sources]
    return [f"--remap-path-prefix={str(place).rstrip('/')}={name}" for place, name in places]


def cargo_home():
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").resolve()


def target_directory():
    metadata = output("cargo", "metadata", "--no-deps", "--format-version", "1", "--locked")
    return Path(json.loads(metadata)["target_directory"])


def read(binary):
    try:
        return binary.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {shown(binary)}: {error.strerror}") from None


def host():
    return re.search(r"^host: (.+)$", output(rustc(), "-vV"), re.MULTILINE).group(1)


def this_machine():
    """The Rust target of this machine as Python knows it."""
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return f"{machine}-unknown-linux-gnu" if sys.platform == "linux" else sys.platform


def rustc():
    return os.environ.get("RUSTC") or "rustc"  # as cargo does


def shown(path):
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def run(*command, env=None):
    print("+", *command, flush=True)
    subprocess.run(command, check=True, env=env)


def guarded(name, main):
    """Runs a program, and turns its refusals and failed commands into one message."""
    try:
        main()
    except Refused as refused:
        sys.exit(f"{name}: {refused}")
    except FileNotFoundError as missing:
        sys.exit(f"{name}: {missing.filename} is missing")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{name}: {failed.cmd[0]} failed. Its own message is above")
