"""Rows in which the network is cut. They need namespaces, so root."""

import time

from matrix import row
from rows_processes import kill, kill_node, standbys, start


def region_of(lab, node):
    return node.rsplit("-", 1)[0]


def cut(run, node, *others):
    """Cuts a node from these, in both directions; the time at which all was cut."""
    for other in others:
        run.lab.act("cut", node, other)
    return time.time()


@row("F16", namespaces=True, ci=False)
def candidate_cut_from_its_standby_then_killed(run):
    old = run.lab.primary()
    one, other = standbys(run.lab, old)
    with run.observed():
        cut(run, one, other)
        run.injected = time.time()
        kill_node(run.lab, old)
        # One of them is promoted at most; nobody holds the record of its epoch beside it.
        run.hold_closed(10, "a primary opened that no standby follows")
        promoted = [node for node, sample in run.sampler.last.items() if sample.get("recovery") is False]
        run.note(f"promoted, closed: {', '.join(promoted) or 'none'}")
        for node in promoted or [one]:
            kill_node(run.lab, node)
        run.lab.act("heal")
        run.client.until_writing(since=start(run, old), seconds=60)
        run.converge(60, since=start(run, *promoted or [one]))


@row("F17", namespaces=True, lab="donor", ci=False)
def node_that_wal_is_fetched_from_is_lost(run):
    old, candidate, donor = "node-a", "node-b", "node-c"
    with run.observed():
        healed_by = cut(run, candidate, old, donor)
        # Acknowledged by the donor alone, while the candidate still counts.
        run.client.until_writing(since=healed_by, rows=30, seconds=3)
        kill_node(run.lab, old)
        run.hold_closed(8, "a node opened that lacks acknowledged rows")
        kill_node(run.lab, donor)
        run.hold_closed(5, "a node opened that lacks acknowledged rows")
        run.says("[Bb]locked|wait|lacks", candidate)
        run.lab.act("heal")
        back = start(run, old)
        run.client.until_writing(since=back, rows=1, seconds=60)
        run.converge(60, since=start(run, donor))


