#include "sim/trace.h"

#include <cstdio>

namespace hactl {

namespace {
/// Where virtual time begins.
constexpr std::int64_t kBeginMs = 1'000'000;
}  // namespace

void Trace::note(const std::string& line) {
  const std::int64_t at = queue_.now().time_since_epoch().count() - kBeginMs;
  const auto add = [this](std::uint64_t value) {
    hash_ ^= value;
    hash_ *= 1099511628211ULL;
  };
  add(static_cast<std::uint64_t>(at));
  for (const char c : line)
    add(static_cast<unsigned char>(c));
  if (print_) std::printf("%lld %s\n", static_cast<long long>(at), line.c_str());
}

void Trace::violate(const std::string& property, const std::string& what) {
  note("VIOLATION " + property + " " + what);
  if (!violation_.empty()) return;
  violation_ = property + ": " + what;
  violated_at_ = queue_.now();
}

std::string target_of(const MoveRequest& request) {
  if (request.to) return request.to->value;
  return request.to_region ? request.to_region->value : "the best";
}

}  // namespace hactl
