"""What Android's account types reach: type id to services.

Types and sources: real `dumpsys account` captures (emulator API 35, AOSP 10, Quectel SC60 7.1.2, Samsung 15 and 16,
Xiaomi, Lenovo 14, MIUI 2.3), types that published dumps list, and the apps' own strings; those of Huawei and Amazon are
not verified. The catalog's account types carry the same.
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
    "com.microsoft.workaccount.authapp": (),
    "com.microsoft.workaccount.ltw": (),
    "com.microsoft.msa.authapp": (),
    "com.microsoft.msa.ltw": (),
    "com.microsoft.appmanager": (),
    "com.zhiliaoapp.musically": (),
    "com.zhiliaoapp.account": (),
    "com.google.android.apps.tachyon": _CONTACTS,
    "com.facebook.lite": _CONTACTS,
    "com.skype.raider": _CONTACTS,
    "com.viber.voip": _CONTACTS,
    "com.snapchat.android": _CONTACTS,
    "com.snapchat.location": (),
    "com.pinterest.accounttransfer.type": (),
    "com.pinterest.dev.accounttransfer.type": (),
    "com.soundcloud.android.account": (),
    "com.samsung.android.mobileservice": _DAV,
    "com.samsung.android.coreapps": _CONTACTS,
    "com.huawei.hwid": _DAV,
    "com.amazon.account": _DAV,
}
"""Empty: known, and reaches none of them."""

LABELLED: dict[str, str] = {"bitfire.at.davdroid": "davx5"}
"""Types to their clients of the catalog, where the holder labels each account as he likes and nothing names its server.

DAVx5 proposes the login name, and takes any other: an address in it shows who it is, never that it is nobody else's.
"""

LOCAL_TYPES = frozenset({"com.android.localphone", "com.android.sim"})
"""The phone's own and the SIM's address books: containers, not accounts of anybody."""

ORGANISATION_TYPES = frozenset(
    {"com.microsoft.workaccount", "com.microsoft.workaccount.authapp", "com.microsoft.workaccount.ltw"}
)
"""Identities of an organisation, which are links as well."""

AUTHORITIES: dict[str, Service] = {
    "gmail-ls": "mail",
    "com.android.email.provider": "mail",
    "com.android.calendar": "calendar",
    "com.android.contacts": "contacts",
}
"""Content authorities whose synchronisation shows what an account of an unknown type reaches."""

PROVIDERS: dict[str, str] = {
    "com.amazon.account": "amazon.com",
    "com.duolingo": "duolingo.com",
    "com.facebook.auth.login": "facebook.com",
    "com.facebook.lite": "facebook.com",
    "com.facebook.messenger": "facebook.com",
    "com.google.android.apps.tachyon": "google.com",
    "com.huawei.hwid": "huawei.com",
    "com.miui.auth": "mi.com",
    "com.osp.app.signin": "samsung.com",
    "com.pinterest.accounttransfer.type": "pinterest.com",
    "com.pinterest.dev.accounttransfer.type": "pinterest.com",
    "com.samsung.android.coreapps": "samsung.com",
    "com.samsung.android.mobileservice": "samsung.com",
    "com.skype.raider": "skype.com",
    "com.snapchat.android": "snapchat.com",
    "com.snapchat.location": "snapchat.com",
    "com.soundcloud.android.account": "soundcloud.com",
    "com.ss.android.ugc.aweme": "douyin.com",
    "com.ss.android.ugc.trill": "tiktok.com",
    "com.ss.android.yumme.video": "douyin.com",
    "com.twitter.android.auth.login": "x.com",
    "com.viber.voip": "viber.com",
    "com.whatsapp": "whatsapp.com",
    "com.xiaomi": "mi.com",
    "com.zhiliaoapp.account": "tiktok.com",
    "com.zhiliaoapp.musically": "tiktok.com",
    "com.zing.zalo": "zalo.me",
    "org.telegram.messenger": "telegram.org",
    "www.instagram.com": "instagram.com",
}
"""The server of types that have only one: their names are handles and numbers, and would tell nobody whose they are."""
