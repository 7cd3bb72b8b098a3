"""Desktop entries: what they are, and what they start."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import desktop_entry
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts
from setapart_evidence.identifiers import keys_of

ENTRY = "[Desktop Entry]\nType=Application\nName[de]=Anders\nName={name}\nExec={command}\n\n"
ACTION = "[Desktop Action new]\nName=x\nExec=/home/x/y\n"
FOLDER = "/home/ann/.local/share/applications/"
APP_ID = "abcdefghijklmnopabcdefghijklmnop"


def facts_of(command: str, path: str = FOLDER + "org.telegram.desktop.desktop", name: str = "Telegram") -> Facts:
    return parsed(desktop_entry, ENTRY.format(name=name, command=command) + ACTION, path=path)


def apps(command: str, **more: str) -> list[tuple[str, str]]:
    return [(app.kind, app.identifier) for app in facts_of(command, **more).apps]


@pytest.mark.parametrize(
    "command", ["telegram-desktop -- %u", "chrome --app=https://www.tiktok.com/", "/home/a/T -- %u"]
)
def test_survives_hostile_files(command: str) -> None:
    content = ENTRY.format(name="Telegram", command=command).encode()
    assert_survives(desktop_entry, "x.desktop", content, path=FOLDER + "x.desktop")


def test_a_program_by_its_file_id() -> None:
    (app,) = facts_of("telegram-desktop -- %u").apps
    assert (app.identifier, app.name, app.source) == ("org.telegram.desktop.desktop", "Telegram", "desktop-entry")
    assert "desktop:org.telegram.desktop" in keys_of("linux", app)


def test_folders_below_applications_are_part_of_the_id() -> None:
    assert desktop_entry.file_id(FOLDER + "kde/foo.desktop") == "kde-foo.desktop"
    assert desktop_entry.file_id("/home/ann/Desktop/foo.desktop") == "foo.desktop"


@pytest.mark.parametrize(
    "command",
    [
        "/opt/google/chrome/google-chrome --profile-directory=Default --app=https://www.TikTok.com/foryou?x=1",
        "/usr/bin/microsoft-edge-stable '--app=https://www.tiktok.com'",
        'epiphany --application-mode "--profile=/home/ann/x" https://www.tiktok.com/',
        "sh -c 'XAPP=1 firefox --class WebApp --no-remote \"https://www.tiktok.com/\"'",
        "/usr/bin/brave-browser-stable --app=HTTPS://WWW.TIKTOK.COM",
    ],
)
def test_a_browser_that_opens_a_site_is_a_web_app(command: str) -> None:
    assert apps(command) == [("web-app", "https://www.tiktok.com")]


def test_a_program_that_only_mentions_a_site_stays_a_program() -> None:
    assert apps("/usr/bin/telegram-desktop --proxy https://proxy.example:8080/") == [
        ("native", "org.telegram.desktop.desktop"),
        ("web-app", "https://proxy.example:8080"),
    ]


def test_every_site_in_a_command_counts() -> None:
    assert apps("chromium --proxy-server=http://p.example --app=https://WWW.TikTok.com/x") == [
        ("web-app", "http://p.example"),
        ("web-app", "https://www.tiktok.com"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "# [Desktop Entry]\n[Desktop Entry]\nType=Application\nExec=chromium --app=https://a.example\n",
        "[Desktop Entry]\nHidden=true\nExec=true\nHidden=false\nExec=chromium --app=https://a.example\n",
        "\ufeff[Desktop Entry]\nExec=chromium --app=https://a.example\n",
    ],
)
def test_a_comment_or_an_earlier_value_hides_no_entry(raw: str) -> None:
    found = parsed(desktop_entry, raw, path=FOLDER + "a.desktop")
    assert [app.identifier for app in found.apps] == ["https://a.example"]


def test_a_web_app_known_by_its_id_alone_is_told_as_unknown() -> None:
    command = f'/opt/google/chrome/google-chrome "--profile-directory=Profile 1" --app-id={APP_ID}'
    facts = facts_of(command)
    assert [(app.kind, app.identifier) for app in facts.apps] == [("web-app", APP_ID)]
    assert [(row.status, row.reason) for row in facts.coverage] == [("partial", "web app of unknown origin")]


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("/home/ann/Telegram/Telegram -- %u", "Telegram"),
        ('"/home/ann/My Apps/Telegram" -- %u', "Telegram"),
        ("env A=1 /home/ann/telegram.AppImage %u", "telegram.AppImage"),
        ('sh -c "/home/ann/Telegram/Telegram --now"', "Telegram"),
        ("/opt/Telegram/Telegram", "Telegram"),
        (
            r'env WINEPREFIX="/home/ann/.wine" wine C:\\\\users\\\\ann\\\\Telegram\\ Desktop\\\\Telegram.exe',
            "Telegram.exe",
        ),
    ],
)
def test_a_program_outside_the_packages_is_also_known_by_its_name(command: str, program: str) -> None:
    facts = facts_of(command, path=FOLDER + "org.telegram.desktop._3f0a.desktop")
    assert [(app.kind, app.identifier) for app in facts.apps] == [
        ("native", "org.telegram.desktop._3f0a.desktop"),
        ("portable", program),
    ]
    assert "process:telegram" in keys_of("linux", facts.apps[1])


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/distrobox-enter  -n box  --   /usr/bin/telegram-desktop  -- %u",
        "/home/ann/.local/bin/distrobox-enter -n box -- env A=1 telegram-desktop %u",
        "/usr/bin/distrobox-enter -n box -- /bin/sh -l -c 'telegram-desktop -- %u'",
    ],
)
def test_a_program_that_a_container_exported_is_known_by_its_name(command: str) -> None:
    entry, program = facts_of(command, path=FOLDER + "box-org.telegram.desktop.desktop").apps
    assert (entry.kind, entry.identifier) == ("native", "box-org.telegram.desktop.desktop")
    assert (program.kind, program.identifier) == ("portable", "telegram-desktop")
    assert "process:telegram-desktop" in keys_of("linux", program)


@pytest.mark.parametrize(
    "command", ["telegram-desktop", "/usr/bin/foo", "/snap/bin/foo", "env X=/home/a /usr/bin/b", ""]
)
def test_a_program_of_a_package_is_not_reported_twice(command: str) -> None:
    assert apps(command) == [("native", "org.telegram.desktop.desktop")]


def test_waydroids_entries_answer_to_the_android_package() -> None:
    (app,) = facts_of(
        "waydroid app launch com.zhiliaoapp.musically", FOLDER + "waydroid.com.zhiliaoapp.musically.desktop"
    ).apps
    assert "android:com.zhiliaoapp.musically" in keys_of("linux", app)


@pytest.mark.parametrize("line", ["Type=Link", "Type=Directory", "Hidden=true"])
def test_links_folders_and_deleted_entries_are_no_apps(line: str) -> None:
    key = line.partition("=")[0]
    lines = ["[Desktop Entry]", "Name=X", "Exec=x", line] + ([] if key == "Type" else ["Type=Application"])
    assert parsed(desktop_entry, "\n".join(lines) + "\n").apps == ()


def test_entries_that_menus_do_not_show_still_count() -> None:
    content = "[Desktop Entry]\nType = Application\nName = X\nExec = x\nNoDisplay=true\n"
    assert [app.name for app in parsed(desktop_entry, content, path=FOLDER + "x.desktop").apps] == ["X"]


def test_a_file_without_the_group_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(desktop_entry, "Name=X\n")
