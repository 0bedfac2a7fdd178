"""Rows in which disks are full, slow, old or damaged."""

import glob
import os
import re
import subprocess
import time

from fault_lab import Skipped
from matrix import row
from rows_moves import begin_switchover
from rows_network import cut
from rows_processes import kill, kill_node, standbys, start

THROTTLE = "/sys/fs/cgroup/blkio"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def small_wal_disk(run, node, megabytes):
    """Gives a standby's WAL a disk of its own, of that size; the directory that it is mounted at."""
    lab = run.lab
    lab.act("stop", "node", node)
    wal = os.path.join(lab.data(node), "pg_wal")
    place = os.path.join(os.path.dirname(lab.data(node)), "wal")
    os.rename(wal, place)
    lab.small_disk(place, megabytes)
    os.symlink("../wal", wal)
    lab.act("start", "node", node)
    lab.until_slow("whole", lab.whole, 60)
    return place


@row("F38", namespaces=True, ci=False, lab="little_wal")
def wal_disk_of_the_primary_full(run):
    victim = standbys(run.lab, run.lab.primary())[0]
    place = small_wal_disk(run, victim, 160)
    with run.observed():
        begin_switchover(run, victim)
        run.until_open(node=victim)
        run.lab.until_slow("whole", run.lab.whole, 60)
        postmaster = run.lab.postmaster(victim)
        run.lab.fill(place)
        full = time.time()
        while run.lab.postmaster(victim) == postmaster and time.time() < full + 30:
            run.lab.local_sql(victim, "select pg_switch_wal(); create table if not exists t (); drop table t")
        ended = time.time()
        run.note(f"ended {ended - full:.2f} s after its disk was full")
        run.until_open(other_than=victim)
        run.client.until_writing(since=ended)
        run.measure("gap", run.client.acks_since(ended)[0].answered
                    - max(row.answered for row in run.client.acks() if row.sent < ended), 1.0)
        run.says(victim)
        run.lab.free(place)
        run.converge(60, since=time.time())


@row("F39", namespaces=True, ci=False, lab="little_wal")
def wal_disk_of_a_standby_full(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    place = small_wal_disk(run, victim, 160)
    with run.observed(gap=1.0):
        run.lab.fill(place)
        for _ in range(12):
            run.lab.local_sql(primary, "select pg_switch_wal(); create table if not exists t (); drop table t")
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 40)
        run.says(victim)
        run.lab.free(place)
        run.converge(60, since=time.time())
        run.same_primary(primary)


@row("F40", namespaces=True, ci=False)
def slow_disk(run):
    if not os.path.exists(os.path.join(THROTTLE, "blkio.throttle.write_iops_device")):
        raise Skipped("needs cgroup v1's blkio.throttle")
    primary = run.lab.primary()
    group = os.path.join(THROTTLE, f"hactl-{os.getpid()}")
    device = os.stat(run.lab.data(primary)).st_dev
    os.mkdir(group)
    run.lab.after_down.append(lambda: os.rmdir(group))
    with run.observed():
        limit(group, f"{os.major(device)}:{os.minor(device)} 6", run.lab.processes_of(primary))
        slow = time.time()
        run.hold(40 if run.full else 20)
        taken = [row.answered - row.sent for row in run.client.acks_since(slow)]
        run.check("the disk was not slow", bool(taken) and max(taken) > 0.3)
        run.note(f"slowest write {max(taken, default=0):.2f} s")
        run.same_primary(primary)
        limit(group, f"{os.major(device)}:{os.minor(device)} 0", [])
        run.converge(30, since=time.time())
        run.same_primary(primary)


def limit(group, rule, pids):
    with open(os.path.join(group, "blkio.throttle.write_iops_device"), "w", encoding="utf-8") as file:
        file.write(rule)
    for pid in pids:
        with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
            file.write(str(pid))


