"""A formation on this machine, from the real programs: what the end-to-end tests share.

Everything a test starts is ended by `hactl lab down`, by pid; directories are its own.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("HACTL_BIN", os.path.join(ROOT, "build", "release", "bin"))
POLL_SECONDS = 0.05


class Failed(AssertionError):
    pass


class Lab:
    """One lab directory with its controller and agents."""

    def __init__(self, example, edit=None, network="loopback"):
        self.directory = tempfile.mkdtemp(prefix="hactl-e2e-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.lab = os.path.join(self.directory, "lab")
        self.source = source = os.path.join(self.directory, "source.yaml")
        with open(os.path.join(ROOT, "examples", example), encoding="utf-8") as file:
            text = file.read()
        with open(source, "w", encoding="utf-8") as file:
            file.write(edit(text) if edit else text)
        self.formation = re.search(r"^metadata:\s*\n\s+name:\s*(\S+)", text, re.M).group(1)
        self.file = os.path.join(self.lab, "formation.yaml")
        self.environment = dict(os.environ, HACTLCONFIG=os.path.join(self.lab, "config"))
        try:
            self.run("lab", "up", "-f", source, "--dir", self.lab, "--network", network, timeout=60)
        except BaseException:
            self.close()
            raise

    def hactl(self, *arguments, timeout=60, input_text=None):
        """Runs hactl; the finished process, whatever its exit code."""
        return subprocess.run(
            [os.path.join(BIN, "hactl"), *arguments], env=self.environment, text=True,
            input=input_text, stdin=None if input_text is not None else subprocess.DEVNULL,
            capture_output=True, timeout=timeout, check=False)

    def run(self, *arguments, timeout=60):
        """Runs hactl and returns its standard output; fails when it does."""
        done = self.hactl(*arguments, timeout=timeout)
        if done.returncode != 0:
            raise Failed(f"hactl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}"
                         f"{done.stderr}\n{self.logs()}")
        return done.stdout

    def act(self, verb, *what):
        return self.run("lab", verb, *what, "--dir", self.lab)

    def edit(self, change):
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        changed = change(text)
        if changed == text:
            raise Failed("the edit changed nothing")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(changed)

    def apply(self, timeout="60s", plan=None):
        """Applies the file and waits; with a plan's id, as that plan says or not at all."""
        planned = ["--plan", plan] if plan else []
        return self.run("apply", "-f", self.file, *planned, "--wait", "--timeout", timeout,
                        timeout=90)

    def status(self):
        return json.loads(self.run("get", "formation", self.formation, "-o", "json"))["status"]

    def primary(self):
        return self.status().get("primary")

    def condition(self, kind):
        for condition in self.status()["conditions"]:
            if condition["type"] == kind:
                return condition
        return {"status": "Unknown", "message": ""}

    def until(self, what, holds, seconds=40):
        """Waits until holds() is true; fails with the state of things when it takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if holds():
                return
            time.sleep(POLL_SECONDS)
        raise Failed(f"not within {seconds} s: {what}\n{self.run('get', 'nodes', '-f', self.formation, '-o', 'wide')}\n"
                     f"{self.run('get', 'events', '-f', self.formation)}\n{self.logs()}")

    def converged(self, seconds=40):
        self.until("Converged", lambda: self.condition("Converged")["status"] == "True", seconds)

    def uri(self):
        return self.run("get", "uri", "--formation", self.formation, "--with-password").strip()

    def sql(self, text, uri=None):
        done = subprocess.run(["psql", "-XAtq", "-d", uri or self.uri(), "-c", text], text=True,
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Failed(f"{text}: {done.stderr}")
        return done.stdout.strip()

    def processes(self):
        with open(os.path.join(self.lab, "processes.json"), encoding="utf-8") as file:
            return json.load(file)

    def postmaster(self, node):
        path = os.path.join(self.lab, "nodes", node, "data", "postmaster.pid")
        try:
            with open(path, encoding="utf-8") as file:
                return int(file.readline())
        except (FileNotFoundError, ValueError):
            return None  # It is starting or down.

    @staticmethod
    def runs_in(data):
        """Whether any process stands in the data directory, as every PostgreSQL process does."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(data):
                    return True
            except OSError:
                continue  # It has just ended.
        return False

    def logs(self):
        text = ""
        for folder, _, files in os.walk(os.path.join(self.lab, "logs")):
            for name in sorted(files):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text += f"--- {name}\n" + "".join(file.readlines()[-15:])
        return text

    def close(self):
        self.hactl("lab", "down", "--dir", self.lab, timeout=60)
        shutil.rmtree(self.directory, ignore_errors=True)


class Traffic:
    """`hactl lab traffic` in the background: a client that writes and checks what it was promised."""

    def __init__(self, lab, seconds):
        self.process = subprocess.Popen(
            [os.path.join(BIN, "hactl"), "lab", "traffic", "--dir", lab.lab, "--duration",
             f"{seconds}s"], env=lab.environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.seconds = seconds

    def until_writing(self, lab):
        """Waits until its rows arrive: what happens next happens under it."""
        def rows():
            there = lab.sql("select to_regclass('hactl_traffic') is not null")
            return int(lab.sql("select count(*) from hactl_traffic")) if there == "t" else 0
        before = rows()
        lab.until("the client writes", lambda: rows() > before + 5)

    def result(self):
        out, err = self.process.communicate(timeout=self.seconds + 60)
        if self.process.returncode != 0:
            raise Failed(f"traffic: exit {self.process.returncode}\n{out}{err}")
        return out


class LabTest(unittest.TestCase):
    """One lab for all tests of a class; each test leaves it converged."""

    example = "three-nodes.yaml"

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(cls.example)
        cls.addClassCleanup(cls.lab.close)
        cls.lab.apply()


__all__ = ["BIN", "Failed", "Lab", "LabTest", "ROOT", "Traffic", "re", "threading"]
