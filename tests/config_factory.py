"""A small configuration: one pack, five apps of three vendors, two clients. A test names only what it is about."""

from pathlib import Path

IDENTIFIER = 'source = "made by the tests"\nchecked = 2026-01-01'

BYTEDANCE = f"""
vendor = "bytedance"
name = "ByteDance"
country = "CN"
country_source = "made by the tests"
checked = 2026-01-01

[[app]]
id = "tiktok"
name = "TikTok"
category = "short-video"
labels = ["TikTok"]
identifier = [
  {{ kind = "android", value = "com.zhiliaoapp.musically", {IDENTIFIER.replace(chr(10), ", ")} }},
  {{ kind = "origin", value = "tiktok.com", {IDENTIFIER.replace(chr(10), ", ")} }},
  {{ kind = "signer", value = "{"7a" * 32}", {IDENTIFIER.replace(chr(10), ", ")} }},
]

[[app]]
id = "tiktok-lite"
name = "TikTok Lite"
category = "short-video"
variant_of = "tiktok"
[[app.identifier]]
kind = "android"
value = "com.zhiliaoapp.musically.go"
{IDENTIFIER}

[[app]]
id = "capcut"
name = "CapCut"
category = "video-editor"
[[app.identifier]]
kind = "android"
value = "com.lemon.lvoverseas"
{IDENTIFIER}
[[app.identifier]]
kind = "signer"
value = "{"7a" * 32}"
{IDENTIFIER}
"""

TELEGRAM = f"""
vendor = "telegram"
name = "Telegram"
country = "AE"
country_source = "made by the tests"
checked = 2026-01-01

[[app]]
id = "telegram"
name = "Telegram"
category = "messenger"
labels = ["Telegram"]
[[app.identifier]]
kind = "android"
value = "org.telegram.messenger"
{IDENTIFIER}

[[app]]
id = "telegram-news"
name = "A client without a program of its own"
category = "messenger"
"""

CLIENTS = f"""
[[client]]
id = "k-9"
name = "K-9 Mail"
store = "own"
services = ["mail"]
[[client.identifier]]
kind = "android"
value = "com.fsck.k9"
{IDENTIFIER}

[[client]]
id = "calendar"
name = "Calendar"
store = "system"
services = ["calendar"]
[[client.identifier]]
kind = "android"
value = "com.android.calendar"
{IDENTIFIER}
"""

PACK = """
id = "agency-1"
version = 3
title = "The agency's rule"

[source]
instrument = "Circular 1"
issuer = "Agency"
date = 2023-03-21
binding = "executive-ban"
verified = true
checked = 2026-01-01

[effective]
from = 2023-03-21

[covers]
persons = ["all"]
devices = ["phone", "tablet", "workstation"]
byod = false
web_access = false
trigger = "employer-paid"

[restricted]
apps = ["tiktok", "telegram"]

[internal]
domains = []

[personal]
rule = "as-ordinary"

[exception]
allowed = true
grounds = ["communication", "research"]
approver_role = "security-officer"
delegable = false
max_days = 180
blanket = false
not_for_roles = ["minister"]
signed = false

[freshness]
max_age = 30
grace_for_new = 14
require = "none"

[coverage]
ordinary = ["apps"]
enforcement_counts = false
min_maturity = "captures"
min_grade = "imported"

[controls.web-app]
severity = "warning"

[overlay]
may_loosen = ["freshness.max_age"]
"""


def make_config(
    folder: Path, *, pack: str = PACK, apps: tuple[str, ...] = (BYTEDANCE, TELEGRAM), clients: str = CLIENTS
) -> Path:
    """Writes the configuration below `folder` and returns its root; vendors' files are numbered."""
    root = folder / "config"
    (root / "packs").mkdir(parents=True)
    (root / "catalog" / "apps").mkdir(parents=True)
    (root / "packs" / "agency-1.toml").write_text(pack, encoding="utf-8")
    for at, text in enumerate(apps):
        (root / "catalog" / "apps" / f"{at}.toml").write_text(text, encoding="utf-8")
    (root / "catalog" / "clients.toml").write_text(clients, encoding="utf-8")
    return root


def with_lines(text: str, **changes: str) -> str:
    """A pack in which `table__key` (or `key`, at the top) has another value; an empty one takes the line away."""
    lines, table = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "__"
        name = (table + line.partition(" =")[0]).replace("-", "_").replace(".", "__")
        if " = " not in line or name not in changes:
            lines.append(line)
        elif changes[name]:
            lines.append(f"{line.partition(' =')[0]} = {changes.pop(name)}")
        else:
            del changes[name]
    assert not changes, f"the pack has no {changes}"
    return "\n".join(lines) + "\n"
