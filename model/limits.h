// Every bound in one place, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace hactl {

/// Nodes of one formation. Every node may stand in synchronous_standby_names and in each goal.
inline constexpr std::size_t kNodesMax = 64;
/// Regions of one formation.
inline constexpr std::size_t kRegionsMax = 16;
/// Formations of one controller.
inline constexpr std::size_t kFormationsMax = 256;
/// Length of a formation's, region's or node's name. `hactl_<node>_e<epoch>` must fit PostgreSQL's
/// 63 bytes for any epoch.
inline constexpr std::size_t kNameBytesMax = 40;
/// Server parameters in a spec.
inline constexpr std::size_t kParametersMax = 200;
/// pg_hba lines in a spec.
inline constexpr std::size_t kHbaRulesMax = 200;
/// A formation file.
inline constexpr std::size_t kSpecBytesMax = std::size_t{256} * 1024;
/// Nesting of a YAML or JSON document.
inline constexpr std::size_t kDocumentDepthMax = 32;
/// Values in a YAML document.
inline constexpr std::size_t kDocumentNodesMax = 20'000;
/// A report or a goal on the wire.
inline constexpr std::size_t kMessageBytesMax = std::size_t{512} * 1024;
/// Promotions remembered. A node whose last WAL is older than all of them is built anew.
inline constexpr std::size_t kLineageMax = 64;
/// Ballots, and timelines, that a store which was put back may have forgotten. Each of the
/// timelines costs every node a history file.
inline constexpr std::uint64_t kBallotsForgottenMax = 1'000;
inline constexpr std::uint32_t kTimelinesForgottenMax = 100;
/// Events kept for one formation; the oldest go first.
inline constexpr std::size_t kEventsMax = 1'000;
/// Decisions whose inputs are kept of one formation.
inline constexpr std::size_t kDecisionsMax = 500;
/// Specs that are kept of one formation, the present one among them, to be looked at and put back.
inline constexpr std::size_t kRevisionsMax = 10;
/// Copies made from one source at a time: each costs the source a core and the network.
inline constexpr std::size_t kClonesAtOnceMax = 3;

/// Most time between two reports of an agent.
inline constexpr Duration kReportEvery{1'000};
/// Most time between two reports of the agent of a running primary: its silence is acted on soon.
inline constexpr Duration kPrimaryReportEvery{500};
/// How often an open primary writes a few bytes of WAL: its disk is then known to take writes, and
/// its standbys always have something to receive.
inline constexpr Duration kTickEvery{1'000};
/// Silence of a primary's agent after which the controller asks PostgreSQL itself.
inline constexpr Duration kSuspectAfter{700};
/// Silence of a primary's agent after which it counts as gone. Two reports may be lost.
inline constexpr Duration kPrimarySilentAfter{1'500};
/// Silence of a stream after which a standby no longer counts as receiving. A receiver that hears
/// nothing asks for a sign of life after a second (wal_receiver_timeout).
inline constexpr Duration kReceiverQuietAfter{1'500};
/// Silence after which a standby looks at its stream more often.
inline constexpr Duration kReceiverSuspectAfter{900};
/// How long a standby counts for the primary after its last reply; it replies every second.
inline constexpr Duration kReplyFreshFor{2'000};
/// How long the controller waits for PostgreSQL's answer to its knock; a stopped server takes the
/// connection and says nothing.
inline constexpr Duration kKnockTime{700};
/// How long a knock's outcome is worth something. The next one is asked for after kKnockTime and
/// may take as long: until it is there, the last one stands, or the verdict would waver.
inline constexpr Duration kKnockGoodFor = 2 * kKnockTime + Duration{100};
/// How long a primary may be without enough synchronous standbys, which the controller hears,
/// before production moves to their side.
inline constexpr Duration kReplicationLostAfter{3'000};
/// How long a standby must have streamed from nobody before it is built anew because the primary
/// has removed WAL that it lacks.
inline constexpr Duration kWalGoneAfter{5'000};
/// How long a primary may take to prove its synchronous setting to a store that was put back.
inline constexpr Duration kProofWait{15'000};
/// How long PostgreSQL alone may not answer before it counts as stuck.
inline constexpr Duration kHungAfter{10'000};
/// How long WAL may take to the disk before the primary counts as stuck.
inline constexpr Duration kWritesStalledAfter{10'000};
/// How long a primary that hears neither the controller nor enough synchronous standbys stays open.
inline constexpr Duration kLease{5'000};
/// How much longer the controller waits before another node may be promoted without its word:
/// clocks that run 0.5 % apart, and the time that a primary takes to close.
inline constexpr Duration kLeaseMargin{1'500};
/// Silence after which a node counts as not heard from. Three reports may be lost.
inline constexpr Duration kSilentAfter{3'000};
/// Silence after which a synchronous standby leaves the quorum.
inline constexpr Duration kQuorumLeaveAfter{5'000};
/// How long the node with the highest priority is waited for when a formation is first made.
inline constexpr Duration kBootstrapWait{10'000};
/// How long an ordered promotion may take before another ballot is started.
inline constexpr Duration kPromoteWait{20'000};
/// How long the standbys that a new primary can open without are left alone while it opens: every
/// standby that reconnects takes processors and disk from those that are waited for.
inline constexpr Duration kOthersFollowAfter{1'000};
/// How long such a standby may take to promise the new epoch before nobody relies on it.
inline constexpr Duration kPromiseSoon{100};
/// How long a new primary is left to its clients before the standbys that it did not need follow
/// it.
inline constexpr Duration kClientsFirst{150};
/// How long an ordered demotion may take before a failover is started instead.
inline constexpr Duration kDemoteWait{10'000};
/// How long a ballot collects reports before the formation is called blocked.
inline constexpr Duration kCollectWait{5'000};
/// How long writes pause when the primary moves, as long as a formation has no measurements of its
/// own: what bench_switchover shows on two processors, with room.
inline constexpr Duration kPauseUsual{400};
inline constexpr Duration kPauseWorst{1'000};
/// Measured pauses that are kept.
inline constexpr std::size_t kPausesKept = 8;
/// Least time between two moves that nobody asked for.
inline constexpr Duration kMoveBackOff{60'000};
/// Moves for the spec's priorities within that time: each costs a pause of writes, also when
/// somebody, or a program, edits them back and forth.
inline constexpr std::size_t kMovesMax = 3;
/// How long a preferred node must have been fit before production moves back to it by itself.
inline constexpr Duration kFitFor{10'000};
/// Least time between two failovers between which the formation was not whole; doubles with each,
/// within ten minutes.
inline constexpr Duration kFailoverBackOff{10'000};
/// How long a stopped primary is left to the controller before its agent resumes it.
inline constexpr Duration kResumeGrace{1'500};
/// A standby may take over when it is at most this far behind; the rest comes while the old primary
/// stops.
inline constexpr std::size_t kSwitchoverLagBytesMax = std::size_t{16} * 1024 * 1024;

}  // namespace hactl
