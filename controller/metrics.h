// The controller's metrics in Prometheus' text format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "controller/formation_loop.h"

namespace hactl {

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

struct MetricsInput {
  Instant now;
  std::vector<FormationLoop*> loops;
  std::size_t agents = 0;
  std::uint64_t store_writes = 0;
  std::size_t polls = 0;
  std::size_t streams = 0;
  const std::map<int, std::uint64_t>* answers = nullptr;  ///< By status code; must be set.
};

std::string metrics_text(const MetricsInput& input);

}  // namespace hactl
