"""This app's entries in the left column."""

from accounts.registries import Group, NavigationEntry, register_navigation


def register() -> None:
    register_navigation(
        NavigationEntry("Dashboard", "dashboard", Group.SEE, "dashboard", 0, "g d"),
        NavigationEntry("Jobs", "jobs", Group.FOOT, "jobs", 0),
        NavigationEntry("Audit trail", "audit", Group.FOOT, "audit", 1),
        NavigationEntry("Members", "members", Group.FOOT, "members", 2),
    )
