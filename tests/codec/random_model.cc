#include "tests/codec/random_model.h"

#include <array>

namespace hactl {

std::string RandomModel::name() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  std::string result(1, letters[static_cast<std::size_t>(random_.between(0, 25))]);
  const auto length = random_.between(3, 38);
  for (std::int64_t i = 0; i < length; ++i) {
    result += letters[static_cast<std::size_t>(random_.between(0, 36))];
  }
  return result + "z";
}

std::string RandomModel::text() {
  constexpr std::array<std::string_view, 14> parts{"a",  "Z", " ",  "é", "\"", "\\", "'",
                                                   ": ", "#", "- ", "5", "{",  "€",  "😀"};
  std::string result;
  const auto length = random_.between(0, 12);
  for (std::int64_t i = 0; i < length; ++i) {
    result += parts[static_cast<std::size_t>(random_.between(0, 13))];
  }
  return result;
}

SyncConfig RandomModel::sync_config() {
  SyncConfig config{number<Epoch>(), number<ConfigGeneration>(), node(), small(), {}};
  for (std::size_t i = few(); i > 0; --i)
    config.members.insert(node());
  return config;
}

Promotion RandomModel::promotion() {
  return {number<Epoch>(),      node(),        number<TimelineId>(),
          number<TimelineId>(), number<Lsn>(), coin()};
}

Lineage RandomModel::lineage() {
  Lineage result;
  for (std::size_t i = few(); i > 0; --i)
    result.push_back(promotion());
  return result;
}

HbaRule RandomModel::hba_rule() {
  const std::string address = std::to_string(random_.between(1, 223)) + ".0.0.0/8";
  return {coin() ? "host" : "hostssl", name(), coin() ? "+ops" : name(), address, "md5"};
}

PostgresGoal RandomModel::postgres_goal() {
  PostgresGoal postgres{small(), text(), port(), text(), name(), name(), text(), {}, {}, {}};
  for (std::size_t i = few(); i > 0; --i)
    postgres.parameters[name()] = text();
  for (std::size_t i = few(); i > 0; --i)
    postgres.hba.push_back(hba_rule());
  for (std::size_t i = few(); i > 0; --i)
    postgres.peers.push_back({node(), text(), port()});
  return postgres;
}

Goal RandomModel::goal() {
  Goal goal;
  goal.formation = FormationName(name());
  goal.incarnation = number<Incarnation>();
  goal.revision = number<Revision>();
  goal.epoch = number<Epoch>();
  goal.node = node();
  goal.state = static_cast<GoalState>(random_.between(0, 11));
  if (coin()) goal.upstream = Upstream{node(), text(), port(), number<Epoch>()};
  if (coin()) goal.sync = sync_config();
  if (coin()) goal.position = wal_position();
  goal.timeline = number<TimelineId>();
  goal.chain = lineage();
  goal.system_id = number<SystemId>();
  goal.start_nonce = raw();
  goal.restart = raw();
  goal.lease = coin();
  goal.delete_data = coin();
  goal.tell_lineage = coin();
  goal.rebuild_above = NodeIncarnation(raw());
  goal.postgres = postgres_goal();
  return goal;
}

PrimaryView RandomModel::primary_view() {
  PrimaryView view;
  view.epoch = number<Epoch>();
  view.timeline = number<TimelineId>();
  view.start = number<Lsn>();
  view.gate_open = coin();
  view.confirmed = coin();
  view.applied = number<ConfigGeneration>();
  view.stalled = coin();
  view.foreign_sync = coin();
  view.oldest = number<Lsn>();
  if (coin()) view.granted = sync_config();
  for (std::size_t i = few(); i > 0; --i) {
    view.senders.push_back(
        {node(), number<Epoch>(), coin(), number<Lsn>(), number<Lsn>(), small(), coin()});
  }
  return view;
}

