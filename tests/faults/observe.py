"""What is watched while a fault is on: the ledger of a writing client, what a reader saw, and samples of the nodes.

The three say what no status can: whether an acknowledged row is lost (K1), whether two primaries were open at
once or a deposed one acknowledged anything (K2), and how long nobody could write.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from lab import BIN, Failed  # noqa: E402, from the end-to-end tests

PYTHON = "/usr/bin/python3"  # The one that Debian's psycopg2 belongs to.
READ_EVERY_SECONDS = 0.1
START_SECONDS = 20
STILL_SECONDS = 0.5  # Between two looks at a machine that runs, however busy.
UNSEEN_SECONDS = 0.5  # A primary may be open for so long before a busy sampler sees it.
STOP_SECONDS = 90  # The client reads its rows back when it ends.


class Row:
    """A line of the ledger; times in seconds since 1970."""

    def __init__(self, line):
        number, self.outcome, sent, answered, self.host = line.rstrip("\n").split("\t")
        self.id, self.sent, self.answered = int(number), int(sent) / 1e6, int(answered) / 1e6


def longest_gap(acks, begin, end):
    """Seconds without an acknowledgement that overlap the time from begin to end."""
    times = [row.answered for row in acks] + [end]
    gaps = [after - before for before, after in zip(times, times[1:]) if after >= begin and before <= end]
    return max(gaps, default=end - begin)


def slowest(rows, begin, share):
    """The seconds that this share of the writes since `begin` stayed below."""
    taken = sorted(row.answered - row.sent for row in rows if row.sent >= begin)
    return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0.0


class Ledger:
    """A client that writes a row every 5 ms and notes what came of it."""

    def __init__(self, lab, table="hactl_traffic", node=None):
        self.table = table
        self.path = os.path.join(lab.directory, f"ledger-{table}-{time.time_ns()}")
        pinned = ["--node", node] if node else []
        self.process = subprocess.Popen(
            [os.path.join(BIN, "hactl"), "lab", "traffic", "--dir", lab.lab, "--duration", "3600s", "--table", table,
             "--ledger", self.path, *pinned], env=lab.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def rows(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return [Row(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def acks(self):
        return [row for row in self.rows() if row.outcome == "ack"]

    def acks_since(self, when):
        return [row for row in self.acks() if row.sent > when]

    def acks_between(self, begin, end):
        return [row for row in self.acks() if begin < row.sent < end]

    def until_writing(self, since=0.0, rows=20, seconds=START_SECONDS):
        """Waits until rows that were sent after `since` are acknowledged."""
        deadline = time.monotonic() + seconds
        while len(self.acks_since(since)) < rows:
            if self.process.poll() is not None:
                raise Failed(f"the client has ended: {self.process.stderr.read()}")
            if time.monotonic() > deadline:
                raise Failed(f"not within {seconds} s: {rows} rows acknowledged by {self.table}'s client")
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


class Reader:
    """A client of the read-write endpoint that remembers which rows it has seen."""

    def __init__(self, uri, table="hactl_traffic"):
        self.seen, self.stopping = set(), False
        self.uri, self.table = uri, table
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        connection = None
        while not self.stopping:
            try:
                if connection is None:
                    connection = psycopg2.connect(self.uri, connect_timeout=2, keepalives_idle=1,
                                                  keepalives_interval=1, keepalives_count=2, tcp_user_timeout=2000)
                    connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"select id from {self.table} order by id desc limit 200")
                    self.seen.update(row[0] for row in cursor.fetchall())
            except psycopg2.Error:
                if connection is not None:
                    connection.close()
                connection = None
            time.sleep(READ_EVERY_SECONDS)

    def stop(self):
        self.stopping = True
        self.thread.join(timeout=5)  # One that waits for a frozen server is left behind.


class Sampler:
    """The samples of sampler.py, as they come."""

    def __init__(self, lab):
        self.samples, self.last = [], {}
        if lab:
            self.start(lab)

    def start(self, lab):
        script = os.path.join(lab.directory, "sampler.py")
        shutil.copy(os.path.join(HERE, "sampler.py"), script)
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        nodes = [f"{node}={os.path.join(lab.lab, 'nodes', node, 'run')}:{lab.port}:{lab.data(node)}"
                 for node in lab.nodes]
        self.process = subprocess.Popen([*as_postgres, PYTHON, script, *nodes], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, cwd="/")
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + START_SECONDS
        while len(self.last) < len(nodes):
            if time.monotonic() > deadline:
                raise Failed("the sampler says nothing")
            time.sleep(0.02)

    def collect(self):
        for line in self.process.stdout:
            sample = json.loads(line)
            self.samples.append(sample)
            self.last[sample["node"]] = sample

    def open_nodes(self, since=0.0):
        """Who was open at the last look, if that was after `since`."""
        return [node for node, sample in list(self.last.items()) if sample["open"] and sample["at"] > since]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.thread.join(timeout=10)

    def of(self, node, begin=0.0):
        return [sample for sample in list(self.samples) if sample["node"] == node and sample["at"] >= begin]

    def openings(self):
        """(time, node, timeline) of each first look at a primary that is open."""
        first = {}
        for sample in sorted(self.samples, key=lambda each: each["at"]):
            if sample["open"]:
                first.setdefault((sample["node"], sample["timeline"]), sample["at"])
        return sorted((at, node, timeline) for (node, timeline), at in first.items())

    def open_spans(self):
        """[node, timeline, from, to]: looks that follow one another, all of which saw the node open. While a machine
        stands still nobody looks, and nobody is served."""
        spans = []
        for node in sorted({sample["node"] for sample in self.samples}):
            span = None
            for sample in sorted(self.of(node), key=lambda each: each["at"]):
                if sample["open"] and span and span[1] == sample["timeline"] and \
                        sample["at"] - span[3] < STILL_SECONDS:
                    span[3] = sample["at"]
                elif sample["open"]:
                    span = [node, sample["timeline"], sample["at"], sample["at"]]
                    spans.append(span)
                else:
                    span = None
        return spans

    def open_together(self):
        """The longest time, in seconds, for which two nodes were open at once, and which two."""
        longest, who = 0.0, None
        spans = self.open_spans()
        for one in spans:
            for other in spans:
                both = min(one[3], other[3]) - max(one[2], other[2])
                if one[0] < other[0] and both > longest:
                    longest, who = both, f"{one[0]} (timeline {one[1]}) and {other[0]} (timeline {other[1]})"
        return longest, who

    def open_after(self, node, when):
        """How long after `when` the node was last seen open; 0 when it was not."""
        return max((sample["at"] - when for sample in self.of(node, when) if sample["open"]), default=0.0)


def acked_by_deposed(rows, openings, host_of):
    """Rows that a primary acknowledged though they were sent when a later one was open already. What opened on a new
    timeline may serve for a moment before the sampler looks."""
    found = []
    for row in rows:
        if row.outcome != "ack":
            continue
        own = [timeline for at, node, timeline in openings if host_of[node] == row.host and at <= row.answered + UNSEEN_SECONDS]
        later = [node for at, node, timeline in openings
                 if at < row.sent and host_of[node] != row.host and (not own or timeline > max(own))]
        if later:
            found.append((row.id, row.host, later[0]))
    return found


def pids_by_kind(postmaster):
    """The processes of a server: what `ps` shows of each, by pid; and the postmaster itself."""
    kinds = {postmaster: "postmaster"}
    try:
        with open(f"/proc/{postmaster}/task/{postmaster}/children", encoding="utf-8") as file:
            children = [int(pid) for pid in file.read().split()]
    except FileNotFoundError:
        return {}
    for pid in children:
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                title = file.read().replace("\0", " ").strip()
        except FileNotFoundError:
            continue
        match = re.match(r"postgres: (?:\S+: )?(.*)", title)
        kinds[pid] = match[1] if match else title
    return kinds
