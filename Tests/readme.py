#!/usr/bin/env python3
"""Runs the commands and packages of README.md and TaskGrid.md, the commands of Examples.md and the Python programs of Wire.md, as they are
printed, on a grid that it starts and stops. Run it after `swift build`.

    Tests/readme.py [--build]

With --build it only builds README's package, so that a later run finds it built.

The blocks of README.md, those of TaskGrid.md, and then those of Examples.md, are read in their order:

- Each line of a block of `sh` is a command, which must succeed.
- In a block of `console`, a line that begins with `$ ` is a command. The lines up to the next one are what it prints (`swift run` prints
  the build to standard error, which does not count), and it must fail exactly if that begins with `error:`. In them `…` stands for any
  text, and a line of only `…` for any lines. Times, worker ids and keys may differ, and so may the number of spaces between words.
- In README.md and TaskGrid.md a block of `swift` is a file of a package of its own if the line before it ends with the file's path:
  `` `Package.swift`: ``. The package is in the folder `.build/readme/greeter` beside a link `taskgrid` to this checkout, so that
  `.package(path: "../taskgrid")` means it.

The subcommands and options that any other document names only have to exist. README's package, which has no traits, must have fetched no web
server, and its worker must name the trait that it lacks where a setting asks for a health endpoint.

Commands run in bash, one after the other with one environment, in a folder with links to everything in this checkout, and `swift` in the
package. `taskgrid worker`, and `swift run` in a block of `sh`, go on in the background until the end of their document, where Ctrl-C must
end them in order. Only these are not as printed:

- In Examples.md `swift run NAME` is `.build/debug/NAME`, which `swift build` has built.
- `swift run` and `swift test` are told to write no debug information: the package is built faster.
- `.build/release` is `.build/debug`, which the tests have built.
- `compose/secrets.sh` is not run, nor its file read.
- `compose/local.sh` is not run: its last step, `taskgrid up`, is the grid of this test. `Tests/run.sh` is not run: it runs this test.
- `localhost:8080` is that grid's monitor, and `amqp://taskgrid-client:$CLIENT_PASSWORD@localhost` its broker.
- `docker compose` is only checked against `compose/docker-compose.yml`: the services and the profiles that it names exist.
"""
import glob
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CHECKOUT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
TASKGRID = f"{CHECKOUT}/.build/debug/taskgrid"
DOCUMENTS = ["README.md", "Sources/TaskGrid/TaskGrid.docc/TaskGrid.md", "Sources/TaskGrid/TaskGrid.docc/Examples.md"]
WITH_PACKAGE = DOCUMENTS[:2]
LEAN = "-debug-info-format none"
BOUND = 600  # seconds that anything may take, the first build of the package included


class Block:
    """A fenced block: its kind, its lines, and where it begins. `intro` is the line before it."""

    def __init__(self, document, line, kind, lines, intro):
        self.place, self.kind, self.lines, self.intro = f"{document}:{line}", kind, lines, intro


def blocks(path):
    with open(f"{CHECKOUT}/{path}") as file:
        lines = file.read().split("\n")
    found, index, intro = [], 0, ""
    while index < len(lines):
        fence = re.match(r"```(.+)", lines[index])
        if fence:
            end = lines.index("```", index)
            found.append(Block(path, index + 1, fence[1], lines[index + 1 : end], intro))
            index = end
        elif lines[index]:
            intro = lines[index]
        index += 1
    return found


def without_comment(line):
    return re.sub(r"\s+#\s.*$", "", line)


def commands(block):
    """The commands of a block, each with the lines that it prints; nil for a block that does not show them."""
    if block.kind == "sh":
        text = "\n".join(block.lines).replace("\\\n", " ")
        return [(without_comment(line), None) for line in text.split("\n") if line and not line.startswith("#")]
    found = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append((without_comment(line[2:]), []))
        else:
            found[-1][1].append(line)
    return found


VARYING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"[\w.-]+-\d+-[0-9a-f]{12}\b", "<worker>"),
    (r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "<key>"),
    (r"[ \t]+", " "),
]


