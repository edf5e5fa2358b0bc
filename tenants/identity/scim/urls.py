"""Addresses for directories, below /settings/scim/v2 on a tenant's domain. SCIM's have no slash at their end."""

from django.urls import re_path

from tenants.identity.scim.views import scim

app_name = "scim"
urlpatterns = [re_path(r"^(?P<path>(?:/.*)?)$", scim, name="scim")]
