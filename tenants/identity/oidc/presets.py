"""Well-known providers: what to write where, and what has to be registered there."""

from dataclasses import dataclass

from tenants.identity.oidc.settings import GITHUB, Protocol, TokenAuthentication

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A well-known provider. ``issuer`` is the whole address, or a pattern to show where each customer has its own."""

    title: str
    issuer: str
    issuer_help: str = ""
    register: str
    protocol: Protocol = Protocol.OIDC
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = ""
    token_authentication: TokenAuthentication = TokenAuthentication.BASIC
    verifies_email: bool = True

    @property
    def is_fixed(self) -> bool:
        """Whether the issuer is the same for everybody."""
        return bool(self.issuer) and "{" not in self.issuer


PRESETS: dict[str, Preset] = {
    "google": Preset(
        title="Google",
        issuer="https://accounts.google.com",
        register=(
            "Google Cloud console, APIs & Services, Credentials: create an OAuth client ID of the type Web application "
            "and add the callback address to the authorised redirect URIs. Anyone with a Google account can come: "
            "name your e-mail domains below."
        ),
    ),
    "entra": Preset(
        title="Microsoft Entra ID",
        issuer="https://login.microsoftonline.com/{tenant id}/v2.0",
        issuer_help="With the directory (tenant) ID of your organisation; “common” is refused.",
        register=(
            "Entra admin centre, App registrations: register an application for this directory only, add the callback "
            "address as a redirect URI of the platform Web, create a client secret, and add the optional claim email "
            "to the ID token. For groups add the groups claim: it sends the groups' object IDs. Entra does not say "
            "that addresses are verified: name your e-mail domains and trust them."
        ),
        groups_claim="groups",
        token_authentication=TokenAuthentication.POST,
        verifies_email=False,
    ),
    "okta": Preset(
        title="Okta",
        issuer="https://{your domain}.okta.com",
        issuer_help="Or the issuer of an authorisation server of yours, which ends in /oauth2/default.",
        register=(
            "Okta admin console, Applications: create an app integration with OIDC and Web Application, and add the "
            "callback address to the sign-in redirect URIs. For groups add a groups claim to the ID token."
        ),
        scopes=("openid", "email", "profile", "groups"),
        groups_claim="groups",
    ),
    "auth0": Preset(
        title="Auth0",
        issuer="https://{your domain}.auth0.com/",
        issuer_help="With the slash at its end, as Auth0 writes it.",
        register=(
            "Auth0 dashboard, Applications: create a Regular Web Application and add the callback address to the "
            "allowed callback URLs. Groups come by an Action that adds a claim with a name of your own."
        ),
        token_authentication=TokenAuthentication.POST,
    ),
    "keycloak": Preset(
        title="Keycloak",
        issuer="https://{your host}/realms/{realm}",
        register=(
            "Keycloak's admin console, Clients: create an OpenID Connect client with client authentication and the "
            "standard flow, and add the callback address to the valid redirect URIs. For groups add a mapper of the "
            "type Group Membership named groups, or use realm_access.roles."
        ),
        groups_claim="groups",
    ),
    "github": Preset(
        title="GitHub",
        issuer=GITHUB,
        register=(
            "GitHub, Settings, Developer settings, OAuth Apps: register an application with the callback address. "
            "Anyone with a GitHub account can come: name your e-mail domains below, or let only those enter who were "
            "added here. The primary e-mail address counts, once GitHub has verified it."
        ),
        protocol=Protocol.GITHUB,
        scopes=("read:user", "user:email"),
        token_authentication=TokenAuthentication.POST,
    ),
    "other": Preset(
        title="Another provider",
        issuer="https://{your provider}",
        issuer_help="The address below which /.well-known/openid-configuration stands.",
        register="Register a confidential client for the authorisation code flow, with the callback address.",
    ),
}
"""By the name that ``IdentityProvider.preset`` has."""
