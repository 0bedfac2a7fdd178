"""Looks at every node's PostgreSQL twenty times a second and prints what it sees, a JSON object a line.

    sampler.py NAME=SOCKETS:PORT:DATA …

It goes through the Unix sockets, as the user that PostgreSQL runs as, so that no fault of the network hides a node
from it. What a frozen server was asked is answered when it goes on, with the time at which it was answered.
"""

import json
import os
import sys
import threading
import time

import psycopg2

EVERY_SECONDS = 0.05
CONNECT_SECONDS = 2
QUERY = """select extract(epoch from clock_timestamp())::float8, pg_is_in_recovery(),
  current_setting('default_transaction_read_only') = 'on',
  case when pg_is_in_recovery() then 0
       else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end,
  current_setting('synchronous_standby_names')"""

printing = threading.Lock()


def say(node, **facts):
    with printing:
        print(json.dumps({"node": node, **facts}), flush=True)


def gate_open(data):
    """Whether pg_hba.conf lets clients in."""
    try:
        with open(os.path.join(data, "pg_hba.conf"), encoding="utf-8") as file:
            return any(line.startswith("hostssl") and "scram" in line for line in file)
    except OSError:
        return False


def watch(node, sockets, port, data):
    connection = None
    while True:
        started = time.time()
        try:
            if connection is None:
                connection = psycopg2.connect(host=sockets, port=port, user="postgres", dbname="postgres",
                                              connect_timeout=CONNECT_SECONDS, application_name="faults_sampler")
                connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(QUERY)
                at, recovery, read_only, timeline, sync = cursor.fetchone()
            gate = gate_open(data)
            say(node, at=at, recovery=recovery, read_only=read_only, timeline=timeline, gate=gate, sync=sync,
                open=gate and not recovery and not read_only)
        except psycopg2.Error as problem:
            say(node, at=time.time(), error=str(problem).strip().split("\n", maxsplit=1)[0][:200], open=False)
            if connection is not None:
                connection.close()
            connection = None
        time.sleep(max(0.0, started + EVERY_SECONDS - time.time()))


def main():
    for argument in sys.argv[1:]:
        node, rest = argument.split("=", 1)
        threading.Thread(target=watch, args=(node, *rest.split(":")), daemon=True).start()
    sys.stdin.read()  # Until whoever started us has gone.


if __name__ == "__main__":
    main()
