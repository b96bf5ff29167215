"""The package of the CDK's constructs, with the same files as `npm pack` makes of infra/cdk.

npm is not needed here, and its own archive would have other bytes where files have other modes.
"""

import json

from artifacts.archive import write_tarball
from artifacts.build import ROOT, Refused, read

FOLDER = ROOT / "infra/cdk"
# What npm packs: the manifest and the page always, and the `files` of the manifest.
OWN = ["README.md", "package.json", "writerlink.d.ts", "writerlink.js"]
# What the manifest's `prepack` copies beside them.
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"]
TEMPLATES = ["consumer.yaml", "link.yaml", "members.yaml", "reconciler.yaml"]


def files(version):
    """The files of the package, which has to be of this version."""
    own = json.loads(read(FOLDER / "package.json"))["version"]
    if own != version:
        raise Refused(
            f"the version is {own} in infra/cdk/package.json, and not {version}. Change it there and in its package-lock.json: "
            f"`npm version {version} --no-git-tag-version` in infra/cdk"
        )
    places = {name: FOLDER / name for name in OWN}
    places |= {name: ROOT / name for name in LICENSES}
    places |= {f"templates/{name}": ROOT / "infra" / name for name in TEMPLATES}
    return [(f"package/{name}", read(path), 0o644) for name, path in sorted(places.items())]


def write_package(packed, directory, version):
    write_tarball(directory / f"writerlink-cdk-{version}.tgz", packed)
