import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import joins


@pytest.mark.parametrize(
    ("content", "target"),
    [
        (
            "[global]\nrealm = CORP.EXAMPLE\ndomain = corp.example\nxmlrpc_uri = https://ipa.corp.example/ipa/xml\n",
            "corp.example",
        ),
        ("[global]\ndomains = corp.example\n", "corp.example"),
        ("[oidc]\nissuer = https://login.microsoftonline.com/1111/v2.0\n", "login.microsoftonline.com"),
        ("# nslcd\nuid nslcd\nuri ldaps://ldap.corp.example:636/\nbase dc=x\n", "ldap.corp.example"),
        ("domain nis.corp.example server 10.0.0.1\n", "nis.corp.example"),
    ],
)
def test_the_directory_of_each_client(content: str, target: str) -> None:
    assert [(link.kind, link.target) for link in parsed(joins, content).links] == [("directory-join", target)]


@pytest.mark.parametrize(
    "content", ["uri ldap://127.0.0.1/\n", "[oidc]\nissuer = https://x/<TENANT>\n"[:6], "# nothing\n", ""]
)
def test_a_template_or_this_machine_is_no_directory(content: str) -> None:
    assert parsed(joins, content).links == ()


def test_broken_files_survive() -> None:
    assert_survives(joins, "himmelblau.conf", b"[global]\ndomains = corp.example,b.example\n")
