"""Compiles every template of ours and names what would break the content policy, the escaping or a form."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template

RULES = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    # A link that somebody may follow loads nothing.
    "another host": re.compile(r"(?:\b(?:src|action)|<(?!a\s)[^<>]*\bhref)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b"),
    "htmx's eval": re.compile(r"hx-on|hx-vals\s*=\s*[\"']js:|hx-headers\s*=\s*[\"']js:"),
}
_POST = re.compile(r"<form\b[^>]*method\s*=\s*[\"']post[\"'][^>]*>(.*?)</form>", re.IGNORECASE | re.DOTALL)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.ROOT) / "templates"
        files = sorted(root.rglob("*.html")) + sorted(root.rglob("*.txt"))
        wrong = [f"{file.relative_to(root)}: {what}" for file in files for what in self._problems(root, file)]
        for line in wrong:
            self.stderr.write(line)
        if wrong:
            raise CommandError(f"{len(wrong)} problems in {len(files)} templates.")
        self.stdout.write(f"{len(files)} templates, no problem.")

    def _problems(self, root: Path, file: Path) -> list[str]:
        text = file.read_text(encoding="utf-8")
        # A plain text is not HTML: escaping it would show a reader &amp;.
        rules = RULES if file.suffix == ".html" else {}
        found = [name for name, pattern in rules.items() if pattern.search(text)]
        found += ["a form that posts without its token" for form in _POST.findall(text) if "csrf_token" not in form]
        try:
            get_template(str(file.relative_to(root)))
        except TemplateSyntaxError as error:
            found.append(f"does not compile ({error})")
        return found
