#include "hactl/waiting.h"

#include <chrono>
#include <thread>

namespace hactl {

Result<bool> wait_for_formation(Api& api, const std::string& name, Duration timeout,
                                const std::function<bool(const FormationItem*)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const Result<FormationItem> item = api.formation(name);
    if (item.ok() && holds(&*item)) return true;
    if (!item.ok() && item.error().code == ErrorCode::not_found && holds(nullptr)) return true;
    const bool passing = item.ok() || item.error().code == ErrorCode::unavailable ||
                         item.error().code == ErrorCode::timed_out;
    if (!passing) return item.error();
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollEvery);
  }
}

}  // namespace hactl
