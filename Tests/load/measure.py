"""Measures a grid alone and beside readers of its monitor, for Tests/load.sh: measure.py TASKGRID GRID MONITOR PAIRS

Two loads, each for some ten seconds a time:
  steady  tasks that come at a rate (RATE a second, 1,000 by default, for DURATION seconds, 10 by default), as a grid with room to spare has
          them. The rate is that of the answers, from the first task sent to the last answer; beside it, how long a task took.
          This is what must not fall by more than is allowed.
  full    32 submitters that each await their own task (taskgrid bench, COUNT tasks, 40,000 by default): as many as the grid can do,
          one by one, with nothing to spare, so that whatever takes time on the same machine is seen: the monitor, and the readers
          themselves. It is told, not judged: on machines of their own the readers would take nothing.
Each pair of runs is made one after the other, and which of them goes first alternates. The readers are LISTENERS to /events (200)
and REQUESTS a second of /stats (500). They stand for people on other machines: of this one they take what the grid leaves.
"""
import json, os, statistics, subprocess, sys, threading, time

taskgrid, grid, monitor, pairs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
setting = lambda name, default: int(os.environ.get(name, default))
per_second, seconds, count = setting("RATE", 1000), setting("DURATION", 10), setting("COUNT", 40000)
listeners, requests = setting("LISTENERS", 200), setting("REQUESTS", 500)
allowed = 0.05


def monitor_process():
    """The grid's own monitor: a child of `taskgrid up`."""
    up = json.load(open(f"{grid}/grid.json"))["pid"]
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
            command = open(f"/proc/{process}/cmdline").read().split("\0")
        except OSError:
            continue
        if parent == up and command[1:2] == ["monitor"]: return int(process)
    sys.exit("There is no monitor in this grid.")


def processor_time(process):
    fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def steady():
    """The rate of the answers, and the time from a task to its answer."""
    total = per_second * seconds
    command = [taskgrid, "submit", "reverse", "--file", "-", "--wait", "--grid", grid]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sent = []

    def send():
        begin = time.monotonic()
        while len(sent) < total:
            due = min(total, int((time.monotonic() - begin) * per_second) + 1)
            now = time.monotonic()
            lines = "".join(f"{number:0100}\n" for number in range(len(sent), due))
            sent.extend([now] * (due - len(sent)))
            client.stdin.write(lines.encode())
            client.stdin.flush()
            time.sleep(0.005)
        client.stdin.close()

    sender = threading.Thread(target=send)
    sender.start()
    answered = []
    for line in client.stdout:
        if b"succeeded" not in line: sys.exit(f"A task did not succeed: {line}")
        answered.append(time.monotonic())
    sender.join()
    if client.wait() != 0 or len(answered) != total: sys.exit(f"{len(answered)} of {total} tasks were answered.")
    took = sorted(end - start for start, end in zip(sent, answered))
    return dict(rate=total / (answered[-1] - sent[0]), p50=took[total // 2] * 1000, p99=took[total * 99 // 100] * 1000)


def full():
    command = [taskgrid, "bench", "--grid", grid, "--runs", "concurrent", "--concurrent-count", str(count), "--json"]
    run = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["concurrent"]
    return dict(rate=run["tasks_per_second"], p50=run["p50_ms"], p99=run["p99_ms"])


def measured(load):
    """With how much of a processor the monitor took."""
    begin, used = time.monotonic(), processor_time(watched)
    result = load()
    result["monitor"] = (processor_time(watched) - used) / (time.monotonic() - begin)
    return result


def beside_readers(load):
    command = ["nice", "-n", "19", sys.executable, f"{os.path.dirname(__file__)}/readers.py", monitor, str(listeners), str(requests)]
    readers = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if readers.stdout.readline() != "ready\n": sys.exit("The readers could not begin.")
        result = measured(load)
    finally:
        # They end with their input.
        readers.stdin.close()
    result["readers"] = json.loads(readers.stdout.read())
    if readers.wait() != 0: sys.exit("The readers failed.")
    return result


def report(results):
    """The medians of a load; whether it lost less than is allowed, beside readers that got what they asked for."""
    middle = lambda which, key: statistics.median(result[which][key] for result in results)
    losses = [1 - result["beside"]["rate"] / result["alone"]["rate"] for result in results]
    print(f"  {'median':9}{'tasks/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'monitor, of a core':>22}")
    for which, name in [("alone", "alone"), ("beside", "beside")]:
        print(f"  {name:9}{middle(which, 'rate'):10,.0f}{middle(which, 'p50'):10.1f}{middle(which, 'p99'):10.1f}"
              f"{middle(which, 'monitor') * 100:20.1f} %")
    loss = statistics.median(losses)
    # A load that was less than it is said to be would prove nothing.
    short = [readers for result in results for readers in [result["beside"]["readers"]]
             if readers["answers_per_second"] < 0.95 * requests or readers["statistics_per_second"] < 0.95 * listeners
             or readers["wrong"] or readers["lost"]]
    print(f"  lost     {loss * 100:+9.1f} % of the rate ({min(losses) * 100:+.1f} to {max(losses) * 100:+.1f} %)")
    if short: print(f"  in {len(short)} of the pairs the readers did not get what they asked for: their load was less than it should be")
    return loss < allowed and not short


watched = monitor_process()
loads = dict(steady=steady, full=full)
results = {name: [] for name in loads}
print(f"{listeners} listeners to /events, {requests} requests/s of /stats; {os.cpu_count()} processors, on which the readers run too")
print("warming up", flush=True)
for load in loads.values(): beside_readers(load)
for name, load in loads.items():
    for pair in range(pairs):
        runs = [("alone", measured), ("beside", beside_readers)]
        result = {which: run(load) for which, run in (runs if pair % 2 == 0 else reversed(runs))}
        results[name].append(result)
        heard = result["beside"]["readers"]
        print(f"{name:7} pair {pair + 1}: alone {result['alone']['rate']:8,.0f}/s, beside {result['beside']['rate']:8,.0f}/s "
              f"{(result['beside']['rate'] / result['alone']['rate'] - 1) * 100:+6.1f} %   (readers: {heard['answers_per_second']:.0f} answers/s, "
              f"{heard['statistics_per_second']:.0f} statistics/s, {heard['late']} asked late, {heard['wrong']} wrong, {heard['lost']} lost)", flush=True)
titles = dict(
    steady=f"steady: {per_second:,} tasks a second for {seconds} s, {pairs} times; {allowed * 100:.0f} % of its rate may be lost",
    full=f"full: {count:,} tasks of 32 submitters, {pairs} times; told, not judged",
)
passed = {}
for name in loads:
    print(f"\n{titles[name]}")
    passed[name] = report(results[name])
sys.exit(0 if passed["steady"] else 1)
