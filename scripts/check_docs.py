#!/usr/bin/env python3
"""Holds the documents against the tree: the manifests of the shipped trace sets and the example against the JSON Schema,
links between documents against the files, parameters named in decisions.md against model/params.h.

    scripts/check_docs.py [--stats FILE]    FILE: a stats.json whose keys must all be in docs/statistics.md

Exit code 0 when all holds. Without the package python3-jsonschema the schema is not checked, and that is said.
"""
import argparse
import copy
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
errors = []


def error(where, what):
    errors.append(f"{where}: {what}")


def check_schema():
    try:
        import jsonschema
    except ImportError:
        print("schema: python3-jsonschema is not installed: skipped")
        return
    schema = json.loads((ROOT / "docs/trace-manifest.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    manifests = {path.relative_to(ROOT): json.loads(path.read_text())
                 for path in sorted(ROOT.glob("traces/**/manifest.json"))}
    if not manifests:
        error("traces", "no manifest found")
    example = re.search(r"```json\n(.*?)```", (ROOT / "docs/trace-format.md").read_text(), re.S)
    manifests["docs/trace-format.md, example"] = json.loads(example.group(1))
    for name, manifest in manifests.items():
        for problem in validator.iter_errors(manifest):
            error(name, f"{'.'.join(map(str, problem.absolute_path))}: {problem.message}")

    # A schema that accepts everything would pass the above.
    good = next(iter(manifests.values()))
    broken = [("format", "other"), ("format_version", 2), ("phase", "train"), ("queries", 0), ("keys", 1 << 21),
              ("head_dim", 257), ("softmax_scale", 0), ("causal", 1), ("head_list", [])]
    for key, value in broken:
        if validator.is_valid({**good, key: value}):
            error("schema", f"accepts {key} = {value}")
    for key in schema["required"]:
        if validator.is_valid({k: v for k, v in good.items() if k != key}):
            error("schema", f"accepts a manifest without {key}")
    if validator.is_valid({**{k: v for k, v in good.items() if k != "causal_offset"}, "causal": True}):
        error("schema", "accepts a causal set without causal_offset")
    for name in ("q_i8", "k_i8", "v_i8"):
        bad = copy.deepcopy(good)
        del bad["head_list"][0]["files"][name]
        if validator.is_valid(bad):
            error("schema", f"accepts a head without {name}")
        bad = copy.deepcopy(good)
        bad["head_list"][0]["files"][name]["path"] = "/etc/passwd"
        if validator.is_valid(bad):
            error("schema", f"accepts an absolute path for {name}")
    print(f"schema: {len(manifests)} manifests")


def check_links():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("traces/**/*.md")]
    count = 0
    for document in documents:
        prose = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.S | re.M)  # code has brackets of its own
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            if not (document.parent / target).exists():
                error(document.relative_to(ROOT), f"link to {target}, which is not there")
    print(f"links: {count} in {len(documents)} documents")


def check_parameters():
    """Names like group.name in the tables of decisions.md must be parameters."""
    groups = {}
    group = None
    for line in (ROOT / "model/params.h").read_text().splitlines():
        if start := re.match(r"#define PADE_(\w+)_PARAMS\(X\)", line):
            group = groups.setdefault(start.group(1).lower(), set())
        elif group is not None and (entry := re.match(r"\s+X\([\w:]+, (\w+),", line)):
            group.add(entry.group(1))
    if not groups:
        error("model/params.h", "no parameters found")
    count = 0
    for row in (ROOT / "docs/decisions.md").read_text().splitlines():
        if not row.startswith("|"):
            continue
        for name, key in re.findall(r"`(\w+)\.(\w+)\*?`", row.split("|")[1]):
            if name not in groups:
                continue
            count += 1
            if not any(known == key or (key.endswith("_") and known.startswith(key)) for known in groups[name]):
                error("docs/decisions.md", f"{name}.{key} is not a parameter")
    print(f"parameters: {count} named in decisions.md")


def keys_of(value, prefix=""):
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from keys_of(inner, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield prefix + "[]"
    else:
        yield prefix


def documented_keys():
    """First column of the tables of statistics.md; `.p50` after `a.b.mean` means a.b.p50."""
    for row in (ROOT / "docs/statistics.md").read_text().splitlines():
        if not row.startswith("| `"):
            continue
        previous = ""
        for key in re.findall(r"`([^`]+)`", row.split("|")[1]):
            if key.startswith("."):
                key = previous.rsplit(".", 1)[0] + key
            previous = key
            yield key


def check_statistics(file):
    patterns = [re.compile("".join(r"[^.]+" if part.startswith("{") else re.escape(part)
                                   for part in re.split(r"(\{\w*\})", key)) + r"(\[\])?$") for key in documented_keys()]
    unknown = [key for key in keys_of(json.loads(file.read_text()))
               if not any(pattern.match(key) or pattern.match(key + "[]") for pattern in patterns)]
    for key in unknown:
        error(file, f"{key} is not in docs/statistics.md")
    print(f"statistics: {len(patterns)} keys documented")


def main():
    parser = argparse.ArgumentParser(description="Holds the documents against the tree.")
    parser.add_argument("--stats", type=pathlib.Path, help="a stats.json whose keys must all be in docs/statistics.md")
    arguments = parser.parse_args()
    check_schema()
    check_links()
    check_parameters()
    if arguments.stats:
        check_statistics(arguments.stats)
    for line in errors:
        print(f"error: {line}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
