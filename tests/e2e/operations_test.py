"""What users and bad luck do to a formation, beside crashes: edits, removals, lost files, bad input."""

import os
import shutil
import socket
import subprocess
import tempfile
import unittest

from lab import BIN, Lab, LabTest, ROOT, Traffic, re


def without_node(text, node):
    return re.sub(rf"\n\s+- \{{name: {node},[^\n]*", "", text)


class Operations(LabTest):
    def setUp(self):
        self.lab.converged()

    def state(self, node):
        return next((n.get("current-state") for n in self.lab.status()["nodes"] if n["name"] == node), None)

    def test_a_parameter_that_needs_a_restart_is_rolled_over_the_formation(self):
        self.lab.edit(lambda text: text.replace("max_connections: 100", "max_connections: 120"))
        traffic = Traffic(self.lab, 20)
        traffic.until_writing(self.lab)
        self.lab.apply()
        print(traffic.result())
        # That the formation is as specified was said when it was so, and not before.
        self.assertEqual(self.lab.sql("show max_connections"), "120")

    def test_a_parameter_that_needs_a_reload_moves_nothing(self):
        epoch = self.lab.status()["epoch"]
        self.lab.edit(lambda text: text.replace("parameters: {", "parameters: {work_mem: 7MB, "))
        self.lab.apply()
        self.assertEqual(self.lab.sql("show work_mem"), "7MB")
        self.assertEqual(self.lab.status()["epoch"], epoch)

    def test_a_node_that_leaves_the_spec_is_dropped_and_can_come_back(self):
        leaving = next(n for n in ("node-c", "node-b") if n != self.lab.primary())
        with open(self.lab.file, encoding="utf-8") as file:
            whole = file.read()
        self.lab.edit(lambda text: without_node(text, leaving))
        self.lab.apply()
        self.lab.until("dropped", lambda: self.state(leaving) in (None, "dropped"), 60)
        self.lab.until("stopped", lambda: not os.path.exists(os.path.join(
            self.lab.lab, "nodes", leaving, "data", "postmaster.pid")))
        self.assertEqual(self.lab.sql("select count(*) from pg_stat_replication"), "1")
        # Its data is the user's: hactl deletes none, and takes it back only as this formation's.
        self.assertTrue(os.path.exists(os.path.join(self.lab.lab, "nodes", leaving, "data")))
        with open(self.lab.file, "w", encoding="utf-8") as file:
            file.write(whole)
        self.lab.apply()
        self.lab.until("back", lambda: self.state(leaving) == "standby", 60)
        self.lab.converged(60)

    def test_a_drained_primary_moves_and_stays_down_until_it_is_uncordoned(self):
        drained = self.lab.primary()
        pid_file = os.path.join(self.lab.lab, "nodes", drained, "data", "postmaster.pid")
        traffic = Traffic(self.lab, 20)
        traffic.until_writing(self.lab)
        said = self.lab.run("drain", "node", drained, "--timeout", "60s")
        self.assertIn(f"node/{drained} drained", said)
        self.assertFalse(os.path.exists(pid_file))
        self.assertNotEqual(self.lab.primary(), drained)
        self.assertEqual(self.lab.sql("select count(*) from pg_stat_replication"), "1")
        # Whoever works on the machine may start it again as often as they like.
        self.lab.act("kill", "node", drained)
        self.lab.act("start", "node", drained)
        self.lab.converged(60)
        self.assertFalse(os.path.exists(pid_file))
        self.lab.run("uncordon", "node", drained)
        self.lab.until("back", lambda: self.state(drained) in ("standby", "primary"), 60)
        self.lab.converged(60)
        print(traffic.result())

    def test_a_standby_whose_disk_is_lost_is_built_anew(self):
        standby = next(n for n in ("node-b", "node-a", "node-c") if n != self.lab.primary())
        self.lab.act("kill", "node", standby)
        for folder in ("data", "state"):
            shutil.rmtree(os.path.join(self.lab.lab, "nodes", standby, folder), ignore_errors=True)
        self.lab.act("start", "node", standby)
        self.lab.until("built anew", lambda: self.state(standby) == "standby", 60)
        self.lab.converged(60)

    def test_a_data_directory_of_another_system_is_refused_and_kept(self):
        standby = next(n for n in ("node-c", "node-b") if n != self.lab.primary())
        place = os.path.join(self.lab.lab, "nodes", standby)
        data = os.path.join(place, "data")
        self.lab.act("kill", "node", standby)
        self.lab.until("gone", lambda: not self.lab.runs_in(data))
        owner = os.stat(data)
        shutil.rmtree(data)
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*as_postgres, "/usr/lib/postgresql/15/bin/initdb", "-D", data], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")
        self.assertEqual(os.stat(data).st_uid, owner.st_uid)
        self.lab.act("start", "node", standby)
        self.lab.until("refused", lambda: "belongs to another system" in
                       self.lab.run("describe", "formation", "small"))
        self.assertTrue(os.path.exists(os.path.join(data, "PG_VERSION")))
        # What the message says: move it away.
        os.rename(data, data + ".moved")
        self.lab.until("built anew", lambda: self.state(standby) == "standby", 60)
        self.lab.converged(60)

    def test_a_watch_shows_a_switchover_as_it_happens(self):
        watch = subprocess.Popen([os.path.join(BIN, "hactl"), "get", "formation", "small", "-w"],
                                 env=self.lab.environment, text=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self.lab.run("switchover", "--formation", "small", "--wait")
            self.lab.converged()
        finally:
            watch.terminate()
        shown = watch.communicate(timeout=10)[0]
        self.assertIn(self.lab.primary(), shown)
        self.assertGreaterEqual(len(shown.splitlines()), 3, shown)


class BadInput(unittest.TestCase):
    """Each gets one clear line that says where and what to do, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab("one-node.yaml")
        cls.addClassCleanup(cls.lab.close)

    def refused(self, text, *says):
        path = os.path.join(self.lab.directory, "bad.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = self.lab.hactl("apply", "-f", path)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for words in says:
            self.assertIn(words, done.stderr)
        self.assertLess(len(done.stderr), 2000)

    def good(self):
        with open(self.lab.file, encoding="utf-8") as file:
            return file.read()

    def test_yaml_that_is_none_names_line_and_column(self):
        self.refused("apiVersion: [hactl/v1\nkind: {", "bad.yaml:")

    def test_an_unknown_field_is_named_with_its_path(self):
        self.refused(self.good().replace("spec:", "spec:\n  colour: red", 1), "bad.yaml:", "colour")

    def test_a_duplicate_key_is_refused(self):
        self.refused(self.good().replace("spec:", "spec:\n  failback: never\n  failback: never", 1),
                     "bad.yaml:", "failback")

    def test_an_alias_bomb_is_refused(self):
        bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
        self.refused(bomb + self.good(), "bad.yaml:")

    def test_depth_and_size_are_bounded(self):
        self.refused("a: " + "[" * 5000 + "]" * 5000, "bad.yaml")
        self.refused("# " + "x" * (1 << 20) + "\n" + self.good(), "bad.yaml")

    def test_a_controller_that_cannot_be_reached_is_named(self):
        config = os.path.join(self.lab.directory, "elsewhere")
        with open(self.lab.environment["HACTLCONFIG"], encoding="utf-8") as file:
            text = file.read()
        with open(config, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(controller: https://[0-9.]+):\d+", r"\1:1", text))
        done = subprocess.run([os.path.join(BIN, "hactl"), "get", "formation"],
                              env=dict(self.lab.environment, HACTLCONFIG=config), text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(":1", done.stderr)


class BadPlaces(unittest.TestCase):
    """A data directory or a port that can't be used: a condition says so, and nothing is touched."""

    def formation(self, prepare):
        lab = Lab("one-node.yaml")
        self.addCleanup(lab.close)
        node = next(iter(os.listdir(os.path.join(lab.lab, "nodes"))))
        prepare(lab, node)
        lab.run("apply", "-f", lab.file)
        return lab, node

    def said(self, lab, words):
        shown = lambda: lab.run("describe", "formation", lab.formation)
        lab.until(f"'{words}' is shown", lambda: words in shown(), 30)

    def test_foreign_files_are_never_touched(self):
        kept = []

        def prepare(lab, node):
            data = os.path.join(lab.lab, "nodes", node, "data")
            os.makedirs(data, exist_ok=True)
            kept.append(os.path.join(data, "thesis.txt"))
            with open(kept[0], "w", encoding="utf-8") as file:
                file.write("do not lose me")
            subprocess.run(["chmod", "-R", "a+rwX", data], check=True)

        lab, _ = self.formation(prepare)
        self.said(lab, "not empty")
        self.assertTrue(os.path.exists(kept[0]))

    def test_a_directory_that_cannot_be_written_is_named(self):
        def prepare(lab, node):
            place = os.path.join(lab.lab, "nodes", node)
            self.addCleanup(os.chmod, place, 0o755)
            os.chmod(place, 0o555)
            if os.getuid() == 0:
                os.chown(place, 0, 0)

        lab, node = self.formation(prepare)
        self.said(lab, os.path.join("nodes", node))

    def test_a_port_in_use_is_named(self):
        taken = []

        def prepare(lab, node):
            with open(lab.file, encoding="utf-8") as file:
                text = file.read()
            host = re.search(r"host: ([0-9.]+)", text).group(1)
            port = int(re.search(r"port: (\d+)", text).group(1))
            listener = socket.socket()
            self.addCleanup(listener.close)
            listener.bind((host, port))
            listener.listen()
            taken.append(port)

        lab, _ = self.formation(prepare)
        self.said(lab, "port")


    def test_a_full_disk_is_named_and_the_formation_is_made_once_there_is_room(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")

        place = tempfile.mkdtemp(prefix="hactl-disk-", dir="/tmp")
        self.addCleanup(os.rmdir, place)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=True)
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        shutil.chown(place, "postgres")
        lab, _ = self.formation(lambda lab, node: lab.edit(
            lambda text: re.sub(r"data-directory: [^},\n]+", f"data-directory: {place}/data", text)))
        self.said(lab, "No space left on device")
        subprocess.run(["mount", "-o", "remount,size=300m", place], check=True)
        lab.converged(60)

    def test_another_version_of_postgresql_is_named(self):
        lab, _ = self.formation(lambda lab, node: lab.edit(
            lambda text: text.replace("version: 15", "version: 16")))
        self.said(lab, "is version 15, wanted is 16")


class OrdinaryUser(unittest.TestCase):
    def test_a_lab_of_an_ordinary_user_runs_as_that_user(self):
        directory = tempfile.mkdtemp(prefix="hactl-e2e-", dir="/tmp")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        for program in ("hactl", "ha-controller", "ha-agent"):
            shutil.copy(os.path.join(BIN, program), directory)
        if user:
            shutil.chown(directory, "postgres")
        lab = os.path.join(directory, "lab")

        def run(*arguments):
            done = subprocess.run([*user, os.path.join(directory, "hactl"), *arguments], cwd="/",
                                  env=dict(os.environ, HACTLCONFIG=os.path.join(lab, "config")), text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=90, check=False)
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
            return done.stdout

        self.addCleanup(run, "lab", "down", "--dir", lab)
        example = os.path.join(directory, "one-node.yaml")
        shutil.copy(os.path.join(ROOT, "examples", "one-node.yaml"), example)
        run("lab", "up", "-f", example, "--dir", lab)
        run("apply", "-f", os.path.join(lab, "formation.yaml"), "--wait", "--timeout", "60s")
        data = os.path.join(lab, "nodes", "node-a", "data")
        self.assertEqual(os.stat(data).st_uid, os.stat(directory).st_uid)
        self.assertIn("node-a", run("get", "nodes", "-f", "single", "-o", "name"))


class Leaving(unittest.TestCase):
    def test_a_deleted_formation_stops_its_postgres_and_keeps_its_data(self):
        lab = Lab("one-node.yaml")
        self.addCleanup(lab.close)
        lab.apply()
        node = os.listdir(os.path.join(lab.lab, "nodes"))[0]
        data = os.path.join(lab.lab, "nodes", node, "data")
        lab.run("delete", "formation", lab.formation)
        lab.until("gone", lambda: lab.formation not in lab.run("get", "formation", "-o", "name"))
        lab.until("stopped", lambda: not lab.runs_in(data))
        self.assertTrue(os.path.exists(os.path.join(data, "PG_VERSION")))

    def test_a_formation_is_deleted_with_its_data_when_that_is_asked_for(self):
        lab = Lab("three-nodes.yaml")
        self.addCleanup(lab.close)
        lab.apply()
        data = [os.path.join(lab.lab, "nodes", node, "data") for node in os.listdir(os.path.join(lab.lab, "nodes"))]
        self.assertEqual(len(data), 3)
        self.assertEqual(lab.run("delete", "formation", lab.formation, "--delete-data"),
                         f"formation/{lab.formation} deleted with its data\n")
        self.assertNotIn(lab.formation, lab.run("get", "formation", "-o", "name"))
        for directory in data:
            self.assertFalse(os.path.exists(directory) and os.listdir(directory), directory)
            self.assertFalse(lab.runs_in(directory), directory)
        lab.apply()


if __name__ == "__main__":
    unittest.main(verbosity=2)
