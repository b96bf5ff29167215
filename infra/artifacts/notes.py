"""The notes of a release, cut from the changelog."""

import posixpath
import re

from artifacts.build import Refused, shown

HEADING = re.compile(r"(?m)^## .*$")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def cut(changelog, version, tag, repository):
    """The section of this version, without its heading. Its links lead to the tag in the repository; without one, only their text stays."""
    text = changelog.read_text()
    headings = [*HEADING.finditer(text)]
    start = heading_of(version, headings, text, shown(changelog))
    following = [heading for heading in headings if heading.start() > start.start()]
    section = text[start.end() : following[0].start() if following else len(text)].strip()
    if not re.search(r"(?m)^- \S", section):
        place = f"{shown(changelog)}:{line(text, start)}"
        raise Refused(f"{place}: there is nothing under `{start[0]}`. Write there what users see, as a list, before the release")

    def linked(link):
        words, target = link.groups()
        if "://" in target:
            return link[0]
        path = posixpath.normpath(posixpath.join("docs", target))
        return f"[{words}]({repository.rstrip('/')}/blob/{tag}/{path})" if repository else words

    return LINK.sub(linked, section) + "\n"


def heading_of(version, headings, text, name):
    """The one heading of this version, in the form that the changelog has."""
    is_unreleased = version == "Unreleased"
    wanted = "## [Unreleased]" if is_unreleased else f"## [{version}] - YYYY-MM-DD"
    form = re.compile(re.escape(f"## [{version}]") + ("" if is_unreleased else r" - \d{4}-\d\d-\d\d"))
    # Also one in another form, like `## v0.1.0`.
    alike = re.compile(rf"(?<![\w.-])v?{re.escape(version)}(?![\w.+-])")
    found = [heading for heading in headings if alike.search(heading[0])]
    if not found:
        raise Refused(f"{name} has no heading `{wanted}`. Write it above what is new, with [Unreleased] above it")
    if len(found) > 1:
        lines = " and ".join(str(line(text, heading)) for heading in found)
        raise Refused(f"{name} has {len(found)} headings of {version}, in the lines {lines}. Put everything under one of them")
    (heading,) = found
    if not form.fullmatch(heading[0]):
        raise Refused(f"{name}:{line(text, heading)}: the heading is `{heading[0]}`. Write `{wanted}`")
    return heading


def line(text, heading):
    return text.count("\n", 0, heading.start()) + 1
