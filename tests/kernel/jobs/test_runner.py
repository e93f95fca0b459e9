"""A job is done once, tells how far it is, stops when asked, and goes on after its worker died."""

import datetime as dt
import threading

import pytest
from django.db import connection

from kernel import clock
from kernel.jobs.kinds import Kind, UnknownKind, register_kind
from kernel.jobs.models import Job, JobState
from kernel.jobs.run import JobRefused, Run
from kernel.jobs.runner import _claim, _do, run_next_job
from kernel.jobs.services import request_cancel, start_job
from kernel.jobs.sweep import sweep_jobs
from kernel.tenancy.scope import operator, tenant

pytestmark = pytest.mark.django_db

ran: list[Run] = []


def count_to_ten(run: Run) -> dict[str, int]:
    ran.append(run)
    begin = run.resume_token or 0
    for number in range(begin, 10):
        if run.parameters.get("fail_at") == number and run.attempt == 1:
            raise KeyboardInterrupt  # stands for a killed process: nothing below it is caught or stored
        run.progress(number + 1, 10, f"at {number + 1}", resume_token=number + 1)
    return {"began_at": begin}


def refuse(run: Run) -> None:
    raise JobRefused("There is nothing to count.")


def crash(run: Run) -> None:
    raise ZeroDivisionError


for _kind in (
    Kind("tests.count", "Count to ten", count_to_ten),
    Kind("tests.count_many", "Count, three at once", count_to_ten, at_once=3),
    Kind("tests.refuse", "Refuse", refuse),
    Kind("tests.crash", "Crash", crash),
):
    register_kind(_kind)


@pytest.fixture(autouse=True)
def forget_runs():
    ran.clear()


def begun(workspace, kind="tests.count", **parameters) -> Job:
    with tenant(workspace.pk):
        return start_job(kind, now=clock.now(), **parameters)


def again(workspace, job) -> Job:
    with tenant(workspace.pk):
        return Job.objects.get(pk=job.pk)


def test_job_is_done_and_keeps_its_result(team):
    job = begun(team)
    assert run_next_job("default") is True
    job = again(team, job)
    assert (job.state, job.done, job.total, job.note, job.result) == (JobState.DONE, 10, 10, "at 10", {"began_at": 0})
    assert run_next_job("default") is False


def test_unknown_kind_is_refused_before_a_row_exists(team):
    with pytest.raises(UnknownKind):
        begun(team, "tests.nobody_registered_this")
    with tenant(team.pk):
        assert Job.objects.count() == 0


def test_refusal_is_shown_in_its_own_words(team):
    job = begun(team, "tests.refuse")
    run_next_job("default")
    job = again(team, job)
    assert (job.state, job.error) == (JobState.FAILED, "There is nothing to count.")


def test_crash_is_recorded_and_named_by_the_job_not_by_the_exception(team, caplog):
    job = begun(team, "tests.crash")
    run_next_job("default")
    job = again(team, job)
    assert job.state == JobState.FAILED
    assert str(job.pk) in job.error
    assert "ZeroDivision" not in job.error


def test_higher_priority_goes_first(team):
    begun(team, quota_key="a", name="low")
    begun(team, quota_key="b", priority=5, name="high")
    run_next_job("default")
    assert [run.parameters["name"] for run in ran] == ["high"]


def test_quota_holds_a_second_job_back_until_the_first_ended(team):
    first = begun(team)
    begun(team)
    claimed = _claim(team.pk, first.pk, now=clock.now())
    assert claimed is not None
    assert run_next_job("default") is False
    claimed.end(JobState.DONE, now=clock.now())
    assert run_next_job("default") is True


def test_quota_of_one_workspace_does_not_hold_another_back(team, strangers):
    _claim(team.pk, begun(team).pk, now=clock.now())
    begun(strangers)
    assert run_next_job("default") is True


def test_waiting_job_is_cancelled_at_once(team):
    job = begun(team)
    with tenant(team.pk):
        assert request_cancel(job, now=clock.now()) is True
        assert request_cancel(job, now=clock.now()) is False
    assert again(team, job).state == JobState.CANCELLED
    assert run_next_job("default") is False


def test_running_job_stops_at_its_next_step(team):
    job = begun(team)
    run = _claim(team.pk, job.pk, now=clock.now())
    with tenant(team.pk):
        request_cancel(job, now=clock.now())
    _do(run)
    job = again(team, job)
    assert (job.state, job.done) == (JobState.CANCELLED, 1)


def test_job_whose_worker_died_goes_on_where_it_stopped(team):
    job = begun(team, fail_at=6)
    with pytest.raises(KeyboardInterrupt):
        run_next_job("default")
    assert again(team, job).state == JobState.RUNNING
    assert sweep_jobs(clock.now()) == 0
    assert sweep_jobs(clock.now() + dt.timedelta(minutes=2)) == 1
    assert again(team, job).state == JobState.QUEUED
    run_next_job("default")
    job = again(team, job)
    assert (job.state, job.attempts, job.result) == (JobState.DONE, 2, {"began_at": 6})


def test_job_whose_worker_dies_each_time_ends_with_words(team):
    job = begun(team)
    for _ in range(3):
        assert _claim(team.pk, job.pk, now=clock.now()) is not None
        sweep_jobs(clock.now() + dt.timedelta(minutes=2))
    job = again(team, job)
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert "died 3 times" in job.error


def test_attempt_that_was_given_away_stores_nothing(team):
    job = begun(team)
    lost = _claim(team.pk, job.pk, now=clock.now())
    sweep_jobs(clock.now() + dt.timedelta(minutes=2))
    mine = _claim(team.pk, job.pk, now=clock.now())
    _do(lost)
    assert again(team, job).state == JobState.RUNNING
    mine.end(JobState.DONE, now=clock.now())
    assert again(team, job).state == JobState.DONE


def test_job_of_the_platform_is_hidden_from_tenants(team):
    with operator():
        job = start_job("tests.count", now=clock.now())
    with tenant(team.pk):
        assert not Job.objects.filter(pk=job.pk).exists()
    run_next_job("default")
    with operator():
        assert Job.objects.get(pk=job.pk).state == JobState.DONE


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_one_job_once(team):
    begun(team)
    barrier = threading.Barrier(2)
    took: list[bool] = []

    def work() -> None:
        barrier.wait()
        took.append(run_next_job("default"))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(ran) == 1
    assert sorted(took) == [False, True]
