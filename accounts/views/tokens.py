"""API tokens: list, make, revoke. A token's text is in one answer, once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.tokens import TokenForm
from accounts.models import ApiToken
from accounts.selectors import tokens_seen_by
from accounts.services.tokens import TooManyTokens, create_token, revoke_token
from accounts.step_up import step_up
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.idempotency.forms import FIELD, WAIT_SECONDS, fields_of
from kernel.idempotency.keys import Answered, Asked, IdempotencyRefused, answer_once
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load
from kernel.views.errors import answer


@require_safe
@workspace_page()
def tokens(request: WorkspaceRequest) -> HttpResponse:
    context = {
        "tokens": list(tokens_seen_by(request.access)),
        "shows_people": request.access.may(Right.MANAGE),
        "now": clock.now(),
    }
    return render(request, "accounts/tokens.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.VIEW, write=Right.VIEW)
@step_up(needs_factor=True)
def new_token(request: WorkspaceRequest) -> HttpResponse:
    form = TokenForm(request.POST if request.method == "POST" else None, access=request.access)
    if request.method == "POST" and form.is_valid():
        try:
            return _made(request, form)
        except TooManyTokens as error:
            form.add_error(None, str(error))
        except IdempotencyRefused as error:
            return answer(request, error.status, error.code, str(error))
    return render(request, "accounts/token_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@workspace_page(write=Right.VIEW)
def revoke(request: WorkspaceRequest, token: UUID) -> HttpResponse:
    """Asks for no step-up: it only makes things safer."""
    row = load(request.access, tokens_seen_by(request.access), token)
    revoke_token(access=request.access, token=row, now=clock.now())
    messages.success(request, format_html("<bdi>{}</bdi> is revoked. It opens nothing any more.", row.name))
    return redirect("tokens", request.workspace.slug)


def _made(request: WorkspaceRequest, form: TokenForm) -> HttpResponse:
    """The page with the new token's text; to whoever sends the form again, the page that says it was shown.

    What is kept under the form's key is the token's id: its text is in this answer alone, and in no table.
    """
    text: list[Secret] = []

    def make() -> Answered:
        token, secret = create_token(
            access=request.access,
            name=form.cleaned_data["name"],
            scopes=form.rights,
            now=clock.now(),
            lifetime=form.lifetime,
            addresses=form.cleaned_data["networks"],
            is_paper_only=form.cleaned_data["is_paper_only"],
        )
        text.append(secret)
        return Answered(200, {}, str(token.pk).encode())

    key = request.POST.get(FIELD, "")
    if key:
        asked = Asked(key, "POST", request.get_full_path(), fields_of(request))
        answered, _ = answer_once(
            asked, do=make, keeps=lambda _: True, is_money=False, now=clock.now(), wait_seconds=WAIT_SECONDS
        )
    else:
        answered = make()
    token = ApiToken.objects.get(pk=UUID(answered.body.decode()))
    context = {"token": token, "text": text[0].reveal() if text else "", "now": clock.now()}
    return render(request, "accounts/token_made.html", context, status=200 if text else 409)
