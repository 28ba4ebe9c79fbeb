"""The manual page, from the command line's own description."""
from __future__ import annotations

import argparse

from . import __version__


def _roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.splitlines())


def manual(parser: argparse.ArgumentParser) -> str:
    about, commands, codes = (part.strip() for part in (parser.description or "").split("\n\n"))
    lines = [f'.TH WAVEDIFF 1 "" "wavediff {__version__}" "User Commands"', ".SH NAME", "wavediff \\- compare two waveforms",
             ".SH SYNOPSIS"]
    for i, command in enumerate(commands.splitlines()):
        lines += [".br"] * (i > 0) + [f".B {_roff(command.strip().split('  ')[0])}"]
    lines += [".SH DESCRIPTION", _roff(about), ".SH OPTIONS"]
    for action in parser._actions:
        names = ", ".join(action.option_strings) or str(action.metavar)
        value = action.metavar or ("|".join(action.choices) if action.choices else "")
        if action.option_strings and value:
            names += f" {value}"
        lines += [".TP", f".B {_roff(names)}", _roff((action.help or "").replace("%%", "%"))]
    lines += [".SH EXIT STATUS", _roff(codes.removeprefix("Exit code ")), ".SH SEE ALSO",
              ".BR pade\\-sim (1);", "docs/wavediff.md describes the map."]
    return "\n".join(lines) + "\n"
