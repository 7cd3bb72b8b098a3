"""Reading a policy: a pack by id or path, its bases, an overlay, and the catalog."""

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setapart_auditor.config import config_root
from setapart_auditor.errors import PolicyError
from setapart_auditor.toml_file import TomlFile, read_toml
from setapart_evidence.text import printable

from .catalog import Catalog, load_catalog
from .model import Pack, Policy
from .overlay import check_tighter, merge
from .refusals import refusals
from .resolve import resolve

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MAX_BASES = 8


class UnreadableError(PolicyError):
    """There is no such pack, or its file can't be read: nothing can be said about what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """A pack and the files that it was merged from, the lowest first."""

    files: tuple[TomlFile, ...]
    data: Mapping[str, Any]
    pack: Pack

    def error(self, path: tuple[str, ...], got: str, expected: str, cure: str) -> PolicyError:
        """Points to the uppermost file that says something at the path."""
        file = next((one for one in reversed(self.files) if one.has(*path)), self.files[-1])
        return PolicyError(got, expected=expected, cure=cure, where=file.where(*path))


def load_policy(
    pack: str | Path,
    overlay: Path | None = None,
    root: "Traversable | None" = None,
    *,
    catalog: Catalog | None = None,
) -> Policy:
    """Reads, merges, checks and resolves a policy.

    A pack whose file has a `base` is itself laid over that base. `pack_digest` is the SHA-256 of the pack's file, or,
    where it has bases, of the digests of all its files from the lowest on, one per line.

    Args:
        pack: an id (a file in `packs` of the configuration), or the path of a file.
        overlay: the authority's own file; its `base` names the pack.
        root: the configuration; `config_root()` where none is given.
        catalog: if it has been read already.

    Raises:
        PolicyError: a file can't be read, is not what it should be, loosens its base, or switches the rule off.
    """
    root = config_root() if root is None else root
    layers = _load_pack(pack, root, ())
    pack_digest = _digest_of(layers.files)
    overlay_digest = None
    if overlay is not None:
        file = _read(overlay, str(overlay))
        _check_base(file, layers.pack)
        layers = _lay(layers, file)
        overlay_digest = _sha256(file.raw)
    catalog = load_catalog(root) if catalog is None else catalog
    for refusal in refusals(layers.pack, catalog):
        raise layers.error(refusal.path, refusal.got, refusal.expected, refusal.cure)
    return resolve(layers.pack, catalog, pack_digest=pack_digest, overlay_digest=overlay_digest)


def base_of(overlay: Path) -> str:
    """The id of the pack that an overlay is for.

    Raises:
        PolicyError: it can't be read, or names none.
    """
    file = _read(overlay, str(overlay))
    base = file.data.get("base")
    if not isinstance(base, str):
        raise file.refuse(("base",), "an overlay without `base`", expected="the id of a pack")
    return base


def pack_ids(root: "Traversable | None" = None) -> tuple[str, ...]:
    """The ids of the packs in the configuration, sorted."""
    folder = (config_root() if root is None else root) / "packs"
    names = (file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name for name in names if _SLUG.fullmatch(name)))


def _load_pack(pack: str | Path, root: "Traversable", above: tuple[str, ...]) -> _Layers:
    """A pack and everything below it; `above` holds the names that led here."""
    by_path = isinstance(pack, Path) or pack.endswith(".toml") or "/" in pack or "\\" in pack
    file = _read(Path(pack), str(pack)) if by_path else _read_shipped(str(pack), root)
    if len(above) >= _MAX_BASES or str(pack) in above:
        raise file.refuse(("base",), f"bases that never end: {' → '.join((*above, str(pack)))}")
    base = file.data.get("base")
    if base is None:
        found = _Layers(files=(file,), data=file.data, pack=file.convert(Pack))
    elif isinstance(base, str):
        found = _lay(_load_pack(_base_of(file, base, root), root, (*above, str(pack))), file)
    else:
        raise file.refuse(("base",), "a base that is no text", expected="the id of a pack")
    if not by_path and found.pack.id != pack:
        raise file.refuse(("id",), f"`{found.pack.id}`", expected=f"`{pack}`, as the file is called")
    return found


def _base_of(file: TomlFile, base: str, root: "Traversable") -> str | Path:
    """The shipped pack of that id; only where there is none, the file of that name beside the overlay."""
    beside = Path(file.name).with_name(f"{base}.toml") if _SLUG.fullmatch(base) else None
    if beside is not None and base not in pack_ids(root) and beside.is_file():
        return beside
    return base


def _lay(below: _Layers, file: TomlFile) -> _Layers:
    data = merge(below.data, file.data)
    pack = replace(file, data=data).convert(Pack)
    check_tighter(below.pack, pack, file)
    return _Layers(files=(*below.files, file), data=data, pack=pack)


def _check_base(overlay: TomlFile, pack: Pack) -> None:
    base = overlay.data.get("base")
    if base != pack.id:
        got = f"an overlay on `{printable(str(base), 64)}`" if base is not None else "an overlay without `base`"
        raise overlay.refuse(("base",), got, expected=f'base = "{pack.id}"', cure="say which pack it belongs to")


def _read_shipped(pack: str, root: "Traversable") -> TomlFile:
    known = pack_ids(root)
    if pack not in known:
        near = difflib.get_close_matches(pack, known, 1)
        raise UnreadableError(
            f"no pack `{printable(pack, 64)}`",
            expected="the id of a pack, or the path of a file",
            cure=f"did you mean `{near[0]}`?" if near else "see them all: setapart-auditor policy list",
        )
    return _read(root / "packs" / f"{pack}.toml", f"packs/{pack}.toml")


def _read(file: "Traversable", name: str) -> TomlFile:
    try:
        raw = file.read_bytes()
    except OSError as exc:
        raise UnreadableError(
            f"can't be read: {exc.strerror or 'input failed'}", expected="a TOML file", where=name
        ) from None
    return read_toml(raw, name, PolicyError)


def _digest_of(files: tuple[TomlFile, ...]) -> str:
    if len(files) == 1:
        return _sha256(files[0].raw)
    return _sha256("".join(f"{_sha256(file.raw)}\n" for file in files).encode())


def _sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
