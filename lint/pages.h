// What `hactl explain HA…` shows of each rule: why it matters, what to do, when to leave it. Each
// begins with a line end, and no line is wider than a terminal.
#pragma once

#include <string_view>

namespace hactl::lint_pages {

inline constexpr std::string_view kHa001 = R"(
With when-short: block, a commit is acknowledged only when number-sync-standbys
of the quorum standbys hold it. With exactly that many standbys, the loss of
any one of them, or its restart for an upgrade, stops every write until it is
back.

What to do: have one quorum standby more than number-sync-standbys, so one may
be away:

    number-sync-standbys: 1        # and three nodes with replication-quorum: true

Or lower number-sync-standbys; or set when-short: degrade, which keeps writes
going and gives up the promise while it does (HA008).

With durability, whom commits wait for follows from it: a node in a further
region, or a copy more (durability.nodes), gives the spare;
`hactl explain durability` shows it.

Leave it when you would rather stop than go on with one copy fewer.
)";

inline constexpr std::string_view kHa002 = R"(
A commit counts as acknowledged when any number-sync-standbys of the quorum
standbys hold it; PostgreSQL takes whoever answers first, and that is the
primary's own region. If the primary's region has that many standbys of its
own, no other region need have the commit. When the region is lost, nobody can
say whether such commits exist, so no other region is promoted: writes stop
until a node of the region is back, or an operator accepts the loss.

What to do: ask for it. With quorum nodes in two regions or more,

    durability: {regions: 2}

makes every commit wait for a node of another region, wherever the primary is.
examples/three-regions-durable.yaml is made like that.

    hactl explain durability -f FILE               # whom commits wait for, why
    hactl simulate -f FILE --kill region/paris     # who takes over, what is lost

Leave it when the other regions are there for planned moves only.
)";

inline constexpr std::string_view kHa003 = R"(
A node with candidate-priority: 0 is never promoted, by nobody and nothing. A
region that has only such nodes keeps copies of the data, and does not take
over when production's region is lost: that night somebody has to edit the file
first.

What to do: give one node of the region, or the region, a candidate-priority
below production's. For a take-over without any loss its nodes must also
acknowledge commits (replication-quorum: true, and see HA002).

    - name: amsterdam
      candidate-priority: 40
      replication-quorum: true

Leave it for regions that only keep a copy, such as one for reports or one in
another country.
)";

inline constexpr std::string_view kHa004 = R"(
With number-sync-standbys: 0 the primary acknowledges a commit as soon as it is
on its own disk. When the primary is lost, what its standbys had not received
yet is lost too, and no message says how much it was.

What to do: number-sync-standbys: 1, and two nodes or more with
replication-quorum: true.

Leave it when losing the last moments of writes is acceptable. hactl then
promotes the standby that is furthest, and says in an event how far it was
behind.
)";

inline constexpr std::string_view kHa005 = R"(
After a failure hactl promotes, of the nodes that hold everything, the one with
the highest candidate-priority. Equal priorities in different regions mean that
chance decides where production is: next to the application, or an ocean away
from it.

What to do: give each region a candidate-priority of its own, production's the
highest.

Leave it when the application runs in all of these regions alike.
)";

inline constexpr std::string_view kHa006 = R"(
Each standby has a replication slot on every node, which keeps WAL until the
standby has it. max_slot_wal_keep_size bounds that. With -1, a standby that
stays away makes the primary keep everything until its disk is full, and then
the formation takes no writes at all.

What to do: leave the parameter out, hactl sets 4GB; or set what the disk can
spare. A standby that has been away for longer is copied anew, by itself.
)";

inline constexpr std::string_view kHa007 = R"(
Two nodes on one host are lost together: power, disk, kernel. The quorum counts
them as two copies of every commit, though there is one machine.

What to do: one host for every node. In clouds, different availability zones.

Leave it in a lab.
)";

inline constexpr std::string_view kHa008 = R"(
With when-short: degrade, commits wait for fewer standbys when some are
missing, at last for none. Writes go on; but what is acknowledged then is on
fewer nodes than number-sync-standbys says, and may be lost with them. The
condition Durable is False for as long as that lasts, and `hactl get events`
has each change.

What to do: when-short: block, with a quorum standby to spare (HA001).

Leave it when going on matters more than keeping every commit.
)";

inline constexpr std::string_view kHa009 = R"(
With failback: automatic the primary moves back to the preferred node as soon
as that has been well for a while. Across regions that means: whatever made the
region fail may still be going on, and each return costs a pause of writes that
nobody asked for.

What to do: failback: on-apply. After a failover the primary stays where it is
until somebody has looked and applies the file again.

Leave it when the regions are near each other, and pauses of half a second do
no harm.
)";

inline constexpr std::string_view kHa010 = R"(
A node can take over without loss when it acknowledges commits
(replication-quorum: true), and at all only with a candidate-priority above 0.
When fewer than two nodes have both, the loss of that one leaves nobody who can
take over at once: WAL must first be fetched from a node that may not be
primary, or nothing can be done.

What to do: give at least two nodes both.
)";

inline constexpr std::string_view kHa011 = R"(
trust lets anybody in who reaches the port from there. password sends passwords
as they are. md5 is a hash that has been broken for years and that PostgreSQL
is about to drop.

What to do: scram-sha-256, or cert for clients with certificates.
)";

inline constexpr std::string_view kHa012 = R"(
0.0.0.0/0 and ::/0 let every address try. With a good password that is no open
door, but each attempt costs the server a process, and the next hole in
PostgreSQL or OpenSSL is open to all.

What to do: name the networks of the application's servers. The nodes
themselves need no line: hactl adds theirs.
)";

inline constexpr std::string_view kHa013 = R"(
The types host and hostnossl take connections without TLS. Passwords may be
protected by scram-sha-256, data is not; and a client can't tell whether it
speaks to the primary or to somebody in between.

What to do: hostssl. Every node has a certificate; `hactl get uri` gives a
connection string with sslmode=verify-full.
)";

inline constexpr std::string_view kHa014 = R"(
/tmp, /run and /dev/shm are emptied when a machine starts, or cleaned up by a
timer. A node whose data is gone is copied anew; when the machines of a
formation start together, after a power cut say, all copies are gone at once.

What to do: a directory on a disk.
)";

inline constexpr std::string_view kHa015 = R"(
max_standby_streaming_delay: -1 lets a query on a standby hold up replay
without a bound. The standby still receives and acknowledges WAL, but it must
replay all of it before it can take over: a report that has run for an hour
makes a failover take as long as an hour of writes takes to replay.

What to do: a bound, such as 30s; and run long reports on a node with
candidate-priority: 0.
)";

inline constexpr std::string_view kHa016 = R"(
synchronous_commit: remote_apply makes every commit wait until the standbys
have replayed it. One long query or lock on a standby then stops every write of
the formation.

What to do: leave the parameter out. `on` waits until the standbys have the
commit on disk, which is all that is needed to lose nothing.

Leave it when clients must read their own writes on standbys.
)";

inline constexpr std::string_view kHa017 = R"(
With durability: {regions: 2} a commit is acknowledged only when it is in two
regions. With quorum nodes in two regions alone, the loss of either stops every
write: nothing that was acknowledged is lost, but nothing is acknowledged any
more until a node of the lost region is back, or somebody changes the file.

What to do: have one region more than durability.regions asks for. One small
node will do, the last to become primary:

    - name: dublin
      candidate-priority: 1
      nodes: [{name: dublin-a, host: 10.61.1.4}]

Leave it when you would rather stop than go on in one region.
)";

}  // namespace hactl::lint_pages
