"""Makes an operator of this instance: `manage.py create_operator you@example.org`.

The password is asked for, or read from the environment's OPERATOR_PASSWORD. The operators' pages open once a second
factor is added after the first log-in. --promote makes an operator of who is here already, his password unchanged.
"""

import os
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.services.people import AlreadyHere, BadPassword, make_operator
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--promote", action="store_true", help="make a person who is here already an operator")

    def handle(self, *args: Any, email: str, name: str, promote: bool, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is no mail address.") from error
        password = "" if promote else os.environ.get("OPERATOR_PASSWORD") or self._asked_for()
        try:
            person = make_operator(email=email, name=name, password=password, promote=promote, now=clock.now())
        except (AlreadyHere, BadPassword) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{person.email} is an operator. Log in at /account/login/, add a second factor, then open /operator/."
        )

    def _asked_for(self) -> str:
        first = getpass("Password: ")
        if first != getpass("The same once more: "):
            raise CommandError("The two passwords differ. Nothing was made.")
        return first