def matches(printed, shown):
    for pattern, kind in VARYING:
        printed, shown = re.sub(pattern, kind, printed), re.sub(pattern, kind, shown)
    pattern = ""
    for line in shown.strip().split("\n"):
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.strip().split("…")) + r" ?\n"
    return re.fullmatch(pattern, "".join(f"{line.strip()}\n" for line in printed.strip().split("\n"))) is not None


class Failed(Exception):
    pass


class Run:
    """The grid of one run, and everything that is started beside it."""

    def __init__(self, work):
        self.work = work
        self.grid = f"{work}/grid"
        # Kept from run to run, with what was fetched and compiled.
        self.package = f"{CHECKOUT}/.build/readme/greeter"
        self.here = f"{work}/here"
        self.state = f"{work}/environment"
        self.background = []
        self.readied = 0

    def make_package(self):
        """Makes the package's folder, without files of its own but the versions that this checkout has."""
        for folder in ("Sources", "Tests"):
            shutil.rmtree(f"{self.package}/{folder}", ignore_errors=True)
        os.makedirs(self.package, exist_ok=True)
        if not os.path.islink(f"{self.package}/../taskgrid"):
            os.symlink("../..", f"{self.package}/../taskgrid")
        shutil.copy(f"{CHECKOUT}/Package.resolved", self.package)

    def build_package(self):
        """Builds the package with the files that README.md gives it."""
        self.make_package()
        for block in blocks("README.md"):
            if block.kind == "swift":
                self.file(block)
        ended = subprocess.run(
            f"swift build --build-tests {LEAN}".split(), cwd=self.package, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if ended.returncode != 0:
            raise Failed(f"README's package does not build:\n{ended.stdout}")

    def start(self):
        self.make_package()
        os.makedirs(self.here)
        for name in os.listdir(CHECKOUT):
            os.symlink(f"{CHECKOUT}/{name}", f"{self.here}/{name}")
        # The articles show requests to a monitor whose readers need no token.
        os.environ.update(TASKGRID_DATA=self.grid, TASKGRID_LOG_LEVEL="warning", TASKGRID_MONITOR_PROTECT_READING="off")
        with open(self.state, "w") as file:
            file.write("")
        self.up = self.spawn(["taskgrid", "up"], [TASKGRID, "up", "--ports", "free", "--workers", "upper=0"], CHECKOUT)
        self.wait_for(f"{self.grid}/grid.json", self.up)
        with open(f"{self.grid}/grid.json") as file:
            text = file.read()
        address = {key: re.search(f'"{key}" *: *"([^"]*)"', text)[1] for key in ("amqp", "monitor")}
        self.broker, self.monitor = address["amqp"], address["monitor"].removeprefix("http://")

    def spawn(self, name, arguments, folder, **environment):
        log = open(f"{self.work}/{len(self.background)}.log", "w+")
        process = subprocess.Popen(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ, **environment),
            start_new_session=True)
        process.name, process.log = shlex.join(name), log
        self.background.append(process)
        return process

    def wait_for(self, path, process):
        """Waits until the process has made the file."""
        deadline = time.monotonic() + BOUND
        while not os.path.exists(path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"'{process.name}' did not get ready:\n{self.output(process)}")
            time.sleep(0.05)

    @staticmethod
    def output(process):
        process.log.seek(0)
        return process.log.read()

    def stop(self, keeping=0):
        """Ends what was started, the latest first, except the first ones. Everything must end in order."""
        wrong = []
        for process in reversed(self.background[keeping:]):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if process.returncode != 0:
                wrong.append(f"'{process.name}' ended with {process.returncode}:\n{self.output(process)}")
        del self.background[keeping:]
        if wrong:
            raise Failed("\n".join(wrong))

    def substituted(self, command):
        for printed, here in [
            (".build/release", ".build/debug"), ("amqp://taskgrid-client:$CLIENT_PASSWORD@localhost", self.broker),
            ("localhost:8080", self.monitor),
            ("~/.local/state/taskgrid", self.grid),
        ]:
            command = command.replace(printed, here)
        return re.sub(r"^swift (run|test)\b", rf"swift \1 {LEAN}", command)

    def command(self, command, shown):
        if command in ("compose/local.sh", "compose/secrets.sh", ". compose/.env", "Tests/run.sh"):
            return
        if re.search(r"\bdocker compose\b", command):
            return check_compose(command)
        stays = re.match(r"taskgrid worker\b|swift run ", command) and shown is None
        folder = self.package if command.startswith("swift ") else self.here
        if self.document not in WITH_PACKAGE:
            command = re.sub(r"^swift run ", f"{CHECKOUT}/.build/debug/", command)
        if stays:
            self.readied += 1
            ready = f"{self.work}/ready-{self.readied}"
            shell = f". {shlex.quote(self.state)}; exec {self.substituted(command)}"
            return self.wait_for(ready, self.spawn([command], ["bash", "-c", shell], folder, TASKGRID_READY_FILE=ready))
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", '. "$0"; eval "$1"; code=$?; export -p >"$0"; exit $code', self.state,
             self.substituted(command)],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=None if command.startswith("swift ") else subprocess.STDOUT, text=True, timeout=BOUND)
        fails = bool(shown) and shown[0].startswith("error:")
        if (ended.returncode != 0) != fails:
            raise Failed(f"exit code {ended.returncode}:\n{ended.stdout}")
        if shown is not None and not matches(ended.stdout, "\n".join(shown)):
            raise Failed("it printed\n" + ended.stdout + "instead of\n" + "\n".join(shown))

    def file(self, block):
        path = re.search(r"`([\w/.-]+\.swift)`:$", block.intro)
        if not path:
            return
        path = f"{self.package}/{path[1]}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("\n".join(block.lines) + "\n")


