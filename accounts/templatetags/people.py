"""Template filters about people and what they use."""

from django import template

from accounts.domain.browsers import browser_in_words

register = template.Library()
register.filter("browser", browser_in_words)
