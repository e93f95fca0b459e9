"""XML of strangers as a small tree: no document type, so no entity, no file and no address is ever read for it."""

from dataclasses import dataclass, field
from xml.parsers import expat

from instruments.domain.news.told import Unreadable

_DEEPEST = 60
_MOST_NODES = 200_000
_BETWEEN = " "


@dataclass(slots=True)
class Node:
    """An element: its name without the namespace, and that."""

    name: str
    space: str
    attributes: dict[str, str]
    parts: list["str | Node"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words within, marks left out."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def children(self) -> list["Node"]:
        return [part for part in self.parts if not isinstance(part, str)]

    def named(self, name: str) -> list["Node"]:
        return [one for one in self.children if one.name == name]

    def first(self, *names: str, space: str | None = None) -> "Node | None":
        """The first child of the first of these names that there is."""
        for name in names:
            for one in self.children:
                if one.name == name and (space is None or one.space == space):
                    return one
        return None

    def said(self, *names: str) -> str:
        found = self.first(*names)
        return found.text.strip() if found is not None else ""


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_NODES or len(self._open) >= _DEEPEST:
            raise Unreadable("It has more elements, or more within each other, than a feed has.")
        space, _, local = name.rpartition(_BETWEEN)
        told = {key.rpartition(_BETWEEN)[2]: value for key, value in attributes.items()}
        node = Node(local, space, told)
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("It carries a document type, and with it could name entities and files. Such a feed is not read.")


def tree_of(body: bytes) -> Node:
    """The outermost element, or Unreadable in words."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(f"It is no well-formed XML: line {error.lineno}, {expat.ErrorString(error.code)}.") from error
    except (LookupError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("It is written in an encoding that is not read here.") from error
    if builder.root is None:
        raise Unreadable("It is empty.")
    return builder.root
