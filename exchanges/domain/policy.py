"""Which venue is open here, in which mode: a table of rules with their reason, source and date, never a constant."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Opens(StrEnum):
    NEVER = "never"
    #: On an instance whose operator says that those who trade run it.
    SELF_HOSTED = "self_hosted"


@dataclass(frozen=True, slots=True)
class Rule:
    """Binds one mode at the venues of a country, or at one venue; where `home` is set, for people of that country."""

    mode: str
    opens: Opens
    reason: str
    source: str
    since: str
    written_on: str
    venue_country: str = ""
    venue: str = ""
    home: str = ""

    def binds(self, *, venue: str, countries: AbstractSet[str], mode: str, home: str) -> bool:
        return (
            self.mode == mode
            and (not self.venue_country or self.venue_country in countries)
            and (not self.venue or self.venue == venue)
            and (not self.home or self.home == home)
        )


@cache
def rules() -> tuple[Rule, ...]:
    return read_rules(files("exchanges.domain").joinpath("policies.json").read_text(encoding="utf-8"))


def read_rules(text: str) -> tuple[Rule, ...]:
    made = tuple(Rule(**{**one, "opens": Opens(one["opens"])}) for one in json.loads(text)["rules"])
    for rule in made:
        if not (rule.venue or rule.venue_country or rule.home):
            raise ValueError("a rule that names nobody would close everything")
    return made


def closed_by(*, venue: str, countries: AbstractSet[str], mode: str, home: str, is_self_hosted: bool) -> Rule | None:
    """The rule that keeps this shut here; None when it is open."""
    for rule in rules():
        if rule.binds(venue=venue, countries=countries, mode=mode, home=home) and not (
            rule.opens is Opens.SELF_HOSTED and is_self_hosted
        ):
            return rule
    return None