NodeReport RandomModel::report() {
  NodeReport report;
  report.formation = FormationName(name());
  report.node = node();
  report.number = raw();
  report.process = raw();
  report.node_incarnation = number<NodeIncarnation>();
  report.system_id = number<SystemId>();
  report.sequence = number<AgentSeq>();
  report.incarnation_seen = number<Incarnation>();
  report.revision_seen = number<Revision>();
  report.promised = number<Epoch>();
  report.state = static_cast<NodeState>(random_.between(0, 12));
  report.position = wal_position();
  report.final_for = number<Epoch>();
  if (coin())
    report.receiver = ReceiverView{node(), number<Epoch>(), number<TimelineId>(), coin(), coin()};
  report.replayed = number<Lsn>();
  if (coin()) report.primary = primary_view();
  report.restart_pending = coin();
  report.parameters_held = coin();
  report.restart_done = raw();
  report.stop_took_ms = raw();
  report.start_nonce = raw();
  report.goal_tag = text();
  report.lineage = lineage();
  report.doing = text();
  if (coin()) report.problem = Problem{text(), text()};
  return report;
}

AgentState RandomModel::agent_state() {
  AgentState state;
  state.formation = FormationName(name());
  state.node = node();
  state.node_incarnation = number<NodeIncarnation>();
  state.system_id = number<SystemId>();
  state.sequence = number<AgentSeq>();
  state.incarnation_seen = number<Incarnation>();
  state.revision_seen = number<Revision>();
  state.promised = number<Epoch>();
  if (coin()) state.grant = Grant{sync_config()};
  if (coin()) state.attached = Attachment{number<Epoch>(), node()};
  if (coin()) state.promoted = OwnPromotion{number<Epoch>(), number<TimelineId>(), number<Lsn>()};
  state.applied_generation = number<ConfigGeneration>();
  for (std::size_t i = few(); i > 0; --i)
    state.timelines[number<TimelineId>()] = number<Epoch>();
  state.rebuilding = coin();
  if (coin()) state.rewinding = number<Epoch>();
  if (coin()) state.must_hold = WalPosition{number<TimelineId>(), number<Lsn>()};
  state.restart_done = raw();
  state.boot_id = text();
  if (coin()) state.goal = goal();
  return state;
}

FormationRecord RandomModel::record() {
  FormationRecord record;
  record.formation = FormationName(name());
  record.incarnation = number<Incarnation>();
  record.revision = number<Revision>();
  record.epoch = number<Epoch>();
  record.phase = static_cast<Phase>(random_.between(0, 5));
  if (coin()) record.primary = node();
  if (coin()) record.candidate = node();
  if (coin()) record.target_position = position();
  if (coin()) record.donor = node();
  record.timeline_max = number<TimelineId>();
  for (std::size_t i = few(); i > 0; --i)
    record.in_force.push_back(sync_config());
  record.config_generation = number<ConfigGeneration>();
  for (std::size_t i = few(); i > 0; --i) {
    record.finals[node()] = {position(), number<TimelineId>(), number<AgentSeq>()};
  }
  record.lineage = lineage();
  for (std::size_t i = few(); i > 0; --i) {
    record.nodes[node()] = {number<NodeIncarnation>(), number<AgentSeq>(), wal_position(), coin()};
  }
  for (std::size_t i = few(); i > 0; --i)
    record.dropped.insert(node());
  for (std::size_t i = few(); i > 0; --i)
    record.overrides.push_back({number<Epoch>(), text()});
  record.system_id = number<SystemId>();
  if (coin()) record.request = MoveRequest{node(), std::nullopt};
  if (coin()) record.failover = FailoverRequest{WalBytes(raw()), coin(), {node()}, text()};
  for (std::size_t i = few(); i > 0; --i)
    record.restarts.insert(node());
  record.recovering = coin();
  record.pauses_ms = {raw(), raw()};
  record.settled_generation = number<Generation>();
  record.paused = coin();
  record.deleting = coin();
  record.deleting_data = coin();
  return record;
}

Condition RandomModel::condition() {
  return {name(), static_cast<ConditionStatus>(random_.between(0, 2)),
          text(), text(),
          time(), number<Generation>()};
}

Event RandomModel::event() {
  return {coin(),          text(), text(), text(),  static_cast<std::uint32_t>(small()),
          number<Epoch>(), time(), raw(),  {node()}};
}

NodeStatus RandomModel::node_status() {
  NodeStatus status;
  status.name = node();
  status.region = RegionName(name());
  status.host = text();
  status.port = port();
  status.role = text();
  status.goal = static_cast<GoalState>(random_.between(0, 11));
  status.state = static_cast<NodeState>(random_.between(0, 11));
  status.candidate_priority = small();
  status.replication_quorum = coin();
  status.timeline = number<TimelineId>();
  status.lsn = number<Lsn>();
  if (coin()) status.lag_bytes = raw();
  if (coin()) status.lag_seconds = small();
  status.healthy = coin();
  if (coin()) status.heard_ms_ago = small();
  status.rule = static_cast<std::uint32_t>(small());
  status.message = text();
  return status;
}

