"""Which keys an app answers to, by hand for every platform and source."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_evidence.identifiers import (
    KINDS,
    WEAK_KINDS,
    desktop_keys,
    keys_of,
    look_alike,
    origin_keys,
    process_name,
    windows_keys,
)
from setapart_evidence.model import App

SIGNER = "ab" * 32


def _app(identifier: str, source: str, kind: str = "native", **fields: object) -> App:
    return App(identifier=identifier, profile="0", source=source, kind=kind, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("platform", "app", "keys"),
    [
        ("linux", _app("telegram-desktop", "dpkg"), ("linux:telegram-desktop",)),
        ("linux", _app("telegram-desktop", "rpm"), ("linux:telegram-desktop",)),
        ("linux", _app("telegram-desktop", "pacman"), ("linux:telegram-desktop",)),
        ("linux", _app("telegram-desktop", "apk"), ("linux:telegram-desktop",)),
        ("linux", _app("org.telegram.desktop", "flatpak"), ("flatpak:org.telegram.desktop",)),
        ("linux", _app("telegram-desktop", "snap"), ("snap:telegram-desktop",)),
        ("linux", _app("org.telegram.desktop.desktop", "desktop-entry"), ("desktop:org.telegram.desktop",)),
        ("linux", _app("Telegram.AppImage", "process", "portable"), ("process:telegram",)),
        ("linux", _app("/home/a/Telegram-5.1.7-x86_64.AppImage", "process"), ("process:telegram",)),
        (
            "linux",
            _app("waydroid.com.zhiliaoapp.musically.desktop", "desktop-entry"),
            ("desktop:waydroid.com.zhiliaoapp.musically", "android:com.zhiliaoapp.musically"),
        ),
        ("android", _app("org.telegram.messenger", "package-manager"), ("android:org.telegram.messenger",)),
        ("android", _app("org.telegram.messenger", "mdm"), ("android:org.telegram.messenger",)),
        ("android", _app("org.telegram.messenger", "apk"), ("android:org.telegram.messenger",)),
        ("ios", _app("ph.telegra.Telegraph", "backup"), ("ios:ph.telegra.telegraph",)),
        ("ios", _app("ph.telegra.Telegraph", "mdm"), ("ios:ph.telegra.telegraph",)),
        (
            "macos",
            _app("ru.keepcoder.Telegram", "bundle"),
            ("macos:ru.keepcoder.telegram", "ios:ru.keepcoder.telegram"),
        ),
        ("macos", _app("ru.keepcoder.Telegram", "mdm"), ("macos:ru.keepcoder.telegram", "ios:ru.keepcoder.telegram")),
        (
            "windows",
            _app("TelegramMessengerLLP.TelegramDesktop_t4vj0pshhgkwm", "appx"),
            ("appx:telegrammessengerllp.telegramdesktop_t4vj0pshhgkwm",),
        ),
        (
            "windows",
            _app("Kaspersky Internet Security", "uninstall-key"),
            (
                "uninstall:kaspersky internet security",
                "uninstall-prefix:kaspersky",
                "uninstall-prefix:kaspersky internet",
                "uninstall-prefix:kaspersky internet security",
            ),
        ),
        (
            "windows",
            _app("Telegram Desktop", "mdm"),
            ("uninstall:telegram desktop", "uninstall-prefix:telegram", "uninstall-prefix:telegram desktop"),
        ),
        ("windows", _app("C:\\Users\\a\\Telegram.exe", "process", "portable"), ("process:telegram",)),
        (
            "macos",
            _app("ru.keepcoder.Telegram", "bundle", "portable"),
            ("macos:ru.keepcoder.telegram", "ios:ru.keepcoder.telegram"),
        ),
        (
            "linux",
            _app("https://web.telegram.org/a/", "browser", "web-app"),
            ("origin:web.telegram.org", "origin:telegram.org"),
        ),
        (
            "windows",
            _app("https://web.telegram.org/a/", "browser", "web-app"),
            ("origin:web.telegram.org", "origin:telegram.org"),
        ),
        (
            "linux",
            _app("AbCdEfGhIjKlMnOpAbCdEfGhIjKlMnOp", "browser", "browser-extension"),
            ("extension:abcdefghijklmnopabcdefghijklmnop",),
        ),
    ],
)
def test_an_app_answers_to_the_keys_of_its_platform_and_source(platform: str, app: App, keys: tuple[str, ...]) -> None:
    assert keys_of(platform, app) == keys  # type: ignore[arg-type]


def test_publisher_hint_and_label_come_after_the_identity() -> None:
    app = _app(
        "com.example.messenger",
        "package-manager",
        name="Тelegrаm",  # Cyrillic Te and a
        publisher=f"sha256:{SIGNER.upper()}",
        publisher_hint="A1B2C3D4",
    )
    assert keys_of("android", app) == (
        "android:com.example.messenger",
        f"signer:{SIGNER}",
        "hint:a1b2c3d4",
        f"label:{look_alike('Telegram')}",
    )


def test_an_apple_team_is_no_signer() -> None:
    app = _app("ru.keepcoder.Telegram", "bundle", publisher="team:6N38VWS5BX")
    assert keys_of("macos", app) == ("macos:ru.keepcoder.telegram", "ios:ru.keepcoder.telegram", "team:6N38VWS5BX")


def test_an_extension_raises_no_suspicion_by_its_name() -> None:
    """Hundreds of extensions name the service that they work with."""
    app = _app("x" * 32, "browser", "browser-extension", name="Telegram")
    assert keys_of("linux", app) == ("extension:" + "x" * 32,)


def test_a_name_without_letters_gives_no_label() -> None:
    assert keys_of("linux", _app("x", "dpkg", name="…")) == ("linux:x",)
    assert keys_of("linux", _app("x", "dpkg", name="")) == ("linux:x",)


@settings(deadline=None, max_examples=200)
@given(
    platform=st.sampled_from(["linux", "macos", "windows", "android", "ios"]),
    source=st.sampled_from(
        ["dpkg", "rpm", "pacman", "apk", "flatpak", "snap", "desktop-entry", "process", "bundle", "uninstall-key",
         "appx", "package-manager", "backup", "mdm", "browser"]
    ),
    kind=st.sampled_from(["native", "web-app", "browser-extension", "portable"]),
    identifier=st.text(max_size=20),
    name=st.none() | st.text(max_size=10),
    publisher=st.none() | st.text(max_size=10),
)  # fmt: skip
def test_any_app_has_a_strong_key_first_and_only_known_kinds(  # noqa: PLR0917 - hypothesis names what it draws
    platform: str, source: str, kind: str, identifier: str, name: str | None, publisher: str | None
) -> None:
    keys = keys_of(platform, _app(identifier, source, kind, name=name, publisher=publisher))  # type: ignore[arg-type]
    kinds = [key.partition(":")[0] for key in keys]
    assert set(kinds) <= KINDS
    assert kinds[0] not in WEAK_KINDS


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("https://web.telegram.org/a/", ("origin:web.telegram.org", "origin:telegram.org")),
        ("HTTPS://WEB.Telegram.ORG./", ("origin:web.telegram.org", "origin:telegram.org")),
        ("telegram.org", ("origin:telegram.org",)),
        ("https://telegram.org:8443?x#y", ("origin:telegram.org",)),
        ("https://telegram.org@evil.example/", ("origin:evil.example",)),
        ("https://evil.example\\@telegram.org/", ("origin:evil.example",)),
        ("https://evil.example#@telegram.org", ("origin:evil.example",)),
        ("https://nottelegram.org", ("origin:nottelegram.org",)),
        ("https://telegram.org.evil.example", ("origin:telegram.org.evil.example", "origin:org.evil.example",
                                               "origin:evil.example")),
        ("https://почта.рф/", ("origin:xn--80a1acny.xn--p1ai",)),
        ("https://xn--80a1acny.xn--p1ai/", ("origin:xn--80a1acny.xn--p1ai",)),
        ("localhost:80", ("origin:localhost",)),
        ("http://[2001:db8::1]:80/x", ("origin:[2001:db8::1]",)),
        ("", ("origin:",)),
    ],
)  # fmt: skip
def test_a_web_app_answers_to_its_host_and_the_domains_above(url: str, keys: tuple[str, ...]) -> None:
    assert origin_keys(url) == keys


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Telegram", "telegram"),
        ("telegram-desktop-4.14.9-x86_64.AppImage", "telegram-desktop"),
        ("Telegram.exe", "telegram"),
        ("C:\\Users\\a\\AppData\\Roaming\\Telegram Desktop\\Telegram.exe", "telegram"),
        ("/opt/yandex/browser/yandex_browser.bin", "yandex_browser"),
        ("MAX-25.1.0-x64.exe", "max"),
        ("Viber64.exe", "viber"),
        ("tsetup.5.1.exe", "tsetup"),
        ("session-desktop-linux-x86_64-1.14.5.AppImage", "session-desktop"),
        ("signal v7.0-beta.1", "signal"),
        ("python3.11", "python"),
        ("max2go.exe", "max2go"),
        ("mp3tag.exe", "mp3tag"),
        ("7zip", "7zip"),
        ("linux", "linux"),
        ("v2", "v2"),
        ("a.exe-1", "a"),
        ("", ""),
    ],
)
def test_a_process_is_known_by_its_bare_name(name: str, bare: str) -> None:
    assert process_name(name) == bare


@settings(deadline=None, max_examples=300)
@given(name=st.text(alphabet="aAv01.-_ x86/\\é(") | st.text())
def test_a_bare_name_stays_what_it_is(name: str) -> None:
    assert process_name(process_name(name)) == process_name(name)


@settings(deadline=None, max_examples=300)
@given(name=st.text(max_size=30))
def test_a_look_alike_stays_what_it_is(name: str) -> None:
    assert look_alike(look_alike(name)) == look_alike(name)


@pytest.mark.parametrize(
    ("name", "genuine"),
    [
        ("Тelegrаm", "Telegram"),  # Cyrillic Te and a
        ("Ｔｅｌｅｇｒａｍ", "Telegram"),  # full width
        ("Te1egram", "Telegram"),
        ("TeIegram", "Telegram"),  # a capital i
        ("Tel\u200begram", "Telegram"),  # a zero-width space
        ("T\u0301elegram", "Telegram"),  # a combining accent
        ("Tele gram!", "Telegrami"),
        ("ΤikΤοk", "TikTok"),  # Greek Tau and omicron
        ("W\u04bbatsApp", "WhatsApp"),  # Cyrillic shha
        ("WeChаt", "wechat"),
        ("Ка\u0455persky", "Kaspersky"),
        ("V\u212a", "VK"),  # the Kelvin sign
        ("𝐓𝐞𝐥𝐞𝐠𝐫𝐚𝐦", "Telegram"),  # mathematical letters
    ],
)
def test_names_that_look_the_same_are_the_same(name: str, genuine: str) -> None:
    assert look_alike(name) == look_alike(genuine)


@pytest.mark.parametrize(("one", "other"), [("Telegram", "Telegraph"), ("Signal", "Sygnal"), ("VK", "OK")])
def test_names_that_differ_stay_different(one: str, other: str) -> None:
    assert look_alike(one) != look_alike(other)


def test_windows_prefixes_are_whole_words() -> None:
    keys = windows_keys("  Kaspersky\tTotal   Security 2023 (x64) ")
    assert keys == (
        "uninstall:kaspersky total security 2023 (x64)",
        "uninstall-prefix:kaspersky",
        "uninstall-prefix:kaspersky total",
        "uninstall-prefix:kaspersky total security",
        "uninstall-prefix:kaspersky total security 2023",
    )
    assert windows_keys("Kasperskyish")[1:] == ("uninstall-prefix:kasperskyish",)
    assert windows_keys("") == ("uninstall:",)


def test_desktop_entries_are_folded() -> None:
    assert desktop_keys("Chrome-AbC-Default.desktop") == ("desktop:chrome-abc-default",)
    assert desktop_keys("waydroid.ru.oneme.app") == ("desktop:waydroid.ru.oneme.app", "android:ru.oneme.app")


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (process_name, "1" * 4_000_000 + "!"),
        (process_name, "a" + " 1" * 2_000_000),
        (process_name, "-linux" * 600_000 + "\nx"),
        (process_name, "v1." * 1_000_000 + "/" + "." * 1_000_000),
        (origin_keys, "a." * 2_000_000),
        (origin_keys, "@" * 4_000_000),
        (origin_keys, "https://[" * 400_000),
        (windows_keys, "a " * 2_000_000),
        (look_alike, "é\u0301" * 500_000),
    ],
)
def test_no_signed_name_costs_more_than_its_length(reader: object, text: str) -> None:
    """An inventory may hold one name of 8 MiB; quadratic work on it would never end."""
    start = time.process_time()
    keys = reader(text)  # type: ignore[operator]
    assert time.process_time() - start < 5
    assert sum(map(len, keys)) <= 3 * len(text)
