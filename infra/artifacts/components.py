"""The components that are linked into a program, as a CycloneDX list."""

import re
from pathlib import Path
from urllib.parse import quote

from artifacts.archive import sha256
from artifacts.build import output, rustc


def bill_of_materials(package, target, content, options=()):
    """The components of a program of this package in CycloneDX 1.6, without a time or a serial number, which would differ in every build.
    `options` are those of the build that select features.

    The list comes from `cargo tree`, which resolves features for this one package as the build does. cargo-cyclonedx and cargo-sbom use
    `cargo metadata`, which merges the features of the whole workspace. Their list would have about thirty more crates, which are not in the
    binary, like the CLI's aws-sdk-sso.
    """
    crates, edges = tree(package, target, options)
    checksums = locked()
    compiler = dict(line.split(": ", 1) for line in output(rustc(), "-vV").splitlines()[1:])
    standard = {
        "type": "library",
        "bom-ref": f"std@{compiler['release']}",
        "name": "std",
        "version": compiler["release"],
        "description": f"the Rust standard library, commit {compiler['commit-hash']}",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
    }
    root, *others = [component(crate, checksums) for crate in crates]
    root |= {"type": "application", "hashes": [{"alg": "SHA-256", "content": sha256(content)}]}
    edges[root["bom-ref"]].add(standard["bom-ref"])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root, "properties": [{"name": "writerlink:target", "value": target}]},
        "components": sorted([*others, standard], key=lambda each: each["bom-ref"]),
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(edges.items())],
    }


def tree(package, target, options):
    """Every crate that is linked, as (name, version, licence) with the program itself first, and the dependencies of each."""
    listed = output(
        *("cargo", "tree", "--locked", "--package", package, "--target", target, *options),
        *("--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "|{p}|{l}|"),
    )
    crates, edges, path = {}, {}, []
    for line in listed.splitlines():
        depth, name, licence, _ = line.split("|")
        name, number, *_ = name.split(" ")
        ref = f"{name}@{number.removeprefix('v')}"
        crates[ref] = licence
        edges.setdefault(ref, set())
        del path[int(depth) :]
        if path:
            edges[path[-1]].add(ref)
        path.append(ref)
    return [(*ref.split("@"), licence) for ref, licence in crates.items()], edges


def component(crate, checksums):
    name, number, licence = crate
    made = {"type": "library", "bom-ref": f"{name}@{number}", "name": name, "version": number}
    # Old manifests use a slash for SPDX's OR.
    made["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", licence)}]
    # The crates of this workspace are in no registry. With a package URL, tools would confuse them
    # with crates of the same name there.
    if checksum := checksums.get((name, number)):
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        made["purl"] = f"pkg:cargo/{name}@{quote(number)}"
    return made


def locked():
    """The checksums in Cargo.lock, by name and version."""
    entry = re.compile(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"')
    return {(name, number): checksum for name, number, checksum in entry.findall(Path("Cargo.lock").read_text())}
