"""Bad trace sets for check_bad_input.py: NPY files and manifests."""
import os
import shutil
import struct

from bad_input import Case

K = "l0h0/k_i8.npy"
FIRST = "head_list[0]"


def npy(header, data=b"", version=b"\x01\x00", length=None):
    text = header.encode("latin-1")
    version = version if len(text) < 60000 else b"\x02\x00"
    size = 2 if version[0] == 1 else 4
    text += b" " * (-(8 + size + len(text) + 1) % 64) + b"\n"
    length = len(text) if length is None else length
    return b"\x93NUMPY" + version + length.to_bytes(size, "little") + text + data


def dictionary(descr="'|i1'", order="False", shape="(128, 64)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy_cases():
    data = bytes(128 * 64)

    def content(name, says, make):
        return Case(f"npy: {name}", [K, *says], lambda t: t.put(K, make(t.bytes())))

    def header(name, says, **parts):
        return content(name, says, lambda _: npy(dictionary(**parts), data))

    def place(name, says, change):
        def spoil(t):
            (t.folder / K).unlink()
            change(t, t.folder / K)
        return Case(f"npy: {name}", [f"{FIRST}.files.", "_i8.npy", *says], spoil)

    def kind(name, change):
        def spoil(t):
            (t.folder / K).unlink()
            change(t.folder / K)
        return Case(f"npy: {name}", [K, "not a regular file"], spoil)

    def real(name, says, values, descr="'<f4'"):
        """A float32 q beside the INT8 one."""
        def spoil(t):
            t.head()["files"]["q"] = {"path": "l0h0/q.npy"}
            t.put("l0h0/q.npy", npy(dictionary(descr, shape="(8, 64)"), values))
        return Case(f"npy: float32 {name}", ["l0h0/q.npy", *says], spoil)

    def floats(number):
        return struct.pack("<512f", *[1] * 70, number, *[1] * 441)

    def copy_out(t, path):
        (t.here / "outside.npy").write_bytes(t.bytes("l0h1/k_i8.npy"))
        path.symlink_to("../../outside.npy")

    def folder_out(t, path):
        shutil.copytree(t.folder / "l0h1", t.here / "outside")
        shutil.rmtree(path.parent)
        path.parent.symlink_to("../outside")

    return [
        place("missing", ["No such file"], lambda t, path: None),
        content("empty", ["ends at byte 0"], lambda _: b""),
        content("magic string only", ["ends at byte 6"], lambda b: b[:6]),
        content("cut in the header's length", ["ends at byte 9"], lambda b: b[:9]),
        content("cut in the header", ["ends at byte 60", "118 bytes from byte 10"], lambda b: b[:60]),
        content("cut in the data", ["ends at byte 8319", "8192 bytes"], lambda b: b[:-1]),
        content("no data", ["ends at byte 128", "8192 bytes"], lambda b: b[:128]),
        content("trailing byte", ["byte 8320", "1 bytes follow"], lambda b: b + b"\0"),
        content("trailing file", ["byte 8320", "8320 bytes follow"], lambda b: b + b),
        content("another format", ["byte 0", "\\x93NUMPY"], lambda b: b"PK\3\4" + b[4:]),
        content("version 3.0", ["3.0", "1.0 and 2.0"], lambda b: b[:6] + b"\3" + b[7:]),
        content("version 0.0", ["0.0", "1.0 and 2.0"], lambda b: b[:6] + b"\0\0" + b[8:]),
        header("Fortran order", ["fortran_order is True", "False"], order="True"),
        header("big-endian", ["'>i2'", "'|i1'"], descr="'>i2'"),
        header("other dtype", ["'<f8'", "'|i1'"], descr="'<f8'"),
        header("unsigned", ["'|u1'", "'|i1'"], descr="'|u1'"),
        header("object", ["'|O'", "'|i1'"], descr="'|O'"),
        header("structured", ["a quoted string"], descr="[('a', '|i1')]"),
        header("dtype with an escape sequence", ["descr is '\\x1b[31m\\x0a'"], descr="'\x1b[31m\n'"),
        header("rank 1", ["[8192]", "[128, 64]"], shape="(8192,)"),
        header("rank 3", ["[128, 64, 1]", "[128, 64]"], shape="(128, 64, 1)"),
        header("rank 0", ["[]", "[128, 64]"], shape="()"),
        header("transposed", ["[64, 128]", "[128, 64]"], shape="(64, 128)"),
        header("negative size", ["decimal digits"], shape="(-128, 64)"),
        header("size beyond 64 bits", ["64 bits"], shape="(18446744073709551744, 64)"),
        header("product beyond 64 bits", ["288230376151711744", "[128, 64]"], shape="(288230376151711744, 64)"),
        header("shape without an end", ["allowed: "], shape="(" + "1, " * 300000),
        content("header length of 64 KiB", ["ends at byte 8320", "65535"], lambda b: b[:8] + b"\xff\xff" + b[10:]),
        content("header length of 4 GiB", ["4294967295", "at most"],
                lambda b: npy(dictionary(), data, b"\x02\x00", 0xffffffff)),
        content("header length of 0", [], lambda b: b[:8] + b"\0\0" + b[10:]),
        content("header of zeros", ["character 0", "zero byte"], lambda b: b[:10] + bytes(118) + b[128:]),
        content("key twice", ["descr", "twice"], lambda b: npy("{'descr': '|i1', " + dictionary()[1:], data)),
        content("unknown key", ["'order'"], lambda b: npy("{'order': 'C', " + dictionary()[1:], data)),
        content("key missing", ["'shape'"], lambda b: npy("{'descr': '|i1', 'fortran_order': False, }", data)),
        Case("npy: one value changed", [f"{FIRST}.files.k_i8.sha256", "f7544da6"],
             lambda t: t.put(K, t.bytes()[:-1] + bytes([t.bytes()[-1] ^ 1]))),
        real("with a NaN", ["element [1, 6]", "nan", "finite"], floats(float("nan"))),
        real("with an infinity", ["element [1, 6]", "-inf", "finite"], floats(float("-inf"))),
        real("big-endian", ["'>f4'", "'<f4'"], floats(1), "'>f4'"),
        real("of 64 bits", ["'<f8'", "'<f4'"], floats(1), "'<f8'"),
        real("cut", ["ends at byte 2175", "2048 bytes"], floats(1)[:-1]),
        kind("folder", lambda path: path.mkdir()),
        kind("FIFO", os.mkfifo),
        place("link to a device outside", ["/dev/zero", "inside the set"], lambda t, path: path.symlink_to("/dev/zero")),
        place("link outside", ["outside.npy", "inside the set"], copy_out),
        place("folder linked outside", ["outside", "inside the set"], folder_out),
        place("link to itself outside", ["symbolic links"], lambda t, path: path.symlink_to("k_i8.npy")),
    ]


def manifest_cases():
    def raw(name, says, make):
        return Case(f"manifest: {name}", ["manifest.json", *says], lambda t: t.raw(make(t.text)))

    def change(name, says, spoil):
        return Case(f"manifest: {name}", ["manifest.json", *says], spoil)

    def top(name, key, value, says):
        return change(name, [f"{key}: ", *says], lambda t: t.manifest.__setitem__(key, value))

    def path(name, value, says):
        return change(f"path {name}", [f"{FIRST}.files.k_i8.path", *says], lambda t: t.file().__setitem__("path", value))

    def nested(t):
        t.raw(t.text.replace('"name"', '"extra": ' + "[" * 100000 + "]" * 100000 + ', "name"', 1))

    def gone(t, change=lambda path: None):
        t.manifest = None
        (t.folder / "manifest.json").unlink()
        change(t.folder / "manifest.json")

    def linked(t):
        (t.here / "outside.json").write_text(t.text)
        gone(t, lambda path: path.symlink_to("../outside.json"))

    def uneven(t):
        t.head(1)["kv_head"] = 0
        t.head(1)["scales"].update(k=t.head(0)["scales"]["k"], v=t.head(0)["scales"]["v"])
        t.head(1)["logit_scale"] = t.head(1)["scales"]["q"] * t.head(0)["scales"]["k"] * t.manifest["softmax_scale"]
        t.head(1)["files"].update(k_i8=t.file("k_i8"), v_i8=t.file("v_i8"))
        t.manifest["kv_heads"] = 3

    def other_scale(name):
        def spoil(t):
            uneven(t)
            t.head(1)["scales"][name] *= 2
            t.head(1)["logit_scale"] *= 2 if name == "k" else 1
        return spoil

    def two_files(t):
        uneven(t)
        t.head(1)["files"]["k_i8"] = t.file("k_i8", 2)

    def other_shape(key, value, says):
        return Case(f"manifest: other {key} than the files", says, lambda t: t.manifest.update({key: value}))

    def narrow(t):
        t.manifest["head_dim"] = 60
        for head in t.manifest["head_list"]:
            for name, entry in head["files"].items():
                rows = 8 if name == "q_i8" else 128
                t.put(entry["path"], npy(dictionary(shape=f"({rows}, 60)"), bytes(rows * 60)))
                head["files"][name] = {"path": entry["path"]}

    def fortran(t):
        t.file()["shape"] = [64, 128]

    cases = [
        raw("empty", ["not JSON"], lambda text: ""),
        raw("no JSON", ["not JSON", "line 1, column 2"], lambda text: "format = qkv-trace\n"),
        raw("cut", ["not JSON"], lambda text: text[:-20]),
        raw("text after the end", ["not JSON"], lambda text: text + "}"),
        raw("comma after the last", ["not JSON"], lambda text: text[:-2] + ",}"),
        raw("UTF-16", ["not JSON", "UTF-8"], lambda text: text.encode("utf-16")),
        raw("UTF-16 without a mark", ["not JSON"], lambda text: text.encode("utf-16-be")),
        raw("Latin-1", ["UTF-8"], lambda text: text.replace("decode8", "décode", 1).encode("latin-1")),
        raw("zero bytes", ["not JSON"], lambda text: bytes(5000)),
        raw("NaN as a number", ["not JSON"], lambda text: text.replace("0.125", "NaN", 1)),
        raw("infinity as a number", ["not JSON"], lambda text: text.replace("0.125", "Infinity", 1)),
        raw("number too large", ["not JSON"], lambda text: text.replace("0.125", "1e999", 1)),
        raw("open brackets", ["nested", "64"], lambda text: "[" * 100000),
        change("brackets in a value", ["nested", "64"], nested),
        raw("string without an end", ["not JSON"], lambda text: '{"name": "' + "x" * 1000000),
        raw("a list", ["top level", "[]", "an object"], lambda text: "[]"),
        raw("a text", ["top level", "an object"], lambda text: '"qkv-trace"'),
        raw("key twice", ['"queries"', "twice"], lambda text: text.replace('"queries"', '"queries": 8, "queries"', 1)),
        raw("key of a file twice", ['"path"', "twice"], lambda text: text.replace('"path"', '"path": "x", "path"', 1)),
        raw("larger than allowed", ["67108864"], lambda text: text + " " * (64 << 20)),
        change("missing", ["no such file"], gone),
        change("a folder", ["is a folder"], lambda t: gone(t, lambda path: path.mkdir())),
        change("a FIFO", ["not a regular file"], lambda t: gone(t, os.mkfifo)),
        change("a link to a device", ["not a regular file"], lambda t: gone(t, lambda path: path.symlink_to("/dev/zero"))),
        change("a link outside", ["outside.json", "inside the set"], linked),
        change("a link to nothing", ["no such file"], lambda t: gone(t, lambda path: path.symlink_to("nothing"))),
        top("other format", "format", "npz", ['"npz"', '"qkv-trace"']),
        top("version unknown", "format_version", 2, ["is 2"]),
        top("version as text", "format_version", "1", ['"1"']),
        top("phase unknown", "phase", "training", ['"training"', '"decode"']),
        top("phase with line ends", "phase", "a\nb\x1b[31m", ["a\\nb\\u001b[31m"]),
        top("causal as number", "causal", 1, ["is 1", "true or false"]),
        top("synthetic as text", "synthetic", "yes", ['"yes"', "true or false"]),
        top("no queries", "queries", 0, ["is 0", "from 1"]),
        top("no keys", "keys", 0, ["is 0", "from 1"]),
        top("no heads", "heads", 0, ["is 0"]),
        top("no KV heads", "kv_heads", 0, ["is 0"]),
        top("empty head_list", "head_list", [], ["0 heads"]),
        top("head_list as object", "head_list", {}, ["a list"]),
        change("a head as number", [f"{FIRST}: is 7", "an object"], lambda t: t.manifest.update(head_list=[7])),
        top("negative queries", "queries", -8, ["is -8", "from 1"]),
        top("fraction of a query", "queries", 8.0, ["is 8.0", "integers"]),
        top("keys overflow 32 bits", "keys", 1 << 32, ["4294967296"]),
        top("keys overflow 64 bits", "keys", 1 << 64, ["allowed: integers"]),
        top("head_dim beyond its range", "head_dim", 257, ["257", "256"]),
        top("heads do not match", "heads", 5, ["is 5", "4"]),
        top("KV heads do not match", "kv_heads", 2, ["is 2", "4"]),
        top("causal_offset too large", "causal_offset", 1 << 31, ["2147483648"]),
        top("softmax_scale zero", "softmax_scale", 0, ["is 0", "above 0"]),
        top("softmax_scale negative", "softmax_scale", -0.125, ["-0.125", "above 0"]),
        top("softmax_scale as text", "softmax_scale", "1/8", ['"1/8"', "above 0"]),
        top("softmax_scale null", "softmax_scale", None, ["null", "above 0"]),
        other_shape("queries", 9, ["l0h0/q_i8.npy", "[8, 64]", "[9, 64]"]),
        other_shape("keys", 127, [K, "[128, 64]", "[127, 64]"]),
        other_shape("head_dim", 128, ["l0h0/q_i8.npy", "[8, 64]", "[8, 128]"]),
        Case("manifest: head_dim no multiple of 8", ["head_dim", "60", "multiples of 8"], narrow),
        change("the same head twice", ["head_list[1]", "layer 0, head 0"], lambda t: t.head(1).update(head=0)),
        change("groups that do not divide", ["head_list", "equal size"], uneven),
        change("two K scales for one KV head", ["head_list[1].scales.k", "head 0"], other_scale("k")),
        change("two V scales for one KV head", ["head_list[1].scales.v", "head 0"], other_scale("v")),
        change("two K files for one KV head", ["head_list[1].files.k_i8.path", "l0h2/k_i8.npy", "l0h0/k_i8.npy"], two_files),
        change("entry without a path", [f"{FIRST}.files.k_i8", "'path'"], lambda t: t.file().pop("path")),
        change("entry as text", [f"{FIRST}.files.k_i8", "an object"], lambda t: t.head()["files"].update(k_i8=K)),
        change("no K file", [f"{FIRST}.files", "'k_i8'"], lambda t: t.head()["files"].pop("k_i8")),
        change("other shape in the entry", [f"{FIRST}.files.k_i8.shape", "[64,128]", "[128, 64]"], fortran),
        change("other dtype in the entry", ["k_i8.dtype", "float32", "int8"], lambda t: t.file().update(dtype="float32")),
        change("other bytes in the entry", ["k_i8.bytes", "8319", "8320"], lambda t: t.file().update(bytes=8319)),
        change("other sha256", ["k_i8.sha256", "0000", "f7544da6"], lambda t: t.file().update(sha256="0" * 64)),
        change("sha256 of another file", ["k_i8.sha256"], lambda t: t.file().update(sha256=t.file("v_i8")["sha256"])),
        change("other logit_scale", [f"{FIRST}.logit_scale", "1e-06"[:2]], lambda t: t.head().update(logit_scale=0.00022928)),
        change("logit_scale zero", [f"{FIRST}.logit_scale", "is 0"], lambda t: t.head().update(logit_scale=0)),
        change("scales too large together", [f"{FIRST}.scales", "inf"],
               lambda t: t.head()["scales"].update(q=1e300, k=1e300)),
        change("scales too small together", [f"{FIRST}.scales", "is 0"],
               lambda t: t.head()["scales"].update(q=1e-300, k=1e-300)),
        path("absolute", "/etc/passwd", ["/etc/passwd", "relative"]),
        path("upwards", "../set/l0h0/../../../etc/passwd", ["No such file"]),
        path("through ..", "../outside.npy", ["allowed: a file inside the set"]),
        path("empty", "", ['""', "relative"]),
        path("with a zero byte", "l0h0\0/k_i8.npy", ["\\u0000", "relative"]),
        path("as number", 5, ["is 5", "a string"]),
        path("too long", "a" * 5000, ["allowed: a file inside the set"]),
        path("of a file as folder", "manifest.json/x", ["manifest.json/x"]),
        Case("manifest: a query that sees no key", ["set: ", "query 0", "no key", "causal_offset -1"],
             lambda t: t.manifest.update(causal_offset=-1)),
    ]
    for key in ("format", "format_version", "phase", "causal", "causal_offset", "queries", "keys", "heads", "kv_heads",
                "head_dim", "softmax_scale", "head_list"):
        cases.append(change(f"lacks {key}", [f"'{key}'", "missing"], lambda t, key=key: t.manifest.pop(key)))
    for key in ("layer", "head", "scales", "logit_scale", "files"):
        cases.append(change(f"a head lacks {key}", [FIRST, f"'{key}'", "missing"], lambda t, key=key: t.head().pop(key)))
    for text, value in (("zero", 0), ("negative", -0.03), ("text", "0.03"), ("NaN as text", "NaN"), ("list", [0.03])):
        for scale in ("q", "k", "v"):
            cases.append(change(f"scale {scale}: {text}", [f"{FIRST}.scales.{scale}", "finite numbers above 0"],
                                lambda t, scale=scale, value=value: t.head()["scales"].update({scale: value})))
    return cases