@row("F41", lab="little_wal", ci=False)
def slot_of_a_standby_lost(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    with run.observed(gap=1.0):
        needed = run.lab.local_sql(primary, "select pg_walfile_name(pg_current_wal_lsn())")
        kill_node(run.lab, victim)
        run.lab.until_slow("it leaves the quorum", lambda: victim not in run.lab.status()["sync"], 30)
        for _ in range(12):
            run.lab.local_sql(primary, "select pg_logical_emit_message(false, 'f41', repeat('x', 1000000)) "
                                       "from generate_series(1, 10); select pg_switch_wal(); checkpoint")
        gone = run.lab.local_sql(primary, f"select count(*) from pg_ls_waldir() where name = '{needed}'")
        run.check("the WAL that the standby needs is still there", gone == "0")
        run.converge(60, since=start(run, victim))
        run.same_primary(primary)


@row("F42", namespaces=True)
def wal_that_nobody_else_has(run):
    old = run.lab.primary()
    with run.observed(two_open=6.0):
        run.pinned(old)
        cut(run, old, *standbys(run.lab, old), "controller")
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        healed = time.time()
        run.lab.act("heal")
        run.converge(60, since=healed)
    kept = glob.glob(os.path.join(run.lab.lab, "nodes", old, "**", "diverged", "*", "*"), recursive=True)
    run.check("the WAL that was rewound is not kept", kept)
    run.lab.act("stop", "node", old)
    checked = subprocess.run(["/usr/lib/postgresql/15/bin/pg_checksums", "--check", "-D", run.lab.data(old)], text=True,
                             capture_output=True, check=False)
    run.check(f"checksums: {checked.stderr.strip()}", checked.returncode == 0)
    run.lab.act("start", "node", old)
    run.converge(60, since=time.time())


def save_machine(run, node):
    """A snapshot of the node's disk: its data and what its agent knows."""
    base = os.path.join(run.lab.lab, "nodes", node)
    subprocess.run(["cp", "-a", run.lab.data(node), os.path.join(base, "snapshot-data")], check=True)
    subprocess.run(["cp", "-a", os.path.join(base, "state"), os.path.join(base, "snapshot-state")], check=True)


def roll_back(run, node):
    base, data = os.path.join(run.lab.lab, "nodes", node), run.lab.data(node)
    for place, copy in ((data, "snapshot-data"), (os.path.join(base, "state"), "snapshot-state")):
        subprocess.run(["rm", "-rf", place], check=True)
        os.rename(os.path.join(base, copy), place)


@row("F45")
def machine_rolled_back(run):
    primary = run.lab.primary()
    rolled, other = standbys(run.lab, primary)
    kill_node(run.lab, rolled)
    save_machine(run, rolled)
    run.lab.act("start", "node", rolled)
    run.lab.until_slow("whole", run.lab.whole, 40)
    with run.observed():
        # Rows that only the one that is rolled back holds beside the primary; then that one alone is asked.
        run.lab.act("kill", "node", other)
        run.lab.until_slow("it leaves the quorum", lambda: other not in run.lab.status()["sync"], 40)
        run.client.until_writing(since=time.time(), rows=50)
        kill([run.lab.agent(primary), run.lab.agent(rolled), *run.lab.processes_of(primary),
              *run.lab.processes_of(rolled)])
        roll_back(run, rolled)
        start(run, rolled, other)
        run.hold_closed(10, "a node opened that has forgotten rows")
        run.says(primary)
        back = start(run, primary)
        run.client.until_writing(since=back, seconds=60)
        run.converge(60, since=back)


@row("F46")
def state_file_destroyed(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    with run.observed(gap=1.0):
        kill_node(run.lab, victim)
        ruin(run.lab, victim)
        run.converge(60, since=start(run, victim))
        run.check("it was not built anew", "anew" in run.lab.run("get", "events", "-f", run.lab.formation)
                  + read(run.lab.log(victim)))
        run.same_primary(primary)


def ruin(lab, node):
    """Both slots of the agent's state file, cut off in the middle."""
    files = [path for path in glob.glob(os.path.join(lab.lab, "nodes", node, "state", "*"))
             if os.path.isfile(path) and not path.endswith(".log") and not re.search(r"\.(key|pem|crt)$", path)]
    for path in files:
        os.truncate(path, os.path.getsize(path) // 2)


@row("F47", ci=False)
def postgres_that_cannot_be_started(run):
    old = run.lab.primary()
    settings = os.path.join(run.lab.data(old), "postgresql.auto.conf")
    with run.observed(gap=1.0):
        with open(settings, "a", encoding="utf-8") as file:
            file.write("no_such_setting = 1\n")
        run.injected = time.time()
        kill(run.lab.processes_of(old))
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        run.says(old, "configuration|no_such_setting")
        now = read(settings)
        with open(settings, "w", encoding="utf-8") as file:
            file.write(now.replace("no_such_setting = 1\n", ""))
        run.converge(60, since=time.time())


@row("F48", ci=False)
def certificate_of_a_standby_broken(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    tls = os.path.join(run.lab.lab, "nodes", victim, "tls")
    with run.observed(gap=1.0):
        kill_node(run.lab, victim)
        files = {name: read(os.path.join(tls, name)) for name in ("tls.crt", "tls.key")}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", f"/CN=node:{victim}", "-keyout", os.path.join(tls, "tls.key"), "-out",
                        os.path.join(tls, "tls.crt"), "-days", "1"], check=True, capture_output=True)
        run.lab.act("start", "node", victim)
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 40)
        run.says(victim)
        run.lab.until_slow("its agent's log speaks of certificates",
                           lambda: re.search("certificate|handshake|TLS", read(run.lab.log(victim))), 20)
        run.same_primary(primary)
        run.lab.act("stop", "node", victim)
        for name, content in files.items():
            with open(os.path.join(tls, name), "w", encoding="utf-8") as file:
                file.write(content)
        run.converge(40, since=start(run, victim))
        run.same_primary(primary)
