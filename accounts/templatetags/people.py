"""Template filters about people and what they use."""

from django import template
from django.template import Context
from django.urls import reverse

from accounts.domain.browsers import browser_in_words
from accounts.views.demo_mail import is_shown_to

register = template.Library()
register.filter("browser", browser_in_words)


@register.simple_tag(takes_context=True)
def demo_mailbox(context: Context) -> str:
    """Where this machine's demo mailbox is, for who may open it; nothing for others."""
    request = context.get("request")
    return reverse("demo-mail") if request is not None and is_shown_to(request) else ""
