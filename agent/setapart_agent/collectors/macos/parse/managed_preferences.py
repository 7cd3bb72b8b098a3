"""Sign-on services in managed preferences: Apple's extensible single sign-on, Jamf Connect, NoMAD.

`/Library/Managed Preferences/com.apple.extensiblesso.plist` holds a profile's payload; Jamf Connect names an identity
provider and tenant (`OIDCProvider`, `OIDCTenant`, `OIDCROPGID`), NoMAD an Active Directory domain and realm
(`ADDomain`, `KerberosRealm`). Sources: Apple's device-management reference; Jamf's and NoMAD's preference references.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.payloads import facts_of_payload
from setapart_agent.collectors.apple.parse.plist import Dict, is_plist, read_plist, text_of
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.managed-preferences"
MATURITY: Maturity = "untested"

_EXPECTED = "managed preferences of a sign-on service"
_SSO = "com.apple.extensiblesso"
_NAMES = ("com.apple.extensiblesso", "com.apple.AppSSO", "com.jamf.connect", "com.trusourcelabs.NoMAD")
_PROVIDER = ("OIDCProvider", "OIDCDiscoveryURL", "OIDCTenant", "OIDCROPGID", "ROPGProvider", "AuthServer")
_SUBDOMAIN = ("OIDCTenant", "ROPGTenant", "TenantID", "AuthServer")


def recognise(name: str, content: bytes) -> bool:
    """By name: the keys are anybody's."""
    return is_plist(content) and name.replace("\\", "/").rpartition("/")[2].startswith(_NAMES)


def parse(files: FileSet) -> Facts:
    """The realms, domains and tenants; none where nothing of the kind is set.

    Raises:
        ParseError: no property list.
    """
    settings = read_plist(files.main, _EXPECTED)
    links = [link for one in _parts(settings) for link in _links(one, files.profile)]
    return Facts(links=tuple(dict.fromkeys(links)))


def _parts(settings: Dict) -> Iterator[Dict]:
    """The settings, and the groups that newer versions put them into."""
    yield settings
    yield from (one for one in settings.values() if isinstance(one, dict))


def _links(settings: Dict, profile: str) -> Iterator[Link]:
    if text_of(settings, "ExtensionIdentifier") is not None:
        yield from facts_of_payload(_SSO, settings, profile).links
    realm = text_of(settings, "KerberosRealm", "ADDomain")
    if realm is not None:
        yield Link(kind="kerberos", target=realm.strip().strip(".").lower(), profile=profile)
    if any(text_of(settings, key) for key in _PROVIDER):
        tenant = text_of(settings, *_SUBDOMAIN) or host_of(text_of(settings, "OIDCDiscoveryURL"))
        yield Link(kind="sso", target=tenant.lower() if tenant else None, profile=profile)
