"""What one payload of a configuration profile sets up: an account, a link, a web app, a block.

Keys by payload type: Apple's device-management documentation, github.com/apple/device-management, mdm/profiles. An
account is called what Accounts3.sqlite calls it once the profile is installed, so that both ways to see it agree.
"""

from collections.abc import Callable, Mapping

from setapart_agent.collectors.apple.parse.enterprise_networks import CLIENT, domain_of_login, links_of_client
from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, dict_of, dicts_of, text_of, texts_of
from setapart_agent.collectors.apple.parse.server import organisations
from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.facts import AccountFact, Facts, domain_of, host_of
from setapart_evidence.model import App, Enforcement, Link, Service

_ALL: tuple[Service, ...] = ("mail", "calendar", "contacts")
_KERBEROS_EXTENSIONS = frozenset({"com.apple.AppSSOKerberos.KerberosExtension"})
_BLOCKED = ("blockedAppBundleIDs", "blacklistedAppBundleIDs")
_VPN_PARTS = ("IKEv2", "IPSec", "VPN", "PPP", "TransparentProxy", "AlwaysOn")
_SIGN_IN_HOSTS = frozenset(
    {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
)
_NO_TENANT = frozenset({"common", "organizations", "consumers"})


def facts_of_payload(kind: str, payload: Dict, profile: str) -> Facts:
    """The facts of one payload; none for payloads that set up nothing of the kind.

    Args:
        kind: its `PayloadType`.
        payload: its keys, as in the profile.
        profile: the profile of the device that the facts belong to.
    """
    if kind in _ACCOUNTS:
        return Facts(accounts=_accounts(kind, payload, profile))
    if kind == "com.apple.webClip.managed":
        return Facts(apps=_web_clip(payload, profile))
    if kind == "com.apple.applicationaccess":
        return Facts(enforcement=app_block(payload))
    links = _LINKS.get(kind)
    if links is None and kind.startswith("com.apple.vpn.managed") and kind != "com.apple.vpn.managed.appmapping":
        links = _vpn
    return Facts(links=(links or _enterprise_network)(payload, profile))


def app_block(settings: Dict) -> tuple[Enforcement, ...]:
    """The apps that a manager keeps from being shown and started."""
    blocked = tuple(dict.fromkeys(name for key in _BLOCKED for name in texts_of(settings, key)))
    return (Enforcement(kind="app-block", identifiers=blocked, by="mdm"),) if blocked else ()


def _accounts(kind: str, payload: Dict, profile: str) -> tuple[AccountFact, ...]:
    """One account, or one per organisation whose servers it names."""
    name, services, hosts, users = _ACCOUNTS[kind]
    user = text_of(payload, *users)
    address = next((one for key in users if domain_of(one := text_of(payload, key)) is not None), None)
    if kind == "com.apple.mail.managed" and text_of(payload, "EmailAccountType") == "EmailTypePOP":
        name = "com.apple.account.POP"
    if kind == "com.apple.eas.account":
        switches: tuple[tuple[Service, str], ...] = (
            ("mail", "EnableMail"), ("calendar", "EnableCalendars"), ("contacts", "EnableContacts"),
        )  # fmt: skip
        services = tuple(service for service, key in switches if bool_of(payload, key) is not False)
    named = organisations(host for key in hosts if (host := host_of(text_of(payload, key))) is not None)
    return tuple(
        AccountFact(
            profile=profile,
            type=name,
            services=services,
            address=address,
            domain=domain_of(address) or domain_of_login(user),
            host=host,
            tenant=_tenant(payload),
        )
        for host in named or (None,)
    )


def _tenant(payload: Dict) -> str | None:
    """The tenant in `https://login.microsoftonline.com/<tenant>/oauth2/…`."""
    for key in ("OAuthSignInURL", "OAuthTokenRequestURL"):
        url = text_of(payload, key) or ""
        if host_of(url) in _SIGN_IN_HOSTS:
            tenant = url.partition("://")[2].partition("/")[2].partition("/")[0].lower()
            if tenant and tenant not in _NO_TENANT:
                return tenant
    return None


def _vpn(payload: Dict, profile: str) -> tuple[Link, ...]:
    """The servers that a VPN leads to; one link without a target where none is named."""
    parts = [dict_of(payload, name) for name in _VPN_PARTS]
    parts += [one for part in parts for one in dicts_of(part, "TunnelConfigurations")]
    hosts = dict.fromkeys(
        host
        for part in (*parts, payload)
        if (host := host_of(text_of(part, "RemoteAddress", "CommRemoteAddress", "ServerAddress"))) is not None
    )
    return tuple(Link(kind="vpn", target=host, profile=profile) for host in hosts or (None,))


def _relay(payload: Dict, profile: str) -> tuple[Link, ...]:
    hosts = dict.fromkeys(
        host_of(text_of(relay, "HTTP3RelayURL", "HTTP2RelayURL")) for relay in dicts_of(payload, "Relays")
    )
    return tuple(Link(kind="vpn", target=host, profile=profile) for host in hosts or (None,))


def _enterprise_network(payload: Dict, profile: str) -> tuple[Link, ...]:
    """A Wi-Fi or wired network that asks who one is; none where a shared password opens it."""
    if not isinstance(payload.get(CLIENT), dict):
        return ()
    return links_of_client(dict_of(payload, CLIENT), profile, text_of(payload, "DomainName"))


def _sso(payload: Dict, profile: str) -> tuple[Link, ...]:
    kerberos = dict_of(payload, "Kerberos")
    realm = text_of(kerberos, "Realm") or domain_of(text_of(kerberos, "PrincipalName"))
    return (Link(kind="kerberos", target=realm.lower() if realm else None, profile=profile),)


def _extensible_sso(payload: Dict, profile: str) -> tuple[Link, ...]:
    realm = text_of(payload, "Realm")
    if text_of(payload, "ExtensionIdentifier") in _KERBEROS_EXTENSIONS:
        return (Link(kind="kerberos", target=realm.lower() if realm else None, profile=profile),)
    hosts = [host_of(url) for url in texts_of(payload, "URLs")]
    hosts += [host.lstrip(".").lower() for host in texts_of(payload, "Hosts")]
    targets = dict.fromkeys(target.lower() for target in (realm, *hosts) if target)
    return tuple(Link(kind="sso", target=target, profile=profile) for target in targets or (None,))


def _mdm(payload: Dict, profile: str) -> tuple[Link, ...]:
    target = host_of(text_of(payload, "ServerURL", "CheckInURL")) or domain_of(
        text_of(payload, "ManagedAppleID", "AssignedManagedAppleID")
    )
    return (Link(kind="mdm", target=target, profile=profile),)


def _directory(payload: Dict, profile: str) -> tuple[Link, ...]:
    return (Link(kind="directory-join", target=host_of(text_of(payload, "HostName")), profile=profile),)


def _certificate(*keys: str) -> Callable[[Dict, str], tuple[Link, ...]]:
    """A certificate with its key, which proves to somebody who the device is; by where it comes from."""

    def links(payload: Dict, profile: str) -> tuple[Link, ...]:
        issuer = text_of(payload, *keys) or text_of(dict_of(payload, "PayloadContent"), *keys)
        return (Link(kind="certificate", target=host_of(issuer), profile=profile),)

    return links


def _web_clip(payload: Dict, profile: str) -> tuple[App, ...]:
    url = text_of(payload, "URL")
    if url is None:
        return ()
    return (
        App(
            identifier=origin_of(url) or url,
            name=text_of(payload, "Label"),
            profile=profile,
            kind="web-app",
            source="mdm",
        ),
    )


_ACCOUNTS: Mapping[str, tuple[str, tuple[Service, ...], tuple[str, ...], tuple[str, ...]]] = {
    "com.apple.eas.account": ("com.apple.account.Exchange", _ALL, ("Host",), ("EmailAddress", "UserName")),
    "com.apple.ews.account": (
        "com.apple.account.Exchange", _ALL, ("Host", "ExternalHost"), ("EmailAddress", "UserName"),
    ),
    "com.apple.mail.managed": (
        "com.apple.account.IMAP",
        ("mail",),
        ("IncomingMailServerHostName", "OutgoingMailServerHostName"),
        ("EmailAddress", "IncomingMailServerUsername", "OutgoingMailServerUsername"),
    ),
    "com.apple.caldav.account": (
        "com.apple.account.CalDAV", ("calendar",), ("CalDAVHostName", "CalDAVPrincipalURL"), ("CalDAVUsername",),
    ),
    "com.apple.carddav.account": (
        "com.apple.account.CardDAV", ("contacts",), ("CardDAVHostName", "CardDAVPrincipalURL"), ("CardDAVUsername",),
    ),
    "com.apple.ldap.account": (
        "com.apple.account.LDAP", ("contacts",), ("LDAPAccountHostName",), ("LDAPAccountUserName",),
    ),
    "com.apple.google-oauth": ("com.apple.account.Google", _ALL, (), ("EmailAddress",)),
    "com.apple.subscribedcalendar.account": (
        "com.apple.account.SubscribedCalendar", ("calendar",), ("SubCalAccountHostName",), ("SubCalAccountUsername",),
    ),
    "com.apple.osxserver.account": ("com.apple.account.osxserver", _ALL, ("HostName",), ("UserName",)),
    "com.apple.jabber.account": ("com.apple.account.jabber", (), ("JabberHostName",), ("JabberUserName",)),
}  # fmt: skip
"""Payload type to account type, services, the keys of its servers and those of its user."""

_LINKS: Mapping[str, Callable[[Dict, str], tuple[Link, ...]]] = {
    "com.apple.mdm": _mdm,
    "com.apple.sso": _sso,
    "com.apple.extensiblesso": _extensible_sso,
    "com.apple.relay.managed": _relay,
    "com.apple.wifi.managed": _enterprise_network,
    "com.apple.DirectoryService.managed": _directory,
    "com.apple.security.pkcs12": _certificate(),
    "com.apple.security.scep": _certificate("URL"),
    "com.apple.security.acme": _certificate("DirectoryURL"),
    "com.apple.ADCertificate.managed": _certificate("CertServer"),
}
