"""The tutorial: three regions come up, and one edit moves production to another."""

import unittest

from lab import LabTest, Traffic


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

    def test_one_edit_moves_production_to_another_region(self):
        lab = self.lab
        lab.converged()
        self.assertEqual(lab.primary(), "paris-a")
        self.assertEqual(lab.status()["sync"], "ANY 1 (paris-b, paris-c)")
        lab.edit(lambda text: region(text, "amsterdam", candidate_priority=65,
                                     replication_quorum="true"))
        planned = lab.hactl("plan", "-f", lab.file)
        self.assertEqual(planned.returncode, 1, planned.stderr)
        self.assertIn("amsterdam-a", planned.stdout)
        traffic = Traffic(lab, 12)
        traffic.until_writing(lab)
        lab.apply()
        print(traffic.result())
        self.assertEqual(lab.primary(), "amsterdam-a")
        lab.edit(lambda text: region(text, "paris", replication_quorum="false"))
        lab.apply()
        self.assertEqual(lab.status()["sync"], "ANY 1 (amsterdam-b, amsterdam-c)")


if __name__ == "__main__":
    unittest.main(verbosity=2)
