from django.contrib.admin.apps import AdminConfig


class OperatorAdmin(AdminConfig):
    default_site = "accounts.operator_site.OperatorSite"
