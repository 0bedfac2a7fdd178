"""Rows about what clients and administrators do."""

import re
import signal
import time

import psycopg2

from matrix import row
from rows_processes import kill, standbys, start


@row("F54")
def waiting_commit_cancelled(run):
    old = run.lab.primary()
    waiting = "select pid from pg_stat_activity where wait_event = 'SyncRep' and backend_type = 'client backend'"
    with run.observed():
        frozen = [pid for node in standbys(run.lab, old) for pid in run.lab.processes_of(node)]
        kill(frozen, signal.SIGSTOP)
        run.until("a commit waits", lambda: bool(run.lab.local_sql(old, waiting)), 5)
        begun = time.time()
        run.lab.local_sql(old, f"select pg_cancel_backend(pid) from ({waiting}) w")
        run.until("the client has an answer", lambda: any(row.outcome == "unknown" for row in run.client.rows()), 5)
        run.check("a cancelled wait counts as an acknowledgement", not run.client.acks_since(begun))
        run.injected = time.time()
        kill(run.lab.processes_of(old))
        kill(frozen, signal.SIGCONT)
        run.client.until_writing(since=run.injected, seconds=40)
        run.converge(40)


@row("F55")
def synchronous_names_emptied(run):
    primary = run.lab.primary()
    with run.observed(gap=1.0):
        before = run.sampler.last[primary]["sync"]
        run.lab.local_sql(primary, "alter system set synchronous_standby_names = ''")
        run.lab.local_sql(primary, "select pg_reload_conf()")
        emptied = time.time()
        run.until("put back", lambda: run.sampler.last[primary]["at"] > emptied + 0.2
                  and run.sampler.last[primary].get("sync") == before, 20)
        shown = [s["at"] for s in run.sampler.of(primary, run.injected) if s.get("sync") == ""]
        run.measure("emptied for", max(shown) - min(shown) if shown else 0.0, 5.0)
        with open(f"{run.lab.data(primary)}/postgresql.auto.conf", encoding="utf-8") as file:
            last = re.findall(r"^synchronous_standby_names = '(.*)'$", file.read(), re.M)
        run.note("it never took effect" if not shown else "it took effect")
        run.check("the administrator's empty setting would win at the next restart", not last or last[-1] != "")
        run.converge(30)
        run.same_primary(primary)


@row("F56")
def all_connections_taken(run):
    primary = run.lab.primary()
    with run.observed():
        taken, refused = [], None
        while refused is None and len(taken) < 300:
            try:
                taken.append(psycopg2.connect(run.lab.uri()))
            except psycopg2.OperationalError as problem:
                refused = str(problem)
        run.note(f"{len(taken)} taken")
        run.check("connections did not run out", refused is not None)
        run.hold(15)
        run.same_primary(primary)
        for connection in taken:
            connection.close()
        until = time.monotonic() + 5
        while time.monotonic() < until:
            run.lab.local_sql(primary, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ha-admin'")
        run.converge(10, since=time.time())
        run.same_primary(primary)


@row("F58", ci=False)
def node_removed_that_coverage_needs(run):
    old = run.lab.primary()
    gone, left = standbys(run.lab, old)
    with run.observed():
        kill([run.lab.agent(old), run.lab.agent(gone), *run.lab.processes_of(old), *run.lab.processes_of(gone)])
        run.says("[Bb]locked|wait", old, gone)
        with open(run.lab.file, encoding="utf-8") as file:
            whole = file.read()
        run.lab.edit(lambda text: re.sub(rf"\n\s+- \{{name: {gone},[^\n]*", "", text))
        run.lab.hactl("apply", "-f", run.lab.file)
        run.hold_closed(10, f"{left} opened, which may lack acknowledged rows")
        run.says(gone)
        with open(run.lab.file, "w", encoding="utf-8") as file:
            file.write(whole)
        run.lab.run("apply", "-f", run.lab.file)
        back = start(run, old, gone)
        run.client.until_writing(since=back, seconds=60)
        run.converge(60, since=back)
