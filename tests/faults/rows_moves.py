"""Rows in which the primary is moved, or the file edited, while something goes wrong."""

import math
import os
import re
import signal
import subprocess
import time

import psycopg2

from matrix import row
from rows_processes import kill, kill_node, standbys, start, until_program


def begin_switchover(run, target):
    """`hactl switchover` in the background; begun when the controller has agreed to it."""
    def accepted():
        return run.lab.hactl("switchover", "--formation", run.lab.formation, "--to", target).returncode == 0
    run.lab.until_slow("the switchover is accepted", accepted, 40)


def killed_at_many_moments(run, moments, whom):
    """Starts a switchover and kills somebody after each of these seconds; then all must be well again."""
    worst = 0.0
    for moment in moments:
        old = run.lab.primary()
        target = standbys(run.lab, old)[0]
        move = run.lab.in_background("switchover", "--formation", run.lab.formation, "--to", target)
        pid, again = whom(old)
        run.hold(moment)
        kill([pid])
        killed = time.time()
        move.wait(timeout=60)
        run.lab.act("start", *again)
        run.client.until_writing(since=killed, seconds=40)
        run.lab.until_slow("whole again", run.lab.whole, 40)
        worst = max(worst, time.time() - killed)
    run.note(f"{len(moments)} moments")
    return worst


@row("F18")
def controller_killed_in_a_switchover(run):
    def controller(_):
        return next(p["pid"] for p in run.lab.processes()["processes"] if p["role"] == "controller"), ("controller",)

    with run.observed():
        count = 12 if run.full else 4
        run.measure("worst", killed_at_many_moments(run, [0.4 * i / count for i in range(count)], controller), 10.0)


@row("F19", ci=False)
def agent_killed_in_a_switchover(run):
    with run.observed():
        run.measure("worst", killed_at_many_moments(
            run, [0.4 * i / 8 for i in range(8)], lambda old: (run.lab.agent(old), ("node", old))), 15.0)


@row("F20")
def target_hangs(run):
    old = run.lab.primary()
    target = standbys(run.lab, old)[0]
    with run.observed(gap=8.0):
        frozen = list(run.lab.processes_of(target))
        begin_switchover(run, target)
        run.until("the old primary stops", lambda: old not in run.sampler.open_nodes(), 20)
        kill(frozen, signal.SIGSTOP)
        stopped = time.time()
        run.client.until_writing(since=stopped, seconds=60)
        kill(frozen, signal.SIGCONT)
        run.converge(40, since=time.time())


@row("F21")
def switchover_beside_a_frozen_standby(run):
    old = run.lab.primary()
    target, other = standbys(run.lab, old)
    # Of three nodes only the old primary is left to confirm the new one, and it has to stop and to start first.
    with run.observed(gap=1.0):
        frozen = list(run.lab.processes_of(other))
        kill(frozen, signal.SIGSTOP)
        run.injected = time.time()
        begin_switchover(run, target)
        run.until_open(node=target)
        run.client.until_writing(since=time.time())
        kill(frozen, signal.SIGCONT)
        run.converge(40)


