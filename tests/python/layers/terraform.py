"""A Terraform module, evaluated for given variables.

It knows what the modules of infra/terraform use, and refuses anything else. What is only known once it is made becomes a placeholder that
names it.
"""

import json
from pathlib import Path

import hcl2
from lark import Token, Tree

from layers.functions import call
from layers.syntax import Refused, attributes, blocks, inside, real, words
from layers.words import plain


class Unmade:
    """A value that is known only once its resource is made."""

    def __init__(self, address, path=()):
        self.address, self.path = address, path

    def at(self, step):
        return Unmade(self.address, (*self.path, str(step)))


class Module:
    """The blocks of a module's files."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.variables, self.locals, self.resources, self.outputs, self.modules, self.validations = {}, {}, {}, {}, {}, {}
        self.data = {}
        self.texts = ""
        for file in sorted(self.directory.glob("*.tf")):
            text = file.read_text()
            self.texts += text
            for kind, labels, body in blocks(hcl2.parses_to_tree(text).children[0]):
                self.take(kind, labels, body)

    def take(self, kind, labels, body):
        if kind == "variable":
            self.variables[labels[0]] = dict(attributes(body))
            self.validations[labels[0]] = [dict(attributes(inner))["condition"] for _, _, inner in blocks(body)]
        elif kind == "locals":
            self.locals.update(attributes(body))
        elif kind == "resource":
            self.resources[tuple(labels)] = body
        elif kind == "output":
            self.outputs[labels[0]] = dict(attributes(body))
        elif kind == "module":
            self.modules[labels[0]] = dict(attributes(body))
        elif kind == "data":
            self.data[tuple(labels)] = dict(attributes(body))
        elif kind not in ("terraform", "provider", "removed"):
            raise Refused(f"{self.directory}: a block {kind}")

    def inputs(self):
        """Each variable with its default, or None where it has none that says something; and whether it must be given."""
        scope = Scope(self, {}, {}, None)
        return {name: (scope.value(v["default"]) if "default" in v else None, "default" not in v) for name, v in self.variables.items()}

    def accepts(self, name, value):
        """Whether the variable's own validations pass."""
        scope = Scope(self, {name: convert(self.variables[name]["type"], value)}, {}, None)
        return all(scope.value(condition) for condition in self.validations[name])

    def evaluate(self, given, facts, name_of):
        """The resources, as ((type, name, key), attributes), and the outputs. `facts` are those of data sources; `name_of` names an Unmade."""
        given = {name: self.given(name, variable, given) for name, variable in self.variables.items()}
        scope = Scope(self, given, facts, name_of)
        resources = []
        for address, body in self.resources.items():
            for key, inner in scope.instances(address):
                resources.append(((*address, key), inner.body(body)))
        outputs = {name: scope.told(scope.value(body["value"])) for name, body in self.outputs.items()}
        return resources, outputs

    def broken(self, given, facts, name_of):
        """The error messages of the preconditions that do not hold."""
        given = {name: self.given(name, variable, given) for name, variable in self.variables.items()}
        scope = Scope(self, given, facts, name_of)
        for address, body in self.resources.items():
            conditions = [
                dict(attributes(condition))
                for kind, _, inner in blocks(body)
                if kind == "lifecycle"
                for what, _, condition in blocks(inner)
                if what == "precondition"
            ]
            for _, instance in scope.instances(address):
                yield from (instance.value(each["error_message"]) for each in conditions if not instance.value(each["condition"]))

    def given(self, name, variable, given):
        if name not in given and "default" not in variable:
            raise Refused(f"{self.directory}: the variable {name} is not given")
        value = given[name] if name in given else Scope(self, {}, {}, None).value(variable["default"])
        return convert(variable["type"], value)


