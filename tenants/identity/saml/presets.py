"""Well-known identity providers: what has to be set up there. Attributes are known by these providers' own names."""

from dataclasses import dataclass

__all__ = ["SAML_PRESETS", "SamlPreset"]

_FIELDS = "Enter the two addresses below as they stand"


@dataclass(frozen=True, kw_only=True)
class SamlPreset:
    """A well-known provider. ``metadata_url`` shows the pattern that its address of metadata has, or is empty."""

    title: str
    register: str
    metadata_url: str = ""


SAML_PRESETS: dict[str, SamlPreset] = {
    "saml-entra": SamlPreset(
        title="Microsoft Entra ID",
        register=(
            "Entra admin centre, Enterprise applications: create your own application, Single sign-on, SAML. "
            f"{_FIELDS}: the entity id as Identifier, the other as Reply URL. For groups add a group claim: it sends "
            "the groups' object IDs. Then copy the App Federation Metadata Url."
        ),
        metadata_url="https://login.microsoftonline.com/{tenant id}/federationmetadata/2007-06/federationmetadata.xml",
    ),
    "saml-okta": SamlPreset(
        title="Okta",
        register=(
            "Okta admin console, Applications: create an app integration with SAML 2.0. "
            f"{_FIELDS}: the answers' address as Single sign-on URL, the entity id as Audience URI. Add the attribute "
            "statements email (user.email), firstName and lastName, and a group attribute statement groups. Then copy "
            "the metadata URL on the tab Sign On."
        ),
        metadata_url="https://{your domain}.okta.com/app/{app id}/sso/saml/metadata",
    ),
    "saml-google": SamlPreset(
        title="Google Workspace",
        register=(
            "Google Admin console, Apps, Web and mobile apps: add a custom SAML app and download the metadata, which "
            f"Google offers under no address: paste it here. {_FIELDS}. Choose EMAIL as Name ID format, and map "
            "Primary email to email, First name to firstName, Last name to lastName, and groups to groups."
        ),
    ),
    "saml-keycloak": SamlPreset(
        title="Keycloak",
        register=(
            "Keycloak admin console, Clients: import the metadata of this service (its address is the entity id "
            "below), or create a client of the type SAML with the entity id as Client ID. Add the predefined mappers "
            "for X500 email, givenName and surname, and a group list mapper named groups without full paths."
        ),
        metadata_url="https://{host}/realms/{realm}/protocol/saml/descriptor",
    ),
    "saml-adfs": SamlPreset(
        title="AD FS",
        register=(
            "AD FS Management: add a claims-aware relying party trust by the entity id below, which is the address of "
            "this service's metadata. Issue the claims E-Mail Address, Given Name, Surname and Name ID, and Group for "
            "groups. The farm's endpoint for federation metadata is what belongs below."
        ),
        metadata_url="https://{host}/FederationMetadata/2007-06/FederationMetadata.xml",
    ),
    "saml": SamlPreset(
        title="Another SAML 2.0 provider",
        register=(
            f"{_FIELDS}, or give the provider the address of this service's metadata, which is the entity id. Let it "
            "sign assertions, send a lasting NameID and the attribute email."
        ),
    ),
}
