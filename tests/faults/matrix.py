"""The fault matrix: each fault that hactl is built to survive, and what must hold then.

K1 no acknowledged row is lost, and no row that a client had read
K2 no two open primaries, nothing acknowledged by a deposed one, no timeline of two primaries
K3 whole again within a time: converged, and every standby streams
K4 the status names the reason
K5 no failover that nobody needed
"""

import dataclasses

MATRIX = {
    "F1": ("primary's PostgreSQL killed, all processes", "failover; write gap 0.5 s; whole in 15 s; K1 K2"),
    "F2": ("primary's postmaster alone killed", "as F1: gap 0.5 s; whole in 15 s; K1 K2"),
    "F3": ("one backend killed", "gated resume or failover; gap 1 s; whole in 20 s; K1 K2"),
    "F4": ("host powered off, silently", "failover; gap 3 s; back and whole in 30 s; K1 K2"),
    "F5": ("primary frozen for 30 s, then thawed", "failover; zombie fences in 1 s; whole in 30 s; K1 K2"),
    "F6": ("only PostgreSQL frozen, agent alive", "stuck: killed, failover; gap 4 s; K1 K2"),
    "F7": ("only the WAL senders frozen", "writes resume in 7 s; K1"),
    "F8": ("primary's agent killed", "no failover; adopted in 5 s; K1 K2 K5"),
    "F9": ("primary's agent and PostgreSQL killed", "failover; gap 1 s; whole in 30 s; K1 K2"),
    "F10": ("one synchronous standby killed", "p99 of a write 1 s; leaves the quorum and returns; K1 K5"),
    "F11": ("all synchronous standbys killed, block", "writes wait; status names them; resume in 5 s; K1 K4 K5"),
    "F12": ("the same, degrade; then the primary killed", "degrades, recorded; then blocked until it is back; K1 K4"),
    "F13": ("primary and one quorum standby killed", "blocked, named; either one's return ends it; K1 K4"),
    "F14": ("F13, and --accept-data-loss", "promotes, audited; the old one is rebuilt; K2"),
    "F15": ("candidate killed while it is promoted", "another ballot; no timeline twice; K1 K2 K3"),
    "F16": ("candidate cut from its standby, then killed", "never opens without its barrier; K1 K2"),
    "F17": ("the node that WAL is fetched from is lost", "blocked, never skipped; K1 K4"),
    "F18": ("controller killed in a switchover, many moments", "goes on or back in 10 s each; K1 K2 K3"),
    "F19": ("old primary's agent killed in a switchover", "promise kept, finishes; K1 K2 K3"),
    "F20": ("target hangs once the old primary has stopped", "another candidate or the old one; gap 8 s; K1 K2 K3"),
    "F21": ("switchover beside a frozen standby", "nobody waits for it: the old primary confirms; gap 1 s; K1 K2"),
    "F22": ("switchover with many dirty pages", "gap 1 s; K1 K2"),
    "F23": ("primary cut from the controller only", "no failover in 60 s; K1 K4 K5"),
    "F24": ("controller down, primary's PostgreSQL killed", "resumes by its quorum in 5 s; K1 K2"),
    "F25": ("primary cut from nodes and controller, not from clients", "failover; closed in 6 s; K1 K2 K3"),
    "F26": ("primary and a standby cut from controller and a standby", "primary goes on; K1 K2 K5"),
    "F27": ("primary cut from all standbys only", "writes resume in 10 s; K1 K2"),
    "F28": ("primary cut from one standby only", "it leaves the quorum and returns; K1 K5"),
    "F29": ("primary to controller cut, one way", "no failover; K1 K5"),
    "F30": ("link flaps, 1 s on and off", "few failovers; K1 K2 K3"),
    "F31": ("region with the primary lost", "n=2: failover, gap 4 s; n=1: blocked, named; K1 K4"),
    "F32": ("region with the primary cut off", "failover outside; inside closes in 6 s; K1 K2"),
    "F33": ("region healed after F32", "old region rejoins in 60 s; K1 K2 K3"),
    "F34": ("two controllers; a frozen one thawed late", "one store, one writer; late goals dropped; K1 K2 K5"),
    "F35": ("controller's store restored from an old copy", "primary goes on; whole in 60 s; K1 K2"),
    "F36": ("F35, and the primary killed", "waits for what could know more; K1 K2 K4"),
    "F37": ("controller's disk full", "no decisions; writes go on; K1 K5"),
    "F38": ("primary's disk full", "failover; gap 1 s; rejoins with space; K1 K2"),
    "F39": ("standby's disk full", "leaves the quorum; writes go on; returns; K1 K5"),
    "F40": ("slow disk", "no failover below 10 s"),
    "F41": ("standby's slot lost", "rebuilt by itself; K1 K3"),
    "F42": ("old primary with WAL that nobody else has", "rewound; its WAL is kept; checksums hold; K1 K2"),
    "F43": ("two promotions to one timeline number", "cannot happen; if seen, never followed"),
    "F44": ("pg_rewind killed", "never started half-done; whole in 60 s; K1 K2"),
    "F45": ("machine rolled back to an old snapshot", "forgot: out of the quorum, built anew; K1 K3"),
    "F46": ("agent's state file destroyed", "forgot: out of the quorum, built anew; K1 K3"),
    "F47": ("PostgreSQL that can't be started", "failover; status says why; K1 K3 K4"),
    "F48": ("standby's certificate broken", "out of the quorum, named; others fine; K1 K4 K5"),
    "F49": ("clock jumps by an hour", "nothing"),
    "F50": ("priorities edited every second", "few moves; K1 K2 K3"),
    "F51": ("quorum edited, and the primary killed meanwhile", "covered by both settings; K1 K2 K3"),
    "F52": ("primary killed while a node copies it", "the copy starts anew from the new one; K1 K3"),
    "F53": ("long query on the target delays replay", "cancelled; gap 0.6 s; K1 K2"),
    "F54": ("client cancels a waiting commit; then failover", "not an acknowledgement; K1 K2"),
    "F55": ("superuser empties synchronous_standby_names", "put back, said; K1 K4"),
    "F56": ("all connections taken by clients", "no failover; K1 K5"),
    "F57": ("messages twice, late, out of order", "dropped"),
    "F58": ("node removed from the file that coverage needs", "blocked, named; nothing lost; K1 K4"),
}

# Rows that are not run here, and where they are held instead.
ELSEWHERE = {
    "F43": "unit: NextAction.ATimelineKnownUnderAnotherEpochIsNeverFollowedAndNeverRewound, "
           "LocalPostgresTest.ANewClusterBecomesAPrimaryOnTheReservedTimeline; every row here looks for one",
    "F49": "the lab can't set a machine's clock; time is an input: the simulator's is its own, and the test `tidy` "
           "bans wall clocks from decisions",
    "F57": "simulator: scenario chaos (loss, slow_network, two_controllers); unit: "
           "FormationLoopTest.DropsLateReportsAndThoseOfStrangers, "
           "NextAction.AGoalOfAnOlderEpochThanThePromisedOneIsNotObeyed",
}


@dataclasses.dataclass
class RowTest:
    number: str
    function: object
    namespaces: bool  # Whether it needs network namespaces, so root.
    ci: bool          # Whether it is in the set that every change runs.
    lab: str          # Which formation it runs on.


TESTS = {}


def row(number, namespaces=False, ci=True, lab="three"):
    """Marks the function that runs this row."""
    if number not in MATRIX or number in TESTS:
        raise ValueError(f"row {number} is not in the matrix, or there twice")

    def mark(function):
        TESTS[number] = RowTest(number, function, namespaces, ci, lab)
        return function
    return mark
