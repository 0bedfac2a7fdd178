#include "tests/mutants/stories.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/world.h"

namespace hactl::mutants {
namespace {

constexpr Duration kTime{60'000};
constexpr Duration kMoment{20};

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
               .calm = false}) {
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

  /// G3: lets time pass, and looks all the time who lets clients in.
  void watch(Duration length) {
    for (Duration passed{0}; passed < length && seen.empty(); passed += kMoment) {
      world.run_for(kMoment);
      const auto open = std::ranges::count_if(
          world.cluster().servers(), [](const auto& entry) { return entry.second->writable(); });
      if (open > 1) seen = "G3: two primaries let clients in at the same time";
    }
  }

  void hide_from_controller(const NodeName& node) {
    world.network().cut_up.insert(node);
    world.network().cut_down.insert(node);
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
  std::string end() {
    watch(Duration{30'000});
    world.heal();
    watch(Duration{30'000});
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
  story.isolate_first();
  story.world.cluster().server(story.first).crash();
  return story.end();
}

struct Told {
  std::string_view name;
  std::string (*tell)(std::uint64_t seed);
};
constexpr std::array kStories{
    Told{"async-cut", async_cut},
    Told{"async-restart", async_restart},
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
