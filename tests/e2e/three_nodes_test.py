"""Three nodes in one region: bring-up, switchover, crashes, restarts."""

import os
import signal
import unittest

from lab import LabTest, Traffic


class ThreeNodes(LabTest):
    def setUp(self):
        self.lab.converged()

    def test_one_primary_and_two_standbys_come_up(self):
        standbys = sorted({"node-a", "node-b", "node-c"} - {self.lab.primary()})
        self.assertEqual(self.lab.status()["sync"], f"ANY 1 ({', '.join(standbys)})")
        self.assertEqual(
            self.lab.sql("select count(*) from pg_stat_replication") or "0", "2")

    def test_replication_crosses_the_network_only_over_tls_and_never_by_trust(self):
        for node in ("node-a", "node-b", "node-c"):
            path = os.path.join(self.lab.lab, "nodes", node, "data", "pg_hba.conf")
            with open(path, encoding="utf-8") as file:
                lines = [line.split() for line in file if line.strip() and line[0] != "#"]
            for line in lines:
                self.assertNotEqual(line[-1], "trust", line)

    def test_a_second_apply_of_the_same_file_changes_nothing(self):
        self.assertIn("formation/small unchanged", self.lab.run("apply", "-f", self.lab.file))
        self.assertEqual(self.lab.hactl("diff", "-f", self.lab.file).returncode, 0)
        self.assertEqual(self.lab.hactl("plan", "-f", self.lab.file).returncode, 0)

    def test_a_switchover_moves_the_primary_and_loses_nothing(self):
        target = next(name for name in ("node-b", "node-c") if name != self.lab.primary())
        traffic = Traffic(self.lab, 8)
        traffic.until_writing(self.lab)
        self.lab.run("switchover", "--formation", "small", "--to", target)
        self.lab.until("moved", lambda: self.lab.primary() == target)
        print(traffic.result())
        self.lab.converged()

    def test_a_crash_of_the_primary_leads_to_a_failover_that_loses_nothing(self):
        old = self.lab.primary()
        traffic = Traffic(self.lab, 15)
        traffic.until_writing(self.lab)
        self.lab.act("kill", "node", old)
        self.lab.until("failover", lambda: self.lab.primary() not in (None, old))
        print(traffic.result())
        self.lab.act("start", "node", old)
        self.lab.converged(60)

    def test_a_frozen_primary_is_replaced_and_comes_back_rewound(self):
        old = self.lab.primary()
        traffic = Traffic(self.lab, 15)
        traffic.until_writing(self.lab)
        self.lab.act("freeze", "node", old)
        self.lab.until("failover", lambda: self.lab.primary() not in (None, old))
        print(traffic.result())
        self.lab.act("thaw", "node", old)
        self.lab.converged(60)
        self.assertNotEqual(self.lab.primary(), old)

    def test_a_postmaster_that_dies_alone_is_replaced_or_resumed(self):
        # Another node takes over, or, soon after another failover, the same one resumes.
        old, killed = self.lab.primary(), self.lab.postmaster(self.lab.primary())
        traffic = Traffic(self.lab, 12)
        traffic.until_writing(self.lab)
        os.kill(killed, signal.SIGKILL)
        self.lab.until("a primary", lambda: self.lab.primary() not in (None, old)
                       or self.lab.postmaster(old) not in (None, killed))
        print(traffic.result())
        self.lab.converged(60)

    def test_a_crash_of_a_standby_leaves_writes_going(self):
        standby = next(name for name in ("node-a", "node-b", "node-c") if name != self.lab.primary())
        epoch = self.lab.status()["epoch"]
        self.lab.act("kill", "node", standby)
        traffic = Traffic(self.lab, 3)
        print(traffic.result())
        self.lab.act("start", "node", standby)
        self.lab.converged(60)
        self.assertEqual(self.lab.status()["epoch"], epoch)

    def test_the_controller_restarts_and_goes_on_where_it_was(self):
        before = self.lab.status()
        self.lab.act("kill", "controller")
        self.lab.act("start", "controller")
        self.lab.until("answers", lambda: self.lab.hactl("get", "formation").returncode == 0)
        self.lab.converged()
        self.assertEqual(self.lab.primary(), before["primary"])
        self.assertEqual(self.lab.status()["epoch"], before["epoch"])

    def test_an_agent_that_restarts_leaves_its_postgres_running(self):
        node = self.lab.primary()
        postmaster = self.lab.postmaster(node)
        agent = next(p for p in self.lab.processes()["processes"]
                     if p["role"] == "agent" and p["name"] == node)
        os.kill(agent["pid"], signal.SIGKILL)
        self.lab.act("start", "node", node)
        self.lab.converged()
        self.assertEqual(self.lab.postmaster(node), postmaster)
        self.assertEqual(self.lab.primary(), node)


if __name__ == "__main__":
    unittest.main(verbosity=2)
