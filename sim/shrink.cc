#include "sim/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hactl {

namespace {

/// "I4" of "I4: a opened while b could still acknowledge".
std::string property(const std::string& violation) {
  return violation.substr(0, violation.find(':'));
}

std::vector<int> every_fault(const RunOptions& options) {
  std::vector<int> all;
  for (const Fault& fault : schedule_faults(options.scenario, options.seed))
    all.push_back(fault.index);
  return all;
}

class Shrinker {
 public:
  Shrinker(const RunOptions& failing, const RunResult& result, int tries_max)
      : best_{failing, result.violation, 0},
        property_(property(result.violation)),
        injected_(result.injected),
        tries_max_(tries_max) {
    best_.options.print = false;
    if (!best_.options.faults) best_.options.faults = every_fault(failing);
  }

  Shrunk run() {
    leave_out_the_end();
    leave_out_faults();
    leave_out_nodes();
    leave_out_faults();
    return best_;
  }

 private:
  /// Keeps the smaller run when it fails in the same way, in one course or another.
  bool fails(const RunOptions& smaller) {
    constexpr std::uint64_t kCourses = 4;
    for (std::uint64_t course = 0; course < kCourses && best_.tries < tries_max_; ++course) {
      RunOptions options = smaller;
      options.course = best_.options.course + course;
      ++best_.tries;
      const RunResult result = run_seed(options);
      if (property(result.violation) != property_) continue;
      best_.options = std::move(options);
      best_.violation = result.violation;
      return true;
    }
    return false;
  }

  /// Those that were still to come. Without them the world heals earlier, which may hide it.
  void leave_out_the_end() {
    RunOptions shorter = best_.options;
    shorter.faults = injected_;
    fails(shorter);
  }

  void leave_out_faults() {
    std::size_t chunk = std::max<std::size_t>(best_.options.faults->size() / 2, 1);
    while (best_.tries < tries_max_) {
      bool smaller = false;
      for (std::size_t from = 0; from < best_.options.faults->size();) {
        RunOptions without = best_.options;
        const std::vector<int>& all = *best_.options.faults;
        const std::size_t to = std::min(from + chunk, all.size());
        without.faults->assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(from));
        without.faults->insert(without.faults->end(), all.begin() + static_cast<std::ptrdiff_t>(to),
                               all.end());
        if (fails(without)) {
          smaller = true;
        } else {
          from = to;
        }
      }
      if (chunk == 1 && !smaller) return;
      chunk = std::max<std::size_t>(chunk / 2, 1);
    }
  }

  void leave_out_nodes() {
    constexpr int kLeast = 2;
    const int most = best_.options.nodes.value_or(best_.options.scenario.nodes_max);
    for (int nodes = kLeast; nodes < most; ++nodes) {
      RunOptions fewer = best_.options;
      fewer.nodes = nodes;
      if (fails(fewer)) return;
    }
  }

  Shrunk best_;
  const std::string property_;
  const std::vector<int> injected_;
  const int tries_max_;
};

}  // namespace

Shrunk shrink(const RunOptions& failing, const RunResult& result, int tries_max) {
  return Shrinker(failing, result, tries_max).run();
}

}  // namespace hactl
