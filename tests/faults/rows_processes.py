"""Rows in which processes die or stand still."""

import os
import select
import signal
import subprocess
import time

import observe
from matrix import row


def kill(pids, how=signal.SIGKILL):
    """Sends the signal to all of them; whom it kills is waited for: what is started in its place would find it."""
    dying = []
    for pid in pids:
        try:
            if how == signal.SIGKILL:
                dying.append(os.pidfd_open(pid))
            os.kill(pid, how)
        except ProcessLookupError:
            continue
    for process in dying:
        select.select([process], [], [], 10)
        os.close(process)


def standbys(lab, primary):
    return [node for node in lab.nodes if node != primary]


def servers(lab, node, kind):
    """The pids of a node's server processes of one kind, as `ps` names it."""
    return [pid for pid, title in lab.processes_of(node).items() if title.startswith(kind)]


def kill_node(lab, node):
    """Agent and PostgreSQL, at once: a program in between would take its time."""
    kill([lab.agent(node), *lab.processes_of(node)])


def start(run, *nodes):
    """Starts nodes again; the time from which it counts."""
    back = time.time()
    for node in nodes:
        run.lab.act("start", "node", node)
    return back


@row("F1")
def postgres_tree_killed(run):
    old = run.lab.primary()
    with run.observed(gap=0.5):
        run.injected = time.time()
        kill(run.lab.processes_of(old))
        run.until_open(since=time.time())
        run.converge(15)


@row("F2")
def postmaster_alone_killed(run):
    old = run.lab.primary()
    with run.observed(gap=0.5):
        run.injected = time.time()
        kill([run.lab.postmaster(old)])
        run.until("the children gone", lambda: not run.lab.runs_in(run.lab.data(old))
                  or run.sampler.open_nodes() not in ([], [old]), 5)
        run.until_open(since=time.time())
        run.converge(15)


@row("F3")
def one_backend_killed(run):
    old = run.lab.primary()
    with run.observed(gap=1.0):
        backend = run.lab.local_sql(old, "select pid from pg_stat_activity where query ilike 'insert into hactl_traffic%'"
                                         " and backend_type = 'client backend' limit 1")
        postmaster = run.lab.postmaster(old)
        run.injected = time.time()
        kill([int(backend)])
        run.until("the postmaster ends", lambda: run.lab.postmaster(old) != postmaster, 5)
        run.until_open(since=time.time())
        run.converge(20)


@row("F4", namespaces=True)
def host_powered_off(run):
    old = run.lab.primary()
    with run.observed(gap=3.0):
        run.injected = time.time()
        run.lab.act("freeze", "node", old)
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        run.lab.act("kill", "node", old)
        run.converge(30, since=start(run, old))


@row("F5", namespaces=True)
def primary_frozen_and_thawed(run):
    old = run.lab.primary()
    with run.observed(gap=3.0, two_open=1.0):
        run.pinned(old)  # What it is acknowledged later than the new primary opened is counted by K2.
        run.injected = time.time()
        run.lab.act("freeze", "node", old)
        run.until_open(other_than=old)
        run.hold((30 if run.full else 8) - (time.time() - run.injected))
        thawed = time.time()
        run.lab.act("thaw", "node", old)
        run.converge(30, since=thawed)
        run.measure("open after the thaw", run.sampler.open_after(old, thawed), 1.0)


@row("F6")
def only_postgres_frozen(run):
    old = run.lab.primary()
    with run.observed(gap=4.0, two_open=1.0):
        frozen = list(run.lab.processes_of(old))
        run.injected = time.time()
        kill(frozen, signal.SIGSTOP)
        run.until_open(other_than=old)
        run.converge(30)
        kill(frozen, signal.SIGCONT)  # Whoever is left of them: nobody, if the agent has ended them.


@row("F7")
def only_the_wal_senders_frozen(run):
    old = run.lab.primary()
    with run.observed(gap=7.0, two_open=1.0):
        senders = servers(run.lab, old, "walsender")
        run.check("there are two WAL senders", len(senders) == 2)
        run.injected = time.time()
        kill(senders, signal.SIGSTOP)
        frozen = time.time()
        run.client.until_writing(since=frozen, rows=1, seconds=40)
        run.measure("writes resumed", run.client.acks_since(frozen)[0].answered - frozen, 7.0)
        kill(senders, signal.SIGCONT)
        run.converge(40)