FormationStatus RandomModel::formation_status() {
  FormationStatus status;
  status.observed_generation = number<Generation>();
  status.epoch = number<Epoch>();
  status.phase = text();
  if (coin()) status.primary = node();
  status.sync = text();
  for (std::size_t i = few(); i > 0; --i)
    status.conditions.push_back(condition());
  for (std::size_t i = few(); i > 0; --i)
    status.steps.push_back(text());
  for (std::size_t i = few(); i > 0; --i)
    status.done_steps.push_back(text());
  for (std::size_t i = few(); i > 0; --i)
    status.nodes.push_back(node_status());
  return status;
}

PostgresSpec RandomModel::postgres_spec() {
  PostgresSpec postgres;
  postgres.version = static_cast<int>(random_.between(13, 17));
  postgres.port = port();
  postgres.database = name();
  postgres.username = name();
  if (coin()) postgres.password_file = text();
  postgres.data_directory = "/" + name();
  for (std::size_t i = few(); i > 0; --i) {
    std::string parameter = name();
    for (char& c : parameter)
      c = c == '-' ? '_' : c;
    postgres.parameters[parameter] = coin() ? std::to_string(small()) : text();
  }
  for (std::size_t i = few(); i > 0; --i)
    postgres.hba.push_back(hba_rule());
  return postgres;
}

Formation RandomModel::formation() {
  Formation formation;
  formation.name = FormationName(name());
  for (std::size_t i = few(); i > 0; --i)
    formation.labels[name()] = coin() ? "true" : name();
  for (std::size_t i = few(); i > 0; --i)
    formation.annotations[name()] = text() + "\n\t" + text();
  formation.spec.when_short = static_cast<WhenShort>(random_.between(0, 1));
  formation.spec.failback = static_cast<Failback>(random_.between(0, 2));
  formation.spec.postgres = postgres_spec();
  int hosts = 0;
  for (std::size_t r = 1 + few(); r > 0; --r) {
    RegionSpec region{RegionName(name()), text(), "", "", std::nullopt, std::nullopt, {}};
    if (coin()) region.network = "10.0.0.0/8";
    if (coin()) region.subnet = "10.9.0.0/16";
    if (coin()) region.replication_quorum = coin();
    for (std::size_t n = 1 + few(); n > 0; --n) {
      NodeSpec member{node(),       "10.9.0." + std::to_string(++hosts),
                      std::nullopt, std::nullopt,
                      std::nullopt, std::nullopt};
      if (coin()) member.candidate_priority = static_cast<int>(random_.between(1, 100));
      if (coin()) member.replication_quorum = coin();
      member.maintenance = hosts > 1 && coin();
      if (coin()) member.port = port();
      if (coin()) member.data_directory = "/srv/" + name();
      region.nodes.push_back(member);
    }
    formation.spec.regions.push_back(region);
  }
  if (coin()) formation.spec.number_sync_standbys = 0;
  // Whatever is asked for here holds of any formation.
  formation.spec.durability = {1, coin() ? std::optional(1) : std::nullopt};
  return formation;
}

Observed RandomModel::observed() {
  Observed observed;
  for (std::size_t i = few(); i > 0; --i) {
    ObservedNode& seen = observed.nodes[node()];
    seen.report = report();
    seen.received_at = instant();
    seen.answers_us = coin();
    seen.knows_goal = coin();
    seen.complete_seen = wal_position();
    if (coin()) seen.hung_up_at = instant();
    seen.steady_since = instant();
  }
  for (std::size_t i = few(); i > 0; --i)
    observed.knocks[node()] = {static_cast<KnockAnswer>(random_.between(0, 2)), instant()};
  observed.started_at = instant();
  observed.phase_since = instant();
  if (coin()) observed.last_failover = instant();
  observed.failovers_recently = small();
  for (std::size_t i = few(); i > 0; --i)
    observed.moves.push_back(instant());
  if (coin()) observed.put_back_to = number<Incarnation>();
  return observed;
}

PlanInputs RandomModel::plan_inputs() {
  return {formation().spec, number<Generation>(), record(), observed(), instant()};
}

}  // namespace hactl
