"""`rundbrief backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse


def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")]
) -> None:
    r"""Write a backup: the store as it is at this moment, and the key beside it, in one file.

    It may be made at any time: `rundbrief serve` goes on meanwhile. It is verified before it has its name. Whoever
    has it has all addresses and the key: keep it as you keep those. Of a PostgreSQL store make one with pg_dump.

    \b
    Example:
      rundbrief backup /backup/rundbrief-2026-11-24.tar
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.plan import size_text
    from pipeline.store.backups import back_up

    asked = invocation(context)
    if file.is_dir():
        raise WrongUse("is a directory.", where=str(file), mend="Name the file.")
    with asked.app() as opened:
        try:
            made = back_up(opened.store.engine, opened.store.directory, file, opened.clock())
        except OSError as error:
            raise WrongUse(f"can't be written: {error.strerror or error}.", where=str(file)) from error
    size = file.stat().st_size
    if asked.as_json:
        print_json({"backup": {"file": str(file), "bytes": size, "made": made.made, "digests": made.digests}})
    else:
        say(f"{file}: {size_text(size)}, {' and '.join(made.digests)}, verified.")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `rundbrief backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Also where there is a store; it is kept beside.")] = False,
) -> None:
    r"""Put a backup in the place of the store.

    It is verified first. From then on nothing is mailed until `rundbrief unfence` has named what would be mailed, and
    you have said that this is right: what was mailed after the backup was made is not in it.

    \b
    Examples:
      rundbrief restore /backup/rundbrief-2026-11-24.tar
      rundbrief restore /backup/rundbrief-2026-11-24.tar --replace
    """
    from pipeline.app import now
    from pipeline.cli.output import print_json, say
    from pipeline.owner import living
    from pipeline.store.backups import put_in_place, read_backup
    from pipeline.store.database import open_engine, sqlite_file
    from pipeline.store.fence import Fence

    asked = invocation(context)
    engine = open_engine(asked.settings().store_url.get_secret_value())
    found, place = read_backup(file), sqlite_file(engine)
    if place is not None:
        if living(place.parent / "owners"):
            raise WrongUse("is in use.", where=str(place), mend="Stop `rundbrief serve` and what else runs.")
        if place.exists() and not replace:
            raise WrongUse("is there already.", where=str(place), mend="--replace puts the backup in its place.")
        # First the fence: there must be no moment in which what is restored could mail.
        fence = Fence(engine=engine, file=place.parent / "rundbrief.fence")
        fence.close_(found.instance, found.generation, f"{found.made:%Y-%m-%d %H:%M} UTC")
    made, kept = put_in_place(file, engine, place.parent if place else Path(), now())
    with asked.app() as opened:
        schema = opened.store.migrated_from is not None
        # Nothing goes on in a copy: whoever ran something when it was made is elsewhere, or gone.
        opened.store.runs.break_off(opened.store.runs.owners(), opened.clock(), "it was under way in the backup")
    if asked.as_json:
        print_json({"restored": {"store": str(place), "made": made.made, "kept": list(map(str, kept))}})
        return
    say(f"Restored: the store as it was on {found.made:%Y-%m-%d %H:%M} UTC" + (", migrated." if schema else "."))
    for one in kept:
        say(f"Kept: {one}")
    say("Nothing is mailed until `rundbrief unfence`, which names what would be mailed then.")
