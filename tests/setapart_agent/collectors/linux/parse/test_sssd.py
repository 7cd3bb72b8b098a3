import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import sssd
from setapart_agent.errors import ParseError

CONFIG = """[sssd]
domains = corp.example, two
[domain/corp.example]
id_provider = ad
krb5_realm = CORP.EXAMPLE
ad_server = dc1.corp.example, _srv_
[domain/two]
id_provider = ldap
ldap_uri = ldaps://ldap.partner.example:636, ldap://ldap2.partner.example
[domain/three.example]
id_provider = ldap
"""


def targets(content: str, **more: bytes) -> list[str | None]:
    return [link.target for link in parsed(sssd, content, **more).links]


def test_names_servers_and_realms_are_targets_once() -> None:
    assert targets(CONFIG) == ["corp.example", "ldap.partner.example", "ldap2.partner.example"]


def test_enabled_in_the_section_overrides_the_list() -> None:
    content = CONFIG.replace("[domain/two]", "[domain/two]\nenabled = false").replace(
        "[domain/three.example]", "[domain/three.example]\nenabled = True"
    )
    assert targets(content) == ["corp.example", "three.example"]


def test_a_snippet_switches_on_what_the_main_file_describes() -> None:
    assert targets(
        CONFIG.replace("domains = corp.example, two", ""), **{"conf.d/1.conf": b"[sssd]\ndomains = two\n"}
    ) == [
        "ldap.partner.example",
        "ldap2.partner.example",
    ]


def test_a_listed_domain_without_a_section_is_still_a_join() -> None:
    assert targets("[sssd]\ndomains = corp.example\n") == ["corp.example"]


@pytest.mark.parametrize("provider", ["files", "local"])
def test_local_users_are_no_directory(provider: str) -> None:
    assert targets(f"[sssd]\ndomains = here\n[domain/here]\nid_provider = {provider}\n") == []


def test_a_trusted_subdomain_is_no_domain_of_its_own() -> None:
    assert targets(
        "[sssd]\ndomains = a.example\n[domain/a.example]\n[domain/a.example/b.example]\nenabled = true\n"
    ) == ["a.example"]


def test_another_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(sssd, "key = value\n")


def test_broken_files_survive() -> None:
    assert_survives(sssd, "sssd.conf", CONFIG.encode())
