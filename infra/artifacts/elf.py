"""What a program for Linux needs in order to start."""

import os
import re
import shutil
import subprocess

from artifacts.build import Refused, shown

READELF = ["readelf", "llvm-readelf"]
READELF_REMEDY = "readelf (Debian, Ubuntu: apt-get install binutils; macOS: brew install llvm, for llvm-readelf)"


def missing_readelf():
    return [] if any(map(shutil.which, READELF)) else [READELF_REMEDY]


def machine(facts):
    """The machine that the program is for, in the words of readelf."""
    return re.search(r"Machine: (.+)", facts)[1].strip()


def check_glibc(binary, facts, glibc, where, remedy):
    """Refuses a program that needs a newer glibc than the one of `where`."""
    needs = re.findall(r"Name: (GLIBC_\S+)", facts)
    if not needs:
        raise Refused(f"{shown(binary)} does not say which glibc it needs, so it is unknown whether it starts in {where}")
    # A need that is not a number, like GLIBC_PRIVATE or GLIBC_ABI_DT_RELR (2.36), is for one exact
    # glibc or a newer one.
    too_new = [need for need in needs if not re.fullmatch(r"GLIBC_\d+(\.\d+)*", need) or version(need) > glibc]
    if too_new:
        raise Refused(f"{shown(binary)} needs {', '.join(sorted(set(too_new)))}, and {where} has glibc {glibc[0]}.{glibc[1]}. {remedy}")
    print(f"{shown(binary)}: needs {max(needs, key=version)}; {where} has GLIBC_{glibc[0]}.{glibc[1]}")


def version(need):
    return tuple(int(number) for number in need.removeprefix("GLIBC_").split("."))


def readelf(binary):
    """The ELF header and the needed versions of the file, with each run of blanks replaced by one blank."""
    tool = next(filter(None, map(shutil.which, READELF)))
    result = subprocess.run(
        [tool, "--file-header", "--version-info", binary], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    if result.returncode != 0 or "Machine:" not in result.stdout:
        raise Refused(f"{shown(binary)} is not a program for Linux: {result.stderr.strip()}. Give one that was built for Linux")
    return re.sub(r"[ \t]+", " ", result.stdout)
