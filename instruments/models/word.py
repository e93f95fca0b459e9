"""Every word that an instrument is found by, once: what was misspelt is looked for here, not in each instrument."""

from django.db import models

LONGEST_WORD = 40


class SearchWord(models.Model):
    word = models.CharField(max_length=LONGEST_WORD, primary_key=True)

    class Meta:
        ordering = ("word",)

    def __str__(self) -> str:
        return self.word
