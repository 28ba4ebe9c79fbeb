#!/usr/bin/env python3
"""What pruning costs a language model: its attention, in all layers and heads, is replaced by what the accelerator computes on the
keys that the guard retains, and the model is asked again.

  scripts/evaluate_quality.py measure --model DIR --text prose=genesis.txt --text code=argparse.py --results FILE
  scripts/evaluate_quality.py summarise FILE... --out testbench/data/quality.json
  scripts/evaluate_quality.py document [--data testbench/data/quality.json] [--page docs/quality.md] [--plot docs/quality.png]
  scripts/evaluate_quality.py compare --trace SET --run DIR

measure    runs the model (torch and transformers: scripts/models_venv.sh) on spans of the texts, with each setting: fp32 (its own
           attention), int8 (dense), or a guard.alpha. One line of JSON a measurement is added to FILE; what FILE has already is
           not measured again. --task needle asks for numbers that were hidden in the text, at growing distance.
summarise  perplexity, next-token accuracy, whole lines of code and needles, against fp32, with standard errors
document   writes tables and plot between the marks of the page
compare    the walk's retained set and that of a finished run of pade-sim on the same trace set, pair by pair

The attention is that of model/numeric by way of the Python package pade (docs/python.md); docs/quality.md has the figures. Exit code 0;
1 if compare finds a pair that pade-sim should have retained, or document --check other tables; 2 for bad input, with one line.
"""
from __future__ import annotations

import argparse

from qualitylib import compare, measure, page, summary
from tracelib.cli import Parser, run_main

ACTIONS = {"measure": measure, "summarise": summary, "document": page, "compare": compare}


def main() -> int:
    parser = Parser(description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, parser_class=Parser, metavar="ACTION")
    for name, module in ACTIONS.items():
        module.add_options(actions.add_parser(name))
    args: argparse.Namespace = parser.parse_args()
    return ACTIONS[args.action].main(args)


if __name__ == "__main__":
    run_main(main)
