"""The tree that python-hcl2 makes of a file, as far as it is looked at."""

from lark import Token, Tree

SILENT = ("new_line_or_comment",)
MARKS = ("LPAR", "RPAR", "DOT", "LSQB", "RSQB", "DBLQUOTE")


class Refused(Exception):
    """The module uses what is not evaluated here."""


def real(children):
    return [child for child in children if not (isinstance(child, Tree) and child.data in SILENT)]


def inside(tree):
    return tree.children[0] if tree.data == "expr_term" else tree


def words(tree):
    """The names and operators in a tree, in order."""
    if isinstance(tree, Token):
        return [str(tree)]
    return [str(token) for token in tree.scan_values(lambda t: t.type not in MARKS)]


def attributes(body):
    for child in body.children:
        if isinstance(child, Tree) and child.data == "attribute":
            name, *_, expression = real(child.children)
            yield words(name)[0], expression


def blocks(body):
    for child in body.children:
        if isinstance(child, Tree) and child.data == "block":
            kind, *labels = [c for c in real(child.children) if isinstance(c, Tree)]
            *labels, inner = labels
            yield words(kind)[0], ["".join(words(label)) for label in labels], inner
