"""A lab to break, and one row of the fault matrix being run on it."""

import contextlib
import os
import re
import shutil
import subprocess
import time

import observe  # First: it says where the end-to-end tests' lab is.
from lab import BIN, Failed, Lab, ROOT

POLL_SECONDS = 0.02  # For what costs nothing to look at.
ASK_SECONDS = 0.25   # For what costs a program and a connection.
KEPT = os.environ.get("HACTL_FAULTS_KEPT", os.path.join(ROOT, "build", "faults"))
TWO_OPEN_SECONDS = 0.1  # Two looks at 20 Hz: below that, two nodes were not seen open at once.


def own_hosts(text, namespaces):
    """Addresses that no other lab of this machine is likely to have, of the kind that the network needs."""
    first = 10 if namespaces else 127
    number = 131 + os.getpid() % 100
    text = re.sub(r"network: [0-9./]+", f"network: {first}.{number}.0.0/16", text)
    text = re.sub(r"\n\s+subnet: .*", "", text)
    return re.sub(r"host: [0-9]+\.[0-9]+\.([0-9]+\.[0-9]+)", rf"host: {first}.{number}.\1", text)


class FaultLab(Lab):
    """Three nodes (or another file), on namespaces when root runs it and on loopback addresses otherwise."""

    def __init__(self, example="three-nodes.yaml", edit=None):
        self.namespaces = os.geteuid() == 0
        self.after_down = []  # What is to be undone once nothing runs any more.
        change = edit or (lambda text: text)
        super().__init__(example, edit=lambda text: own_hosts(change(text), self.namespaces),
                         network="namespaces" if self.namespaces else "loopback")
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        self.hosts = dict(re.findall(r"name: ([a-z][a-z-]*), host: ([0-9.]+)", text))
        self.nodes = sorted(self.hosts)
        self.names = {host: node for node, host in self.hosts.items()}
        self.port = int(re.search(r"\bport: (\d+)", text).group(1))
        self.apply(timeout="90s")
        self.until_slow("whole", self.whole, 30)

    def in_background(self, *arguments):
        """hactl, while something else happens."""
        return subprocess.Popen([os.path.join(BIN, "hactl"), *arguments], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def data(self, node):
        """The data directory as this machine sees it."""
        return os.path.realpath(os.path.join(self.lab, "nodes", node, "data"))

    def node_uri(self, node, **parameters):
        """A connection to this node, whatever it is."""
        uri = re.sub(r"@[^/]+/", f"@{self.hosts[node]}:{self.port}/", self.uri())
        uri = uri.replace("target_session_attrs=read-write", "target_session_attrs=any")
        return uri + "".join(f"&{key}={value}" for key, value in parameters.items())

    def local_sql(self, node, text):
        """As the superuser, through the node's Unix socket; None when there is no answer."""
        sockets = os.path.join(self.lab, "nodes", node, "run")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_postgres, "psql", "-XAtq", "-h", sockets, "-p", str(self.port), "-U", "postgres",
                               "-d", "postgres", "-c", text], text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=20, check=False, cwd="/")
        return done.stdout.strip() if done.returncode == 0 else None

    def agent(self, node):
        return next(p["pid"] for p in self.processes()["processes"] if p["role"] == "agent" and p["name"] == node)

    def processes_of(self, node):
        """The PostgreSQL processes of a node: the postmaster first."""
        postmaster = self.postmaster(node)
        return observe.pids_by_kind(postmaster) if postmaster else {}

    def streaming(self, node):
        """How many standbys stream from this node."""
        return int(self.local_sql(node, "select count(*) from pg_stat_replication where state = 'streaming'") or 0)

    def whole(self):
        """Converged, and every other node streams from the primary."""
        status = self.status()
        converged = any(c["type"] == "Converged" and c["status"] == "True" for c in status["conditions"])
        return converged and bool(status.get("primary")) and \
            self.streaming(status["primary"]) == len(self.nodes) - 1

    def log(self, process):
        return os.path.join(self.lab, "logs", f"{process}.log")

    def small_disk(self, place, megabytes):
        """A file system of its own, of that size, for a directory that nobody uses at the moment."""
        aside = f"{place}.aside"
        owner = os.stat(place)
        os.rename(place, aside)
        os.mkdir(place)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=True)
        self.after_down.append(lambda: subprocess.run(["umount", "--lazy", place], check=True))
        subprocess.run(["cp", "-aT", aside, place], check=True)
        os.chown(place, owner.st_uid, owner.st_gid)
        os.chmod(place, owner.st_mode & 0o7777)

    @staticmethod
    def fill(place):
        """Takes all that is free there."""
        with contextlib.suppress(OSError), open(os.path.join(place, "filler"), "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65536)

    @staticmethod
    def free(place):
        os.remove(os.path.join(place, "filler"))

    def close(self):
        self.hactl("lab", "down", "--dir", self.lab, timeout=60)
        while self.after_down:
            self.after_down.pop()()
        super().close()

    def until_slow(self, what, holds, seconds):
        """until() for what is asked of programs, which would take the processors from the servers; what holds()
        said at last."""
        deadline = time.monotonic() + seconds
        while not (said := holds()):
            if time.monotonic() > deadline:
                raise Failed(f"not within {seconds} s: {what}")
            time.sleep(ASK_SECONDS)
        return said


class Skipped(Exception):
    """A row that can't be run here, and why."""


class Run:
    """One row: what is measured, against which bounds, and what does not hold."""

    def __init__(self, lab, number, full=True):
        self.lab, self.number = lab, number
        self.full = full  # Whether faults last as long as the matrix says, or shorter.
        self.measured, self.failures = [], []
        self.client = self.sampler = self.reader = None
        self.injected = time.time()
        self.epoch = None

    # What is found out.

    def allowed(self, seconds):
        """A run beside other work is no measurement: it may take four times as long."""
        return seconds if self.full else 4 * seconds

    def measure(self, name, value, bound=None, unit="s"):
        """Notes a figure, and a failure when it is above its bound."""
        if bound is not None and unit == "s":
            bound = self.allowed(bound)
        shown = f"{value:.2f}" if unit == "s" else f"{value:g}"
        limit = f" (<= {bound:g})" if bound is not None else ""
        self.measured.append(f"{name} {shown} {unit}{limit}".strip())
        if bound is not None and value > bound:
            self.failures.append(f"{name} {shown} {unit}, not within {bound:g}".strip())

    def note(self, text):
        self.measured.append(text)

    def check(self, what, holds):
        if not holds:
            self.failures.append(what)

    def says(self, *words):
        """Waits until the status names all these words (K4)."""
        def shown():
            text = self.lab.hactl("describe", "formation", self.lab.formation).stdout
            return all(re.search(word, text) for word in words)
        try:
            self.lab.until_slow("status", shown, 15)
        except Failed:
            self.failures.append(f"K4: `hactl describe formation` does not say {', '.join(words)}")

    # What is waited for.

    def until(self, what, holds, seconds):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise Failed(f"not within {seconds} s: {what}")
            time.sleep(POLL_SECONDS)

    def hold(self, seconds, holds=None, what=""):
        """Lets `seconds` pass in which something must not cease to hold."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if holds is not None and not holds():
                self.failures.append(what)
                return
            time.sleep(max(0.0, min(ASK_SECONDS, deadline - time.monotonic())))

    def hold_closed(self, seconds, what, nodes=None):
        """Lets `seconds` pass in which none of these nodes, or of all, may open."""
        begun = time.time()
        self.hold(seconds, lambda: not any(nodes is None or node in nodes
                                           for node in self.sampler.open_nodes(begun)), what)

    def until_open(self, node=None, other_than=None, since=None, seconds=60):
        """Waits for a primary that is open, and returns its name."""
        since = self.injected if since is None else since

        def found():
            return next((name for name, sample in list(self.sampler.last.items())
                         if sample["open"] and sample["at"] > since and name != other_than
                         and node in (None, name)), None)
        self.until(f"an open primary other than {other_than}", found, seconds)
        return found()

    # Kept over the whole of a row.

    @contextlib.contextmanager
    def observed(self, gap=None, two_open=0.0, loss_declared=False):
        """A client, a reader and the sampler run inside; after it K1 and K2 are judged, and the write gap. Two may be
        open at once for `two_open` seconds, of which the older can acknowledge nothing."""
        self.epoch = self.lab.status()["epoch"]
        self.sampler = observe.Sampler(self.lab)
        self.client = observe.Ledger(self.lab)
        clients = [self.client]
        self.extra = clients
        try:
            self.client.until_writing()
            self.reader = observe.Reader(self.lab.uri())
            self.injected = time.time()
            yield
            ended = time.time()
            self.client.until_writing(since=ended)
            if gap is not None:
                self.measure("gap", observe.longest_gap(self.client.acks(), self.injected, ended), gap)
        finally:
            for client in clients:
                client.stop()
            if self.reader:
                self.reader.stop()
            self.sampler.stop()
        self.judge(clients, two_open, loss_declared)

    def pinned(self, node, table="hactl_probe"):
        """One more client, which writes to that node and no other; call it inside observed()."""
        client = observe.Ledger(self.lab, table=table, node=node)
        self.extra.append(client)
        client.until_writing()
        return client

    def judge(self, clients, two_open, loss_declared):
        lost, acknowledged = [], 0
        for client in clients:
            acks = {row.id for row in client.acks()}
            refused = {row.id for row in client.rows() if row.outcome == "refused"}
            there = self.rows_of(client.table)
            lost += sorted(acks - there)
            acknowledged += len(acks)
            self.check(f"{len(refused & there)} rows are there that {client.table}'s client was refused",
                       not refused & there)
        self.check(f"K1: {len(lost)} acknowledged rows are lost, {lost[:5]}", loss_declared or not lost)
        unseen = self.reader.seen - self.rows_of("hactl_traffic")
        self.check(f"K1: {len(unseen)} rows are gone that a client had read, {sorted(unseen)[:5]}",
                   loss_declared or not unseen)
        both, who = self.sampler.open_together()
        self.check(f"K2: two primaries were open for {both:.2f} s: {who}",
                   both <= max(self.allowed(two_open), TWO_OPEN_SECONDS))
        deposed = observe.acked_by_deposed([row for client in clients for row in client.rows()],
                                           self.sampler.openings(), self.lab.hosts)
        self.check(f"K2: {len(deposed)} rows were acknowledged by a deposed primary, {deposed[:3]}", not deposed)
        timelines = {}
        for _, node, timeline in self.sampler.openings():
            timelines.setdefault(timeline, set()).add(node)
        self.check(f"K2: one timeline of two primaries: {timelines}",
                   all(len(nodes) == 1 for nodes in timelines.values()))
        self.note(f"{acknowledged} acks, {len(lost)} lost")
        if both > TWO_OPEN_SECONDS:
            self.note(f"two open for {both:.2f} s")

    def rows_of(self, table):
        # The former primary may not have heard yet that it is one. It turns clients away, and libpq asks
        # no other host after a refusal of that kind.
        def read():
            with contextlib.suppress(Failed):
                return [self.lab.sql(f"select id from {table}")]
            return None

        [text] = self.lab.until_slow(f"the rows of {table} can be read", read, 20)
        return {int(line) for line in text.split()}

    # The checks that take a name in the matrix.

    def converge(self, bound, since=None):
        """K3: whole again within `bound` seconds from the injection, or from `since`."""
        begin = self.injected if since is None else since
        limit = max(0.0, begin + bound + 45 - time.time())
        self.lab.until_slow("K3: whole again", self.lab.whole, limit)
        self.measure("converged", time.time() - begin, bound)

    def same_primary(self, primary):
        """K5: nothing was failed over."""
        status = self.lab.status()
        self.check(f"K5: the primary is {status.get('primary')}, was {primary}", status.get("primary") == primary)
        self.check(f"K5: the epoch went from {self.epoch} to {status['epoch']}", status["epoch"] == self.epoch)

    def failovers(self):
        """How many ballots there were since the row began."""
        return self.lab.status()["epoch"] - self.epoch

    # Evidence of a row that does not hold.

    def keep(self):
        place = os.path.join(KEPT, self.number)
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        shutil.copytree(os.path.join(self.lab.lab, "logs"), os.path.join(place, "logs"))
        for node in self.lab.nodes:
            log = os.path.join(self.lab.lab, "nodes", node, "state", "postgres.log")
            if os.path.exists(log):
                shutil.copy(log, os.path.join(place, f"postgres-{node}.log"))
        for name in os.listdir(self.lab.directory):
            if name.startswith("ledger-"):
                shutil.copy(os.path.join(self.lab.directory, name), place)
        with open(os.path.join(place, "events"), "w", encoding="utf-8") as file:
            file.write(self.lab.hactl("get", "events", "-f", self.lab.formation).stdout)
            file.write(self.lab.hactl("describe", "formation", self.lab.formation).stdout)
        if self.sampler:
            with open(os.path.join(place, "samples"), "w", encoding="utf-8") as file:
                last = {}
                for sample in sorted(self.sampler.samples, key=lambda each: each["at"]):
                    facts = {key: value for key, value in sample.items() if key not in ("at", "node")}
                    if last.get(sample["node"]) != facts:  # Changes only: a file that can be read.
                        clock = time.strftime("%H:%M:%S", time.localtime(sample["at"]))
                        file.write(f"{clock}{sample['at'] % 1:.3f}".replace("0.", ".") + f" {sample['node']} {facts}\n")
                    last[sample["node"]] = facts
        return place
