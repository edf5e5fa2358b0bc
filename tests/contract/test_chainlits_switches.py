"""Every switch of Chainlit has an owner, the tenant or the app: an upgrade cannot bring one in unnoticed."""

import json
import os
import subprocess
import sys

import msgspec
import pytest

from tenants.contract.state import Audio, Features, FileUpload, HeaderLink, Interface, Mcp, McpUserServers

# What stays with the app's developer, and why.
LEFT_TO_THE_APP = {
    "FeaturesSettings": {
        "unsafe_allow_html",  # a decision about the app's own code
        "slack",  # carries credentials of a process
    },
    "McpFeature": {"servers"},  # starts processes and carries credentials
    "UISettings": {
        "custom_css", "custom_css_attributes", "custom_js", "custom_js_attributes", "custom_build",  # code
        "github",  # no longer shown by Chainlit 2.12
    },
}  # fmt: skip
# What a tenant owns under another name: branding and assets.
OWNED_ELSEWHERE = {
    "UISettings": {
        "name", "description", "default_theme",
        "logo_file_url", "default_avatar_file_url", "login_page_image",
    },
}  # fmt: skip
OURS = {
    "FeaturesSettings": Features,
    "SpontaneousFileUploadFeature": FileUpload,
    "AudioFeature": Audio,
    "McpFeature": Mcp,
    "McpUserServersFeature": McpUserServers,
    "UISettings": Interface,
    "HeaderLink": HeaderLink,
}
ASK_CHAINLIT = """
import json
from chainlit import config
names = %r
print(json.dumps({name: sorted(getattr(config, name).model_fields) for name in names}))
"""


@pytest.fixture(scope="module")
def chainlits(tmp_path_factory) -> dict[str, set[str]]:
    """The fields of Chainlit's own settings, asked in a process of its own: importing it changes a process for good."""
    folder = tmp_path_factory.mktemp("chainlit")
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_CHAINLIT % list(OURS)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CHAINLIT_APP_ROOT": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: set(fields) for name, fields in json.loads(answer.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("name", OURS)
def test_every_switch_has_an_owner(chainlits, name):
    ours = {field.encode_name for field in msgspec.structs.fields(OURS[name])}
    elsewhere = LEFT_TO_THE_APP.get(name, set()) | OWNED_ELSEWHERE.get(name, set())
    assert ours | elsewhere == chainlits[name]
    assert not ours & elsewhere
