"""What the head of each document expects of a parser, as comparisons of one field with one value."""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.corpora.archive import Document

_EXPECT = re.compile(rb"Description:\s*.*?\s*Expect:\s*(.*)\s*-->")
_NEEDS_CODEC = re.compile(rb"SkipUnless:.*lookup\('([^']+)'\)")
_HEADER = re.compile(rb"^Header:\s+([^:]+):[ \t]*(.+?)\s*$", re.MULTILINE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, b"\x00\x00\x00<", b"<\x00\x00\x00")

Path = tuple[str | int, ...]
"""``entries[0]['enclosures'][0]['url']`` as its steps."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A field, and the value that it must have; None for one that must not be there."""

    path: Path
    value: object

    @property
    def field(self) -> str:
        """The field's name without the numbers: ``entries.title``."""
        return ".".join(step for step in self.path if isinstance(step, str))


def headers(document: Document) -> dict[str, str]:
    """The HTTP headers that it is to be served with, by their names in lower case."""
    return {name.decode().lower(): value.decode("latin-1") for name, value in _HEADER.findall(_readable(document.body))}


def can_be_decoded(document: Document) -> bool:
    """Whether this Python has the codec that the document needs."""
    needed = _NEEDS_CODEC.search(_readable(document.body))
    try:
        return needed is None or bool(codecs.lookup(needed[1].decode()))
    except LookupError:
        return False


def expectations(document: Document) -> tuple[Expectation, ...]:
    """All that its head says of single values; what it says in another way is left out."""
    found = _EXPECT.search(_readable(document.body))
    if found is None:
        return ()
    try:
        tree = ast.parse(found[1].decode("utf-8", "surrogateescape").strip(), mode="eval").body
    except SyntaxError:
        return ()
    return tuple(filter(None, map(_comparison, _conjuncts(tree))))


def _readable(body: bytes) -> bytes:
    """Heads are ASCII: without the zeros of UTF-16 and UTF-32 they can be read in all of these."""
    if body[:4] in _UTF_32 or body[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x00<", b"<\x00"}:
        return body.replace(b"\0", b"")
    if body.startswith(b"\x4c\x6f\xa7\x94"):
        return body.decode("cp037").encode("latin-1", "replace")
    return body


def _conjuncts(tree: ast.expr) -> Iterator[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        for part in tree.values:
            yield from _conjuncts(part)
    else:
        yield tree


def _comparison(tree: ast.expr) -> Expectation | None:
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        left, right = tree.left, tree.comparators[0]
        if isinstance(tree.ops[0], ast.Eq) and (path := _path(left)):
            try:
                return Expectation(path, ast.literal_eval(right))
            except ValueError:
                return None
        if isinstance(tree.ops[0], ast.NotIn) and isinstance(left, ast.Constant) and (path := _path(right)):
            return Expectation((*path, str(left.value)), None)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not) and isinstance(tree.operand, ast.Call):
        call = tree.operand
        if isinstance(call.func, ast.Attribute) and call.func.attr == "has_key" and (path := _path(call.func.value)):
            return Expectation((*path, str(ast.literal_eval(call.args[0]))), None)
    return None


def _path(tree: ast.expr) -> Path:
    """The steps, empty for anything but names, attributes and constant subscripts."""
    match tree:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=inner, attr=name):
            return (*before, name) if (before := _path(inner)) else ()
        case ast.Subscript(value=inner, slice=ast.Constant(value=step)) if isinstance(step, str | int):
            return (*before, step) if (before := _path(inner)) else ()
        case _:
            return ()