def check_compose(command):
    """Checks the services and profiles of a command of docker compose against the file that it names."""
    words = shlex.split(re.sub(r"^(\w+=\S+ )*docker compose", "", command))
    path = words[words.index("-f") + 1]
    with open(f"{CHECKOUT}/{path}") as file:
        text = file.read()
    services = re.findall(r"^  ([\w-]+):$", text.split("\nservices:\n")[1].split("\nvolumes:\n")[0], re.M)
    named = [word.split("=")[0] for option, word in zip(words, words[1:]) if option == "--scale"]
    action = next(index for index, word in enumerate(words) if word in ("up", "exec", "run", "down"))
    rest = [word for word, before in zip(words[action + 1 :], words[action:]) if word[0] != "-" and before != "--scale"]
    named += rest[:1] if words[action] in ("exec", "run") else rest
    profiles = [word for option, word in zip(words, words[1:]) if option == "--profile"]
    if "--env-file" in words:
        with open(f"{CHECKOUT}/{words[words.index('--env-file') + 1]}") as file:
            profiles += re.findall(r"^COMPOSE_PROFILES=(.*)$", file.read(), re.M)
    for name in named:
        if name not in services:
            raise Failed(f"{path} has no service '{name}'")
    for name in profiles:
        if not re.search(rf"profiles: *\[.*\b{name}\b|profiles:\n +- {name}\b", text):
            raise Failed(f"{path} has no profile '{name}'")


