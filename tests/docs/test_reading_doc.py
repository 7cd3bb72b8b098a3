"""docs/service/serve.md, Reading: its curl commands are typed against a real service; its table is the routes'."""

from pathlib import Path

import pytest

from evidence_factory import TIKTOK, app, make_inventory
from markdown import code, codes, document, examples, section, shows, table
from service import serving
from setapart_auditor.looks.asks import parameters_of
from setapart_auditor.officers.actor import add_officer
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.web.routes import table as routes
from store_builder import make_stored_fleet
from typed_commands import run_typed
from web_world import now

READING = section(document("docs/service/serve.md"), "Reading")


@pytest.mark.needs("curl")
def test_what_is_typed_prints_what_is_shown(tmp_path: Path) -> None:
    fleet = make_stored_fleet(tmp_path, None, ["desk-phone", "patrol-phone"], at=now())
    fleet.report("desk-phone", make_inventory(), at=now())
    fleet.report("patrol-phone", make_inventory(apps=[app(TIKTOK)]), at=now())
    run_sweep(fleet.installation, fleet.policies, now())
    with fleet.installation.store.write() as connection:
        for name, role in (("boss", "admin"), ("vera", "viewer")):
            add_officer(fleet.installation, connection, name, roles=(role,), unit=None, added_by="tests", now=now())  # type: ignore[arg-type]
    fleet.installation.store.close()
    (tmp_path / "A").symlink_to(fleet.installation.folder)
    shown = examples(READING)
    assert len(shown) > 5
    with serving(fleet.installation.folder) as service:
        for one in shown:
            ran = run_typed(tmp_path, one.command.replace("http://127.0.0.1:8440", service.url))
            assert ran.code == 0, one
            assert shows(one.shown, f"{ran.printed}\n" if ran.printed else ""), (
                f"{one.command}\nprinted:\n{ran.printed}"
            )
    assert (tmp_path / "header").stat().st_mode & 0o777 == 0o600


def test_every_route_of_officers_is_documented_with_its_parameters() -> None:
    rows = table(document("docs/service/serve.md"), "Reading").rows
    told = {code(row[0]).removeprefix("GET "): set(codes(row[2])) for row in rows}
    assert told == {one.path: set(parameters_of(one.asks)) for one in routes() if one.asks is not None}
