#!/usr/bin/env python3
"""Builds the documentation of every module with docc: its comments, those of private declarations too, and its catalogue where it has one.
A warning fails, such as a link to a name that no longer exists. Run it after `swift build`.

In every document of the project, files that are linked or named from the project's root must exist, except one that is printed after the
line that names it. In the catalogues, a block of code after a line that ends with "`Sources/Examples/…`:" must be that file.

    Tests/docs.py [MODULE…]
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

# Outputs of the build itself, which are not to be written again, and what only they need.
WITHOUT = {"-c", "-incremental", "-emit-dependencies", "-serialize-diagnostics", "-parseable-output", "-enable-batch-mode",
           "-emit-objc-header", "-warnings-as-errors", "-g", "-gnone"}
WITHOUT_VALUE = {"-output-file-map", "-index-store-path", "-emit-module-path", "-emit-objc-header-path"}


def compiler_calls():
    """The call of the compiler for each module, as the build's manifest has it.

    `swift package dump-symbol-graph` does not do: it leaves out every declaration that names a type of a module imported
    as `package` or internal.
    """
    with open(".build/debug.yaml") as manifest:
        blocks = re.findall(r'^  "C\.(\w+)-[^"]*\.module":\n(?:    .*\n)*?    args: (.*)$', manifest.read(), re.M)
    return {module: json.loads(arguments) for module, arguments in blocks}


def write_symbols(call, module, folder):
    """Has the compiler write the module's symbols, and nothing else."""
    arguments = iter(call)
    kept = []
    for argument in arguments:
        if argument == "-Xcc":
            kept += [argument, next(arguments)]
        elif argument in WITHOUT_VALUE:
            next(arguments)
        elif argument not in WITHOUT:
            kept.append(argument)
    return run(
        kept + ["-whole-module-optimization", "-suppress-warnings", "-emit-module-path", f"{folder}/{module}.swiftmodule",
                "-emit-symbol-graph", "-emit-symbol-graph-dir", folder, "-symbol-graph-minimum-access-level", "private",
                "-emit-extension-block-symbols", "-symbol-graph-skip-synthesized-members"])


def build_documentation(module, folder):
    return run(
        ["docc", "convert"] + glob.glob(f"Sources/{module}/*.docc") +
        ["--additional-symbol-graph-dir", folder, "--output-path", f"{folder}/{module}.doccarchive", "--fallback-display-name", module,
         "--fallback-bundle-identifier", f"taskgrid.{module}", "--warnings-as-errors"])


def run(command):
    """Runs a command. Returns its output if it failed, and an empty text if it succeeded."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if ended.returncode == 0 else ended.stdout or f"{command[0]} ended with {ended.returncode}"


def warnings(module):
    with tempfile.TemporaryDirectory() as folder:
        return write_symbols(calls[module], module, folder) or build_documentation(module, folder)


def stale_examples():
    """The blocks of code in the catalogues that are not the file that they name."""
    for page in sorted(glob.glob("Sources/*/*.docc/*.md")):
        with open(page) as file:
            text = file.read()
        for example in re.finditer(r"`(Sources/Examples/[^`]+)`:\n+```[^\n]*\n(.*?)^```$", text, re.M | re.S):
            with open(example[1]) as file:
                if file.read() != example[2]:
                    yield f"{page}: the example is not {example[1]}\n"


def missing_files():
    """The files that documents link or name and that do not exist."""
    for page in ["README.md", "CHANGELOG.md", *glob.glob(".github/*.md"), *sorted(glob.glob("Sources/*/*.docc/*.md"))]:
        with open(page) as file:
            text = re.sub(r"^```.*?^```$", "", file.read(), flags=re.M | re.S)
        named = re.findall(r"`((?:Sources|Tests|compose|config|\.ci|\.github)/[\w./+-]*)`(?!:$)", text, re.M)
        linked = re.findall(r"\]\(([\w./+-]+\.[\w]+|[\w./+-]+/|LICENSE)\)", text)
        for path in named + [os.path.join(os.path.dirname(page), path) for path in linked]:
            if not os.path.exists(path):
                yield f"{page}: there is no {path}\n"


calls = compiler_calls()
modules = sys.argv[1:] or [module for module in sorted(os.listdir("Sources")) if module in calls]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    found = {module: text for module, text in zip(modules, pool.map(warnings, modules)) if text}
stale = [*missing_files(), *stale_examples()]
print("".join([*found.values(), *stale]), end="")
if stale:
    sys.exit("docs: the documentation names files that do not exist, or shows them differently")
if found or not modules:
    sys.exit(f"docs: warnings in the documentation of {', '.join(found)}" if found else "docs: no module was built")
print(f"The documentation of {len(modules)} modules has no warnings.")
