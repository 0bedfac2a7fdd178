"""The tutorial: three regions come up, and one edit moves production to another."""

import json
import os
import re
import unittest

from lab import LabTest, Traffic


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def shown_in_readme(command):
    """What README.md shows that a command prints."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        page = file.read()
    return page.split(f"$ hactl {command}\n")[1].split("```")[0]


def but_for_numbers(text):
    """The words of a text: numbers, ids and times differ from run to run, and with them the breaks
    between lines."""
    text = re.sub(r"\b[0-9a-f]{16}\b|\b[0-9A-F]+/[0-9A-F]+\b|[0-9][-0-9:.TZ]*(ms|s|m)?\b", "#", text)
    return text.split()


def region(text, name, **fields):
    """The text of a formation with fields of one region replaced."""
    lines = text.split("\n")
    inside = False
    for number, line in enumerate(lines):
        if line.strip().startswith("- name:"):
            inside = line.split(":")[1].split("#")[0].strip() == name
        for field, value in fields.items():
            key = field.replace("_", "-") + ":"
            if inside and line.strip().startswith(key) and "{" not in line:
                lines[number] = line[:line.index(key)] + f"{key} {value}"
    return "\n".join(lines)


class ThreeRegions(LabTest):
    example = "three-regions.yaml"

    def carried_out(self):
        """The decisions since the last edit, as `hactl get events` names them."""
        events = self.lab.run("get", "events", "-o", "json")
        reasons = [event["reason"] for event in json.loads(events)["items"]]
        return reasons[len(reasons) - reasons[::-1].index("SpecChanged"):]

    def assert_carried_out(self, planned):
        """What was planned, in that order, and nothing else; but that a standby which is late on a
        busy machine may leave the quorum for a moment and come back."""
        done = self.carried_out()
        rest = iter(done)
        self.assertTrue(all(reason in rest for reason in planned), (planned, done))
        beside = {"QuorumChanging", "QuorumChanged"}
        self.assertEqual([reason for reason in done if reason not in beside],
                         [reason for reason in planned if reason not in beside])

    def test_one_edit_moves_production_to_another_region(self):
        lab = self.lab
        lab.converged()
        self.assertEqual(lab.primary(), "paris-a")
        self.assertEqual(lab.status()["sync"], "ANY 1 (paris-b, paris-c)")
        lab.edit(lambda text: region(text, "amsterdam", candidate_priority=65,
                                     replication_quorum="true"))
        planned = lab.hactl("plan", "-f", lab.file, "-o", "json")
        self.assertEqual(planned.returncode, 1, planned.stderr)
        plan = json.loads(planned.stdout)
        self.assertEqual(but_for_numbers(lab.hactl("plan", "-f", lab.file).stdout),
                         but_for_numbers(shown_in_readme("plan -f /tmp/lab/formation.yaml")))
        traffic = Traffic(lab, 12)
        traffic.until_writing(lab)
        lab.apply(plan=plan["id"])
        self.assert_carried_out([reason for step in plan["steps"] for reason in step["events"]])
        self.assertEqual(lab.primary(), "amsterdam-a")
        self.assertEqual(but_for_numbers(lab.run("why", "node", "paris-a")),
                         but_for_numbers(shown_in_readme("why node paris-a")))
        pause = plan["predicted-pause"]
        print(f"writes pause: predicted {pause['usual-ms']} ms, {pause['worst-ms']} ms at worst;",
              f"measured: {traffic.result()}")
        again = lab.hactl("apply", "-f", lab.file, "--plan", plan["id"])
        self.assertEqual(again.returncode, 1)
        self.assertIn("Error from server (Conflict): the plan is out of date", again.stderr)
        lab.edit(lambda text: region(text, "paris", replication_quorum="false"))
        lab.apply()
        self.assertEqual(lab.status()["sync"], "ANY 1 (amsterdam-b, amsterdam-c)")


if __name__ == "__main__":
    unittest.main(verbosity=2)
