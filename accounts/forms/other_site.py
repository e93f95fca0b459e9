"""The sign-up of somebody whom another site named: no password, and an address only where the site vouches for none."""

from typing import Any, cast

from allauth.socialaccount.forms import SignupForm
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.forms.sign_up import Welcome
from accounts.models import Person
from accounts.selectors import has_log_in
from accounts.services.other_site import record_connected
from accounts.services.people import mark_step_done
from kernel import clock


class OtherSiteSignUpForm(Welcome, SignupForm):
    field_order = ("name", "email", "accepts")

    def __init__(self, *args: Any, sociallogin: SocialLogin, **kwargs: Any) -> None:
        super().__init__(*args, sociallogin=sociallogin, **kwargs)
        #: The address that needs no mail to be confirmed, as the other site has done it.
        self.vouched = next((one.email for one in sociallogin.email_addresses if one.verified), "")
        self.initial["name"] = sociallogin.user.name
        if self.vouched:
            del self.fields["email"]
        else:
            self.fields["email"].help_text = "A mail goes there to confirm that it is yours. News of your log-in too."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.vouched:
            cleaned["email"] = self.vouched
            if has_log_in(self.vouched):
                self.add_error(None, "This address has a log-in here by now. Log in with it instead.")
        return cleaned

    def try_save(self, request: HttpRequest) -> tuple[Person | None, HttpResponse | None]:
        try:
            with transaction.atomic():
                return cast("tuple[Person | None, HttpResponse | None]", super().try_save(request))
        except IntegrityError:
            # A second click was faster, or another tab: that log-in is there now.
            messages.info(request, "Your log-in was made a moment ago. Go on with it here.")
            return None, redirect("account_login")

    def custom_signup(self, request: HttpRequest, user: Person) -> None:
        super().custom_signup(request, user)
        record_connected(user, self.sociallogin.account, now=clock.now())
        if self.vouched:
            mark_step_done(person=user, step="verify-email", now=clock.now())
