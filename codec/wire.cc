#include "codec/wire.h"

#include <array>
#include <charconv>

#include "codec/json.h"
#include "model/validate.h"

namespace hactl::wire {
namespace {

constexpr std::size_t kShownBytesMax = 60;

/// A value as it appears in messages about it, cut short.
std::string shown(const nlohmann::json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  std::string text = dump_json(value);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "…";
  return text;
}

/// The text of an enumerator or of another value that is written as text.
std::string read_word(const At& at) {
  std::string text;
  decode(at, text);
  return text;
}

template <typename Name>
void decode_name(const At& at, Name& out) {
  decode(at, out.value);
  if (!out.value.empty() && !is_name(out.value)) {
    at.fail(shown(at.value) + " is not a valid name");
    out.value.clear();
  }
}

template <typename T>
void take(const At& at, const std::optional<T>& parsed, std::string_view kind, T& out) {
  if (parsed) {
    out = *parsed;
  } else {
    at.fail(shown(at.value) + " is not " + std::string(kind));
  }
}

constexpr std::array<std::pair<KnockAnswer, std::string_view>, 3> kKnockWords{
    {{KnockAnswer::answered, "answered"},
     {KnockAnswer::refused, "refused"},
     {KnockAnswer::silent, "silent"}}};

std::optional<KnockAnswer> parse_knock_answer(std::string_view text) {
  for (const auto& [answer, word] : kKnockWords) {
    if (word == text) return answer;
  }
  return std::nullopt;
}

std::optional<ConditionStatus> parse_condition_status(std::string_view text) {
  for (const auto status : {ConditionStatus::yes, ConditionStatus::no, ConditionStatus::unknown}) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

}  // namespace

void At::fail(const std::string& message) const {
  if (!error) error = Error{ErrorCode::invalid, path + ": " + message};
}

At At::below(std::string_view key, const nlohmann::json& child) const {
  const bool index = key.starts_with('[');
  return {child, path + (index ? "" : ".") + std::string(key), error};
}

std::uint64_t read_number(const At& at, std::uint64_t low, std::uint64_t high) {
  if (!at.value.is_number_integer()) {
    at.fail(shown(at.value) + " is not a whole number");
    return 0;
  }
  const auto number = at.value.get<std::uint64_t>();
  const bool negative = !at.value.is_number_unsigned() && at.value.get<std::int64_t>() < 0;
  if (negative || number < low || number > high) {
    at.fail(shown(at.value) + " is not between " + std::to_string(low) + " and " +
            std::to_string(high));
    return 0;
  }
  return number;
}

std::uint64_t read_long_number(const At& at) {
  const std::string text = read_word(at);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    at.fail(shown(at.value) + " is not a whole number as text");
    return 0;
  }
  return number;
}

bool is_list(const At& at) {
  if (!at.value.is_array()) {
    at.fail(shown(at.value) + " is not a list");
    return false;
  }
  if (at.value.size() > kEntriesMax) {
    at.fail("has more than " + std::to_string(kEntriesMax) + " entries");
    return false;
  }
  return true;
}

bool is_map(const At& at) {
  if (!at.value.is_object()) {
    at.fail(shown(at.value) + " is not an object");
    return false;
  }
  if (at.value.size() > kEntriesMax) {
    at.fail("has more than " + std::to_string(kEntriesMax) + " entries");
    return false;
  }
  return true;
}

void decode(const At& at, bool& out) {
  if (at.value.is_boolean()) {
    out = at.value.get<bool>();
  } else {
    at.fail(shown(at.value) + " is not true or false");
  }
}

void decode(const At& at, std::string& out) {
  if (!at.value.is_string()) {
    at.fail(shown(at.value) + " is not text");
    return;
  }
  const auto& text = at.value.get_ref<const std::string&>();
  if (text.size() > kTextMax) {
    at.fail("is longer than " + std::to_string(kTextMax) + " bytes");
  } else if (text.find('\0') != std::string::npos) {
    at.fail("has a NUL character");
  } else {
    out = text;
  }
}

void decode(const At& at, std::int64_t& out) {
  constexpr auto high = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  out = static_cast<std::int64_t>(read_number(at, 0, high));
}

void decode(const At& at, GoalState& out) {
  take(at, parse_goal_state(read_word(at)), "a goal state", out);
}

void decode(const At& at, NodeState& out) {
  take(at, parse_node_state(read_word(at)), "a node state", out);
}

void decode(const At& at, Phase& out) {
  take(at, parse_phase(read_word(at)), "a phase", out);
}

void decode(const At& at, ConditionStatus& out) {
  take(at, parse_condition_status(read_word(at)), "True, False or Unknown", out);
}

void decode(const At& at, KnockAnswer& out) {
  take(at, parse_knock_answer(read_word(at)), "answered, refused or silent", out);
}

void decode(const At& at, Instant& out) {
  std::int64_t milliseconds = 0;
  decode(at, milliseconds);
  out = Instant{Duration{milliseconds}};
}

void decode(const At& at, UtcTime& out) {
  take(at, parse_utc(read_word(at)), "a time such as 2026-11-23T09:30:00Z", out);
}

void decode(const At& at, Lsn& out) {
  take(at, parse_lsn(read_word(at)), "a WAL position such as 0/5000148", out);
}

void decode(const At& at, SystemId& out) {
  out.value = read_long_number(at);
}
void decode(const At& at, Incarnation& out) {
  out.value = read_long_number(at);
}
void decode(const At& at, NodeIncarnation& out) {
  out.value = read_long_number(at);
}
void decode(const At& at, FormationName& out) {
  decode_name(at, out);
}
void decode(const At& at, RegionName& out) {
  decode_name(at, out);
}
void decode(const At& at, NodeName& out) {
  decode_name(at, out);
}

nlohmann::json encode(bool value) {
  return value;
}
nlohmann::json encode(const std::string& value) {
  return value;
}
nlohmann::json encode(std::int64_t value) {
  return value;
}
nlohmann::json encode(GoalState value) {
  return to_string(value);
}
nlohmann::json encode(NodeState value) {
  return to_string(value);
}
nlohmann::json encode(Phase value) {
  return to_string(value);
}
nlohmann::json encode(ConditionStatus value) {
  return to_string(value);
}
nlohmann::json encode(KnockAnswer value) {
  for (const auto& [answer, word] : kKnockWords) {
    if (answer == value) return word;
  }
  return nullptr;
}
nlohmann::json encode(Instant value) {
  return std::int64_t{value.time_since_epoch().count()};
}
nlohmann::json encode(UtcTime value) {
  return to_string(value);
}
nlohmann::json encode(Lsn value) {
  return to_string(value);
}
nlohmann::json encode(SystemId value) {
  return std::to_string(value.value);
}
nlohmann::json encode(Incarnation value) {
  return std::to_string(value.value);
}
nlohmann::json encode(NodeIncarnation value) {
  return std::to_string(value.value);
}

void Reader::long_number(std::string_view key, std::uint64_t& out) {
  const nlohmann::json* child = find(key);
  if (child != nullptr) out = read_long_number(at_.below(key, *child));
}

const nlohmann::json* Reader::find(std::string_view key) const {
  if (!object_) return nullptr;
  const auto found = at_.value.find(key);
  if (found == at_.value.end()) {
    at_.below(key, at_.value).fail("is missing");
    return nullptr;
  }
  return &*found;
}

const nlohmann::json* Reader::find_optional(std::string_view key) const {
  if (!object_) return nullptr;
  const auto found = at_.value.find(key);
  return found == at_.value.end() || found->is_null() ? nullptr : &*found;
}

void Writer::long_number(std::string_view key, std::uint64_t value) {
  object[std::string(key)] = std::to_string(value);
}

}  // namespace hactl::wire
