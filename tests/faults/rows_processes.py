"""Rows in which processes die or stand still."""

import os
import signal
import time

import observe
from matrix import row


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def standbys(lab, primary):
    return [node for node in lab.nodes if node != primary]


@row("F1")
def postgres_tree_killed(run):
    old = run.lab.primary()
    with run.observed(gap=0.5):
        kill(run.lab.processes_of(old))
        run.until_open(since=time.time())
        run.converge(15)


@row("F2")
def postmaster_alone_killed(run):
    old = run.lab.primary()
    with run.observed(gap=0.5):
        children = run.lab.processes_of(old)
        postmaster = run.lab.postmaster(old)
        kill([postmaster])
        run.until("the children gone", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children
                                                       if pid != postmaster), 5)
        run.measure("children gone", time.time() - run.injected)
        run.until_open(since=time.time())
        run.converge(15)


@row("F3")
def one_backend_killed(run):
    old = run.lab.primary()
    with run.observed(gap=1.0):
        backend = run.lab.local_sql(old, "select pid from pg_stat_activity where query ilike 'insert into hactl_traffic%'"
                                         " and backend_type = 'client backend' and pid <> pg_backend_pid() limit 1")
        run.injected = time.time()
        kill([int(backend)])
        postmaster = run.lab.postmaster(old)
        run.until("the postmaster ends", lambda: run.lab.postmaster(old) != postmaster, 5)
        run.until_open(since=time.time())
        run.converge(20)


@row("F4", namespaces=True)
def host_powered_off(run):
    old = run.lab.primary()
    with run.observed(gap=3.0):
        run.lab.act("freeze", "node", old)
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        back = time.time()
        run.lab.act("kill", "node", old)
        run.lab.act("start", "node", old)
        run.converge(30, since=back)


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


@row("F8")
def agent_of_the_primary_killed(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        postmaster = run.lab.postmaster(primary)
        kill([run.lab.agent(primary)])
        run.hold(10)
        run.same_primary(primary)
        back = time.time()
        run.lab.act("start", "node", primary)
        run.converge(5, since=back)
        run.same_primary(primary)
        run.check("the agent has not adopted the running server", run.lab.postmaster(primary) == postmaster)


@row("F9")
def agent_and_postgres_killed(run):
    old = run.lab.primary()
    with run.observed(gap=1.0):
        run.lab.act("kill", "node", old)
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        back = time.time()
        run.lab.act("start", "node", old)
        run.converge(30, since=back)


@row("F10")
def one_standby_killed(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    with run.observed(gap=1.0):
        run.lab.act("kill", "node", victim)
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 20)
        run.measure("left the quorum", time.time() - run.injected)
        run.measure("p99 of a write", observe.slowest(run.client.rows(), run.injected, 0.99), 1.0)
        back = time.time()
        run.lab.act("start", "node", victim)
        run.converge(30, since=back)
        run.check("the standby is not synchronous again", victim in run.lab.status()["sync"])
        run.same_primary(primary)


@row("F11")
def all_synchronous_standbys_killed(run):
    primary = run.lab.primary()
    victims = standbys(run.lab, primary)
    with run.observed():
        for victim in victims:
            run.lab.act("kill", "node", victim)
        killed = time.time()
        run.says(*victims)
        run.hold(3)
        run.check("rows were acknowledged that no standby holds", not run.client.acks_since(killed))
        back = time.time()
        for victim in victims:
            run.lab.act("start", "node", victim)
        run.client.until_writing(since=back, rows=1, seconds=60)
        run.measure("writes resumed", run.client.acks_since(back)[0].answered - back, 5.0)
        run.converge(30, since=back)
        run.same_primary(primary)
