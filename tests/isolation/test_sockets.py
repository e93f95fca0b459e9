"""Nobody hears another tenant's rows: not through the door, and not by news that names them."""

from contextlib import ExitStack, contextmanager

import pytest
from channels.routing import URLRouter
from websockets.exceptions import InvalidStatus

from config.routing import sockets
from kernel.live import news
from kernel.live.consumer import LiveConsumer
from kernel.live.news import publish
from kernel.live.registry import _kinds
from kernel.tenancy.rows import TenantManager
from kernel.tenancy.scope import tenant
from tests.database import seeing_all_rows
from tests.isolation.world import MARK, World, build_world
from tests.kernel.live.listeners import Listening, serving

#: What is public is everybody's, and nobody's row.
KINDS = sorted(name for name, kind in _kinds.items() if not kind.is_public)
REGIMES = {
    "the app's role": (False, True),
    "a role that sees all rows": (True, True),
    "the app's role, filters removed": (False, False),
}


@contextmanager
def regime(sees_all: bool, has_filters: bool):
    """Which of the two walls stand."""
    with ExitStack() as stack:
        if sees_all:
            stack.enter_context(seeing_all_rows())
        if not has_filters:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(TenantManager, "in_scope", lambda manager, rows: rows)
        yield


@pytest.fixture
def open_house(transactional_db):
    """Builds the world under a regime and serves its sockets."""
    with ExitStack() as stack:

        def build(sees_all: bool, has_filters: bool) -> tuple[World, Listening]:
            news._publisher_at.cache_clear()
            stack.enter_context(regime(sees_all, has_filters))
            world = build_world()
            listening = Listening(stack.enter_context(serving(sockets)))
            stack.callback(listening.close)
            return world, listening

        yield build


def routes(router: URLRouter) -> list[str]:
    found = []
    for route in router.routes:
        consumer = getattr(route.callback, "consumer_class", None)
        if isinstance(route.callback, URLRouter):
            found += routes(route.callback)
        elif consumer is not None and issubclass(consumer, LiveConsumer):
            found.append(str(route.pattern))
    return found


def tell(world: World, workspace, kind: str) -> None:
    """News that names the victim's row, in somebody's workspace."""
    with tenant(workspace.pk):
        publish(kind, world.live_rows()[kind])


def heard(listener) -> str:
    listener.hears_nothing(1.0)
    return "".join(listener.heard)


def test_sockets_are_the_ones_this_sweep_knows():
    assert routes(sockets) == ["ws/w/<slug:workspace>/live/"]


@pytest.mark.parametrize("walls", REGIMES)
def test_door_opens_for_members_alone(open_house, walls):
    world, listening = open_house(*REGIMES[walls])
    visitors = {
        "anonymous": {"person": None},
        "stranger": {"person": world.charlie},
        "token of another tenant": {"token": world.charlies_token.reveal(), "origin": None},
    }
    for name, visitor in visitors.items():
        with pytest.raises(InvalidStatus) as refusal:
            listening.open(world.victims, **visitor)
        assert refusal.value.response.status_code == 403, name
    # The positive control: the same door, the same way, for those who may.
    assert listening.open(world.victims, world.alice).is_open
    assert listening.open(world.victims, world.bob).is_open
    assert listening.open(world.victims, token=world.alices_token.reveal(), origin=None).is_open


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("walls", REGIMES)
def test_stranger_hears_nothing_of_a_victims_row(open_house, walls, kind):
    world, listening = open_house(*REGIMES[walls])
    member, stranger = listening.open(world.victims, world.alice), listening.open(world.strangers, world.charlie)
    tell(world, world.victims, kind)
    assert MARK in heard(member), "the probe is void: the owner heard nothing either"
    tell(world, world.strangers, kind)  # news forged, or published in the wrong scope
    assert MARK not in heard(stranger)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if _kinds[kind].reader is None])
def test_sweep_turns_red_when_both_walls_are_down(open_house, kind):
    world, listening = open_house(True, False)
    stranger = listening.open(world.strangers, world.charlie)
    tell(world, world.strangers, kind)
    assert MARK in heard(stranger)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if _kinds[kind].reader is not None])
def test_one_persons_row_is_heard_by_nobody_else_though_both_walls_are_down(open_house, kind):
    world, listening = open_house(True, False)
    own, mate = listening.open(world.victims, world.alice), listening.open(world.victims, world.bob)
    stranger = listening.open(world.strangers, world.charlie)
    tell(world, world.victims, kind)
    assert MARK in heard(own)
    tell(world, world.strangers, kind)
    assert MARK not in heard(mate)
    assert MARK not in heard(stranger)
