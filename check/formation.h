// Formation: from a state of the whole formation, every state that may come next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/catalog.h"
#include "check/control_steps.h"
#include "check/node_steps.h"
#include "check/properties.h"
#include "check/scope.h"

namespace hactl::check {

struct Successor {
  State state;
  Id words = 0;
  Manner manner = Manner::prompt;
  std::uint32_t actor = 0;  ///< Its bit in Tally::asleep; 0: nobody who could be slow.
  std::string broken{};     ///< The property that the step breaks; the search ends there.
};

class Formation {
 public:
  /// `scope` outlives it.
  explicit Formation(const Scope& scope);

  /// The formation as it comes up from nothing: where the search begins. nullopt: it doesn't.
  std::optional<State> beginning();

  /// Every state that may follow `from`, in a fixed order. The list is good until the next call.
  const std::vector<Successor>& successors(const State& from);

  /// Goes on from `from` without misfortune, nobody being slow, until nothing is left to do, or
  /// `steps_max` steps. `trace`, unless null, gets the steps in words.
  State settle(State from, std::size_t steps_max, std::vector<std::string>* trace = nullptr);

  /// Whether all is well: one open primary that commits as the spec says, everybody else following.
  bool at_peace(const State& state);

  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  [[nodiscard]] std::string say(Id words) const { return catalog_.words[words].text; }
  /// Decisions of the controller that were left out because they lead beyond the scope.
  [[nodiscard]] std::uint64_t beyond() const { return beyond_; }

 private:
  State nothing();
  /// All that could happen in `from_`, whoever is slow.
  void collect();
  void add_alone(std::uint8_t self);
  void add_between(std::uint8_t self, std::uint8_t upstream);
  void add_control();
  /// The controller has heard what is new in `nodes` and looks at everything.
  void add_looks(const std::array<Id, kNodes>& nodes);
  void publish(const ControlStep& step, const std::array<Id, kNodes>& nodes);
  /// The record that is to be stored, held against what the nodes are.
  [[nodiscard]] std::string judge_record(Id stored) const;
  void add_restart();
  void add_users();
  void add(State next, std::uint8_t self, Id node, const Outcome& outcome);
  /// Whether what `self` acknowledges is by the word of somebody else, of whom the controller has
  /// not been told yet: nobody can answer for that.
  [[nodiscard]] bool is_nobodys_business(const State& state, std::uint8_t self) const;
  /// Whether the scope allows what the step brings about.
  [[nodiscard]] bool allows(const Outcome& outcome) const;

  /// A formation that is left alone is prompt.
  [[nodiscard]] bool is_prompt() const { return settling_ || scope_.order == Order::prompt; }
  /// Leaves of all that could happen what happens when everything is prompt but for the slow.
  void keep_prompt();
  void add_slow(std::uint32_t actor);
  void add_awake();
  /// Whether the controller may not have been heard by this agent for long.
  [[nodiscard]] bool is_alone(std::uint32_t agent) const;
  [[nodiscard]] bool may_act(const Successor& step) const;

  [[nodiscard]] View view_of(const State& state) const;

  const Scope& scope_;
  Catalog catalog_;
  NodeSteps nodes_;
  ControlSteps control_;
  State from_;
  Tally tally_;
  unsigned news_ = 0;  ///< A bit for each node that would report something new.
  std::uint64_t beyond_ = 0;
  bool settling_ = false;
  std::vector<Successor> all_;
  std::vector<Successor> successors_;
};

}  // namespace hactl::check