@row("F23", namespaces=True)
def primary_cut_from_the_controller(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        cut(run, primary, "controller")
        run.hold(60 if run.full else 20)
        run.same_primary(primary)
        run.says(primary)
        healed = time.time()
        run.lab.act("heal")
        run.converge(10, since=healed)
        run.same_primary(primary)


@row("F25", namespaces=True)
def primary_cut_from_everyone_but_the_clients(run):
    old = run.lab.primary()
    with run.observed(gap=5.0, two_open=6.0):
        probe = run.pinned(old)
        run.injected = time.time()
        isolated = cut(run, old, *standbys(run.lab, old), "controller")
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        run.hold(8)
        # Lease and a second.
        run.measure("open after the cut", run.sampler.open_after(old, isolated), 6.0)
        healed = time.time()
        run.lab.act("heal")
        run.converge(30, since=healed)
        run.check("K2: the isolated primary acknowledged rows", not probe.acks_between(isolated, healed))


@row("F26", namespaces=True)
def primary_with_a_standby_cut_from_controller_with_a_standby(run):
    primary = run.lab.primary()
    near, far = standbys(run.lab, primary)
    with run.observed(gap=1.0):
        for here in (primary, near):
            cut(run, here, far, "controller")
        run.hold(40 if run.full else 15)
        run.same_primary(primary)
        healed = time.time()
        run.lab.act("heal")
        run.converge(30, since=healed)
        run.same_primary(primary)


@row("F27", namespaces=True)
def primary_cut_from_all_standbys(run):
    old = run.lab.primary()
    with run.observed(two_open=1.0):
        isolated = cut(run, old, *standbys(run.lab, old))
        run.client.until_writing(since=isolated, rows=1, seconds=60)
        run.measure("writes resumed", run.client.acks_since(isolated)[0].answered - isolated, 10.0)
        healed = time.time()
        run.lab.act("heal")
        run.converge(30, since=healed)


@row("F28", namespaces=True, ci=False)
def primary_cut_from_one_standby(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    with run.observed(gap=1.0):
        cut(run, primary, victim)
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 30)
        run.measure("left the quorum", time.time() - run.injected)
        healed = time.time()
        run.lab.act("heal")
        run.converge(30, since=healed)
        run.check("the standby is not synchronous again", victim in run.lab.status()["sync"])
        run.same_primary(primary)


@row("F29", namespaces=True, ci=False)
def primary_to_controller_cut_one_way(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        run.lab.act("cut", "--from", f"node/{primary}", "--to", "controller")
        run.hold(60 if run.full else 20)
        run.same_primary(primary)
        run.lab.act("heal")
        run.lab.act("cut", "--from", "controller", "--to", f"node/{primary}")
        run.hold(60 if run.full else 20)
        run.same_primary(primary)
        healed = time.time()
        run.lab.act("heal")
        run.converge(10, since=healed)
        run.same_primary(primary)


@row("F30", namespaces=True, ci=False)
def link_flaps(run):
    flapping = run.lab.primary()
    with run.observed(two_open=6.0):
        while time.time() < run.injected + 60:
            cut(run, flapping, *standbys(run.lab, flapping), "controller")
            run.hold(1)
            run.lab.act("heal")
            run.hold(1)
        healed = time.time()
        run.converge(60, since=healed)
        run.measure("ballots", run.failovers(), 6, unit="")


@row("F31", namespaces=True, lab="regions")
def region_of_the_primary_lost(run):
    lost = region_of(run.lab, run.lab.primary())
    with run.observed(two_open=1.0):  # A primary that is thawed fences itself within that time.
        run.injected = time.time()
        run.lab.act("freeze", "region", lost)
        gone = time.time()
        run.client.until_writing(since=gone, rows=1, seconds=60)
        run.measure("gap, two synchronous standbys", run.client.acks_since(gone)[0].answered - run.injected, 4.0)
        back = time.time()
        run.lab.act("thaw", "region", lost)
        run.converge(60, since=back)
        # One acknowledgement may have come from within the region.
        run.lab.edit(lambda text: text.replace("number-sync-standbys: 2", "number-sync-standbys: 1"))
        run.lab.apply()
        run.lab.until_slow("one synchronous standby", lambda: run.lab.status()["sync"].startswith("ANY 1"), 30)
        lost = region_of(run.lab, run.lab.primary())
        inside = [node for node in run.lab.nodes if region_of(run.lab, node) == lost]
        outside = [node for node in run.lab.nodes if node not in inside]
        kill([pid for node in inside for pid in (run.lab.agent(node), *run.lab.processes_of(node))])
        run.hold_closed(8, "opened outside, without coverage", outside)
        run.says("[Bb]locked|wait", *inside)
        back = start(run, *inside)
        run.client.until_writing(since=back, seconds=60)
        run.converge(60, since=back)


def cut_region_off(run):
    """Cuts the primary's region from the other and from the controller, not from the clients."""
    old = run.lab.primary()
    inside, outside = region_of(run.lab, old), "paris" if old.startswith("amsterdam") else "amsterdam"
    run.injected = time.time()
    isolated = cut(run, inside, outside, "controller")
    run.client.until_writing(since=isolated, rows=1, seconds=60)
    run.measure("writes resumed", run.client.acks_since(isolated)[0].answered - isolated, 5.0)
    run.hold(8)
    run.measure("open inside after the cut", run.sampler.open_after(old, isolated), 6.0)


@row("F32", namespaces=True, lab="regions", ci=False)
def region_of_the_primary_cut_off(run):
    with run.observed(two_open=6.0):
        cut_region_off(run)
        run.lab.act("heal")


@row("F33", namespaces=True, lab="regions", ci=False)
def region_healed(run):
    with run.observed(two_open=6.0):
        cut_region_off(run)
        healed = time.time()
        run.lab.act("heal")
        run.converge(60, since=healed)
