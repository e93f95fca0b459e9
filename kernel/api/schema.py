"""OpenAPI 3.1, generated from the views; names its operations by what they do."""

import re

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        parts = self.path.strip("/").split("/")
        return [parts[2] if len(parts) > 2 else "api"]

    def get_operation_id(self) -> str:
        """The view's name and its method: `jobs_get`, `cancel_job_post`."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__).lower()
        return f"{words}_{self.method.lower()}"

    def get_description(self) -> str:
        """The handler's own words; the base view's docstring tells its reader nothing."""
        return (getattr(getattr(self.view, self.method.lower(), None), "__doc__", None) or "").strip()
