"""allauth's pages that are open here, each with its limit or its step-up. What is not named here is not reachable."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as allauth
from django.http import HttpRequest, HttpResponse

from accounts.domain.guess_limits import neighbourhood
from accounts.doors import person_page
from accounts.services.guessing import TooManyGuesses, count_guess
from accounts.step_up import step_up
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.views.errors import too_many

View = Callable[..., HttpResponse]


def limited(what: str) -> Callable[[View], View]:
    """Counts a POST by the visitor's address and by the mail address it names; one too many is answered 429."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                now = clock.now()
                try:
                    count_guess(f"{what}.address", neighbourhood(visitor_address(request)), now=now)
                    mail = request.POST.get("email", "").strip().lower()
                    if mail:
                        count_guess(f"{what}.mail", mail, now=now)
                except TooManyGuesses as error:
                    return too_many(request, retry_after=error.seconds)
            return view(request, *args, **kwargs)

        return counted

    return decorate


login = allauth.login
logout = allauth.logout
inactive = allauth.account_inactive
sign_up = limited("sign-up")(allauth.signup)
mail_sent = allauth.email_verification_sent
confirm_mail = limited("confirm")(allauth.confirm_email)
reset = limited("reset")(allauth.password_reset)
reset_done = allauth.password_reset_done
reset_by_key = limited("reset")(allauth.password_reset_from_key)
reset_complete = allauth.password_reset_from_key_done
change_password = person_page(step_up()(allauth.password_change))
set_password = person_page(step_up()(allauth.password_set))
emails = person_page(step_up()(limited("confirm")(allauth.email)))
