"""Packs, chains of bases and overlays, from files."""

import hashlib
from pathlib import Path

import pytest

from config_factory import PACK, make_config, with_lines
from setapart_auditor.config import config_root
from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import UnreadableError, base_of, load_policy, pack_ids


def sha256(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pack_is_found_by_its_id_and_by_its_path(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    by_id = load_policy("agency-1", root=root)
    file = write(tmp_path / "mine.toml", PACK)
    assert load_policy(file, root=root) == load_policy(str(file), root=root) == by_id
    assert by_id.pack.id == "agency-1"
    assert pack_ids(root) == ("agency-1",)


def test_the_digests_are_of_the_files_bytes(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    overlay = write(tmp_path / "o.toml", 'base = "agency-1"\n')
    found = load_policy("agency-1", overlay, root)
    catalog = load_catalog(root).digest
    assert found.pack_digest == sha256(PACK.encode())
    assert found.overlay_digest == sha256(overlay.read_bytes())
    assert found.catalog_digest == catalog
    assert found.digest == sha256(f"{found.pack_digest}\n{found.overlay_digest}\n{catalog}\n".encode())
    bare = load_policy("agency-1", root=root)
    assert bare.overlay_digest is None
    assert bare.digest == sha256(f"{found.pack_digest}\n\n{catalog}\n".encode())


def test_a_pack_on_a_base_takes_an_overlay_of_its_own(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    unit = 'base = "agency-1"\nid = "unit-1"\n[exception]\nmax_days = 90\n'
    write(root / "packs" / "unit-1.toml", unit)
    overlay = write(tmp_path / "o.toml", 'base = "unit-1"\n[internal]\ndomains = ["Agency.Example"]\n')
    found = load_policy("unit-1", overlay, root)
    assert (found.pack.id, found.pack.base) == ("unit-1", "unit-1")
    assert found.pack.exception.max_days == 90
    assert found.internal == frozenset({"domain:agency.example"})
    lines = f"{sha256(PACK.encode())}\n{sha256(unit.encode())}\n"
    assert found.pack_digest == sha256(lines.encode())
    base = load_policy("agency-1", root=root)
    write(root / "packs" / "agency-1.toml", PACK + "# a remark\n")
    assert load_policy("agency-1", root=root).digest != base.digest
    assert load_policy("unit-1", overlay, root).pack_digest != found.pack_digest


@pytest.mark.parametrize(
    ("overlay", "where", "got"),
    [
        ("[exception]\nmax_days = 1\n", ": base", "an overlay without `base`"),
        ('base = "agency-2"\n', "line 1: base", "an overlay on `agency-2`"),
        ("base = 1\n", "line 1: base", "an overlay on `1`"),
        ('base = "agency-1"\n[exception]\nmax_days = 365\n', "line 3: [exception] max_days", "looser"),
        ('base = "agency-1"\n[freshness]\nmax_age = 367\n', "line 3: [freshness] max_age", "367"),
        ('base = "agency-1"\n[exceptoin]\nmax_days = 1\n', "line 2: [exceptoin]", "unknown key `exceptoin`"),
        ('base = "agency-1"\n[controls.web]\nseverity = "info"\n', "line 2: [controls.web]", "`web` is no control"),
        ('base = "agency-1"\nexception = 1\n', "line 2: exception", "1"),
        ('base = "agency-1"\n[internal]\ndomains = "a.example"\n', "line 3: [internal] domains", '"a.example"'),
        ('base = "agency-1"\n[internal]\ndomains = [1]\n', "line 3: [internal] domains", "1"),
        ('base = "agency-1"\n[controls.web-app]\nseverity = "info"\n', "line 3: [controls.web-app] severity", "looser"),
        ('base = "agency-1"\n[overlay]\nmay_loosen = ["freshness.max_age", "exception.max_days"]\n',
         "line 3: [overlay] may_loosen", "looser"),
    ],
)  # fmt: skip
def test_an_overlay_that_cannot_stand_is_pointed_at(overlay: str, where: str, got: str, tmp_path: Path) -> None:
    file = write(tmp_path / "o.toml", overlay)
    with pytest.raises(PolicyError) as caught:
        load_policy("agency-1", file, make_config(tmp_path))
    assert caught.value.where.startswith(str(file))
    assert caught.value.where.endswith(where)
    assert got in caught.value.got


def test_an_overlay_loosens_what_its_base_lets_go(tmp_path: Path) -> None:
    overlay = write(tmp_path / "o.toml", 'base = "agency-1"\n[freshness]\nmax_age = 90\n')
    assert load_policy("agency-1", overlay, make_config(tmp_path)).pack.freshness.max_age == 90


def test_a_base_that_lists_the_core_lets_nothing_of_it_go(tmp_path: Path) -> None:
    listed = with_lines(PACK, overlay__may_loosen='["controls.coverage-incomplete.severity"]')
    overlay = write(
        tmp_path / "o.toml",
        'base = "agency-1"\n[overlay]\nmay_loosen = []\n[controls.coverage-incomplete]\nseverity = "info"\n',
    )
    with pytest.raises(PolicyError, match="looser"):
        load_policy("agency-1", overlay, make_config(tmp_path, pack=listed))


@pytest.mark.parametrize("other", ["agency-1", "loop", "../packs/agency-1", "/etc/passwd", "", "x" * 300])
def test_bases_that_lead_nowhere_end(other: str, tmp_path: Path) -> None:
    root = make_config(tmp_path, pack=with_lines(PACK, id=f'"agency-1"\nbase = "{other}"'))
    write(root / "packs" / "loop.toml", 'base = "agency-1"\n')
    with pytest.raises(PolicyError):
        load_policy("agency-1", root=root)


def test_a_base_is_text(tmp_path: Path) -> None:
    root = make_config(tmp_path, pack=with_lines(PACK, id='"agency-1"\nbase = 1'))
    with pytest.raises(PolicyError, match="a base that is no text"):
        load_policy("agency-1", root=root)


def test_a_file_beside_an_overlay_never_stands_in_for_a_shipped_pack(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    write(tmp_path / "agency-1.toml", with_lines(PACK, exception__max_days="700"))
    mine = write(tmp_path / "mine.toml", 'base = "agency-1"\nid = "mine"\n')
    assert load_policy(mine, root=root).pack.exception.max_days == 180
    write(tmp_path / "town.toml", with_lines(PACK, id='"town"', exception__max_days="7"))
    ours = write(tmp_path / "ours.toml", 'base = "town"\nid = "ours"\n')
    assert load_policy(ours, root=root).pack.exception.max_days == 7


def test_an_unknown_pack_is_said_with_the_nearest_name(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    with pytest.raises(UnreadableError, match="did you mean `agency-1`"):
        load_policy("agency1", root=root)
    with pytest.raises(UnreadableError, match="policy list"):
        load_policy("zzz", root=root)
    with pytest.raises(UnreadableError, match="can't be read: No such file"):
        load_policy(tmp_path / "nothing.toml", root=root)
    with pytest.raises(UnreadableError, match="can't be read: Is a directory"):
        load_policy("agency-1", tmp_path, root)


def test_a_file_has_to_be_called_by_its_id(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    (root / "packs" / "agency-1.toml").rename(root / "packs" / "agency-9.toml")
    with pytest.raises(PolicyError, match="`agency-1`; expected `agency-9`"):
        load_policy("agency-9", root=root)


def test_an_overlay_says_whose_it_is(tmp_path: Path) -> None:
    assert base_of(write(tmp_path / "o.toml", 'base = "agency-1"\n')) == "agency-1"
    with pytest.raises(PolicyError, match="without `base`"):
        base_of(write(tmp_path / "p.toml", "x = 1\n"))


@pytest.mark.parametrize("pack", pack_ids())
def test_every_shipped_pack_loads(pack: str) -> None:
    found = load_policy(pack)
    assert found.pack.id == pack
    assert found.restricted
    assert config_root()
