#include "tests/mutants/stories.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/world.h"

namespace hactl::mutants {
namespace {

constexpr Duration kTime{60'000};
constexpr Duration kMoment{20};
constexpr Duration kStirs{1'000};

/// Three nodes that are all alike; commits wait for `standbys`.
FormationSpec alike(FormationSpec spec, int standbys, WhenShort when_short) {
  spec.number_sync_standbys = standbys;
  spec.when_short = when_short;
  spec.failback = Failback::never;
  for (RegionSpec& region : spec.regions) {
    for (NodeSpec& node : region.nodes) {
      node.replication_quorum = true;
      node.candidate_priority = 50;
    }
  }
  return spec;
}

struct Story {
  World world;
  NodeName first;                ///< Who is primary at the beginning.
  std::vector<NodeName> others;  ///< Its standbys.
  std::string seen;              ///< A property that the simulator does not look at.

  Story(std::uint64_t seed, int standbys, WhenShort when_short)
      : world({.seed = seed,
               .nodes_min = 3,
               .nodes_max = 3,
               .print = false,
               .hooks = {},
               .course = 0,
               .calm = false,
               .spec = {}}) {
    world.run_until_converged(kTime);
    become(alike(world.spec(), standbys, when_short));
    first = world.primary().value_or(NodeName("nobody"));
    others = world.names();
    std::erase(others, first);
  }

  void become(const FormationSpec& spec) {
    world.apply(spec);
    world.run_until_converged(kTime);
  }

  /// G3: lets time pass, and looks all the time who acknowledges commits.
  void watch(Duration length) {
    for (Duration passed{0}; passed < length && seen.empty(); passed += kMoment) {
      world.run_for(kMoment);
      const auto open = std::ranges::count_if(world.cluster().servers(), [](const auto& entry) {
        return entry.second->can_acknowledge();
      });
      if (open > 1) seen = "G3: two primaries acknowledge commits at the same time";
    }
  }

  void hide_from_controller(const NodeName& node) {
    world.network().cut_up.insert(node);
    world.network().cut_down.insert(node);
  }
  void show_to_controller(const NodeName& node) {
    world.network().cut_up.erase(node);
    world.network().cut_down.erase(node);
  }
  void part(const NodeName& a, const NodeName& b) {
    world.cluster().cut(a, b);
    world.cluster().cut(b, a);
  }
  void isolate_first() {
    hide_from_controller(first);
    for (const NodeName& other : others)
      part(first, other);
  }
  /// The machine is off, until the end if nobody starts its agent.
  void lose(const NodeName& node) { world.power_off(node); }
  /// Clients write all the time.
  void write(Duration length) {
    for (Duration passed{0}; passed < length; passed += kStirs) {
      world.stir();
      watch(kStirs);
    }
  }
  [[nodiscard]] StoreDisk::Copy copy_of_store() {
    return {world.store().formations, world.store().version};
  }
  /// The store is put back to the copy, and the controller begins anew.
  void restore(const StoreDisk::Copy& copy, World::Restored how) {
    world.store().older = {copy};
    world.restore_store(how);
    world.start_controller();
  }
  /// Another node than the first is primary.
  void await_failover() {
    const auto moved = [&] {
      const FormationRecord* record = world.record();
      return record->phase == Phase::stable && record->primary != first;
    };
    for (Duration passed{0}; passed < kTime && !moved(); passed += kMoment)
      watch(kMoment);
  }
  void heal() {
    watch(Duration{30'000});
    world.heal();
    watch(Duration{30'000});
  }
  std::string end() {
    heal();
    if (world.checkers().violation().empty()) world.must_converge(kTime);
    return seen.empty() ? world.checkers().violation() : seen;
  }
};

/// Commits wait for nobody, and the primary is cut off from all others.
std::string async_cut(std::uint64_t seed) {
  Story story(seed, 0, WhenShort::block);
  story.isolate_first();
  return story.end();
}

/// The same, and its PostgreSQL crashes.
std::string async_restart(std::uint64_t seed) {
  Story story(seed, 0, WhenShort::block);
  if (story.first == NodeName("nobody")) return story.end();
  story.isolate_first();
  story.world.cluster().server(story.first).crash();
  return story.end();
}

/// The store is put back to before a failover.
std::string restored(std::uint64_t seed) {
  Story story(seed, 1, WhenShort::block);
  const StoreDisk::Copy copy = story.copy_of_store();
  story.lose(story.first);
  story.await_failover();
  story.write(Duration{5'000});
  story.restore(copy, World::Restored::silently);
  story.world.start_agent(story.first);
  return story.end();
}

/// The same, and the new controller hears only the former primary, which does not know yet.
std::string restored_deposed(std::uint64_t seed) {
  Story story(seed, 1, WhenShort::block);
  const StoreDisk::Copy copy = story.copy_of_store();
  story.isolate_first();
  story.await_failover();
  // Before its lease has run out.
  story.write(Duration{1'000});
  for (const NodeName& other : story.others)
    story.hide_from_controller(other);
  story.show_to_controller(story.first);
  story.restore(copy, World::Restored::said);
  return story.end();
}

/// The store is put back, and the one standby that holds the last commits is down with the
/// primary.
std::string restored_alone(std::uint64_t seed) {
  Story story(seed, 1, WhenShort::block);
  const StoreDisk::Copy copy = story.copy_of_store();
  story.part(story.first, story.others[0]);
  story.write(Duration{8'000});
  story.lose(story.first);
  story.lose(story.others[1]);
  story.world.cluster().heal_all();
  story.restore(copy, World::Restored::said);
  return story.end();
}

/// Of the one standby that holds the last commits `part` is put back, or gone, when the primary is
/// down.
std::string forgetful(std::uint64_t seed, Forgets part) {
  Story story(seed, 1, WhenShort::block);
  const NodeName& holder = story.others[1];
  story.world.take_snapshot(holder);
  if (part == Forgets::machine) {
    story.world.lose_disk(holder);
    story.world.start_agent(holder);
    story.world.run_until_converged(kTime);
  }
  story.part(story.first, story.others[0]);
  story.write(Duration{8'000});
  story.lose(story.first);
  story.world.roll_back(holder, part);
  story.world.cluster().heal_all();
  story.world.start_agent(holder);
  // Without its notes the node is built anew by the rules that lost-notes goes without.
  if (part != Forgets::state_file) return story.end();
  story.heal();
  return story.world.checkers().violation();
}

/// Its data is put back.
std::string forgot_data(std::uint64_t seed) {
  return forgetful(seed, Forgets::data);
}

/// The machine is put back to before its data was copied anew.
std::string forgot_notes(std::uint64_t seed) {
  return forgetful(seed, Forgets::machine);
}

/// The file with its agent's notes is gone.
std::string lost_notes(std::uint64_t seed) {
  return forgetful(seed, Forgets::state_file);
}

struct Told {
  std::string_view name;
  std::string (*tell)(std::uint64_t seed);
};
constexpr std::array kStories{
    Told{"async-cut", async_cut},
    Told{"async-restart", async_restart},
    Told{"restored", restored},
    Told{"restored-deposed", restored_deposed},
    Told{"restored-alone", restored_alone},
    Told{"forgot-data", forgot_data},
    Told{"forgot-notes", forgot_notes},
    Told{"lost-notes", lost_notes},
};

}  // namespace

std::vector<std::string> story_names() {
  std::vector<std::string> names;
  for (const Told& story : kStories)
    names.emplace_back(story.name);
  return names;
}

std::string tell(const std::string& story, std::uint64_t seed) {
  const auto found = std::ranges::find(kStories, story, &Told::name);
  return found == kStories.end() ? "there is no such story" : found->tell(seed);
}

}  // namespace hactl::mutants