class Scope:
    """Where names are looked up."""

    def __init__(self, module, given, facts, name_of, own=None):
        self.module, self.given, self.facts, self.name_of, self.own = module, given, facts, name_of, own or {}

    def within(self, **own):
        return Scope(self.module, self.given, self.facts, self.name_of, {**self.own, **own})

    def instances(self, address):
        body = dict(attributes(self.module.resources[address]))
        if "count" in body:
            return [(index, self.within(count={"index": index})) for index in range(int(self.value(body["count"])))]
        if "for_each" in body:
            each = self.value(body["for_each"])
            pairs = each.items() if isinstance(each, dict) else [(item, item) for item in each]
            return [(key, self.within(each={"key": key, "value": value})) for key, value in pairs]
        return [(None, self)]

    def body(self, tree):
        """A block's attributes and inner blocks, but for what is about Terraform itself."""
        result = {}
        for name, expression in attributes(tree):
            if name == "depends_on":
                result[name] = [".".join(words(item)) for item in real(inside(expression).children) if isinstance(item, Tree)]
            elif name not in ("count", "for_each"):
                result[name] = self.told(self.value(expression))
        for kind, labels, inner in blocks(tree):
            if kind == "dynamic":
                kind, made = labels[0], self.dynamic(labels[0], inner)
            elif kind == "lifecycle":
                continue
            else:
                made = [self.body(inner)]
            result.setdefault(kind, []).extend(made)
        return {key: value for key, value in result.items() if value is not None}

    def dynamic(self, label, tree):
        each = self.value(dict(attributes(tree))["for_each"])
        pairs = each.items() if isinstance(each, dict) else [(item, item) for item in each]
        (content,) = [inner for kind, _, inner in blocks(tree) if kind == "content"]
        return [self.within(**{label: {"key": key, "value": value}}).body(content) for key, value in pairs]

    def told(self, value):
        """The value with a name in place of whatever is not made yet."""
        if isinstance(value, Unmade):
            return self.name_of(value.address, value.path)
        if isinstance(value, list):
            return [self.told(item) for item in value]
        if isinstance(value, dict):
            return {key: self.told(item) for key, item in value.items()}
        return value

    def text(self, value):
        return plain(self.told(value))

    # Expressions, one method a rule of the grammar.

    def value(self, tree):
        if isinstance(tree, Token):
            raise Refused(f"the word {tree}")
        method = getattr(self, f"on_{tree.data}", None)
        if method is None:
            raise Refused(f"an expression {tree.data}")
        return method(real(tree.children))

    def on_expr_term(self, children):
        return self.value(next(child for child in children if isinstance(child, Tree)))

    def on_int_lit(self, children):
        return int(children[0])

    def on_literal_value(self, children):
        return {"true": True, "false": False, "null": None}[str(children[0])]

    def on_string(self, children):
        parts = [self.part(real(child.children)[0]) for child in children if isinstance(child, Tree)]
        return parts[0] if len(parts) == 1 else "".join(self.text(part) for part in parts)

    def part(self, part):
        if isinstance(part, Tree) and part.data == "interpolation":
            return self.value(next(child for child in part.children if isinstance(child, Tree)))
        if isinstance(part, Token) and part.type == "STRING_CHARS":
            return json.loads(f'"{part}"')
        if isinstance(part, Token) and part.type == "ESCAPED_INTERPOLATION":
            return str(part)[1:]
        raise Refused(f"a part of a text: {part}")

    def on_tuple(self, children):
        return [self.value(child) for child in children if isinstance(child, Tree)]

    def on_object(self, children):
        result = {}
        for element in children:
            if isinstance(element, Tree):
                key, expression = [child for child in real(element.children) if isinstance(child, Tree)]
                result[self.key(key)] = self.value(expression)
        return result

    def key(self, tree):
        inner = real(tree.children)[0]
        if isinstance(inner, Tree) and inner.data == "expr_term":
            term = real(inner.children)
            if isinstance(term[0], Tree) and term[0].data == "identifier":
                return str(term[0].children[0])
        return self.text(self.value(inner))

    def on_identifier(self, children):
        name = str(children[0])
        if name in self.own:
            return self.own[name]
        if name in ("var", "local", "data", "path") or name.startswith("aws_"):
            return Root(self, name)
        raise Refused(f"the name {name}")

    def on_get_attr_expr_term(self, children):
        return step(self.value(children[0]), str(words(children[1])[-1]))

    def on_index_expr_term(self, children):
        return step(self.value(children[0]), self.index(children[1]))

    def index(self, tree):
        inner = [child for child in real(tree.children) if isinstance(child, Tree)]
        return self.value(inner[0]) if inner else int(words(tree)[-1])

    def on_full_splat_expr_term(self, children):
        items = self.value(children[0])
        items = items.all() if isinstance(items, Root) else items
        for part in children[1].children:
            if isinstance(part, Tree):
                items = [step(item, words(part)[-1] if part.data == "get_attr" else self.index(part)) for item in items]
        return items

    def on_conditional(self, children):
        condition, yes, no = [child for child in children if isinstance(child, Tree)]
        return self.value(yes if self.value(condition) else no)

    def on_unary_op(self, children):
        value = self.value(children[1])
        return not value if str(children[0]) == "!" else -value

    def on_binary_op(self, children):
        left, term = children[0], real(children[1].children)
        operator = words(term[0])[0]
        if operator == "&&":
            return self.value(left) and self.value(term[1])
        if operator == "||":
            return self.value(left) or self.value(term[1])
        a, b = self.told(self.value(left)), self.told(self.value(term[1]))
        return {
            "==": lambda: a == b, "!=": lambda: a != b, "<": lambda: a < b, ">": lambda: a > b,
            "<=": lambda: a <= b, ">=": lambda: a >= b, "+": lambda: a + b, "-": lambda: a - b,
        }[operator]()  # fmt: skip

    def on_for_tuple_expr(self, children):
        intro, result, *rest = [child for child in children if isinstance(child, Tree)]
        return [scope.value(result) for scope in self.each(intro) if scope.passes(rest)]

    def on_for_object_expr(self, children):
        intro, key, result, *rest = [child for child in children if isinstance(child, Tree)]
        return {scope.text(scope.value(key)): scope.value(result) for scope in self.each(intro) if scope.passes(rest)}

    def each(self, intro):
        *names, collection = [child for child in real(intro.children) if isinstance(child, Tree)]
        names, collection = [words(name)[0] for name in names], self.value(collection)
        collection = collection.all() if isinstance(collection, Root) else collection
        pairs = collection.items() if isinstance(collection, dict) else enumerate(collection)
        for key, value in sorted(pairs):
            yield self.within(**dict(zip(names, [key, value] if len(names) == 2 else [value])))

    def passes(self, conditions):
        return all(self.value([c for c in real(condition.children) if isinstance(c, Tree)][0]) for condition in conditions)

    def on_function_call(self, children):
        name = words(children[0])[0]
        given = next((child for child in children if isinstance(child, Tree) and child.data == "arguments"), None)
        trees = [child for child in real(given.children) if isinstance(child, Tree)] if given else []
        if name == "can":
            try:
                return self.value(trees[0]) is not None
            except LookupError:
                return False
        if name == "try":
            return self.first(trees)
        arguments = [self.value(tree) for tree in trees]
        if name == "split" and isinstance(arguments[1], Unmade):
            return [arguments[1].at(f"split({arguments[0]!r})").at(index) for index in range(16)]
        return call(name, [self.told(argument) for argument in arguments])


    def first(self, trees):
        """The first of the expressions that can be evaluated."""
        for tree in trees[:-1]:
            try:
                return self.value(tree)
            except (LookupError, TypeError):
                continue
        return self.value(trees[-1])