def python_with_pika():
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import pika"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def run_wire(run):
    """Has the worker of Wire.md run the task of its client."""
    path = "Sources/TaskGridCore/TaskGridCore.docc/Wire.md"
    programs = {block.kind.split()[1]: block for block in blocks(path) if block.kind.startswith("python ")}
    python = python_with_pika()
    if python is None:
        print("There is no pika here: the Python programs of Wire.md are not run.", file=sys.stderr)
        if os.environ.get("CI"):
            raise Failed("there is no pika here, and CI is set")
        return
    for name, block in programs.items():
        with open(f"{run.work}/{name}.py", "w") as file:
            file.write("\n".join(block.lines) + "\n")
    worker = run.spawn(["Wire.md's worker"], [python, f"{run.work}/worker.py"], run.work, TASKGRID_BROKER=run.broker)
    known = [TASKGRID, "workers", "--json"]
    deadline = time.monotonic() + 60
    while '"upper"' not in subprocess.run(known, stdout=subprocess.PIPE, text=True).stdout:
        if worker.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"{programs['worker'].place}: the worker did not register:\n{run.output(worker)}")
        time.sleep(0.1)
    client = subprocess.run(
        [python, f"{run.work}/client.py"], cwd=run.work, env=dict(os.environ, TASKGRID_DATA=run.grid), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if client.returncode != 0 or client.stdout.split() != ["succeeded", "HELLO"]:
        raise Failed(f"{programs['client'].place}: the client printed\n{client.stdout}{run.output(worker)}")
    os.killpg(worker.pid, signal.SIGTERM)
    if worker.wait(timeout=30) != 0:
        raise Failed(f"{programs['worker'].place}: the worker did not end in order:\n{run.output(worker)}")
    run.background.remove(worker)
    # Sooner than its lease of three seconds would end.
    left = time.monotonic()
    while f"-{worker.pid}-" in subprocess.run(known, stdout=subprocess.PIPE, text=True).stdout:
        if time.monotonic() > left + 2:
            raise Failed(f"{programs['worker'].place}: the worker did not deregister")
        time.sleep(0.1)
    print("        Wire.md's worker and client", flush=True)


def check_without_traits(run):
    """Checks README's package, which is built without traits: it has no web server, and its worker says which trait its health endpoint needs."""
    for name in ("hummingbird", "swift-nio"):
        if os.path.exists(f"{run.package}/.build/checkouts/{name}"):
            raise Failed(f"a package without traits has fetched {name}")
    worker = subprocess.run(
        [f"{run.package}/.build/debug/greeter", "--health-port", "8081"], cwd=run.work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60)
    if worker.returncode != 1 or not re.fullmatch(r'error: --health-port: .*traits: \["HealthEndpoint"\].*\n', worker.stdout):
        raise Failed(f"a worker without the trait HealthEndpoint ended with {worker.returncode}:\n{worker.stdout}")


def check_options():
    """Checks that the subcommands and options of `taskgrid` that any document names exist."""
    helps = {}

    def help_of(*words):
        if words not in helps:
            ended = subprocess.run([TASKGRID, *words, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            helps[words] = ended.stdout if ended.returncode == 0 and f"USAGE: taskgrid {' '.join(words)}" in ended.stdout else None
        return helps[words]

    pages = ["README.md", *glob.glob(".github/*.md", root_dir=CHECKOUT), *sorted(glob.glob("Sources/*/*.docc/*.md", root_dir=CHECKOUT))]
    for page in pages:
        with open(f"{CHECKOUT}/{page}") as file:
            text = file.read()
        named = re.findall(r"`(taskgrid [a-z][a-z-]*[^`]*)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
        for block in blocks(page):
            if block.kind in ("sh", "console"):
                named += [part for command, _ in commands(block) for part in re.findall(r"(?:^|[|] *)(taskgrid [a-z][a-z-]*[^|]*)", command)]
        for command in named:
            words = command.split()[1:]
            described = help_of(words[0])
            if described and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]) and help_of(*words[:2]):
                described = help_of(*words[:2])
            for word in [words[0]] + [word.split("=")[0] for word in words if re.match("--[a-z]", word)]:
                if described is None or word not in described:
                    raise Failed(f"{page}: {command}\nthere is no '{word}'")


def run_document(run, document):
    run.document = document
    for block in blocks(document):
        place = block.place
        try:
            if block.kind == "swift" and document in WITH_PACKAGE:
                run.file(block)
            elif block.kind in ("sh", "console"):
                for command, shown in commands(block):
                    place = f"{block.place}: {command}"
                    start = time.monotonic()
                    run.command(command, shown)
                    print(f"{time.monotonic() - start:6.1f} s  {command}", flush=True)
        except (Failed, subprocess.TimeoutExpired) as error:
            raise Failed(f"{place}\n{error}") from None
    run.stop(keeping=1)


with tempfile.TemporaryDirectory() as work:
    run = Run(work)
    try:
        if sys.argv[1:] == ["--build"]:
            run.build_package()
            sys.exit()
        try:
            check_options()
            run.start()
            for document in DOCUMENTS:
                run_document(run, document)
            check_without_traits(run)
            run_wire(run)
        finally:
            run.stop()
    except Failed as error:
        sys.exit(f"readme: {error}")
