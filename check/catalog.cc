#include "check/catalog.h"

#include <cstring>
#include <string_view>
#include <type_traits>

namespace hactl {
namespace check {
namespace {

std::uint64_t of_text(std::uint64_t hash, std::string_view text) {
  for (const char c : text)
    hash = mix(hash, static_cast<unsigned char>(c));
  return hash;
}

template <typename Plain>
std::uint64_t of_bytes(const Plain& value) {
  static_assert(std::has_unique_object_representations_v<Plain>);
  std::array<std::uint64_t, (sizeof(Plain) + 7) / 8> words{};
  std::memcpy(words.data(), &value, sizeof(Plain));
  std::uint64_t hash = 1;
  for (const std::uint64_t word : words)
    hash = mix(hash, word);
  return hash;
}

template <typename Number>
std::uint64_t of_optional(const std::optional<Number>& number) {
  return number ? number->value + 1 : 0;
}

std::uint64_t of_position(std::uint64_t hash, std::uint64_t where, Lsn lsn) {
  return mix(mix(hash, where), lsn.value);
}

}  // namespace

std::uint64_t fingerprint(const Agent& agent) {
  const AgentState& state = agent.state;
  std::uint64_t hash = mix(agent.noted, agent.goal);
  hash = mix(hash, state.revision_seen.value);
  hash = mix(hash, state.promised.value);
  hash = mix(hash, state.grant ? state.grant->sync.generation.value + 1 : 0);
  hash = mix(hash, state.attached ? state.attached->epoch.value + 1 : 0);
  hash = mix(hash, state.promoted ? state.promoted->epoch.value + 1 : 0);
  hash = mix(hash, state.applied_generation.value);
  hash = mix(hash, state.timelines.size());
  hash = mix(hash, state.node_incarnation.value);
  hash = of_text(hash, state.node.value);
  hash = mix(hash, agent.foreign_in ? agent.foreign_in->value + 1 : 0);
  hash = mix(hash, agent.proof.generation.value);
  hash = mix(hash, agent.proof.barrier ? agent.proof.barrier->value + 1 : 0);
  hash = mix(hash, of_optional(agent.checkpointed_for));
  hash = mix(hash, of_optional(agent.promote_ordered_for));
  hash = mix(hash, of_optional(agent.attached_for));
  hash = mix(hash, of_optional(agent.source_ready_for));
  std::uint64_t flags = static_cast<std::uint64_t>(agent.rewind);
  for (const bool flag :
       {agent.detached, agent.cloned, agent.restarting, agent.stopping, state.rebuilding,
        agent.proof.marker_proven, agent.proof.checkpointed, agent.proof.confirmed}) {
    flags = 2 * flags + (flag ? 1 : 0);
  }
  return mix(hash, flags);
}

std::uint64_t fingerprint(const Stored& stored) {
  const FormationRecord& record = stored.record;
  std::uint64_t hash = mix(stored.generation.value, record.revision.value);
  hash = mix(hash, record.epoch.value);
  hash = mix(hash, static_cast<std::uint64_t>(record.phase));
  hash = mix(hash, record.config_generation.value);
  hash = mix(hash, record.timeline_max.value);
  if (record.candidate) hash = of_text(hash, record.candidate->value);
  if (record.donor) hash = of_text(hash, record.donor->value);
  for (const auto& [name, final_report] : record.finals) {
    hash = of_text(hash, name.value);
    hash = of_position(hash, final_report.position.epoch.value, final_report.position.lsn);
  }
  for (const SyncConfig& config : record.in_force) {
    hash = mix(hash, config.generation.value * 64 + config.members.size());
    for (const NodeName& member : config.members)
      hash = of_text(hash, member.value);
  }
  for (const Promotion& promotion : record.lineage) {
    hash = of_position(hash, promotion.timeline.value, promotion.start);
    hash = of_text(hash, promotion.node.value);
  }
  for (const auto& [name, known] : record.nodes) {
    hash = of_position(hash, known.complete_seen.timeline.value, known.complete_seen.lsn);
    hash = mix(hash, known.incarnation.value);
  }
  return hash;
}

std::uint64_t fingerprint(const Node& node) {
  return of_bytes(node);
}

std::uint64_t fingerprint(const Tally& tally) {
  return of_bytes(tally);
}

std::uint64_t fingerprint(const State& state) {
  return of_bytes(state);
}

std::uint64_t fingerprint(const Words& words) {
  return of_text(words.text.size(), words.text);
}

}  // namespace check

std::uint64_t fingerprint(const Goal& goal) {
  std::uint64_t hash = check::of_text(goal.revision.value, goal.node.value);
  hash = check::mix(hash, goal.epoch.value);
  hash = check::mix(hash, static_cast<std::uint64_t>(goal.state));
  if (goal.upstream) hash = check::of_text(hash, goal.upstream->node.value);
  if (goal.position)
    hash = check::of_position(hash, goal.position->timeline.value, goal.position->lsn);
  for (const Promotion& promotion : goal.chain)
    hash = check::of_position(hash, promotion.timeline.value, promotion.start);
  return check::mix(hash, goal.sync ? goal.sync->generation.value + 1 : 0);
}

std::uint64_t fingerprint(const NodeReport& report) {
  std::uint64_t hash = check::of_text(report.revision_seen.value, report.node.value);
  hash = check::mix(hash, report.promised.value);
  hash = check::mix(hash, static_cast<std::uint64_t>(report.state));
  hash = check::of_position(hash, report.position.timeline.value, report.position.lsn);
  hash = check::mix(hash, report.final_for.value);
  hash = check::mix(hash, report.node_incarnation.value);
  if (!report.primary) return hash;
  hash = check::mix(hash, report.primary->applied.value * 2 + (report.primary->confirmed ? 1 : 0));
  hash = check::mix(hash, report.primary->epoch.value * 2 + (report.primary->gate_open ? 1 : 0));
  for (const SenderView& sender : report.primary->senders)
    hash = check::of_text(hash, sender.node.value);
  return hash;
}

}  // namespace hactl
