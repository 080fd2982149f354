"""`rundbrief config`: the configuration as it is understood, and its JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse
from pipeline.cli.groups import Showing, listing

app = listing("The configuration as it is understood, and its JSON Schema.", Showing)


@app.command("show")
def show(context: typer.Context) -> None:
    r"""Print the configuration with every default filled in and every path resolved, as TOML. Secrets are never in it.

    \b
    Examples:
      rundbrief config show
      rundbrief config show --json
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.toml_text import toml_text

    asked = invocation(context)
    settings = asked.settings()
    # Secrets are no part of the model: it names the variables that hold them.
    effective = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    if asked.as_json:
        print_json(effective)
    else:
        say(f"# {settings.file}\n\n{toml_text({key: value for key, value in effective.items() if value})}".rstrip())


@app.command("schema")
def schema(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; standard output if absent.")
    ] = None,
) -> None:
    r"""Write the JSON Schema of config.toml, by which an editor completes keys and marks mistakes.

    Name it in the first line of config.toml: #:schema ./config.schema.json

    \b
    Example:
      rundbrief config schema --output config.schema.json
    """
    import json

    from pipeline.cli.output import print_json, say
    from pipeline.config import json_schema

    asked = invocation(context)
    if output is None:
        print_json(json_schema())
        return
    try:
        output.write_text(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"can't be written: {error.strerror}.", where=str(output)) from error
    if asked.as_json:
        print_json({"file": output})
    else:
        say(f"{output} is written. Put this first into config.toml: #:schema ./{output.name}")