@row("F22", lab="large", ci=False)
def switchover_with_dirty_pages(run):
    old = run.lab.primary()
    target = standbys(run.lab, old)[0]
    bench = ["pgbench", "-d", run.lab.uri(), "-q"]
    subprocess.run([*bench, "-i", "-s", "20"], check=True, capture_output=True)
    with run.observed(gap=1.0):
        load = subprocess.Popen([*bench, "-c", "8", "-T", "60", "-n"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            run.hold(8)
            dirty = run.lab.local_sql(old, "create extension if not exists pg_buffercache; "
                                           "select count(*) from pg_buffercache where isdirty")
            run.note(f"{dirty} dirty pages")
            run.injected = time.time()
            begin_switchover(run, target)
            run.until_open(node=target)
            run.client.until_writing(since=time.time())
        finally:
            load.kill()
            load.wait()
        run.converge(40)


@row("F50", ci=False)
def priorities_edited_every_second(run):
    begun = time.time()
    with run.observed():
        for i in range(60):
            names = ("node-b", "node-c") if i % 2 else ("node-c", "node-b")
            run.lab.edit(lambda text: prefer(text, *names))
            run.lab.run("apply", "-f", run.lab.file)
            run.hold(1)
        # Three a minute (kMovesMax); then the primary stays for a while.
        run.measure("moves", run.failovers(), 3 * math.ceil((time.time() - begun) / 60), unit="")
        run.lab.until_slow("converged", lambda: run.lab.condition("Converged")["status"] == "True", 120)


def prefer(text, first, second):
    """The file with these two nodes' priorities."""
    text = re.sub(r"(name: node-[bc], host: [0-9.]+)(, candidate-priority: \d+)?", r"\1", text)
    text = re.sub(rf"(name: {first}, host: [0-9.]+)", r"\1, candidate-priority: 90", text)
    return re.sub(rf"(name: {second}, host: [0-9.]+)", r"\1, candidate-priority: 80", text)


@row("F51", ci=False)
def quorum_edited_and_the_primary_killed(run):
    with run.observed():
        for moment in (0.0, 0.02, 0.05, 0.1):
            wanted = "2" if run.lab.status()["sync"].startswith("ANY 1") else "1"
            run.lab.edit(lambda text: re.sub(r"number-sync-standbys: \d", f"number-sync-standbys: {wanted}", text))
            old = run.lab.primary()
            applied = run.lab.run("apply", "-f", run.lab.file)
            run.check(f"not applied: {applied}", "configured" in applied)
            run.hold(moment)
            kill_node(run.lab, old)
            back = start(run, old)
            run.client.until_writing(since=back, seconds=60)
            run.lab.until_slow("whole again", run.lab.whole, 60)


@row("F52", ci=False)
def primary_killed_while_a_node_copies_it(run):
    old = run.lab.primary()
    copying, other = standbys(run.lab, old)
    run.lab.sql("create table ballast as select n, repeat(md5(n::text), 30) from generate_series(1, 150000) n")
    with run.observed():
        kill_node(run.lab, copying)
        forget(run.lab, copying)
        run.lab.until_slow("it leaves the quorum", lambda: copying not in run.lab.status()["sync"], 30)
        run.lab.act("start", "node", copying)
        until_program(run, "pg_basebackup", run.lab.agent(copying))
        kill_node(run.lab, old)
        killed = time.time()
        run.client.until_writing(since=killed, rows=1, seconds=90)
        run.measure("writes resumed", run.client.acks_since(killed)[0].answered - killed, 30.0)
        run.check("another than the remaining standby took over", run.sampler.open_nodes() == [other])
        run.converge(60, since=start(run, old))


def forget(lab, node):
    """The node's data and what its agent knows are gone, as with a new disk."""
    base = os.path.join(lab.lab, "nodes", node)
    subprocess.run(["rm", "-rf", lab.data(node), os.path.join(base, "state")], check=True)


@row("F53", ci=False)
def long_query_on_the_target(run):
    old = run.lab.primary()
    target = standbys(run.lab, old)[0]
    run.lab.sql("create table f53 as select n from generate_series(1, 10000) n")
    run.lab.until_slow("the standby has it", lambda: run.lab.local_sql(target, "select 1") == "1", 10)
    reader = psycopg2.connect(run.lab.node_uri(target))
    reader.set_session(isolation_level="REPEATABLE READ")
    cursor = reader.cursor()
    cursor.execute("select count(*) from f53")
    with run.observed(gap=0.6):
        run.lab.sql("delete from f53")
        run.lab.sql("vacuum f53")
        run.lab.until_slow("replay waits", lambda: run.lab.local_sql(
            target, "select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()") == "t", 10)
        run.hold(1)
        run.injected = time.time()
        begin_switchover(run, target)
        run.until_open(node=target)
        run.client.until_writing(since=time.time())
        run.converge(30)
    reader.close()
