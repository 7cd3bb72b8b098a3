from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import krb5
from setapart_evidence.model import Link

CONFIG = """includedir /etc/krb5.conf.d/
[libdefaults]
    default_realm = CORP.EXAMPLE
    default_ccache_name = {}
[realms]
    OTHER.EXAMPLE = {{
        kdc = kdc.other.example
    }}
"""


def test_only_the_default_realm_is_a_tie() -> None:
    assert parsed(krb5, CONFIG.format("FILE:/tmp/krb5cc_%{uid}")).links == (
        Link(kind="kerberos", target="corp.example", profile="1000"),
    )


def test_a_second_default_realm_does_not_hide_the_first() -> None:
    raw = (
        "[libdefaults]\ndefault_realm* = CORP.EXAMPLE\n[realms]\ndefault_realm = NO\n[libdefaults]\ndefault_realm=TWO\n"
    )
    assert [link.target for link in parsed(krb5, raw).links] == ["corp.example", "two"]


def test_included_files_and_folders_are_named() -> None:
    raw = b"includedir /etc/krb5.conf.d/\n  include /opt/x.conf\n#include /no\ninclude relative\n[libdefaults]\n"
    assert krb5.included(raw) == ("/etc/krb5.conf.d/*", "/opt/x.conf")


def test_caches_without_a_file_are_known() -> None:
    kinds = ["KCM:", "KEYRING:persistent:%{uid}", "FILE:/tmp/x", "DIR:/run"]
    assert [krb5.hidden_cache(CONFIG.format(kind).encode()) for kind in kinds] == ["KCM", "KEYRING", None, None]


def test_a_configuration_without_a_realm_has_no_link() -> None:
    assert (
        parsed(krb5, "includedir /etc/krb5.conf.d/\n").links
        == parsed(krb5, "[libdefaults]\ndns_lookup_kdc=1\n").links
        == ()
    )


def test_broken_files_survive() -> None:
    assert_survives(krb5, "krb5.conf", CONFIG.format("KCM:").encode())
