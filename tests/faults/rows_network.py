"""Rows in which the network is cut. They need namespaces, so root."""

import time

from matrix import row


@row("F23", namespaces=True)
def primary_cut_from_the_controller(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        run.lab.act("cut", primary, "controller")
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
    others = [node for node in run.lab.nodes if node != old]
    with run.observed(gap=5.0, two_open=6.0):
        probe = run.pinned(old)
        run.injected = time.time()
        for other in [*others, "controller"]:
            run.lab.act("cut", old, other)
        cut = time.time()
        run.until_open(other_than=old)
        run.client.until_writing(since=time.time())
        run.hold(8)
        # Lease and a second.
        run.measure("open after the cut", run.sampler.open_after(old, cut), 6.0)
        healed = time.time()
        run.lab.act("heal")
        run.converge(30, since=healed)
        run.check("K2: the isolated primary acknowledged rows", not probe.acks_since(cut))
