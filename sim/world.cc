#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "sim/sim_knocker.h"

namespace hactl {

namespace {
constexpr Duration kClientTickMax{150};
constexpr std::uint64_t kLives = 1'000'000'007;
}  // namespace

FormationSpec random_spec(Prng& prng, int nodes) {
  FormationSpec spec;
  const auto regions = std::min<std::int64_t>(prng.between(1, 3), nodes);
  for (std::int64_t i = 0; i < regions; ++i) {
    RegionSpec region;
    region.name = RegionName("r" + std::to_string(i));
    if (prng.chance(30)) region.candidate_priority = static_cast<int>(prng.between(1, 100));
    spec.regions.push_back(region);
  }
  for (int i = 0; i < nodes; ++i) {
    NodeSpec node;
    node.name = NodeName(std::string(1, static_cast<char>('a' + i)));
    node.host = "10.0.0." + std::to_string(i + 1);
    if (i > 0 && prng.chance(15)) node.candidate_priority = static_cast<int>(prng.between(0, 100));
    if (i > 2 && prng.chance(20)) node.replication_quorum = false;
    spec.regions[static_cast<std::size_t>(i % regions)].nodes.push_back(node);
  }
  const auto members = spec.members();
  const auto quorum = std::count_if(members.begin(), members.end(),
                                    [](const Member& m) { return m.replication_quorum; });
  if (prng.chance(40)) {
    spec.number_sync_standbys =
        static_cast<int>(prng.between(0, std::min<std::int64_t>(2, quorum - 1)));
  }
  spec.when_short = prng.chance(50) ? WhenShort::block : WhenShort::degrade;
  if (prng.chance(30)) spec.failback = Failback::automatic;
  return spec;
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      queue_(options_.seed * 3 + 1),
      prng_(options_.seed * 5 + 2),
      checkers_(queue_, options_.print),
      cluster_(queue_, checkers_, options_.seed * 7 + 3),
      network_(queue_, options_.seed * 11 + 4) {
  checkers_.watch(cluster_);
  spec_ = wanted_ =
      random_spec(prng_, static_cast<int>(prng_.between(options_.nodes_min, options_.nodes_max)));
  start_controller();
  for (const Member& member : spec_.members())
    add_machine(member);
  queue_.at(kWorldProcess, queue_.now(), [this] { client_tick(); });
  apply(spec_);
}

// Loops are destroyed after their processes, whose tasks point to them, can no longer run.
World::~World() {
  for (auto& [name, machine] : machines_) {
    if (machine.scheduler) queue_.kill(machine.scheduler->process());
  }
  for (auto& controller : controllers_)
    queue_.kill(controller->process());
}

void World::add_machine(const Member& member) {
  if (machines_.contains(member.name)) return;
  cluster_.add(member.name, member.host, member.port);
  machines_.try_emplace(member.name);
  start_agent(member.name);
}

void World::start_agent(const NodeName& node) {
  Machine& machine = machines_.at(node);
  if (machine.loop) return;
  machine.scheduler = std::make_unique<ProcessScheduler>(queue_, queue_.start_process());
  const ProcessId process = machine.scheduler->process();
  SimServer& server = cluster_.server(node);
  machine.postgres = std::make_unique<SimPostgres>(queue_, cluster_, server, process,
                                                   options_.hooks, prng_.next());
  machine.postgres->set_trouble(action_trouble_);
  machine.file = std::make_unique<SimStateFile>(
      queue_, machine.state_file, process, options_.hooks, prng_.next(),
      [this, node](const AgentState& state) { checkers_.state_saved(node, state); });
  machine.transport =
      std::make_unique<SimTransport>(queue_, network_, options_.hooks, node, process);
  AgentIdentity identity;
  identity.formation = formation_;
  identity.node = node;
  identity.process = static_cast<std::uint64_t>(machine.scheduler->utc().milliseconds);
  identity.paths.state_directory = "/var/lib/hactl/state";
  identity.say = [this, node](const std::string& line) { note(node.value + ": " + line); };
  machine.loop = std::make_unique<AgentLoop>(*machine.scheduler, *machine.postgres, *machine.file,
                                             *machine.transport, identity);
  queue_.post(process, [loop = machine.loop.get()] {
    const Result<Done> started = loop->start();
    HACTL_CHECK(started.ok());
  });
}

void World::kill_agent(const NodeName& node) {
  Machine& machine = machines_.at(node);
  if (!machine.loop) return;
  queue_.kill(machine.scheduler->process());
  network_.hang_up(node);
  cluster_.server(node).on_exit(nullptr);
  machine.loop.reset();
  machine.transport.reset();
  machine.file.reset();
  machine.postgres.reset();
  machine.scheduler.reset();
}

void World::freeze_agent(const NodeName& node) {
  if (machines_.at(node).scheduler) queue_.freeze(machines_.at(node).scheduler->process());
}

void World::thaw_agent(const NodeName& node) {
  if (machines_.at(node).scheduler) queue_.thaw(machines_.at(node).scheduler->process());
}

void World::lose_disk(const NodeName& node) {
  kill_agent(node);
  cluster_.server(node).wipe();
  machines_.at(node).state_file.state.reset();
  checkers_.node_wiped(node);
}

bool World::any_rebuilding() const {
  return std::ranges::any_of(machines_, [](const auto& entry) {
    const auto& state = entry.second.state_file.state;
    return !state || state->rebuilding;
  });
}

void World::set_action_trouble(int percent) {
  action_trouble_ = percent;
  for (auto& [name, machine] : machines_) {
    if (machine.postgres) machine.postgres->set_trouble(percent);
  }
}

void World::kill_controller() {
  for (auto& controller : controllers_)
    queue_.kill(controller->process());
  network_.set_controller(nullptr);
  controllers_.clear();
}

void World::start_controller() {
  controllers_.push_back(std::make_unique<SimController>(
      queue_, store_,
      [this](ProcessId process) {
        return std::make_unique<SimKnocker>(queue_, cluster_, network_, process);
      },
      options_.hooks, formation_, prng_.next() % kLives,
      [this](const StoredFormation& stored) {
        const FormationRecord& record = stored.record;
        spec_ = stored.formation.spec;
        checkers_.record_written(record);
        std::string line = "record " + std::string(to_string(record.phase)) + " epoch " +
                           std::to_string(record.epoch.value) + " primary " +
                           (record.primary ? record.primary->value : "-") + " candidate " +
                           (record.candidate ? record.candidate->value : "-") + " in force";
        for (const SyncConfig& config : record.in_force) {
          line += " " + std::to_string(config.epoch.value) + "." +
                  std::to_string(config.generation.value) + ":" + config.primary.value + " " +
                  to_string(config);
        }
        if (record.target_position) line += " target " + to_string(*record.target_position);
        for (const auto& [node, known] : record.nodes) {
          if (known.excluded) line += " excluded " + node.value;
        }
        for (const auto& [node, last] : record.finals) {
          line += " final " + node.value + "=" + to_string(last.position);
        }
        checkers_.note(line);
      }));
  SimController* controller = controllers_.back().get();
  network_.set_controller(controller);
  controller->on_plan([this](const Plan& plan) { count_rules(plan); });
  queue_.post(controller->process(), [controller] { controller->start(); });
}

void World::count_rules(const Plan& plan) {
  for (const Decision& decision : plan.decisions)
    ++rules_[decision.rule];
}

void World::apply(FormationSpec spec) {
  wanted_ = std::move(spec);
  for (const Member& member : wanted_.members())
    add_machine(member);
  SimController* controller = network_.controller();
  if (controller == nullptr) return;
  queue_.post(controller->process(), [this, controller] {
    if (!controller->ready()) return;
    ApplyRequest request;
    request.formation.name = formation_;
    request.formation.spec = wanted_;
    request.first_uid = "uid";
    request.first_password = "secret";
    controller->loop().apply(request, [](const Result<Changed>&) {});
  });
}

void World::move(MoveRequest request) {
  SimController* controller = network_.controller();
  if (controller == nullptr) return;
  queue_.post(controller->process(), [controller, request = std::move(request)] {
    if (!controller->ready() || !controller->loop().exists()) return;
    controller->loop().move_requested(request, [](const Result<Changed>&) {});
  });
}

// Clients are everywhere and write wherever they can.
void World::client_tick() {
  for (const auto& [name, server] : cluster_.servers()) {
    if (server->writable() && prng_.chance(70)) server->client_write();
  }
  if (wanted_ != spec_ || store_.formations.empty()) apply(wanted_);
  queue_.at(kWorldProcess, queue_.now() + Duration{prng_.between(5, kClientTickMax.count())},
            [this] { client_tick(); });
}

std::vector<NodeName> World::names() const {
  std::vector<NodeName> all;
  for (const auto& [name, machine] : machines_)
    all.push_back(name);
  return all;
}

std::optional<NodeName> World::primary() const {
  const auto stored = store_.formations.find(formation_);
  return stored == store_.formations.end() ? std::nullopt : stored->second.record.primary;
}

void World::run_for(Duration length) {
  const Instant end = queue_.now() + length;
  while (checkers_.violation().empty() && queue_.step(end)) {
  }
}

bool World::run_until_converged(Duration limit) {
  constexpr Duration kLookEvery{250};
  const Instant end = queue_.now() + limit;
  while (queue_.now() < end && checkers_.violation().empty()) {
    run_for(kLookEvery);
    if (missing().empty()) return true;
  }
  return missing().empty();
}

void World::heal() {
  note("heal");
  healed_at_ = queue_.now();
  cluster_.heal_all();
  network_.cut_up.clear();
  network_.cut_down.clear();
  network_.loss_percent = network_.doubled_percent = network_.slow_percent = 0;
  store_.trouble_percent = 0;
  set_action_trouble(0);
  for (const auto& [name, server] : cluster_.servers()) {
    queue_.thaw(server->process());
    server->replay_delay = Duration{0};
  }
  for (auto& [name, machine] : machines_) {
    if (machine.scheduler) queue_.thaw(machine.scheduler->process());
    start_agent(name);
  }
  for (auto& controller : controllers_)
    queue_.thaw(controller->process());
  if (network_.controller() == nullptr) start_controller();
}

std::string World::missing_standby(const Member& member, const NodeName& primary) const {
  const SimServer& server = *cluster_.servers().at(member.name);
  const auto receiver = cluster_.receiver(member.name);
  if (!server.accepting() || !receiver || receiver->upstream != primary) {
    return member.name.value + " does not stream from " + primary.value;
  }
  const SimServer& upstream = *cluster_.servers().at(primary);
  if (server.disk.timeline() != upstream.disk.timeline()) {
    return member.name.value + " is on another timeline";
  }
  return {};
}

void World::not_converged() {
  for (const auto& [name, machine] : machines_) {
    const SimServer& server = *cluster_.servers().at(name);
    std::string line = "at the end " + name.value + ": " +
                       (server.accepting() ? "accepting"
                        : server.running() ? "starting"
                                           : "down") +
                       (server.in_recovery() ? " standby" : " primary") + " timeline " +
                       std::to_string(server.timeline().value) + " at " +
                       to_string(server.disk.end());
    if (machine.loop) {
      const NodeReport& report = machine.loop->last_report();
      line += ", promised " + std::to_string(report.promised.value) + ", " +
              std::string(to_string(report.state)) + ", doing: " + report.doing;
      if (report.problem) line += ", problem: " + report.problem->message;
      if (const auto& goal = machine.loop->local().state.goal) {
        line += ", goal saved: " + std::string(to_string(goal->state)) + " epoch " +
                std::to_string(goal->epoch.value);
      }
    }
    note(line);
  }
  if (network_.controller() != nullptr) {
    for (const Decision& decision : network_.controller()->loop().last_plan().decisions) {
      note("decision " + std::to_string(decision.rule) + " " +
           (decision.node ? decision.node->value : "formation") + ": " + decision.why);
    }
  }
  checkers_.not_converged(missing());
}

std::string World::missing() const {
  if (wanted_ != spec_) return "the spec was not taken";
  const auto stored = store_.formations.find(formation_);
  if (stored == store_.formations.end()) return "no formation";
  const FormationRecord& record = stored->second.record;
  if (record.phase != Phase::stable) return "phase " + std::string(to_string(record.phase));
  if (!record.primary || !cluster_.servers().contains(*record.primary)) return "no primary";
  if (record.in_force.size() != 1) return "more than one setting is on record";
  const SimServer& primary = *cluster_.servers().at(*record.primary);
  if (!primary.writable()) return record.primary->value + " is not open";
  for (const Member& member : wanted_.members()) {
    if (member.name == *record.primary) continue;
    const std::string why = missing_standby(member, *record.primary);
    if (!why.empty()) return why;
  }
  if (record.in_force.front().required != wanted_.sync_standbys()) {
    return "commits wait for " + to_string(record.in_force.front()) + ", not for " +
           std::to_string(wanted_.sync_standbys());
  }
  if (checkers_.last_acknowledged_at() < healed_at_) return "no commit was acknowledged";
  return {};
}

}  // namespace hactl
