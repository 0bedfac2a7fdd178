"""Runs rows of the fault matrix on real PostgreSQL and prints it as a table; exit 1 when a row does not hold.

    run.py             the rows that every change runs, within four times the times of the matrix
    run.py --all       every row
    run.py F1 F25      these
    run.py --markdown FILE   writes the table into the marked place of FILE too, where rows that did not run stay
"""

import argparse
import os
import sys
import time
import traceback

import fault_lab
import rows_clients
import rows_controller
import rows_disk
import rows_moves
import rows_network
import rows_processes
from lab import Failed
from matrix import ELSEWHERE, MATRIX, TESTS

# Each brings its rows into TESTS.
MODULES = (rows_clients, rows_controller, rows_disk, rows_moves, rows_network, rows_processes)

REGIONS = """apiVersion: hactl/v1
kind: Formation
metadata:
  name: small
spec:
  number-sync-standbys: 2
  postgres:
    data-directory: /var/lib/hactl/small
    parameters: {shared_buffers: 32MB, max_connections: 100}
    port: 5432
  regions:
    - name: paris
      candidate-priority: 60
      nodes:
        - {name: paris-a, host: 127.0.1.1}
        - {name: paris-b, host: 127.0.1.2}
    - name: amsterdam
      nodes:
        - {name: amsterdam-a, host: 127.0.2.1}
        - {name: amsterdam-b, host: 127.0.2.2}
        - {name: amsterdam-c, host: 127.0.2.3}
"""
PARAMETERS = "parameters: {shared_buffers: 32MB"
# What each kind of lab is made of: examples/three-nodes.yaml, and how it is edited.
EXAMPLES = {
    "three": {},
    "degrade": {"edit": lambda text: text.replace("  postgres:", "  when-short: degrade\n  postgres:", 1)},
    "donor": {"edit": lambda text: text.replace("host: 127.0.2.3}", "host: 127.0.2.3, candidate-priority: 0}")},
    "large": {"edit": lambda text: text.replace(PARAMETERS, "parameters: {shared_buffers: 256MB")},
    "little_wal": {"edit": lambda text: text.replace(
        PARAMETERS, PARAMETERS + ", wal_keep_size: 16MB, max_slot_wal_keep_size: 32MB, max_wal_size: 64MB")},
    "regions": {"edit": lambda text: REGIONS},
}
MARKS = ("<!-- matrix: begin -->\n", "<!-- matrix: end -->\n")


class Outcome:
    def __init__(self, verdict, measured):
        self.verdict, self.measured = verdict, measured


def run_row(test, full):
    """Each row has a formation of its own, at peace: what one has seen lately changes how it answers."""
    if test.namespaces and os.geteuid() != 0:
        return Outcome("skipped", "needs root, for network namespaces")
    lab, run = None, None
    try:
        lab = fault_lab.FaultLab(**EXAMPLES[test.lab])
        run = fault_lab.Run(lab, test.number, full)
        test.function(run)
    except fault_lab.Skipped as why:
        return Outcome("skipped", str(why))
    except Exception as problem:  # A row that breaks is a row that does not hold; the others go on.
        if not isinstance(problem, Failed):
            traceback.print_exc()
        if run is None:
            return Outcome("FAILED", f"no lab: {str(problem).splitlines()[0]}")
        run.failures.append(str(problem).split("\n", maxsplit=1)[0])
    finally:
        if run and run.failures:
            print(f"{test.number}: {'; '.join(run.failures)}\n  evidence: {run.keep()}", file=sys.stderr, flush=True)
        if lab:
            lab.close()
    measured = ", ".join([*run.measured, *(f"**{failure}**" for failure in run.failures)])
    return Outcome("FAILED" if run.failures else "holds", measured)


def earlier_outcomes(path):
    """What the table in a page says."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    begin, end = MARKS
    if begin not in page or end not in page:
        raise SystemExit(f"{path} has no place for the table: {begin.strip()} … {end.strip()}")
    cells = [[cell.strip() for cell in line.split(" | ")] for line in page[page.index(begin):page.index(end)].split("\n")]
    return {row[0].lstrip("| "): Outcome(row[4].rstrip(" |"), row[3]) for row in cells if len(row) == 5}


def table(outcomes):
    """The matrix in Markdown."""
    lines = ["| row | fault | expected | measured | verdict |", "| --- | --- | --- | --- | --- |"]
    for number, (fault, expected) in MATRIX.items():
        if number in outcomes:
            outcome = outcomes[number]
        elif number in ELSEWHERE:
            outcome = Outcome("elsewhere", ELSEWHERE[number])
        else:
            outcome = Outcome("not run", "")
        lines.append(f"| {number} | {fault} | {expected} | {outcome.measured} | {outcome.verdict} |")
    return "\n".join(lines) + "\n"


def write_into(path, text):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    begin, end = MARKS
    page = page[:page.index(begin) + len(begin)] + text + page[page.index(end):]
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def chosen_rows(options):
    numbers = [number.upper() for number in options.rows]
    for number in numbers:
        if number not in MATRIX:
            raise SystemExit(f"there is no row {number}: they are F1 to F{len(MATRIX)}")
        if number not in TESTS:
            raise SystemExit(f"row {number} is not run here: {ELSEWHERE.get(number, 'it is not written yet')}")
    if not numbers:
        numbers = [number for number in MATRIX if number in TESTS and (options.all or TESTS[number].ci)]
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("rows", nargs="*", help="rows, as F1; none: those that every change runs")
    parser.add_argument("--all", action="store_true", help="every row, at full length")
    parser.add_argument("--markdown", metavar="FILE", help="write the table into this file")
    options = parser.parse_args()
    rows = chosen_rows(options)
    earlier = earlier_outcomes(options.markdown) if options.markdown else {}
    outcomes = {}
    for number in rows:
        begun = time.monotonic()
        outcome = outcomes[number] = run_row(TESTS[number], options.all or bool(options.rows))
        plain = outcome.measured.replace("**", "")
        print(f"{number:4} {outcome.verdict:8} {time.monotonic() - begun:5.1f} s  {MATRIX[number][0]}: {plain}",
              flush=True)
    if options.all:
        print("\n" + table(outcomes))
    if options.markdown:
        write_into(options.markdown, table({**earlier, **outcomes}))
    failed = [number for number in rows if outcomes[number].verdict == "FAILED"]
    print(f"{len(rows)} rows: {sum(o.verdict == 'holds' for o in outcomes.values())} hold, {len(failed)} failed, "
          f"{sum(o.verdict == 'skipped' for o in outcomes.values())} skipped"
          + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
