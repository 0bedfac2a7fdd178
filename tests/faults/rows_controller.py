"""Rows about the controller and its store."""

import os
import shutil
import subprocess
import time

from lab import BIN, Failed
from matrix import row
from rows_moves import begin_switchover
from rows_processes import kill, kill_node, standbys, start


def store_files(lab):
    place = os.path.join(lab.lab, "controller")
    return [os.path.join(place, name) for name in os.listdir(place) if name.startswith("store.db")]


def copy_store(run):
    """An old copy, as from a backup of a stopped controller."""
    run.lab.act("stop", "controller")
    kept = os.path.join(run.lab.directory, "store-copy")
    os.makedirs(kept)
    for file in store_files(run.lab):
        shutil.copy2(file, kept)
    run.lab.act("start", "controller")
    run.lab.until_slow("the controller answers", lambda: run.lab.hactl("get", "formation").returncode == 0, 20)
    return kept


def restore_store(run, kept):
    """Requires that the controller is stopped."""
    for file in store_files(run.lab):
        os.remove(file)
    for name in os.listdir(kept):
        shutil.copy2(os.path.join(kept, name), os.path.join(run.lab.lab, "controller"))


def move_on(run):
    """The formation goes on after the copy: another epoch, with another primary; its name."""
    old = run.lab.primary()
    target = standbys(run.lab, old)[0]
    begin_switchover(run, target)
    run.until_open(node=target)
    run.lab.until_slow("whole", run.lab.whole, 40)
    run.client.until_writing(since=time.time())
    return target


@row("F24")
def controller_down_and_the_primary_crashes(run):
    old = run.lab.primary()
    with run.observed(gap=5.0):
        run.lab.act("kill", "controller")
        run.hold(60 if run.full else 6)
        run.injected = time.time()
        kill(run.lab.processes_of(old))
        run.client.until_writing(since=run.injected + 0.01, seconds=40)
        run.check("another node took over without a controller", run.sampler.open_nodes() == [old])
        back = time.time()
        run.lab.act("start", "controller")
        run.converge(20, since=back)


@row("F34", ci=False)
def two_controllers(run):
    primary = run.lab.primary()
    with run.observed():
        second = subprocess.run([os.path.join(BIN, "ha-controller"), "run", "--dir",
                                 os.path.join(run.lab.lab, "controller"), "--listen", "127.0.0.1", "--port", "0"],
                                text=True, capture_output=True, timeout=20, check=False)
        run.check("a second controller runs on the same store", second.returncode != 0)
        run.check(f"it does not say why: {second.stderr}{second.stdout}",
                  "controller" in (second.stderr + second.stdout))
        target = standbys(run.lab, primary)[0]
        begin_switchover(run, target)
        run.lab.act("freeze", "controller")
        run.hold(10)
        thawed = time.time()
        run.lab.act("thaw", "controller")
        run.client.until_writing(since=thawed)
        run.converge(30, since=thawed)


@row("F35")
def store_restored_from_an_old_copy(run):
    with run.observed(gap=1.0):
        kept = copy_store(run)
        primary = move_on(run)
        run.lab.act("stop", "controller")
        restore_store(run, kept)
        run.injected = time.time()
        run.lab.act("start", "controller")
        run.converge(60)
        run.check(f"the primary is {run.lab.primary()}, was {primary}", run.lab.primary() == primary)


@row("F36", ci=False)
def store_restored_and_the_primary_killed(run):
    with run.observed():
        kept = copy_store(run)
        primary = move_on(run)
        run.lab.act("stop", "controller")
        restore_store(run, kept)
        kill_node(run.lab, primary)
        killed = time.time()
        run.lab.act("start", "controller")
        try:
            # Should somebody open, no row may be missing: that is judged at the end.
            run.client.until_writing(since=killed, rows=1, seconds=15)
            run.note(f"opened without {primary}")
        except Failed:
            run.says(primary)
            run.note("blocked until it was back")
        run.converge(60, since=start(run, primary))


@row("F37", namespaces=True, ci=False)
def disk_of_the_controller_full(run):
    primary = run.lab.primary()
    victim = standbys(run.lab, primary)[0]
    place = os.path.join(run.lab.lab, "controller")
    run.lab.act("stop", "controller")
    run.lab.small_disk(place, megabytes=4)
    run.lab.act("start", "controller")
    run.lab.until_slow("whole", run.lab.whole, 20)
    with run.observed(gap=1.0):
        run.lab.fill(place)
        kill_node(run.lab, victim)
        run.hold(15)
        run.check("something was decided that can't be stored", victim in run.lab.status()["sync"])
        run.same_primary(primary)
        run.lab.free(place)
        run.lab.until_slow("the standby leaves the synchronous ones",
                           lambda: victim not in run.lab.status()["sync"], 40)
        run.converge(30, since=start(run, victim))
        run.same_primary(primary)
