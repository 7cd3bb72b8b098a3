"""What Android's account types reach: type id to services.

Types and sources: real `dumpsys account` captures (emulator API 35, AOSP 10, Quectel SC60 7.1.2, Samsung 15 and 16,
Xiaomi, Lenovo 14, MIUI 2.3) and the apps' own strings. `samsung.android.exchange` is from general knowledge and not
verified. The catalog's account types carry the same.
"""

from setapart_evidence.model import Service

_MAIL: tuple[Service, ...] = ("mail",)
_GROUPWARE: tuple[Service, ...] = ("mail", "calendar", "contacts")
_DAV: tuple[Service, ...] = ("calendar", "contacts")
_CONTACTS: tuple[Service, ...] = ("contacts",)
_FILES: tuple[Service, ...] = ("files",)

SERVICES: dict[str, tuple[Service, ...]] = {
    "com.google": _GROUPWARE,
    "cn.google": _GROUPWARE,
    "app.revanced": _GROUPWARE,  # a fork of microG: Google's credentials, so it may reach all of them
    "com.google.work": (),  # managed Google Play only
    "com.google.android.gm.exchange": _GROUPWARE,
    "com.google.android.gm.pop3": _MAIL,
    "com.google.android.gm.legacyimap": _MAIL,
    "com.android.exchange": _GROUPWARE,
    "com.android.email": _MAIL,
    "com.android.email.pop3": _MAIL,
    "com.android.email.legacy.imap": _MAIL,
    "com.samsung.android.email": _MAIL,
    "com.samsung.android.exchange": _GROUPWARE,
    "com.samsung.android.ldap": ("contacts", "directory"),
    "com.ninefolders.hd3": _GROUPWARE,
    "com.htc.android.mail.eas": _GROUPWARE,
    "com.osp.app.signin": _DAV,
    "com.microsoft.office.outlook.USER_ACCOUNT": _GROUPWARE,
    "com.microsoft.workaccount": (),
    "com.microsoft.skydrive": _FILES,
    "bitfire.at.davdroid": _DAV,
    "at.bitfire.davdroid.address_book": _CONTACTS,
    "com.deependhulla.opensync.address_book": _CONTACTS,
    "com.miui.auth": _CONTACTS,
    "com.xiaomi": _DAV,
    "com.facebook.auth.login": _CONTACTS,
    "com.facebook.messenger": _CONTACTS,
    "org.telegram.messenger": _CONTACTS,
    "com.whatsapp": _CONTACTS,
    "com.twitter.android.auth.login": _CONTACTS,
    "com.zing.zalo": _CONTACTS,
    "com.ss.android.ugc.trill": (),
    "com.ss.android.ugc.aweme": (),
    "com.ss.android.yumme.video": (),
    "www.instagram.com": (),
    "com.duolingo": (),
}
"""Empty: known, and reaches none of them."""

LOCAL_TYPES = frozenset({"com.android.localphone", "com.android.sim"})
"""The phone's own and the SIM's address books: containers, not accounts of anybody."""

ORGANISATION_TYPES = frozenset({"com.microsoft.workaccount"})
"""Identities of an organisation, which are links as well."""

AUTHORITIES: dict[str, Service] = {
    "gmail-ls": "mail",
    "com.android.email.provider": "mail",
    "com.android.calendar": "calendar",
    "com.android.contacts": "contacts",
}
"""Content authorities whose synchronisation shows what an account of an unknown type reaches."""

PROVIDERS: dict[str, str] = {
    "com.duolingo": "duolingo.com",
    "com.facebook.auth.login": "facebook.com",
    "com.facebook.messenger": "facebook.com",
    "com.miui.auth": "mi.com",
    "com.osp.app.signin": "samsung.com",
    "com.ss.android.ugc.aweme": "douyin.com",
    "com.ss.android.ugc.trill": "tiktok.com",
    "com.ss.android.yumme.video": "douyin.com",
    "com.twitter.android.auth.login": "x.com",
    "com.whatsapp": "whatsapp.com",
    "com.xiaomi": "mi.com",
    "com.zing.zalo": "zalo.me",
    "org.telegram.messenger": "telegram.org",
    "www.instagram.com": "instagram.com",
}
"""The server of types that have only one: their names are handles and numbers, and would tell nobody whose they are."""
