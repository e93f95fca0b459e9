"""What an operator is asked before something is done, and told afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Act:
    """What the page asks, what its button says, what is said afterwards. The words may leave a place for a name."""

    do: Callable[..., bool]
    question: str
    words: str
    button: str
    done: str
    #: When it was so already.
    idle: str
    is_grave: bool = False

    def tell(self, request: HttpRequest, *, is_done: bool, **names: str) -> None:
        words = self.done if is_done else self.idle
        (messages.success if is_done else messages.info)(request, words.format(**names))
