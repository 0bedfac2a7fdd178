#include "hactl/waiting.h"

#include <chrono>
#include <optional>
#include <thread>

namespace hactl {

Result<bool> wait_for_object(Api& api, const std::string& path, Duration timeout,
                             const std::function<bool(const nlohmann::json*)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const Result<nlohmann::json> object = api.get(path);
    if (object.ok() && holds(&*object)) return true;
    if (!object.ok() && object.error().code == ErrorCode::not_found && holds(nullptr)) return true;
    const bool passing = object.ok() || object.error().code == ErrorCode::not_found ||
                         object.error().code == ErrorCode::unavailable ||
                         object.error().code == ErrorCode::timed_out;
    if (!passing) return object.error();
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollEvery);
  }
}

Result<bool> wait_for_formation(Api& api, const std::string& name, Duration timeout,
                                const std::function<bool(const FormationItem*)>& holds) {
  std::optional<Error> fault;
  const Result<bool> held =
      wait_for_object(api, formation_path(name), timeout, [&](const nlohmann::json* object) {
        if (object == nullptr) {
          if (holds(nullptr)) return true;
          fault = Error{ErrorCode::not_found,
                        "Error from server (NotFound): formations \"" + name + "\" not found"};
          return true;
        }
        const Result<FormationItem> item = formation_item(*object);
        if (item.ok()) return holds(&*item);
        fault = item.error();
        return true;
      });
  if (fault) return *fault;
  return held;
}

}  // namespace hactl
