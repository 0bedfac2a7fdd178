#include "model/names.h"

#include <algorithm>
#include <charconv>

namespace hactl {
namespace {
constexpr std::string_view kPrefix = "hactl_";
}  // namespace

std::string application_name(const NodeName& node, Epoch epoch) {
  return std::string(kPrefix) + node.value + "_e" + std::to_string(epoch.value);
}

std::optional<std::pair<NodeName, Epoch>> parse_application_name(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto mark = text.rfind("_e");
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::string_view digits = text.substr(mark + 2);
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return std::pair(NodeName(std::string(text.substr(0, mark))), Epoch(epoch));
}

std::string slot_name(const NodeName& node) {
  std::string name = std::string(kPrefix) + node.value;
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string certificate_name(const NodeName& node) {
  return "node:" + node.value;
}

}  // namespace hactl
