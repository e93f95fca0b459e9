"""The base of /api/v1: tokens' seat, problems, pages, limits, schema."""
