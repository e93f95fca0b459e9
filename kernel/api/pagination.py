"""Pages by cursor: stable while rows arrive, and as fast on the last page as on the first."""

from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"
    cursor_query_param = "cursor"
