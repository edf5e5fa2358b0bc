"""Addresses of the settings page, below /settings/ on a tenant's domain."""

from django.urls import path, re_path

from tenants.portal.views import (
    access,
    branding,
    environment,
    features,
    files,
    flags,
    links,
    members,
    overview,
    profile,
    sign_in,
    uploads,
)

app_name = "portal"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sign-in/", sign_in.sign_in_page, name="sign_in"),
    path("sign-out/", sign_in.sign_out_page, name="sign_out"),
    path("reset/", links.ask_reset, name="ask_reset"),
    path("reset/<uuid:link_id>/<str:secret>/", links.reset_password, name="reset_password"),
    path("invitation/<uuid:link_id>/<str:secret>/", links.accept_invitation, name="accept_invitation"),
    path("profile/", profile.profile, name="profile"),
    path("profile/name/", profile.rename, name="rename"),
    path("profile/password/", profile.change_own_password, name="change_password"),
    path("profile/sign-ins/<uuid:sign_in_id>/end/", profile.end_own_sign_in, name="end_sign_in"),
    path("members/", members.members, name="members"),
    path("members/<uuid:member_id>/", members.change_member, name="change_member"),
    path("members/<uuid:member_id>/invite/", members.resend, name="resend_invitation"),
    path("members/<uuid:member_id>/sign-out/", members.sign_member_out, name="sign_member_out"),
    path("members/<uuid:member_id>/remove/", members.remove, name="remove_member"),
    path("brand.css", sign_in.brand_css, name="brand_css"),
    path("branding/", branding.branding, name="branding"),
    path("files/", files.files, name="files"),
    path("files/states/", uploads.file_states, name="file_states"),
    path("files/uploads/<uuid:asset_id>/finish/", uploads.finish_file, name="finish_file"),
    path("files/uploads/<uuid:asset_id>/cancel/", uploads.cancel_file, name="cancel_file"),
    path("files/<str:role>/", uploads.bring_file, name="bring_file"),
    path("files/<str:role>/received/", uploads.receive_file, name="receive_file"),
    path("files/<str:role>/describe/", uploads.describe_file, name="describe_file"),
    path("files/<str:role>/remove/", uploads.remove_file, name="remove_file"),
    path("features/", features.features, name="features"),
    path("flags/", flags.flags, name="flags"),
    path("flags/<str:name>/", flags.switch_flag, name="switch_flag"),
    path("flags/<str:name>/remove/", flags.remove_flag, name="remove_flag"),
    path("environment/", environment.environment, name="environment"),
    path("environment/<str:name>/remove/", environment.remove_variable, name="remove_variable"),
    path("access/", access.access, name="access"),
    path("access/history/", access.keep_history, name="keep_history"),
    path("access/sign-out-everyone/", access.sign_out_all, name="sign_out_everyone"),
    # Ends in a slash like every page, so that an address without one is completed first.
    re_path(r"^.*/$", overview.missing),
]
