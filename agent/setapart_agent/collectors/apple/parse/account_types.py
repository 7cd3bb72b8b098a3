"""The account types of Accounts3.sqlite (iOS) and Accounts4.sqlite (macOS).

Source: the ZACCOUNTTYPE rows of real databases of iOS 13 to 15; config/catalog/accounts/ios.toml and macos.toml hold
the same with a source each, and a test compares them.
"""

from collections.abc import Mapping

from setapart_evidence.model import Service

_PREFIX = "com.apple.account."

APPLE_ACCOUNT = "com.apple.account.AppleAccount"
SERVICES: Mapping[str, tuple[Service, ...]] = {
    APPLE_ACCOUNT: ("mail", "calendar", "contacts"),
    "com.apple.account.Exchange": ("mail", "calendar", "contacts"),
    "com.apple.account.Google": ("mail", "calendar", "contacts"),
    "com.apple.account.Hotmail": ("mail", "calendar", "contacts"),
    "com.apple.account.Yahoo": ("mail", "calendar", "contacts"),
    "com.apple.account.aol": ("mail", "calendar", "contacts"),
    "com.apple.account.osxserver": ("mail", "calendar", "contacts"),
    "com.apple.account.IMAP": ("mail",),
    "com.apple.account.IMAPMail": ("mail",),
    "com.apple.account.POP": ("mail",),
    "com.apple.account.163": ("mail",),
    "com.apple.account.126": ("mail",),
    "com.apple.account.qq": ("mail",),
    "com.apple.account.CalDAV": ("calendar",),
    "com.apple.account.CalDAVLegacy": ("calendar",),
    "com.apple.account.SubscribedCalendar": ("calendar",),
    "com.apple.account.PublishedCalendar": ("calendar",),
    "com.apple.account.CardDAV": ("contacts",),
    "com.apple.account.CardDAVLegacy": ("contacts",),
    "com.apple.account.LDAP": ("contacts",),
    "com.apple.facebook": ("contacts",),
}
"""What a type can reach. Of what is not listed, only the data classes that are switched on tell."""

NO_ACCOUNT = frozenset(
    _PREFIX + name
    for name in (
        "HolidayCalendar",
        "OnMyDevice",
        "SMTP",
        "IMAPNotes",
        "BookmarkDAV",
        "CloudKit",
        "DeviceLocator",
        "FindMyFriends",
        "iTunesStore.sandbox",
    )
)
"""Rows that are a part of another account, or of the device: nobody signs in to them."""

APPLE_IDENTITIES = tuple(
    _PREFIX + name
    for name in (
        "AppleID",
        "AppleIDAuthentication",
        "idms",
        "iTunesStore",
        "IdentityServices",
        "Madrid",
        "FaceTime",
        "GameCenter",
    )
)
"""Where an Apple Account signs in beside iCloud: one account together, and none at all where iCloud has the address."""

MANAGED = frozenset({"com.apple.account.RemoteManagement"})
SINGLE_SIGN_ON = frozenset({"com.apple.account.SingleSignOn"})

DATA_CLASSES: Mapping[str, Service] = {
    "com.apple.Dataclass.Mail": "mail",
    "com.apple.Dataclass.Calendars": "calendar",
    "com.apple.Dataclass.Contacts": "contacts",
    "com.apple.Dataclass.ContactsSearch": "contacts",
}
"""Data classes by service. The others (Reminders, Notes, Bookmarks, backups …) are none that evidence names."""

MANY_TENANTS = ("google.com", "icloud.com", "office365.com", "office.com", "outlook.com")
"""Servers that many organisations share: without an address they don't tell whose account it is."""
