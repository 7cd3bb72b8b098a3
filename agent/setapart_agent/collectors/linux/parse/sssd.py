"""SSSD: `/etc/sssd/sssd.conf` and `/etc/sssd/conf.d/*.conf`.

Format: sssd.conf(5), sssd-ad(5), sssd-ipa(5), sssd-ldap(5). `enabled` in a domain's section overrides the list in
`[sssd] domains`.
"""

from setapart_agent.collectors.desktop.parse.sections import Section, Sections, sections, words
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.sssd"
MATURITY: Maturity = "captures"

_DOMAIN = "domain/"
_LOCAL = frozenset({"files", "local"})
_NAMES = ("ad_domain", "ipa_domain", "dns_discovery_domain", "krb5_realm")
_SERVERS = ("ldap_uri", "ldap_backup_uri", "ad_server", "ipa_server", "krb5_server")


def recognise(name: str, content: bytes) -> bool:
    """By its sections."""
    return b"[sssd]" in content or (b"[domain/" in content and (name.endswith(".conf") or b"id_provider" in content))


def parse(files: FileSet) -> Facts:
    """The directories that are switched on, as links; one that is configured and off is none.

    Roles: `main` is sssd.conf; every other role a file of conf.d, read after it in the order of the roles' names.

    Raises:
        ParseError: not one section.
    """
    extra = [files.files[role] for role in sorted(files.files) if role != "main"]
    parts = [sections(raw) for raw in (files.main, *extra)]
    found = Sections(all=tuple(section for part in parts for section in part)).united()
    if found.all and not any(section.name for section in found):
        raise ParseError("no section", expected="a configuration of SSSD")
    listed = {name.lower() for name in words(found.named("sssd").get("domains"))}
    targets: list[str] = []
    for section in found:
        name = section.name.removeprefix(_DOMAIN)
        if name == section.name or "/" in name or section.get("id_provider") in _LOCAL:
            continue
        enabled = section.flag("enabled")
        if enabled or (enabled is None and name.lower() in listed):
            targets += _targets(name, section)
    configured = {section.name.lower() for section in found}
    targets += [_name(name) for name in listed if f"{_DOMAIN}{name}" not in configured]
    return Facts(
        links=tuple(
            Link(kind="directory-join", target=target, profile=files.profile) for target in dict.fromkeys(targets)
        )
    )


def _targets(name: str, domain: Section) -> list[str]:
    """The domain's DNS name, and each server outside of it; the section's name alone if nothing says more."""
    names = [value.lower() for key in _NAMES if (value := domain.get(key))]
    if "." in name:
        names.insert(0, name.lower())
    for key in _SERVERS:
        for server in words(domain.get(key)):
            host = host_of(server)
            if host and "." in host and not any(host == known or host.endswith(f".{known}") for known in names):
                names.append(host)
    return list(dict.fromkeys(names)) or [_name(name)]


def _name(name: str) -> str:
    return name.lower() if "." in name else name
