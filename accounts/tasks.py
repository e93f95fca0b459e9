"""Accounts' tasks."""

from uuid import UUID

from celery import shared_task

from accounts.services import closing, exports, kill_switch, mail, notices, people
from accounts.services.anchors import anchor_heads
from accounts.services.guessing import sweep_guesses
from accounts.services.notifications import purge_notices
from accounts.services.sign_ins import sweep_sign_ins
from kernel import clock


@shared_task(name="accounts.anchor_audit")
def anchor_audit() -> None:
    anchor_heads(clock.now())


@shared_task(name="accounts.send_notice")
def send_notice(workspace_id: str, message_id: str) -> None:
    notices.send_notice(UUID(workspace_id), UUID(message_id), now=clock.now())


@shared_task(name="accounts.sweep_notices")
def sweep_notices() -> None:
    notices.sweep_notices(now=clock.now())


@shared_task(name="accounts.sweep_sign_ins")
def sweep_old_sign_ins() -> None:
    sweep_guesses(now=clock.now())
    sweep_sign_ins(now=clock.now())


@shared_task(name="accounts.send_mail")
def send_mail(mail_id: str) -> None:
    mail.send_mail(UUID(mail_id), now=clock.now())


@shared_task(name="accounts.sweep_mails")
def sweep_mails() -> None:
    mail.sweep_mails(now=clock.now())


@shared_task(name="accounts.purge_old_rows")
def purge_old_rows() -> None:
    mail.purge_mails(now=clock.now())
    purge_notices(now=clock.now())


@shared_task(name="accounts.tell_kyc")
def tell_kyc(person_id: str) -> None:
    people.tell_kyc(UUID(person_id), now=clock.now())


@shared_task(name="accounts.tell_of_switch")
def tell_of_switch(switch_id: str) -> None:
    kill_switch.tell_everybody(UUID(switch_id), now=clock.now())


@shared_task(name="accounts.sweep_exports")
def sweep_exports() -> None:
    exports.sweep_exports(now=clock.now())


@shared_task(name="accounts.finish_erasures")
def finish_erasures() -> None:
    closing.finish_erasures(now=clock.now())
