"""This app's entries in the left column, and its cards on the dashboard."""

from accounts.registries import (
    Column,
    DashboardCard,
    Group,
    NavigationEntry,
    register_card,
    register_navigation,
    register_search,
)
from accounts.views.audit import trail_card
from accounts.views.jobs import newest_jobs_card
from accounts.views.members import find_members
from kernel.tenancy.access import Right


def register() -> None:
    register_navigation(
        NavigationEntry("Dashboard", "dashboard", Group.SEE, "dashboard", 0, "g d"),
        NavigationEntry("Jobs", "jobs", Group.FOOT, "jobs", 0),
        NavigationEntry("Audit trail", "audit", Group.FOOT, "audit", 1, right=Right.MANAGE),
        NavigationEntry("Members", "members", Group.FOOT, "members", 2),
        NavigationEntry("API tokens", "tokens", Group.FOOT, "key", 3),
        NavigationEntry("Settings", "workspace-settings", Group.FOOT, "settings", 4, right=Right.MANAGE),
    )
    register_card(DashboardCard("jobs", "accounts/partials/_jobs_card.html", newest_jobs_card, Column.MAIN, 90))
    register_card(
        DashboardCard("trail", "accounts/partials/_trail_card.html", trail_card, Column.SIDE, 90, Right.MANAGE)
    )
    register_search("members", find_members)
