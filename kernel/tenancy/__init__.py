"""Tenants: one scope, one abstract row, one loader, and PostgreSQL's row-level security as the second wall."""
