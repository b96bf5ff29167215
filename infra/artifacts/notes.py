"""The notes of a release, cut from the changelog."""

import posixpath
import re

from artifacts.build import Refused, shown

HEADING = re.compile(r"(?m)^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def cut(changelog, version, tag, repository):
    """The section of this version, without its heading. Its links lead to the tag in the repository; without one, only their text stays."""
    text = changelog.read_text()
    starts = [*HEADING.finditer(text)]
    found = [place for place, start in enumerate(starts) if start[1] == version]
    heading = "## [Unreleased]" if version == "Unreleased" else f"## [{version}] - YYYY-MM-DD"
    name = shown(changelog)
    if len(found) != 1 or (version != "Unreleased" and not starts[found[0]][2]):
        raise Refused(f"{name} needs exactly one heading `{heading}`. Move what is new under it, and keep [Unreleased] above it")
    (place,) = found
    end = starts[place + 1].start() if place + 1 < len(starts) else len(text)
    section = text[starts[place].end() : end].strip()
    if not re.search(r"(?m)^- \S", section):
        raise Refused(f"{name} says nothing under `{starts[place][0]}`. Write there what users see, as a list, before the release")

    def linked(link):
        words, target = link.groups()
        if "://" in target:
            return link[0]
        path = posixpath.normpath(posixpath.join("docs", target))
        return f"[{words}]({repository.rstrip('/')}/blob/{tag}/{path})" if repository else words

    return LINK.sub(linked, section) + "\n"
