"""Fuzzes parsers. `PYTHONPATH=tests python -m fuzz.run [--kind PREFIX …] [--inputs N] [--seed S] [--jobs 2]`

A finding names kind, seed and number, and the file that it is kept in. `--number N` runs that one input again,
`--file F` what a file holds; both without a net, so that a debugger can look.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import msgspec

from setapart_agent.collectors.registry import PARSERS, parser_of

from .guided import run_guided
from .harness import GROWTH, Finding, Result, attempt, input_of, run
from .seeds import Seed, add_captures, seeds_of

CHUNK = 20_000
"""Inputs for one process: a leak shows within it."""


def main() -> int:
    options = _options()
    kinds = [kind for kind in PARSERS if kind.startswith(tuple(options.kind or ("",)))]
    if options.corpus:
        add_captures(options.corpus)
    if options.file:
        (kind,) = kinds
        attempt(kind, parser_of(kind), msgspec.msgpack.decode(options.file.read_bytes(), type=Seed))
        return 0
    if options.number is not None:
        (kind,) = kinds
        attempt(kind, parser_of(kind), input_of(kind, options.seed, options.number, seeds_of(kind)))
        return 0
    if options.atheris:
        (kind,) = kinds
        run_guided(kind, options.inputs, options.seed, options.findings)
    for kind in kinds:
        parser_of(kind)
    print(f"seed {options.seed}, {options.inputs} inputs for each of {len(kinds)} kinds", flush=True)
    print(
        f"{'kind':34}{'inputs':>9}{'per CPU s':>10}{'parsed':>8}{'slowest ms':>12}{'MiB more':>10}  findings",
        flush=True,
    )
    begun, bad = time.monotonic(), 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for done in as_completed(pool.submit(_all_of, kind, options) for kind in kinds):
            result = done.result()
            over = result.growth > GROWTH
            bad += bool(result.findings) or over
            _print(result, "more memory than allowed" if over else "")
            if time.monotonic() - begun > options.seconds:
                pool.shutdown(cancel_futures=True)
                print("out of time", flush=True)
                break
    print(f"{time.monotonic() - begun:.0f} s, {bad} kinds with findings", flush=True)
    return int(bad > 0)


def _all_of(kind: str, options: argparse.Namespace) -> Result:
    if not seeds_of(kind):
        return Result(kind, 0, 0, 0, 0, 0, (Finding(kind, 0, 0, "no seed: run fuzz.harvest", "seeds", ""),))
    return _together(kind, list(_chunks(kind, options)))


def _chunks(kind: str, options: argparse.Namespace) -> Iterator[Result]:
    for first in range(0, options.inputs, CHUNK):
        result = run(kind, min(CHUNK, options.inputs - first), options.seed, first=first, folder=options.findings)
        yield result
        if result.findings:
            return


def _together(kind: str, parts: list[Result]) -> Result:
    return Result(
        kind,
        sum(part.inputs for part in parts),
        sum(part.seconds for part in parts),
        max(part.growth for part in parts),
        sum(part.parsed for part in parts),
        max(part.slowest for part in parts),
        tuple(finding for part in parts for finding in part.findings),
    )


def _print(result: Result, note: str) -> None:
    rate = result.inputs / result.seconds if result.seconds else 0
    parsed = 100 * result.parsed / result.inputs if result.inputs else 0
    print(
        f"{result.kind:34}{result.inputs:>9}{rate:>10.0f}{parsed:>7.0f}%{result.slowest * 1000:>12.0f}"
        f"{result.growth:>10.0f}  {note or len(result.findings) or '-'}",
        flush=True,
    )
    for finding in result.findings:
        print(f"    --kind {finding.kind} --seed {finding.seed} --number {finding.number}: {finding.where}", flush=True)
        print(f"        {finding.what!a}  {finding.file}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append", help="kinds that start so; may be given again")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20221)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no kind after this")
    parser.add_argument("--number", type=int, help="one input again")
    parser.add_argument("--file", type=Path, help="a kept input again")
    parser.add_argument(
        "--corpus", type=Path, help="captures to start from as well; what is kept may hold parts of them"
    )
    parser.add_argument("--atheris", action="store_true", help="guided by coverage; one kind; see guided.py")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="where failing inputs are kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
