#!/usr/bin/python3
"""by_hand.py [--runs N] [--gate] [--bin DIR]: what a switchover costs PostgreSQL by itself.

Makes the formation of `hactl lab up -f examples/three-nodes.yaml`, kills its agents and its controller, and moves the
primary to and fro by hand: stop it, wait for its last WAL at the target, turn the other standby there, promote, let
clients in. With --gate clients are let in only when the other standby holds what the new primary has (rule R9). The
client is `hactl lab traffic`. Prints min, median and max of how long it could not write. As root, on Debian 12.
"""

import argparse
import json
import os
import pwd
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
OWNER = pwd.getpwnam("postgres")
PG_CTL = "/usr/lib/postgresql/15/bin/pg_ctl"
SHUT_DOWN, IN_PRODUCTION = 1, 6  # pg_control's state
WAIT = 5
SETTLED = 1.5
CLIENT = "ha-admin"


def until(what, is_so):
    """Waits for a condition, looking every millisecond."""
    end = time.time() + WAIT
    while not is_so():
        if time.time() > end:
            sys.exit("by_hand: waited in vain until " + what)
        time.sleep(0.001)


class Node:
    def __init__(self, lab, name, address):
        self.name, self.address = name, address
        self.data = os.path.join(lab, "nodes", name, "data")
        self.run = os.path.join(lab, "nodes", name, "run")
        self.log = os.path.join(lab, "nodes", name, "state", "postgres.log")
        self.slot = "hactl_" + name.replace("-", "_")
        self.application = "hactl_" + name + "_e1"
        self.open_hba = self.read("pg_hba.conf")

    def read(self, name):
        with open(os.path.join(self.data, name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        path = os.path.join(self.data, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path + ".new", 0o600)
        os.chown(path + ".new", OWNER.pw_uid, OWNER.pw_gid)
        os.rename(path + ".new", path)

    def set(self, **settings):
        text = self.read("hactl.conf")
        for key, value in settings.items():
            line = "%s = '%s'" % (key, value.replace("'", "''"))
            text = re.sub(r"(?m)^%s = .*$" % key, lambda _, line=line: line, text)
        self.write("hactl.conf", text)

    def let_clients_in(self, admitted):
        rules = [line for line in self.open_hba.split("\n") if admitted or CLIENT not in line]
        self.write("pg_hba.conf", "\n".join(rules))

    def postmaster(self):
        return int(self.read("postmaster.pid").split()[0])

    def signal(self, number):
        os.kill(self.postmaster(), number)

    def control(self):
        with open(os.path.join(self.data, "global", "pg_control"), "rb") as file:
            head = file.read(40)
        return struct.unpack_from("<I", head, 16)[0], struct.unpack_from("<Q", head, 32)[0]

    def session(self):
        """As the user that the map of users lets in by its socket."""
        os.seteuid(OWNER.pw_uid)
        try:
            session = psycopg2.connect(host=self.run, user="postgres", dbname="postgres")
        finally:
            os.seteuid(0)
        session.autocommit = True
        return session

    def start_after(self, upstream, conninfo):
        self.write("standby.signal", "")
        self.set(primary_conninfo=conninfo(self, upstream), primary_slot_name=self.slot, synchronous_standby_names="")
        self.let_clients_in(True)
        command = "%s -D %s -l %s -w start" % (PG_CTL, self.data, self.log)
        subprocess.run(["su", "postgres", "-c", command], check=True, stdout=subprocess.DEVNULL)


def ask(session, query):
    with session.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def streams(node):
    session = node.session()
    until(node.name + " streams", lambda: ask(session, "SELECT count(*) FROM pg_stat_wal_receiver "
                                                       "WHERE status = 'streaming'") == 1)
    session.close()


def move(old, target, other, conninfo, gate):
    """One switchover. Yields when the old primary was told to stop, and when clients were let in."""
    names = ", ".join('"%s"' % node.application for node in (old, target, other))
    target.set(synchronous_standby_names="ANY 1 (%s)" % names)
    target.let_clients_in(False)
    target.signal(signal.SIGHUP)
    other.set(primary_conninfo=conninfo(other, target), primary_slot_name=other.slot)
    streams(target)
    streams(other)
    before = old.session()
    ask(before, "CHECKPOINT")
    ask(before, "CHECKPOINT")
    before.close()
    session = target.session()
    ask(session, "SELECT 1")
    postmaster, began = old.postmaster(), time.time()
    old.signal(signal.SIGINT)
    until(old.name + " has shut down", lambda: old.control()[0] == SHUT_DOWN)
    other.signal(signal.SIGHUP)
    last = "0/0'::pg_lsn + %d" % old.control()[1]
    until("the last WAL is there", lambda: ask(session, "SELECT pg_last_wal_receive_lsn() > '" + last))
    ask(session, "SELECT pg_promote(false)")
    until(target.name + " is promoted", lambda: target.control()[0] == IN_PRODUCTION)
    if gate:
        held = ("SELECT count(*) FROM pg_stat_replication WHERE application_name = '%s' AND flush_lsn >= '%s'"
                % (other.application, ask(session, "SELECT pg_current_wal_flush_lsn()")))
        until(other.name + " holds its WAL", lambda: ask(session, held) == 1)
    target.let_clients_in(True)
    target.signal(signal.SIGHUP)
    opened = time.time()
    time.sleep(SETTLED)
    session.close()
    until(old.name + " has ended", lambda: not os.path.exists("/proc/%d/cwd" % postmaster))
    old.start_after(target, conninfo)
    time.sleep(SETTLED)
    return began, opened


def pauses(ledger, moves):
    """The longest time without an acknowledgement around each move, in ms."""
    with open(ledger, encoding="utf-8") as file:
        acks = [int(line.split("\t")[3]) / 1e6 for line in file if line.split("\t")[1] == "ack"]
    longest = []
    for began, _ in moves:
        near = [b - a for a, b in zip(acks, acks[1:]) if a < began + SETTLED and b > began]
        longest.append(1000 * max(near))
    return longest


def spread(name, values):
    print("%s: min %.1f median %.1f max %.1f ms (n = %d)"
          % (name, min(values), statistics.median(values), max(values), len(values)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "build", "release", "bin"))
    options = parser.parse_args()
    hactl = os.path.join(os.path.abspath(options.bin), "hactl")
    top = tempfile.mkdtemp(prefix="hactl-by-hand-")
    os.chmod(top, 0o755)
    lab, ledger = os.path.join(top, "lab"), os.path.join(top, "ledger")
    os.environ["HACTLCONFIG"] = os.path.join(lab, "config")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    example = os.path.join(HERE, "..", "examples", "three-nodes.yaml")
    nodes = []
    try:
        subprocess.run([hactl, "lab", "up", "-f", example, "--dir", lab], **quiet)
        subprocess.run([hactl, "apply", "-f", os.path.join(lab, "formation.yaml"), "--wait"], **quiet)
        writer = subprocess.Popen([hactl, "lab", "traffic", "--dir", lab, "--ledger", ledger, "--duration",
                                   "%ds" % (6 * options.runs + 10)], stdout=subprocess.DEVNULL)
        until("the client writes", lambda: os.path.exists(ledger) and os.path.getsize(ledger) > 0)
        with open(os.path.join(lab, "processes.json"), encoding="utf-8") as file:
            for process in json.load(file)["processes"]:
                os.kill(process["pid"], signal.SIGKILL)
        nodes = [Node(lab, "node-" + letter, "127.0.2.%d" % (i + 1)) for i, letter in enumerate("abc")]
        pattern = re.search(r"(?m)^primary_conninfo = '(.*)'$", nodes[1].read("hactl.conf"))[1].replace("''", "'")

        def conninfo(node, upstream):
            own = pattern.replace("/node-b/", "/%s/" % node.name).replace(nodes[1].application, node.application)
            return re.sub(r"host='[^']*'", "host='%s'" % upstream.address, own)

        key = re.search(r"sslkey='([^']*)'", conninfo(nodes[0], nodes[1]))[1]
        shutil.copy(os.path.join(lab, "nodes", "node-a", "tls", "tls.key"), key)
        os.chown(key, OWNER.pw_uid, OWNER.pw_gid)
        old, target, other = nodes
        moves = []
        for _ in range(options.runs):
            moves.append(move(old, target, other, conninfo, options.gate))
            old, target = target, old
        writer.terminate()
        writer.wait()
        spread("by hand, clients let in after", [1000 * (opened - began) for began, opened in moves])
        spread("by hand, writes pause", pauses(ledger, moves))
    finally:
        for node in nodes:
            if os.path.exists(os.path.join(node.data, "postmaster.pid")):
                node.signal(signal.SIGQUIT)
        subprocess.run([hactl, "lab", "down", "--dir", lab], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
