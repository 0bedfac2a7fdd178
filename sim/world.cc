#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "model/validate.h"
#include "sim/sim_knocker.h"

namespace hactl {

namespace {
constexpr Duration kBusyClientPause{80};
constexpr Duration kIdleClientPause{3'000};
constexpr Duration kStirredFor{1'500};
constexpr std::uint64_t kLives = 1'000'000'007;
constexpr std::int64_t kClockDriftMax = 5'000;  ///< Parts per million: half a percent.
constexpr std::int64_t kClockOffsetMaxMs = 1'000'000'000;
/// What each part of the world draws from.
enum Use : std::uint64_t { kQueue = 1, kWorld, kCluster, kNetwork, kSpec };
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

FormationSpec random_durable_spec(Prng& prng, int nodes) {
  FormationSpec spec = random_spec(prng, nodes);
  // Regions of every size, from one node up.
  const std::int64_t regions = std::min<std::int64_t>(prng.between(2, 4), nodes);
  std::vector<NodeSpec> all;
  for (const RegionSpec& region : spec.regions)
    all.insert(all.end(), region.nodes.begin(), region.nodes.end());
  spec.regions.clear();
  for (std::int64_t i = 0; i < regions; ++i)
    spec.regions.emplace_back().name = RegionName("r" + std::to_string(i));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i) < regions ? static_cast<std::int64_t>(i)
                                                           : prng.between(0, regions - 1);
    spec.regions[static_cast<std::size_t>(at)].nodes.push_back(all[i]);
  }
  spec.when_short = WhenShort::block;
  spec.number_sync_standbys.reset();
  spec.durability = {static_cast<int>(prng.between(1, regions)),
                     static_cast<int>(prng.between(1, 4))};
  Formation formation;
  formation.name = FormationName("sim");
  for (formation.spec = spec; !validate(formation).empty(); formation.spec = spec) {
    int& more = *spec.durability.nodes > *spec.durability.regions ? *spec.durability.nodes
                                                                  : *spec.durability.regions;
    --more;
  }
  return spec;
}

namespace {

/// Mostly small formations, as most are; and each run of a large one costs more.
int draw_nodes(Prng& prng, int least, int most) {
  const std::int64_t kind = prng.between(1, 100);
  int nodes = 3;
  if (kind <= 20) nodes = 2;
  if (kind > 60) nodes = static_cast<int>(prng.between(4, 5));
  // Drawn more often than used: so what comes after it in a kept run stays what it was.
  const auto large = static_cast<int>(kind > 85 ? prng.between(6, 9) : 0);
  if (kind > 96) nodes = large;
  return std::clamp(nodes, least, most);
}

}  // namespace

World::World(WorldOptions options)
    : options_(std::move(options)),
      queue_(seed_for(kQueue)),
      prng_(seed_for(kWorld)),
      trace_(queue_, options_.print),
      cluster_(queue_, checkers_, seed_for(kCluster)),
      checkers_(trace_, cluster_),
      network_(queue_, seed_for(kNetwork)) {
  Prng for_spec(options_.seed * 5 + kSpec);
  const int nodes = draw_nodes(for_spec, options_.nodes_min, options_.nodes_max);
  spec_ = options_.durable ? random_durable_spec(for_spec, nodes) : random_spec(for_spec, nodes);
  if (options_.spec) spec_ = *options_.spec;
  wanted_ = spec_;
  // With 0 the silence of a controller is a reason to close, and then to fail over.
  if (options_.calm && spec_.number_sync_standbys == 0) {
    spec_.number_sync_standbys.reset();
    wanted_ = spec_;
  }
  for (MachineClock& clock : controller_clocks_)
    clock = draw_clocks();
  start_controller();
  for (const Member& member : spec_.members())
    add_machine(member);
  client_timer_ = queue_.at(kWorldProcess, queue_.now(), [this] { client_tick(); });
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

std::uint64_t World::seed_for(std::uint64_t use) const {
  return Prng(options_.seed * 31 + use + (options_.course << 40U)).next();
}

MachineClock World::draw_clocks() {
  return {prng_.between(-kClockOffsetMaxMs, kClockOffsetMaxMs),
          prng_.between(-kClockDriftMax, kClockDriftMax), prng_.between(-60'000, 60'000)};
}

void World::add_machine(const Member& member) {
  if (machines_.contains(member.name)) return;
  cluster_.add(member.name, member.host, member.port);
  machines_[member.name].clock = draw_clocks();
  start_agent(member.name);
}

void World::start_agent(const NodeName& node) {
  Machine& machine = machines_.at(node);
  if (machine.loop) return;
  machine.scheduler =
      std::make_unique<ProcessScheduler>(queue_, queue_.start_process(), machine.clock);
  const ProcessId process = machine.scheduler->process();
  queue_.slow_down(process, machine.slow);
  SimServer& server = cluster_.server(node);
  machine.postgres = std::make_unique<SimPostgres>(queue_, cluster_, server, *machine.scheduler,
                                                   options_.hooks, prng_.next());
  machine.postgres->set_trouble(action_trouble_);
  machine.file = std::make_unique<SimStateFile>(
      queue_, machine.state_file, process, options_.hooks, prng_.next(),
      [this, node](const AgentState& state) { checkers_.state_saved(node, state); });
  machine.transport =
      std::make_unique<SimTransport>(queue_, network_, options_.hooks, node, process);
  machine.transport->on_order([this](const Goal& goal) { checkers_.goal_arrived(goal); });
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

void World::end_agent(const NodeName& node) {
  Machine& machine = machines_.at(node);
  if (!machine.loop) return;
  queue_.kill(machine.scheduler->process());
  cluster_.server(node).on_exit(nullptr);
  machine.loop.reset();
  machine.transport.reset();
  machine.file.reset();
  machine.postgres.reset();
  machine.scheduler.reset();
}

void World::kill_agent(const NodeName& node) {
  if (!machines_.at(node).loop) return;
  end_agent(node);
  network_.hang_up(node);
}

void World::power_off(const NodeName& node) {
  end_agent(node);
  cluster_.server(node).crash();
}

void World::freeze_agent(const NodeName& node) {
  if (machines_.at(node).scheduler) queue_.freeze(machines_.at(node).scheduler->process());
}

void World::thaw_agent(const NodeName& node) {
  if (machines_.at(node).scheduler) queue_.thaw(machines_.at(node).scheduler->process());
}

void World::slow_down(const NodeName& node, Duration longest) {
  Machine& machine = machines_.at(node);
  machine.slow = longest;
  if (machine.scheduler) queue_.slow_down(machine.scheduler->process(), longest);
  cluster_.server(node).slow_down(longest);
}

void World::lose_disk(const NodeName& node) {
  power_off(node);
  cluster_.server(node).wipe();
  machines_.at(node).state_file = StateFileDisk{};
  checkers_.node_forgot(node);
}

void World::take_snapshot(const NodeName& node) {
  Machine& machine = machines_.at(node);
  const SimServer& server = cluster_.server(node);
  Snapshot snapshot{server.disk, machine.state_file.state, server.credentials};
  snapshot.disk.wal.resize(snapshot.disk.flushed);
  snapshot.disk.clean = snapshot.disk.clean && !server.running();
  machine.snapshot = std::move(snapshot);
}

void World::roll_back(const NodeName& node, Forgets part) {
  power_off(node);
  Machine& machine = machines_.at(node);
  if (!machine.snapshot) return;
  SimServer& server = cluster_.server(node);
  if (part == Forgets::machine || part == Forgets::data) server.disk = machine.snapshot->disk;
  if (part == Forgets::machine || part == Forgets::state) {
    machine.state_file.state = machine.snapshot->state;
    server.credentials = machine.snapshot->credentials;
  }
  if (part == Forgets::state_file) machine.state_file.state.reset();
  checkers_.node_forgot(node);
}

void World::set_wall_time(const NodeName& node, Duration by) {
  machines_.at(node).clock.utc_offset_ms += by.count();
}

void World::corrupt_state(const NodeName& node) {
  machines_.at(node).state_file.corrupt = true;
  checkers_.node_forgot(node);
}

std::optional<std::string> World::host_of(const NodeName& node) const {
  const auto found = cluster_.servers().find(node);
  if (found == cluster_.servers().end()) return std::nullopt;
  return found->second->host;
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
  const MachineClock& clock = controller_clocks_[prng_.chance(50) ? 0 : 1];
  controllers_.push_back(std::make_unique<SimController>(
      SimController::Place{queue_, store_, options_.hooks, clock},
      [this](ProcessId process) {
        return std::make_unique<SimKnocker>(queue_, cluster_, network_, process);
      },
      formation_, prng_.next() % kLives,
      [this](const SimController& from, const StoredFormation& stored) { written(from, stored); }));
  SimController* controller = controllers_.back().get();
  network_.set_controller(controller);
  controller->on_look([this](const SimController& from) { looked_at(from); });
  const StoreIs store_is = put_back_to_ ? StoreIs::put_back : StoreIs::as_it_was;
  queue_.post(controller->process(), [controller, store_is] { controller->start(store_is); });
}

void World::restore_store(Restored how) {
  // A copy that does not even know all the nodes is for an operator to complete first.
  std::erase_if(store_.older, [this](const StoreDisk::Copy& copy) {
    const auto stored = copy.formations.find(formation_);
    if (stored == copy.formations.end()) return true;
    const auto members = stored->second.formation.spec.members();
    return std::ranges::any_of(machines_, [&](const auto& machine) {
      return std::ranges::count(members, machine.first, &Member::name) == 0;
    });
  });
  if (store_.older.empty()) return;
  kill_controller();
  const auto at = static_cast<std::size_t>(
      prng_.between(0, static_cast<std::int64_t>(store_.older.size()) - 1));
  store_.formations = store_.older[at].formations;
  store_.version = store_.older[at].version;
  spec_ = store_.formations.at(formation_).formation.spec;
  store_.older.clear();
  put_back_to_.reset();
  if (how == Restored::said) put_back_to_ = store_.formations.at(formation_).record.incarnation;
  checkers_.store_restored();
}

void World::written(const SimController& controller, const StoredFormation& stored) {
  const FormationRecord& record = stored.record;
  spec_ = stored.formation.spec;
  if (put_back_to_ && record.incarnation > *put_back_to_) put_back_to_.reset();
  std::string line = "record " + std::string(to_string(record.phase)) + " epoch " +
                     std::to_string(record.epoch.value) + " primary " +
                     (record.primary ? record.primary->value : "-") + " candidate " +
                     (record.candidate ? record.candidate->value : "-") + " in force";
  for (const SyncConfig& config : record.in_force) {
    line += " " + std::to_string(config.epoch.value) + "." +
            std::to_string(config.generation.value) + ":" + config.primary.value + " " +
            to_string(config);
  }
  if (record.request) line += " asked to move to " + target_of(*record.request);
  if (record.target_position) line += " target " + to_string(*record.target_position);
  for (const auto& [node, known] : record.nodes) {
    if (known.excluded) line += " excluded " + node.value;
  }
  for (const auto& [node, last] : record.finals) {
    line += " final " + node.value + "=" + to_string(last.position);
  }
  trace_.note(line);
  checkers_.spec_written(spec_);
  checkers_.record_written(record, controller.loop().observed(), controller.now());
  if (options_.calm) check_calm(record);
  stir();
}

// F0: no ballot is begun where nothing fails. Whoever says that the target of a switchover may be
// primary no more, when the primary has stopped for it, has asked for one.
void World::check_calm(const FormationRecord& record) {
  const auto may_be_primary = [&](const NodeName& node) {
    return std::ranges::any_of(spec_.members(), [&](const Member& member) {
      return member.name == node && member.candidate_priority > 0;
    });
  };
  if (record.phase == Phase::collect && target_ && !may_be_primary(*target_)) ++ballots_asked_for_;
  target_ = record.phase == Phase::switchover ? record.candidate : std::nullopt;
  if (checkers_.failovers() + checkers_.ballots_repeated() <= ballots_asked_for_) return;
  tell_where_it_stands();
  checkers_.violate("F0", "a ballot was begun, and nothing had failed");
}

void World::looked_at(const SimController& controller) {
  for (const Decision& decision : controller.loop().last_plan().decisions)
    ++rules_[decision.rule];
  checkers_.looked_at(controller.loop(), controller.now());
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

void World::restart() {
  SimController* controller = network_.controller();
  if (controller == nullptr) return;
  queue_.post(controller->process(), [controller] {
    if (!controller->ready() || !controller->loop().exists()) return;
    controller->loop().rollout_requested(restart_change, [](const Result<Changed>&) {});
  });
}

void World::stir() {
  clients_busy_until_ = queue_.now() + kStirredFor;
  queue_.cancel(client_timer_);
  client_timer_ = queue_.at(kWorldProcess, queue_.now() + Duration{prng_.between(0, 20)},
                            [this] { client_tick(); });
}

// Clients are everywhere and write wherever they can: now and then at peace, all the time when
// something happens.
void World::client_tick() {
  for (const auto& [name, server] : cluster_.servers()) {
    if (server->writable() && prng_.chance(70)) server->client_write();
  }
  if (wanted_ != spec_ || store_.formations.empty()) apply(wanted_);
  const bool busy = queue_.now() < clients_busy_until_;
  const Duration longest = busy ? kBusyClientPause : kIdleClientPause;
  client_timer_ =
      queue_.at(kWorldProcess, queue_.now() + Duration{prng_.between(5, longest.count())},
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

void World::heal() {
  note("heal");
  healed_at_ = queue_.now();
  cluster_.heal_all();
  network_.heal();
  store_.trouble_percent = 0;
  set_action_trouble(0);
  for (const auto& [name, server] : cluster_.servers()) {
    queue_.thaw(server->process());
    server->heal();
  }
  for (auto& [name, machine] : machines_) {
    slow_down(name, Duration{0});
    machine.state_file.slow = Duration{0};
    if (machine.scheduler) queue_.thaw(machine.scheduler->process());
    start_agent(name);
  }
  for (auto& controller : controllers_)
    queue_.thaw(controller->process());
  if (network_.controller() == nullptr) start_controller();
  stir();
}

}  // namespace hactl
