"""`hactl rollout` on real PostgreSQL: what waits, what is put back, and who is restarted."""

import json
import unittest

from lab import Lab, LabTest, Traffic


class Rollout(LabTest):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab("three-nodes.yaml", edit=lambda text: text.replace("127.0.2.", "127.0.12."))
        cls.addClassCleanup(cls.lab.close)
        cls.lab.apply()

    def setUp(self):
        self.lab.converged()
        self.name = f"formation/{self.lab.formation}"

    def rollout(self, *words):
        return self.lab.run("rollout", *words, timeout=120)

    def revisions(self):
        shown = self.rollout("history", self.name, "-o", "json")
        return [item["revision"] for item in json.loads(shown)["items"]]

    def connections(self):
        return self.lab.sql("show max_connections")

    def test_what_is_applied_while_paused_waits_and_an_undo_puts_it_back(self):
        before = self.connections()
        self.rollout("pause", self.name)
        self.lab.edit(lambda text: text.replace("max_connections: 100", "max_connections: 110"))
        applied = self.lab.hactl("apply", "-f", self.lab.file)
        self.assertEqual(applied.returncode, 0, applied.stderr)
        self.assertIn("Warning: the rollout is paused", applied.stderr)
        shown = self.rollout("status", self.name, "--watch=false")
        self.assertIn("rollout to finish: paused: generation", shown)
        late = self.lab.hactl("rollout", "status", self.name, "--timeout=3s")
        self.assertEqual(late.returncode, 1, late.stdout)
        self.assertEqual(self.connections(), before)
        # What was in force is looked after all the same.
        standby = next(n for n in ("node-b", "node-c") if n != self.lab.primary())
        self.lab.run("switchover", "--formation", self.lab.formation, "--to", standby, "--wait")
        self.assertEqual(self.connections(), before)

        self.rollout("resume", self.name)
        self.rollout("status", self.name, "--timeout=110s")
        self.assertEqual(self.connections(), "110")
        self.assertIn("max_connections: 100 -> 110", self.rollout("history", self.name))

        wanted = self.revisions()[-2]
        self.assertIn(f"rolled back to revision {wanted}", self.rollout("undo", self.name))
        self.rollout("status", self.name, "--timeout=110s")
        self.assertEqual(self.connections(), before)
        self.assertNotIn(wanted, self.revisions())
        self.lab.edit(lambda text: text.replace("max_connections: 110", "max_connections: 100"))
        self.assertIn("unchanged", self.lab.run("apply", "-f", self.lab.file))

    def test_a_restart_that_was_asked_for_takes_each_node_down_once_and_loses_nothing(self):
        nodes = ("node-a", "node-b", "node-c")
        seen = {node: [self.lab.postmaster(node)] for node in nodes}
        traffic = Traffic(self.lab, 25)
        traffic.until_writing(self.lab)
        old = self.lab.primary()
        generation = int(self.lab.status()["observed-generation"])
        self.rollout("restart", self.name)

        def done():
            for node in nodes:
                pid = self.lab.postmaster(node)
                if pid is not None and pid not in seen[node]:
                    seen[node].append(pid)
            converged = self.lab.condition("Converged")
            return (converged["status"] == "True"
                    and int(converged["observed-generation"]) > generation)

        self.lab.until("every node has restarted", done, 90)
        print(traffic.result())
        events = json.loads(self.lab.run("get", "events", "-f", self.lab.formation, "-o", "json"))
        reasons = [item["reason"] for item in events["items"]]
        asked = len(reasons) - reasons[::-1].index("RestartRequested")
        since = reasons[asked:]
        self.assertEqual(since.count("NodeRestarted"), 2, since)
        self.assertLess(since.index("NodeRestarted"), since.index("SwitchoverStarted"))
        self.assertEqual([len(pids) for pids in seen.values()], [2, 2, 2], seen)
        self.assertNotEqual(self.lab.primary(), old)


if __name__ == "__main__":
    unittest.main(verbosity=2)
