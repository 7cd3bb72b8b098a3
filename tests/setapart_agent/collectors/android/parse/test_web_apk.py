import pytest

from setapart_agent.collectors.android.parse import web_apk as parser

CHROME = "org.chromium.webapk.a5e359e2ce8b830bb_v2"
SAMSUNG = "com.sec.android.app.sbrowser.webapk.wb7487e39b203264614b64d39b5b928aa1"
DOMAINS = f"""Domain verification status:
  com.whatsapp:
    ID: 0056d9a7-1bc7-43df-ada7-6553215c2148
    Signatures: [39:87]
    Domain verification state:
      wa.me: verified
    User all:
      Verification link handling allowed: true
      Selection state:
        Disabled:
          wa.me
  {CHROME} 1b56d9a7-1bc7-43df-ada7-6553215c2148:
    User 0:
      Verification link handling allowed: true
      Selection state:
        Disabled:
          www.tiktok.com
  {SAMSUNG} 2b56d9a7-1bc7-43df-ada7-6553215c2148:
    User 0:
      Verification link handling allowed: true
      Selection state:
        Enabled:
          Photos.Example.
        Disabled:
          *.other.example
  android 3b56d9a7-1bc7-43df-ada7-6553215c2148:
    Domain verification state:
      last.example: none
Permissions:
  not.a.site
"""
FILTERS = f"""Activity Resolver Table:
  Schemes:
      https:
        5b1f3f {CHROME}/org.chromium.webapk.shell_apk.h2o.H2OOpaqueMainActivity filter 6d1b18c
          Action: "android.intent.action.VIEW"
          Category: "android.intent.category.BROWSABLE"
          Scheme: "https"
          Authority: "web.telegram.org": -1
          Path: "PatternMatcher{{PREFIX: /}}"
        5b1f40 com.example.other/.Main filter 6d1b18d
          Authority: "other.example": -1
"""


def found(output: str) -> list[tuple[str, str]]:
    return [(site.package, site.host) for site in parser.sites(output)]


def test_sites_of_the_section_about_domains_are_those_of_web_apps_alone() -> None:
    assert found(DOMAINS) == [(CHROME, "www.tiktok.com"), (SAMSUNG, "photos.example"), (SAMSUNG, "other.example")]


def test_sites_of_the_table_of_activities() -> None:
    assert found(FILTERS) == [(CHROME, "web.telegram.org")]


def test_a_package_that_shows_no_host_has_no_site() -> None:
    assert found(f"Packages:\n  Package [{CHROME}] (1a2b3c):\n    userId=10143\n") == []
    assert found("") == []


@pytest.mark.parametrize("name", [CHROME, SAMSUNG, "com.example.webapk.x"])
def test_names_of_web_apps(name: str) -> None:
    assert parser.NAME.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["com.android.chrome", "org.chromium.webapk", "webapk.x", "org.webapkx.y", "a;b.webapk.c"]
)
def test_names_of_no_web_apps(name: str) -> None:
    assert parser.NAME.fullmatch(name) is None


def test_a_dump_full_of_web_apps_ends_soon() -> None:
    assert len(parser.sites(FILTERS * 3000)) == 1
    assert parser.sites(f" 1 {CHROME}" * 50_000) == ()
    many = "".join(
        f"  {CHROME}{at} {'0' * 36}:\n    User 0:\n        Disabled:\n          a.example\n" for at in range(5000)
    )
    assert len(parser.sites("Domain verification status:\n" + many)) == 2000
