"""The API's reference as a page of ours: made from the schema, without a script or another host."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from kernel.api.codes import CODES

METHODS = ("get", "post", "put", "patch", "delete")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    context = {"info": schema["info"], "operations": list(_operations(schema)), "codes": CODES}
    return render(request, "kernel/reference.html", context)


def _operations(schema: dict[str, Any]) -> Any:
    components = schema.get("components", {}).get("schemas", {})
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                yield {
                    "anchor": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "request": _fields(operation.get("requestBody", {}), components),
                    "answers": [
                        {"status": status, "fields": _fields(answer, components)}
                        for status, answer in operation["responses"].items()
                    ],
                }


def _fields(body: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    """The named members of a JSON body; those of a list's rows as `results[].id`."""
    shape = body.get("content", {}).get("application/json", {}).get("schema", {})
    return list(_members(shape, components, before=""))


def _members(shape: dict[str, Any], components: dict[str, Any], before: str) -> Iterator[dict[str, Any]]:
    if "$ref" in shape:
        shape = components[shape["$ref"].rpartition("/")[2]]
    required = set(shape.get("required", ()))
    for name, member in shape.get("properties", {}).items():
        if "$ref" in member.get("items", {}):
            yield from _members(member["items"], components, before=f"{before}{name}[].")
        else:
            yield {"name": f"{before}{name}", "type": _type(member), "is_required": name in required}


def _type(member: dict[str, Any]) -> str:
    kind = member.get("format") or member.get("type") or "value"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
