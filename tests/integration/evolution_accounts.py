"""Run by the system's Python inside a session bus: lets Evolution's own service write accounts. No test by itself."""

from typing import Any

import gi

gi.require_version("EDataServer", "1.2")
from gi.repository import EDataServer, GLib  # noqa: E402

HOST = "dav.agency.example"
registry = EDataServer.SourceRegistry.new_sync(None)


def source(name: str, parent: str = "", *, host: str = "", user: str = "", enabled: bool = True) -> Any:
    made = EDataServer.Source.new(None, None)
    made.set_display_name(name)
    made.set_enabled(enabled)
    if parent:
        made.set_parent(parent)
    if host or user:
        login = made.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        login.set_host(host)
        login.set_user(user)
    return made


def mail(name: str, backend: str, host: str, user: str, address: str = "", *, enabled: bool = True) -> list[Any]:
    account = source(name, host=host, user=user, enabled=enabled)
    extension = account.get_extension(EDataServer.SOURCE_EXTENSION_MAIL_ACCOUNT)
    extension.set_backend_name(backend)
    if not address:
        return [account]
    identity = source(name)
    identity.get_extension(EDataServer.SOURCE_EXTENSION_MAIL_IDENTITY).set_address(address)
    extension.set_identity_uid(identity.get_uid())
    return [account, identity]


def dav(name: str, parent: str, extension: str, backend: str, path: str) -> list[Any]:
    made = source(name, parent, host=HOST, user="ola@agency.example")
    made.get_extension(extension).set_backend_name(backend)
    uri = GLib.Uri.parse(f"https://{HOST}{path}", GLib.UriFlags.NONE)
    made.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).set_uri(uri)
    return [made]


def directory() -> list[Any]:
    made = source("People", "ldap-stub", host="ldap.agency.example")
    made.get_extension(EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK).set_backend_name("ldap")
    return [made]


def collection(name: str, backend: str, host: str, identity: str, *, mail_too: bool) -> list[Any]:
    made = source(name, host=host, user=identity)
    extension = made.get_extension(EDataServer.SOURCE_EXTENSION_COLLECTION)
    extension.set_backend_name(backend)
    extension.set_identity(identity)
    extension.set_mail_enabled(mail_too)
    return [made]


for sources in (
    mail("Work", "imapx", "imap.agency.example", "ola", "ola.nordmann@agency.example"),
    mail("Old", "pop", "pop.old.example", "ola@old.example", enabled=False),
    dav("Plan", "caldav-stub", EDataServer.SOURCE_EXTENSION_CALENDAR, "caldav", "/calendars/ola/"),
    dav("People", "carddav-stub", EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK, "carddav", "/contacts/ola/"),
    directory(),
    collection("Cloud", "webdav", "cloud.agency.example", "kari@agency.example", mail_too=False),
):
    registry.create_sources_sync(sources, None)
