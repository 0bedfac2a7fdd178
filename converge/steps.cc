#include "converge/steps.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/rule_switch.h"
#include "converge/postgres_settings.h"
#include "model/names.h"

namespace hactl {

Step act(Action action, std::string why) {
  Step step;
  step.action = std::move(action);
  step.why = std::move(why);
  step.look_again = Duration{0};
  return step;
}

Step wait_for(std::string why, Duration look_again) {
  Step step;
  step.why = std::move(why);
  step.look_again = look_again;
  return step;
}

Step stuck(std::string reason, std::string message) {
  Step step;
  step.problem = Problem{std::move(reason), std::move(message)};
  step.look_again = kAtPeace;
  return step;
}

std::optional<Step> end_hung(const LocalState& local, Instant now, Duration patience) {
  if (!local.seen.running || !local.unanswered_since) return std::nullopt;
  if (now - *local.unanswered_since < patience) return std::nullopt;
  return act(action::Stop{action::Stop::Mode::immediate},
             "ending PostgreSQL, which runs and does not answer");
}

bool runs_as_primary(const LocalState& local) {
  return local.seen.running && local.seen.sql && !local.seen.sql->in_recovery;
}

bool gate_is_open(const LocalState& local) {
  return runs_as_primary(local) && !local.seen.sql->read_only;
}

namespace {

TimelineId timeline_at(const LocalState& local, Lsn lsn) {
  TimelineId newest{1};
  for (const auto& [timeline, epoch] : local.state.timelines) {
    const auto branch = local.seen.history.find(timeline);
    if (branch == local.seen.history.end() || branch->second >= lsn) continue;
    newest = std::max(newest, timeline);
  }
  return newest;
}

bool stopped_as_primary(const LocalState& local) {
  return is_down(local) && !local.seen.leftovers && local.seen.control &&
         local.seen.control->was_primary && local.seen.control->clean_shutdown;
}

}  // namespace

bool is_down(const LocalState& local) {
  const bool has_shut_down =
      local.seen.stopping && local.seen.control && local.seen.control->clean_shutdown;
  return !local.seen.running || has_shut_down;
}

std::optional<WalPosition> wal_end(const LocalState& local) {
  if (local.state.rebuilding) return std::nullopt;
  if (local.seen.sql) {
    const SqlView& sql = *local.seen.sql;
    if (!sql.in_recovery) return WalPosition{sql.timeline, sql.flushed};
    if (sql.received.value == 0 && !sql.replay_at_end) return std::nullopt;
    const Lsn end = std::max(sql.received, sql.replayed);
    return WalPosition{timeline_at(local, end), end};
  }
  if (stopped_as_primary(local)) {
    return WalPosition{local.seen.control->timeline, local.seen.control->end};
  }
  return std::nullopt;
}

bool position_is_final(const LocalState& local) {
  if (local.state.grant && local.state.grant->sync.epoch == local.state.promised) return false;
  if (!wal_end(local)) return false;
  const bool receives = local.seen.sql && local.seen.sql->in_recovery && local.seen.sql->receiver;
  if ((local.seen.credential || receives) && rule_holds(Rule::r2_final_when_detached)) return false;
  // With the right to be primary, a promotion may be under way that ends when nobody waits for it.
  if (local.seen.sql) {
    const bool may_be_promoting = local.state.grant && rule_holds(Rule::r2_no_promotion_pending);
    return local.seen.sql->in_recovery && !may_be_promoting;
  }
  return stopped_as_primary(local);
}

bool is_noted(const Goal& goal, const AgentState& state) {
  return state.formation == goal.formation && state.node == goal.node &&
         state.incarnation_seen == goal.incarnation && state.revision_seen == goal.revision &&
         goal.start_nonce == 0 && state.goal == goal;
}

AgentState noted(const Goal& goal, const LocalState& local) {
  AgentState state = local.state;
  if (is_noted(goal, state)) return state;
  state.formation = goal.formation;
  state.node = goal.node;
  state.incarnation_seen = goal.incarnation;
  state.revision_seen = goal.revision;
  state.goal = goal;
  // Secrets of the moment stay out of the file: they are not needed to resume.
  state.goal->start_nonce = 0;
  return state;
}

std::optional<Step> save(const LocalState& local, AgentState state, std::string why) {
  state.sequence = local.state.sequence;
  if (local.state == state) return std::nullopt;
  state.sequence = local.state.sequence.next();
  return act(action::SaveState{std::move(state)}, std::move(why));
}

namespace {

/// The last settings that were rendered: the same ones are asked for at every look, several times a
/// second, and comparing what they are made from is cheaper than making them.
const SettingsFiles& rendered(const PostgresGoal& postgres, const SettingsRole& role) {
  struct Rendered {
    PostgresGoal postgres;
    SettingsRole role;
    SettingsFiles files;
  };
  constexpr std::size_t kKept = 32;
  thread_local std::vector<Rendered> kept;
  thread_local std::size_t oldest = 0;
  kept.reserve(kKept);
  for (const Rendered& each : kept) {
    if (each.role == role && each.postgres == postgres) return each.files;
  }
  Rendered made{postgres, role, render_settings(postgres, role)};
  if (kept.size() < kKept) return kept.emplace_back(std::move(made)).files;
  Rendered& slot = kept[oldest];
  oldest = (oldest + 1) % kKept;
  slot = std::move(made);
  return slot.files;
}

const SettingsFiles& render(const Goal& goal, const LocalState& local,
                            const WantedSettings& wanted) {
  SettingsRole role;
  role.node = goal.node;
  role.upstream = wanted.upstream;
  role.epoch = wanted.epoch;
  role.gate = wanted.gate;
  role.sync_names = wanted.sync_names;
  role.paths = local.paths;
  role.os_user = local.os_user;
  const bool standby = wanted.starts_as == StartsAs::standby && !runs_as_primary(local);
  if (standby && local.seen.control) role.at_least = local.seen.control->primary_settings;
  return rendered(goal.postgres, role);
}

bool is_configured(const LocalState& local, const SettingsFiles& files) {
  const bool loaded =
      !local.seen.sql || (local.seen.sql->config_id == files.id && !local.seen.sql->foreign_sync);
  return local.seen.config_id_on_disk == files.id && loaded;
}

}  // namespace

std::optional<Step> configure(const Goal& goal, const LocalState& local,
                              const WantedSettings& wanted) {
  const SettingsFiles& files = render(goal, local, wanted);
  if (is_configured(local, files)) return std::nullopt;
  return act(action::Configure{files, goal.postgres.data_directory}, "setting PostgreSQL up");
}

WantedSettings armed_settings(const Upstream& upstream, const SyncConfig& sync) {
  std::string names = any_names(sync);
  if (names.empty()) names = sync_names_for_standby();
  return WantedSettings{upstream, upstream.epoch, Gate::closed, std::move(names)};
}

WantedSettings closed_settings(const Goal& goal, const LocalState& local,
                               const std::string& sync_names) {
  const WantedSettings closed{std::nullopt, goal.epoch, Gate::closed, sync_names};
  if (!goal.upstream || !goal.sync) return closed;
  const WantedSettings armed = armed_settings(*goal.upstream, *goal.sync);
  const bool kept =
      armed.sync_names == sync_names && is_configured(local, render(goal, local, armed));
  return kept ? armed : closed;
}

std::optional<Step> note_promise(const Goal& goal, const LocalState& local, std::string why) {
  if (local.state.promised >= goal.epoch && is_noted(goal, local.state)) return std::nullopt;
  AgentState state = noted(goal, local);
  state.promised = std::max(state.promised, goal.epoch);
  return save(local, std::move(state), std::move(why));
}

namespace {

/// The right to be primary goes with the PostgreSQL that may have been told to become one.
AgentState promise(const Goal& goal, const LocalState& local) {
  AgentState state = noted(goal, local);
  if (!local.seen.running) state.grant.reset();
  state.promised = std::max(state.promised, goal.epoch);
  state.attached.reset();
  return state;
}

}  // namespace

std::optional<Step> give_promise(const Goal& goal, const LocalState& local, std::string why) {
  const bool right_is_over = local.state.grant && !local.seen.running;
  const bool given = local.state.promised >= goal.epoch && !local.state.attached && !right_is_over;
  if (given && is_noted(goal, local.state)) return std::nullopt;
  return save(local, promise(goal, local), std::move(why));
}

std::optional<Step> keep_slots(const Goal& goal, const LocalState& local) {
  const std::set<std::string>& there = local.seen.sql->slots;
  const std::vector<Peer>& peers = goal.postgres.peers;
  const auto own = std::ranges::count_if(
      there, [](const std::string& slot) { return slot.starts_with(kOwnSlots); });
  const bool all = std::ranges::all_of(
      peers, [&](const Peer& peer) { return there.contains(slot_name(peer.name)); });
  if (all && own == std::ssize(peers)) return std::nullopt;
  std::set<std::string> wanted;
  for (const Peer& peer : peers)
    wanted.insert(slot_name(peer.name));
  return act(action::SetSlots{std::move(wanted), local.seen.sql->in_recovery},
             "keeping WAL for the other nodes");
}

}  // namespace hactl
