from django.apps import AppConfig


class Kernel(AppConfig):
    name = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