class Root:
    """The start of a reference: var, local, data, path, or a type of resource."""

    def __init__(self, scope, name, steps=()):
        self.scope, self.name, self.steps = scope, name, steps

    def at(self, key):
        scope, steps = self.scope, (*self.steps, key)
        if self.name == "var":
            return known(scope.given, key, "variable")
        if self.name == "local":
            known(scope.module.locals, key, "local value")
            return Scope(scope.module, scope.given, scope.facts, scope.name_of).value(scope.module.locals[key])
        if self.name == "path":
            return str(scope.module.directory)
        if self.name == "data":
            return self.fact(steps) if len(steps) == 2 else Root(scope, "data", steps)
        if len(steps) == 1:
            return Root(scope, self.name, steps)
        address = (self.name, self.steps[0])
        known(scope.module.resources, address, "resource")
        keys = [key for key, _ in scope.instances(address)]
        if keys == [None]:
            return Unmade(address).at(key)
        if key not in keys:
            raise Refused(f"{'.'.join(address)}[{key}] is not made")
        return Unmade((self.name, place(self.steps[0], keys.index(key))))

    def fact(self, address):
        """What a data source says, or as many of it as its count."""
        body = known(self.scope.module.data, address, "data source")
        fact = known(self.scope.facts, address, "fact")
        return [fact] * int(self.scope.value(body["count"])) if "count" in body else fact

    def all(self):
        address = (self.name, self.steps[0])
        return [Unmade(address) for _ in self.scope.instances(address)]


def place(name, index):
    """The name that CloudFormation has for one of a map's resources. It has numbered places for
    members, because it has no loop, and one resource for everything else."""
    return f"{name}{index + 1}" if name.startswith("member_") else name


def step(value, key):
    if isinstance(value, (Unmade, Root)):
        return value.at(key)
    return known(value, key, "key") if isinstance(value, dict) else value[key]


def known(mapping, key, what):
    if key not in mapping:
        raise Refused(f"the {what} {'.'.join(key) if isinstance(key, tuple) else key}, which is not declared")
    return mapping[key]


def convert(kind, value):
    """The value in the variable's type, as far as it matters: attributes of objects that are left out become null."""
    terms = real(kind.children)
    if kind.data == "expr_term":
        return convert(terms[0], value)
    if kind.data == "function_call" and value is not None:
        outer = words(terms[0])[0]
        (inner,) = [
            c for c in real(next(c for c in terms if isinstance(c, Tree) and c.data == "arguments").children) if isinstance(c, Tree)
        ]
        if outer == "map":
            return {key: convert(inner, item) for key, item in value.items()}
        if outer in ("list", "set"):
            items = [convert(inner, item) for item in value]
            return items if outer == "list" else sorted(set(items))
        if outer == "optional":
            return convert(inner, value)
        if outer == "object":
            elements = [e for e in real(inside(inner).children) if isinstance(e, Tree)]
            known = {words(e.children[0])[0]: [c for c in real(e.children) if isinstance(c, Tree)][1] for e in elements}
            if set(value) - set(known):
                raise Refused(f"an object with {sorted(set(value) - set(known))}")
            return {key: convert(inner, value.get(key)) for key, inner in known.items()}
    return value
