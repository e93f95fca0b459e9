"""What accounts draws on open pages."""

import pytest

from accounts.kill_switch import Level, State
from accounts.services.kill_switch import set_kill_switch
from kernel.jobs.services import start_job
from kernel.live.rendering import Address, Thing, draw_private
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant


@pytest.fixture
def owner(team, alice) -> Access:
    return Access(workspace_id=team.pk, person_id=alice.pk, role="owner")


def test_job_is_drawn_as_its_page_draws_it(team, strangers, owner, now):
    with tenant(team.pk):
        job = start_job("accounts.check_audit", now=now)
    [(viewpoint, body)] = draw_private(Address(team.pk, team.slug), [Thing("job", job.pk)], [owner])
    assert viewpoint == owner
    assert body.text.startswith(f'<tr id="job-{job.pk}" hx-swap-oob="true">')
    assert f"/w/{team.slug}/jobs/{job.pk}/cancel/" in body.text


def test_job_of_another_workspace_is_gone_for_us(team, strangers, owner, now):
    with tenant(strangers.pk):
        job = start_job("accounts.check_audit", now=now)
    [(_, body)] = draw_private(Address(team.pk, team.slug), [Thing("job", job.pk)], [owner])
    assert body.text == f'<div id="job-{job.pk}" hx-swap-oob="delete"></div>'


@pytest.mark.django_db(transaction=True)
def test_stopped_trading_is_told_as_facts(team, alice, owner, now, monkeypatch):
    told = []
    monkeypatch.setattr("kernel.live.news._send", lambda *news: told.append(news))
    with tenant(team.pk):
        set_kill_switch(level=Level.WORKSPACE, state=State.HALTED, now=now, person_id=alice.pk, reason="odd fills")
    [(kind, switch_id, workspace_id)] = [news for news in told if news[0] != "notification"]
    assert (kind, workspace_id) == ("kill_switch", team.pk)
    [(_, body)] = draw_private(Address(team.pk, team.slug), [Thing(kind, switch_id)], [owner])
    assert body.text == '{"level":"workspace","key":"","state":"HALTED","reason":"odd fills"}'
