"""The lab in network namespaces: cuts that nobody is told of, machines that stand still, and nothing left."""

import json
import os
import re
import socket
import subprocess
import time
import unittest

from lab import BIN, Lab, LabTest, ROOT


def own_network(text):
    """Hosts that no other lab of this machine is likely to have."""
    return re.sub(r"\b10\.([156])1\.", lambda m: f"10.{100 + os.getpid() % 40 * 3 + '156'.index(m[1])}.", text)


def made_by(lab):
    """The links and namespaces of this machine that bear the name of the lab in that directory."""
    with open(os.path.join(lab, "network.json"), encoding="utf-8") as file:
        number = json.load(file)["id"]
    names = [line.split(":")[1].strip().split("@")[0] for line in
             subprocess.run(["ip", "-o", "link"], text=True, capture_output=True, check=True).stdout.splitlines()]
    return {name for name in names + os.listdir("/run/netns") if number in name}


@unittest.skipIf(os.geteuid() != 0, "network namespaces need root")
class Namespaces(LabTest):
    example = "three-regions.yaml"

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(cls.example, edit=own_network, network="namespaces")
        cls.addClassCleanup(cls.close)
        cls.lab.apply()
        # The file is used as it is; every node has a disk of its own at one and the same path.
        cls.hosts = dict(re.findall(r"name: ([a-z-]+), host: ([0-9.]+)", cls.text()))

    @classmethod
    def text(cls):
        with open(cls.lab.source, encoding="utf-8") as file:
            return file.read()

    @classmethod
    def close(cls):
        cls.lab.hactl("lab", "down", "--dir", cls.lab.lab)
        left = made_by(cls.lab.lab)
        cls.lab.close()
        assert not left, f"left behind: {left}"

    def setUp(self):
        self.lab.act("heal")
        self.lab.converged()

    def reaches(self, source, target):
        """Whether a connection from one node to another's PostgreSQL is made; None: silence."""
        tried = self.run_in(source, "bash", "-c", f"</dev/tcp/{self.hosts[target]}/5432", seconds=2)
        return None if tried == 124 else tried == 0

    def run_in(self, node, *command, seconds):
        pid = next(p["pid"] for p in self.lab.processes()["processes"] if p["name"] == node)
        return subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", "timeout", str(seconds), *command],
                              stderr=subprocess.DEVNULL, check=False).returncode

    def test_the_file_is_used_as_it_is_and_every_node_has_its_own_address_and_disk(self):
        with open(self.lab.file, encoding="utf-8") as file:
            self.assertEqual(file.read(), self.text())
        for name, host in self.hosts.items():
            address, server = self.lab.sql(
                "select inet_client_addr(), inet_server_addr()",
                uri=re.sub(r"@[^/]+/", f"@{host}:5432/", self.lab.uri()).replace("read-write", "any")).split("|")
            self.assertEqual(server, host)
            self.assertNotEqual(address, host)
            self.assertTrue(os.path.exists(os.path.join(self.lab.lab, "nodes", name, "disk", "default", "PG_VERSION")))

    def test_a_cut_is_silent_and_a_heal_undoes_it(self):
        self.assertTrue(self.reaches("amsterdam-a", "paris-a"))
        self.lab.act("cut", "paris", "amsterdam")
        self.assertIsNone(self.reaches("amsterdam-a", "paris-a"))
        self.assertIsNone(self.reaches("paris-a", "amsterdam-a"))
        self.assertTrue(self.reaches("dublin-a", "paris-a"))
        self.assertTrue(self.reaches("amsterdam-b", "amsterdam-a"))
        self.assertIn("region/paris <-> region/amsterdam", self.lab.act("status"))
        self.lab.act("heal", "paris", "amsterdam")
        self.assertTrue(self.reaches("paris-a", "amsterdam-a"))
        self.assertNotIn("CUT", self.lab.act("status"))

    def test_one_direction_can_be_cut_alone(self):
        self.lab.act("cut", "--from", "node/dublin-a", "--to", "controller")
        self.lab.until("the controller does not hear dublin-a", lambda: self.healthy("dublin-a") is False)
        self.assertTrue(self.reaches("dublin-a", "paris-a"))
        self.assertEqual(self.lab.act("status").splitlines()[-1].strip(), "node/dublin-a -> controller")
        self.lab.act("heal")
        self.lab.until("heard again", lambda: self.healthy("dublin-a"))

    def healthy(self, node):
        return next(n["healthy"] for n in self.lab.status()["nodes"] if n["name"] == node)

    def test_a_frozen_node_is_as_silent_as_a_paused_machine(self):
        self.lab.act("freeze", "node", "dublin-a")
        # A stopped process alone would still have its connections taken by the kernel.
        with self.assertRaises(TimeoutError):
            socket.create_connection((self.hosts["dublin-a"], 5432), timeout=1)
        self.assertIn("frozen", self.lab.act("status"))
        self.lab.act("thaw", "node", "dublin-a")
        socket.create_connection((self.hosts["dublin-a"], 5432), timeout=5).close()

    def test_a_second_lab_with_the_same_addresses_is_refused_and_leaves_nothing(self):
        other = os.path.join(self.lab.directory, "other")
        done = self.lab.hactl("lab", "up", "-f", self.lab.source, "--network", "namespaces", "--dir", other)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn("already", done.stderr)
        self.assertEqual(made_by(other), set())
        self.lab.run("lab", "down", "--dir", other)
        self.assertEqual(made_by(other), set())

    def test_an_up_that_broke_in_the_middle_is_mended_or_removed(self):
        directory = os.path.join(self.lab.directory, "broken")
        source = os.path.join(self.lab.directory, "broken.yaml")
        with open(source, "w", encoding="utf-8") as file:
            file.write(re.sub(r"host: 10\.(\d+)\.", lambda m: f"host: 10.{int(m[1]) - 100}.",
                              re.sub(r"\n\s+(sub)?net(work)?: .*", "", self.text())))
        up = ["lab", "up", "-f", source, "--network", "namespaces", "--dir", directory]
        self.break_off(up, directory)
        self.lab.run("lab", "down", "--dir", directory)
        self.assertEqual(made_by(directory), set())
        self.break_off(up, directory)
        self.lab.run(*up)
        self.lab.run("lab", "down", "--dir", directory)
        self.assertEqual(made_by(directory), set())

    def break_off(self, up, directory):
        started = subprocess.Popen([os.path.join(BIN, "hactl"), *up], cwd=ROOT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if os.path.exists(os.path.join(directory, "network.json")) and len(made_by(directory)) > 3:
                break
        started.kill()
        started.wait()
        self.assertGreater(len(made_by(directory)), 3)
        self.assertLess(len(made_by(directory)), 13, "it was ready before it was ended")


class WithoutRoot(unittest.TestCase):
    @unittest.skipIf(os.geteuid() != 0, "runs as another user")
    def test_who_is_not_root_is_told_so_in_one_line(self):
        done = subprocess.run(
            ["setpriv", "--reuid=postgres", "--clear-groups", "--", os.path.join(BIN, "hactl"), "lab", "up", "-f",
             os.path.join(ROOT, "examples", "three-regions.yaml"), "--network", "namespaces", "--dir",
             f"/tmp/hactl-e2e-nobody-{os.getpid()}"], text=True, capture_output=True, timeout=30, check=False)
        subprocess.run(["rm", "-rf", f"/tmp/hactl-e2e-nobody-{os.getpid()}"], check=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "error: network namespaces need root: run this as root, or use "
                                      "--network loopback\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
