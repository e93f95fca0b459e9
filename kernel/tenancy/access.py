"""What somebody may do in a workspace: rights, the roles that hold them, and the proof that a door let him in."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Right(StrEnum):
    """What a role may hold. Each page, API route and socket names the one it needs."""

    VIEW = "view"
    EDIT = "edit"
    TRADE = "trade"
    MANAGE = "manage"


_roles: dict[str, frozenset[Right]] = {}


def register_role(name: str, rights: set[Right]) -> None:
    """Roles come to the kernel by registration: accounts names them."""
    _roles[name] = frozenset(rights)


@dataclass(frozen=True, slots=True)
class Access:
    """Who came through which door into which workspace. Built by a door alone, after it checked."""

    workspace_id: UUID
    person_id: UUID
    role: str
    can_trade: bool = False
    token_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    #: A token of the kind that may act on paper accounts alone; trading refuses it the rest.
    is_paper_only: bool = False

    def may(self, right: Right) -> bool:
        """True when the role holds the right, the trading right was given, and a token's scopes include it."""
        if right not in _roles[self.role]:
            return False
        if right is Right.TRADE and not self.can_trade:
            return False
        return self.token_id is None or right.value in self.scopes
