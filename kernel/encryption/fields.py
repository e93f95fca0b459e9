"""EncryptedField: a model field whose value is sealed at rest and opened only by asking.

secret = EncryptedField(bound_to=("workspace_id", "pk"))

row.secret = Secret("…")        # sealed on save
row.secret.open()               # a Secret, in the process that needs it
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from kernel.encryption.envelope import Envelope, seal, unseal
from kernel.encryption.keyring import key_ring
from kernel.encryption.secret import Secret


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored secret: it knows its key's name and opens on demand."""

    envelope: str
    owner: tuple[str, ...]

    def open(self) -> Secret:
        return unseal(Envelope.parse(self.envelope), key_ring(), self.owner)

    @property
    def key_id(self) -> str:
        return Envelope.parse(self.envelope).key_id

    def __repr__(self) -> str:
        return "Sealed(••••)"

    __str__ = __repr__


class _Attribute:
    """Gives out a Sealed; takes a Secret, a stored envelope (from the database) or None."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        value = instance.__dict__[self.field.attname]
        if value is None or isinstance(value, Secret):
            return value
        return Sealed(str(value), self.field.owner_of(instance))

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, Sealed):
            value = Envelope.parse(value.envelope)
        if not (value is None or isinstance(value, Secret | Envelope | models.expressions.DatabaseDefault)):
            raise TypeError(f"{self.field.name} takes a Secret, got {type(value).__name__}")
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Sealed text. The associated data are the model, the field and the attributes named in `bound_to`."""

    description = "A text under envelope encryption"

    def __init__(self, *args: Any, bound_to: tuple[str, ...] = ("workspace_id", "pk"), **kwargs: Any) -> None:
        self.bound_to = bound_to
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, {**kwargs, "bound_to": self.bound_to}

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _Attribute(self))

    def owner_of(self, instance: models.Model) -> tuple[str, ...]:
        return self.owner_from({name: getattr(instance, name) for name in self.bound_to})

    def owner_from(self, values: dict[str, Any]) -> tuple[str, ...]:
        missing = [name for name in self.bound_to if values[name] is None]
        if missing:
            raise FieldError(f"{self.name} is bound to {', '.join(missing)}, which has no value yet")
        return (
            "plumbline",
            self.model._meta.label_lower,
            self.name,
            *(str(values[n]) for n in self.bound_to),
        )

    def from_db_value(self, value: str | None, *_: Any) -> Envelope | None:
        return None if value is None else Envelope.parse(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        value = model_instance.__dict__[self.attname]
        if isinstance(value, Secret):
            value = seal(value, key_ring(), self.owner_of(model_instance))
            model_instance.__dict__[self.attname] = value
        return None if value is None else str(value)

    def get_prep_value(self, value: Any) -> str | None:
        if isinstance(value, Secret):
            raise FieldError(f"{self.name} cannot be searched by its content")
        return None if value is None else str(value)

    def value_to_string(self, obj: models.Model) -> str:
        return "••••"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in {"isnull", "startswith", "exact"}:
            raise FieldError(f"{self.name} is encrypted and cannot be searched by {lookup_name}")
        return super().get_lookup(lookup_name)
