"""Fuzzing that is guided by coverage, where `atheris` is installed (it is in no lock): `fuzz.run --kind K --atheris`.

Broken files come from our own mutations; atheris keeps those that reach new lines of the parser. What it finds is kept
in the folder of findings as it is, and `setapart-agent parse --kind K FILE` shows it.
"""

import random
import tempfile
from pathlib import Path

from setapart_agent.collectors.registry import parser_of

from . import mutations
from .harness import attempt
from .seeds import Seed, seeds_of


def run_guided(kind: str, inputs: int, seed: int, folder: Path) -> None:
    """Never returns: atheris ends the process."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["setapart_agent.collectors"]):
        parser = parser_of(kind)
    seeds = seeds_of(kind)
    goods = [one.files.get("main", b"") for one in seeds]

    def one(raw: bytes) -> None:
        attempt(kind, parser, Seed(files=seeds[0].files | {"main": raw}, path=seeds[0].path))

    def mutate(raw: bytes, most: int, number: int) -> bytes:
        return mutations.mutate(random.Random(number), raw, goods)[:most]

    folder.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix="setapart-fuzz-"))
    for at, good in enumerate(goods):
        (corpus / str(at)).write_bytes(good)
    options = (f"-runs={inputs}", f"-seed={seed}", f"-max_len={mutations.LARGEST}", "-rss_limit_mb=1024", "-timeout=10")
    atheris.Setup(["fuzz", str(corpus), *options, f"-artifact_prefix={folder}/{kind}-"], one, custom_mutator=mutate)
    atheris.Fuzz()
