// Names and numbers of the domain, each a type of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/strong.h"

namespace hactl {

using FormationName = Strong<struct FormationNameTag, std::string>;
using RegionName = Strong<struct RegionNameTag, std::string>;
using NodeName = Strong<struct NodeNameTag, std::string>;

/// Number of a ballot: every attempt to make a primary has its own. Never goes back; 0 is none.
using Epoch = Strong<struct EpochTag, std::uint64_t>;

/// PostgreSQL's number of a branch of history. 0 is unknown.
using TimelineId = Strong<struct TimelineIdTag, std::uint32_t>;

/// PostgreSQL's identifier of a data directory and all its copies. 0 is unknown.
using SystemId = Strong<struct SystemIdTag, std::uint64_t>;

/// Counts changes of a formation's spec; starts at 1.
using Generation = Strong<struct GenerationTag, std::uint64_t>;

/// Counts the durable decisions of a formation; a newer one always has a higher number.
using Revision = Strong<struct RevisionTag, std::uint64_t>;

/// Life of a formation's record: higher after it was created anew or restored from a copy.
using Incarnation = Strong<struct IncarnationTag, std::uint64_t>;

/// Life of a node's data: higher after the node was dropped or built anew.
using NodeIncarnation = Strong<struct NodeIncarnationTag, std::uint64_t>;

/// Counts the writes of an agent's state file; going back means that the node forgot (R13).
using AgentSeq = Strong<struct AgentSeqTag, std::uint64_t>;

/// Counts the synchronous settings of a formation.
using ConfigGeneration = Strong<struct ConfigGenerationTag, std::uint64_t>;

}  // namespace hactl