@row("F8")
def agent_of_the_primary_killed(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        postmaster = run.lab.postmaster(primary)
        run.injected = time.time()
        kill([run.lab.agent(primary)])
        run.hold(10)
        run.same_primary(primary)
        run.converge(5, since=start(run, primary))
        run.same_primary(primary)
        run.check("the agent has not adopted the running server", run.lab.postmaster(primary) == postmaster)


@row("F9")
def agent_and_postgres_killed(run):
    old = run.lab.primary()
    with run.observed(gap=1.0):
        run.injected = time.time()
        kill_node(run.lab, old)
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        run.converge(30, since=start(run, old))


@row("F10")
def one_standby_killed(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    with run.observed(gap=1.0):
        run.injected = time.time()
        kill_node(run.lab, victim)
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 20)
        run.measure("left the quorum", time.time() - run.injected)
        run.measure("p99 of a write", observe.slowest(run.client.rows(), run.injected, 0.99), 1.0)
        run.converge(30, since=start(run, victim))
        run.check("the standby is not synchronous again", victim in run.lab.status()["sync"])
        run.same_primary(primary)


@row("F11")
def all_synchronous_standbys_killed(run):
    primary = run.lab.primary()
    victims = standbys(run.lab, primary)
    with run.observed():
        run.injected = time.time()
        for victim in victims:
            kill_node(run.lab, victim)
        killed = time.time()
        run.says(*victims)
        run.hold(3)
        run.check("rows were acknowledged that no standby holds", not run.client.acks_since(killed))
        back = start(run, *victims)
        run.client.until_writing(since=back, rows=1, seconds=60)
        run.measure("writes resumed", run.client.acks_since(back)[0].answered - back, 5.0)
        run.converge(30, since=back)
        run.same_primary(primary)


@row("F12", lab="degrade", ci=False)
def degraded_and_then_the_primary_killed(run):
    primary = run.lab.primary()
    victims = standbys(run.lab, primary)
    with run.observed():
        for victim in victims:
            kill_node(run.lab, victim)
        killed = time.time()
        run.client.until_writing(since=killed, seconds=60)
        run.measure("degraded", run.client.acks_since(killed)[0].answered - killed)
        run.says("[Dd]egrade|fewer", *victims)
        kill_node(run.lab, primary)
        alone = time.time()
        start(run, *victims)
        # Only the old primary knows all that it acknowledged alone.
        run.hold_closed(10, "a node opened that can't know all acknowledged rows")
        run.says(primary)
        run.check("rows were acknowledged without the primary", not run.client.acks_since(alone))
        run.converge(40, since=start(run, primary))


@row("F13")
def primary_and_one_standby_killed(run):
    old = run.lab.primary()
    gone, left = standbys(run.lab, old)
    with run.observed():
        kill([run.lab.agent(old), run.lab.agent(gone), *run.lab.processes_of(old), *run.lab.processes_of(gone)])
        killed = time.time()
        run.says("[Bb]locked|wait", old, gone)
        run.hold_closed(5, f"{left} opened, which may lack acknowledged rows")
        run.check("rows were acknowledged", not run.client.acks_since(killed))
        back = start(run, gone)
        run.client.until_writing(since=back, rows=1, seconds=40)
        run.measure("writes resumed", run.client.acks_since(back)[0].answered - back, 10.0)
        run.converge(40, since=start(run, old))


@row("F14", ci=False)
def forced_failover_with_data_loss(run):
    old = run.lab.primary()
    gone, left = standbys(run.lab, old)
    with run.observed(loss_declared=True):
        kill([run.lab.agent(old), run.lab.agent(gone), *run.lab.processes_of(old), *run.lab.processes_of(gone)])
        run.says("is lost", old, gone)
        refused = run.lab.hactl("failover", "--formation", run.lab.formation)
        run.check("without --accept-data-loss it is not refused", refused.returncode == 1)
        run.note(f"refused: {refused.stderr.strip()}")
        forced = run.lab.in_background("failover", "--formation", run.lab.formation, "--accept-data-loss", "any",
                                       "--timeout", "60s")
        run.lab.until_slow("the audit", lambda: "FailoverForced" in run.lab.run("get", "events", "-f",
                                                                                run.lab.formation), 20)
        # It opens when a standby has joined it.
        back = start(run, gone)
        run.until_open(node=left, since=back, seconds=60)
        run.check("`hactl failover` failed", forced.wait(timeout=60) == 0)
        run.converge(60, since=start(run, old))


@row("F15")
def candidate_killed_while_it_is_promoted(run):
    old = run.lab.primary()
    others = standbys(run.lab, old)
    before = {node: histories(run.lab, node) for node in others}
    with run.observed():
        run.injected = time.time()
        kill(run.lab.processes_of(old))
        candidate = None
        deadline = time.monotonic() + 20
        while candidate is None and time.monotonic() < deadline:
            candidate = next((node for node in others if histories(run.lab, node) != before[node]), None)
        run.check("no promotion was seen", candidate is not None)
        kill_node(run.lab, candidate)
        run.note(f"{candidate} killed after {time.time() - run.injected:.2f} s")
        killed = time.time()
        run.until_open(since=killed, other_than=candidate)
        run.client.until_writing(since=killed)
        run.converge(40, since=start(run, candidate))


def histories(lab, node):
    """The timelines that a node has files of: one more comes when it is promoted."""
    try:
        return {name for name in os.listdir(os.path.join(lab.data(node), "pg_wal")) if name.endswith(".history")}
    except FileNotFoundError:
        return set()


@row("F44")
def rewind_killed(run):
    old = run.lab.primary()
    with run.observed(two_open=1.0):
        run.pinned(old)
        run.lab.act("freeze", "node", old)
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        thawed = time.time()
        run.lab.act("thaw", "node", old)
        rewind = until_program(run, "pg_rewind", run.lab.agent(old))
        kill([rewind])
        run.note("pg_rewind killed")
        run.converge(60, since=thawed)


def until_program(run, name, agent, seconds=40):
    """Waits until the agent runs that program; its pid."""
    found = []

    def running():
        shown = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(agent)], text=True, capture_output=True,
                               check=False).stdout
        found.extend(int(line.split()[0]) for line in shown.splitlines() if line.split()[1] == name)
        return bool(found)
    run.until(f"{name} runs", running, seconds)
    return found[0]
