"""The import rules that import-linter's contracts can't say, and the one about the clock."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = {
    "pipeline.collect.sources": "pipeline.collect",
    "pipeline.publish.formats": "pipeline.publish",
    "pipeline.deliver.providers": "pipeline.deliver",
    "pipeline.deliver.events": "pipeline.deliver",
}
CLOCKS = frozenset(
    {f"{owner}.{what}" for owner in ("datetime", "dt", "date") for what in ("now", "utcnow", "today")}
    | {f"time.{what}" for what in ("time", "time_ns", "localtime", "gmtime")}
)

CLOCK_READERS = {
    ROOT / "pipeline" / "app" / "root.py",
    # APScheduler waits by the wall clock, and this is what notices that it was set: a given time would hide that.
    ROOT / "pipeline" / "schedule" / "scheduler.py",
}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("pipeline", include_external_packages=True, cache_dir=None)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize(("adapters", "stage"), ADAPTERS.items())
def test_a_stage_does_not_know_its_adapters(imports: grimp.ImportGraph, adapters: str, stage: str) -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in imports.modules
        if is_in(module, stage) and not is_in(module, adapters)
        for imported in imports.find_modules_directly_imported_by(module)
        if is_in(imported, adapters)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["pipeline.domain", "pipeline.errors"])
def test_records_and_rules_need_only_the_standard_library(imports: grimp.ImportGraph, package: str) -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in imports.modules
        if is_in(module, package)
        for imported in imports.find_modules_directly_imported_by(module)
        if imported.partition(".")[0] not in {"pipeline", *sys.stdlib_module_names}
    ]
    assert wrong == []


def test_the_configuration_knows_no_room_of_the_house(imports: grimp.ImportGraph) -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in imports.modules
        if is_in(module, "pipeline.config")
        for imported in imports.find_modules_directly_imported_by(module)
        if is_in(imported, "pipeline")
        and not any(is_in(imported, own) for own in ("pipeline.config", "pipeline.domain", "pipeline.errors"))
    ]
    assert wrong == []


def clock_readings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if f"{owner}.{node.attr}" in CLOCKS:
            yield f"{owner}.{node.attr}"


def test_only_the_composition_root_and_the_scheduler_read_the_clock() -> None:
    readings = [
        f"{path.relative_to(ROOT)}: {reading}"
        for path in sorted((ROOT / "pipeline").rglob("*.py"))
        if path not in CLOCK_READERS
        for reading in clock_readings(path.read_text(encoding="utf-8"))
    ]
    assert readings == []


def test_a_reading_of_the_clock_is_found() -> None:
    source = "import datetime, time\nx = datetime.datetime.now()\ny = time.time()\nz = datetime.time(7)\n"
    assert list(clock_readings(source)) == ["datetime.now", "time.time"]
