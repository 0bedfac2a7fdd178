// NodeSteps: all that can happen to one node, or to a standby and its upstream, worked out once for
// each node that the search meets.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "check/catalog.h"
#include "check/scope.h"
#include "check/steps.h"

namespace hactl::check {

/// A step that changes one node, or a standby and its upstream.
struct NodeStep {
  Outcome outcome;  ///< Of the node, without what else is in `node`.
  Id node = 0;
  Id upstream_server = kNoId;  ///< The upstream's PostgreSQL, where it is changed as well.
};

class NodeSteps {
 public:
  NodeSteps(Catalog& catalog, Grain grain) : catalog_(catalog), grain_(grain) {}

  /// What can happen to the node `self` alone.
  const std::vector<NodeStep>& of(std::uint8_t self, Id node);

  /// What the node's agent would report now.
  Id report(std::uint8_t self, const Node& node) {
    return local(self, {node.agent, node.server}).report;
  }

  /// What can happen between the node `self` and `upstream`; NodeStep::node is not filled in.
  const std::vector<NodeStep>& between(std::uint8_t self, const Node& node, std::uint8_t upstream,
                                       Id upstream_server);

 private:
  /// An agent and its PostgreSQL.
  struct Both {
    Id agent = 0;
    Id server = 0;
    friend bool operator==(const Both&, const Both&) = default;
    friend std::uint64_t fingerprint(const Both& both) {
      return mix(mix(3, both.agent), both.server);
    }
  };
  struct Local {
    std::vector<Outcome> outcomes;
    std::vector<SourceOrder> orders;
    Id report = kNoId;
    std::optional<Both> quiet;  ///< What follows at once, if steps are coarse.
  };
  struct Pair {
    Both standby;
    Id upstream_server = 0;
    friend bool operator==(const Pair&, const Pair&) = default;
    friend std::uint64_t fingerprint(const Pair& pair) {
      return mix(fingerprint(pair.standby), pair.upstream_server);
    }
  };
  /// What is known of one place in the formation.
  struct Place {
    Interner<Both> known;
    std::vector<std::unique_ptr<Local>> local;                  ///< By number in `known`.
    std::vector<std::unique_ptr<std::vector<NodeStep>>> steps;  ///< By number of the node.
    std::array<Interner<Pair>, kNodes> pairs;                   ///< By upstream.
    std::array<std::vector<std::vector<NodeStep>>, kNodes> between;
  };

  const Local& local(std::uint8_t self, Both both);
  /// What `both` becomes at once by steps that nobody else notices.
  Both settled(std::uint8_t self, Both both);
  void add_messages(std::uint8_t self, Id node, std::vector<NodeStep>& steps);
  std::vector<NodeStep> work_out(std::uint8_t self, std::uint8_t upstream, const Pair& pair);

  Catalog& catalog_;
  const Grain grain_;
  std::array<Place, kNodes> places_;
};

}  // namespace hactl::check
