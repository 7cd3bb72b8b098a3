"""Which apps a pack restricts, and which name an exception has to give."""

from pathlib import Path

import pytest

from config_factory import make_config
from setapart_auditor.policy.catalog import Catalog, load_catalog
from setapart_auditor.policy.model import Restricted
from setapart_auditor.policy.restricted import restricted_apps


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return load_catalog(make_config(tmp_path))


@pytest.mark.parametrize(
    ("rule", "apps"),
    [
        (Restricted(apps=("tiktok",)), {"tiktok": "tiktok", "tiktok-lite": "tiktok"}),
        (Restricted(apps=("tiktok-lite",)), {"tiktok-lite": "tiktok-lite"}),
        (Restricted(apps=("tiktok", "tiktok-lite")), {"tiktok": "tiktok", "tiktok-lite": "tiktok-lite"}),
        (Restricted(vendors=("bytedance",)), {"tiktok": "tiktok", "tiktok-lite": "tiktok", "capcut": "capcut"}),
        (Restricted(countries=("CN",)), {"tiktok": "tiktok", "tiktok-lite": "tiktok", "capcut": "capcut"}),
        (Restricted(categories=("messenger",)), {"telegram": "telegram", "telegram-news": "telegram-news"}),
        (Restricted(countries=("RU",)), {}),
        (Restricted(), {}),
    ],
)
def test_names_lead_to_apps_and_their_variants(rule: Restricted, apps: dict[str, str], catalog: Catalog) -> None:
    assert restricted_apps(rule, catalog) == apps
