"""The parts of a release that other machines built: taken into the release after they were checked."""

import json
import shutil
import tarfile
import zipfile
import zlib

from artifacts import function, program
from artifacts.archive import sha256
from artifacts.build import Refused, shown


def take(built, directory, targets, version, commit):
    """Copies every part. All have to be there, whole, of this version and commit, and for what their names say."""
    expected = {f"writerlink-{version}-{target}.tar.gz" for target in targets}
    expected |= {f"bootstrap-{arch}.zip" for arch in function.ARCHITECTURES}
    wanted = expected | {components_of(name) for name in expected}
    present = {path.name for path in built.iterdir()} if built.is_dir() else set()
    if missing := sorted(wanted - present):
        raise Refused(f"{shown(built)} lacks {', '.join(missing)}. Build each with `infra/release {version} TARGET` on a machine that can")
    if strange := sorted(present - wanted):
        raise Refused(f"{shown(built)} has {', '.join(strange)}, which is no part of release {version}. Remove it")
    for target in targets:
        name = f"writerlink-{version}-{target}"
        content = from_tarball(built / f"{name}.tar.gz", f"{name}/writerlink")
        program.check(f"{name}.tar.gz", content, target, version, commit)
        check_components(built / f"{name}.cdx.json", content)
    for arch, (target, _) in function.ARCHITECTURES.items():
        archive = built / f"bootstrap-{arch}.zip"
        content = from_zip(archive, "bootstrap")
        program.check_machine(archive.name, content, target)
        function.check_commit(archive.name, content, commit)
        check_components(built / components_of(archive.name), content)
    for name in wanted:
        shutil.copyfile(built / name, directory / name)


def components_of(name):
    return name.removesuffix(".zip").removesuffix(".tar.gz") + ".cdx.json"


def check_components(path, content):
    """The list names the program that it was made from by its hash."""
    try:
        (stated,) = json.loads(path.read_text())["metadata"]["component"]["hashes"]
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{shown(path)} is no list of components. Build that part again") from None
    if stated != {"alg": "SHA-256", "content": sha256(content)}:
        raise Refused(f"{shown(path)} is the list of another program. Build that part again")


def from_tarball(path, name):
    try:
        with tarfile.open(path) as archive:
            entry = archive.getmember(name)
            check_mode(path, name, entry.mode if entry.isfile() else 0)
            return archive.extractfile(entry).read()
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError) as error:
        raise Refused(f"{shown(path)} cannot be read: {reason(error)}. Build that part again") from None


def from_zip(path, name):
    """The program, which has to be alone: an archive of `infra/package --config` is somebody's own."""
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(name)
            check_mode(path, name, entry.external_attr >> 16)
            if others := [other for other in archive.namelist() if other != name]:
                raise Refused(f"{shown(path)} has {', '.join(others)} beside {name}. Build that part again with infra/release")
            return archive.read(entry)
    # An archive with a password is a RuntimeError.
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, RuntimeError) as error:
        raise Refused(f"{shown(path)} cannot be read: {reason(error)}. Build that part again") from None


def check_mode(path, name, mode):
    if mode & 0o111 != 0o111:
        raise Refused(f"{name} in {shown(path)} is not executable, so it would not start. Build that part again")


def reason(error):
    """A KeyError shows its sentence as Python would quote it."""
    return error.args[0] if isinstance(error, KeyError) else error
