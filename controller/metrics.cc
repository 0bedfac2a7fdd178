#include "controller/metrics.h"

#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace hactl {
namespace {

/// One metric: its head, then its samples.
class Metric {
 public:
  Metric(std::string& text, std::string_view name, std::string_view type, std::string_view help)
      : text_(text), name_(name) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  /// `labels` as `name="value",…` or empty. Values are names: they need no escapes.
  void sample(std::string_view labels, std::uint64_t value) {
    if (labels.empty()) {
      fmt::format_to(std::back_inserter(text_), "{} {}\n", name_, value);
    } else {
      fmt::format_to(std::back_inserter(text_), "{}{{{}}} {}\n", name_, labels, value);
    }
  }

 private:
  std::string& text_;
  std::string_view name_;
};

std::string label(const FormationLoop& loop) {
  return fmt::format("formation=\"{}\"", loop.name().value);
}

void add_formations(std::string& text, const MetricsInput& input) {
  std::vector<FormationStatus> statuses;
  for (const FormationLoop* loop : input.loops) {
    statuses.push_back(loop->status());
  }
  Metric epoch(text, "hactl_epoch", "gauge", "The highest ballot of the formation.");
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    epoch.sample(label(*input.loops[i]), statuses[i].epoch.value);
  }
  Metric nodes(text, "hactl_nodes", "gauge", "Nodes of the formation.");
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    nodes.sample(label(*input.loops[i]), statuses[i].nodes.size());
  }
  Metric healthy(text, "hactl_node_healthy", "gauge",
                 "Whether the node is what its goal asks for.");
  // The samples of one metric stand together.
  std::string lags;
  Metric lag(lags, "hactl_node_lag_bytes", "gauge", "WAL that the node lacks.");
  std::string late;
  Metric seconds(late, "hactl_node_lag_seconds", "gauge",
                 "How long ago the primary first had WAL that the node lacks.");
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    for (const NodeStatus& node : statuses[i].nodes) {
      const std::string labels = fmt::format("{},node=\"{}\",region=\"{}\"", label(*input.loops[i]),
                                             node.name.value, node.region.value);
      healthy.sample(labels, node.healthy ? 1 : 0);
      if (node.lag_bytes) lag.sample(labels, *node.lag_bytes);
      if (node.lag_seconds) seconds.sample(labels, static_cast<std::uint64_t>(*node.lag_seconds));
    }
  }
  text += lags + late;
  Metric conditions(text, "hactl_condition", "gauge", "1 when the condition is True.");
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    for (const Condition& condition : statuses[i].conditions) {
      conditions.sample(fmt::format("{},type=\"{}\"", label(*input.loops[i]), condition.type),
                        condition.status == ConditionStatus::yes ? 1 : 0);
    }
  }
}

}  // namespace

std::string metrics_text(const MetricsInput& input) {
  HACTL_CHECK(input.answers != nullptr);
  std::string text;
  Metric(text, "hactl_formations", "gauge", "Formations.").sample("", input.loops.size());
  add_formations(text, input);
  Metric failovers(text, "hactl_failovers_total", "counter", "Failovers begun by this process.");
  for (const FormationLoop* loop : input.loops) {
    failovers.sample(label(*loop), loop->failovers());
  }
  Metric(text, "hactl_store_writes_total", "counter", "Writes that the store has accepted.")
      .sample("", input.store_writes);
  Metric(text, "hactl_agents", "gauge", "Agents heard from.").sample("", input.agents);
  Metric(text, "hactl_goal_polls", "gauge", "Agents that wait for a goal.").sample("", input.polls);
  Metric(text, "hactl_watches", "gauge", "Open watches.").sample("", input.streams);
  Metric requests(text, "hactl_requests_total", "counter", "Requests answered, by status code.");
  for (const auto& [code, count] : *input.answers) {
    requests.sample(fmt::format("code=\"{}\"", code), count);
  }
  return text;
}

}  // namespace hactl
