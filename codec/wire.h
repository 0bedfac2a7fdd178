// How values become JSON and come back: one list of fields a type serves both directions. A type
// has
//   template <typename Archive> void fields(Archive& archive, Of<T> auto& value)
// which hands each key and member to the archive: a Writer or a Reader. Only codec/ includes this.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "base/utc.h"
#include "model/goal.h"
#include "model/ids.h"
#include "model/lsn.h"
#include "model/observed.h"
#include "model/record.h"
#include "model/report.h"
#include "model/status.h"

namespace hactl::wire {

/// Length of any text in a message: a parameter's value or a problem's message is the longest.
inline constexpr std::size_t kTextMax = 8'192;
/// Entries of any list or map in a message; kEventsMax and kHbaRulesMax are below.
inline constexpr std::size_t kEntriesMax = 1'024;

/// `T`, whether const (written) or not (read).
template <typename T, typename Model>
concept Of = std::same_as<std::remove_const_t<T>, Model>;

/// A place in a document that is being decoded. Keeps what was found wrong first.
struct At {
  const nlohmann::json& value;
  std::string path;
  std::optional<Error>& error;

  void fail(const std::string& message) const;
  /// The place below; Requires that `child` is part of value.
  [[nodiscard]] At below(std::string_view key, const nlohmann::json& child) const;
};

class Reader;
class Writer;

template <typename T>
concept Record = requires(Reader& reader, T& value) { fields(reader, value); };

/// A whole number within [low, high], or a failure at `at`; 0 then.
std::uint64_t read_number(const At& at, std::uint64_t low, std::uint64_t high);
/// The same from text, for numbers that JSON's readers may round.
std::uint64_t read_long_number(const At& at);
bool is_list(const At& at);
bool is_map(const At& at);

void decode(const At& at, bool& out);
void decode(const At& at, std::string& out);
void decode(const At& at, std::int64_t& out);  ///< Not negative.
void decode(const At& at, GoalState& out);
void decode(const At& at, NodeState& out);
void decode(const At& at, Phase& out);
void decode(const At& at, ConditionStatus& out);
void decode(const At& at, KnockAnswer& out);
void decode(const At& at, UtcTime& out);
void decode(const At& at, Instant& out);  ///< Milliseconds of its clock.
void decode(const At& at, Lsn& out);
void decode(const At& at, SystemId& out);
void decode(const At& at, Incarnation& out);
void decode(const At& at, NodeIncarnation& out);
void decode(const At& at, FormationName& out);
void decode(const At& at, RegionName& out);
void decode(const At& at, NodeName& out);

/// The other whole numbers: an `int` is a count and a 16-bit number is a port.
template <typename T>
  requires(std::same_as<T, int> || std::unsigned_integral<T>)
void decode(const At& at, T& out) {
  constexpr std::uint64_t low = std::same_as<T, std::uint16_t> ? 1 : 0;
  const auto high = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  out = static_cast<T>(read_number(at, low, high));
}

template <typename Tag, typename T>
void decode(const At& at, Strong<Tag, T>& out) {
  decode(at, out.value);
}

template <typename T>
void decode(const At& at, std::vector<T>& out) {
  if (!is_list(at)) return;
  for (std::size_t i = 0; i < at.value.size(); ++i) {
    decode(at.below("[" + std::to_string(i) + "]", at.value[i]), out.emplace_back());
  }
}

template <typename T>
void decode(const At& at, std::set<T>& out) {
  std::vector<T> list;
  decode(at, list);
  for (T& entry : list) {
    if (!out.insert(std::move(entry)).second) at.fail("has an entry twice");
  }
}

template <typename Key, typename T>
void decode(const At& at, std::map<Key, T>& out) {
  if (!is_map(at)) return;
  for (const auto& [key, child] : at.value.items()) {
    const nlohmann::json text = key;
    Key name{};
    T entry{};
    const At here = at.below(key, child);
    if constexpr (std::same_as<Key, TimelineId>) {
      const std::uint64_t number = read_long_number({text, here.path, at.error});
      name = TimelineId(static_cast<std::uint32_t>(number));
      if (number != name.value) at.fail("\"" + key + "\" is not a timeline");
    } else {
      decode({text, here.path, at.error}, name);
    }
    decode(here, entry);
    out.insert_or_assign(std::move(name), std::move(entry));
  }
}

template <Record T>
void decode(const At& at, T& out);

nlohmann::json encode(bool value);
nlohmann::json encode(const std::string& value);
nlohmann::json encode(std::int64_t value);
nlohmann::json encode(GoalState value);
nlohmann::json encode(NodeState value);
nlohmann::json encode(Phase value);
nlohmann::json encode(ConditionStatus value);
nlohmann::json encode(KnockAnswer value);
nlohmann::json encode(UtcTime value);
nlohmann::json encode(Instant value);
nlohmann::json encode(Lsn value);
nlohmann::json encode(SystemId value);
nlohmann::json encode(Incarnation value);
nlohmann::json encode(NodeIncarnation value);

template <Record T>
nlohmann::json encode(const T& value);

template <typename T>
  requires(std::same_as<T, int> || std::unsigned_integral<T>)
nlohmann::json encode(T value) {
  return value;
}

template <typename Tag, typename T>
nlohmann::json encode(const Strong<Tag, T>& value) {
  return encode(value.value);
}

template <typename T>
nlohmann::json encode(const std::vector<T>& list) {
  nlohmann::json result = nlohmann::json::array();
  for (const T& entry : list)
    result.push_back(encode(entry));
  return result;
}

template <typename T>
nlohmann::json encode(const std::set<T>& list) {
  nlohmann::json result = nlohmann::json::array();
  for (const T& entry : list)
    result.push_back(encode(entry));
  return result;
}

template <typename Key, typename T>
nlohmann::json encode(const std::map<Key, T>& map) {
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [key, entry] : map) {
    if constexpr (std::same_as<Key, TimelineId>) {
      result[std::to_string(key.value)] = encode(entry);
    } else if constexpr (std::same_as<Key, std::string>) {
      result[key] = encode(entry);
    } else {
      result[key.value] = encode(entry);
    }
  }
  return result;
}

/// Reads the fields of one object.
class Reader {
 public:
  explicit Reader(const At& at) : at_(at), object_(is_map(at)) {}

  template <typename T>
  void operator()(std::string_view key, T& out) {
    const nlohmann::json* child = find(key);
    if (child != nullptr) decode(at_.below(key, *child), out);
  }

  /// Absent and null are the same: not set.
  template <typename T>
  void operator()(std::string_view key, std::optional<T>& out) {
    const nlohmann::json* child = find_optional(key);
    if (child != nullptr) decode(at_.below(key, *child), out.emplace());
  }

  /// A number that may exceed 2^53, as text.
  void long_number(std::string_view key, std::uint64_t& out);

  /// What earlier programs did not write: absent is empty, 0 or no.
  template <typename T>
  void new_field(std::string_view key, T& out) {
    const nlohmann::json* child = find_optional(key);
    if (child != nullptr) decode(at_.below(key, *child), out);
  }

 private:
  const nlohmann::json* find(std::string_view key) const;  ///< Fails when there is none.
  const nlohmann::json* find_optional(std::string_view key) const;

  const At& at_;
  bool object_;
};

/// Writes the fields of one object; what is not set is left out.
class Writer {
 public:
  template <typename T>
  void operator()(std::string_view key, const T& value) {
    object[std::string(key)] = encode(value);
  }

  template <typename T>
  void operator()(std::string_view key, const std::optional<T>& value) {
    if (value) object[std::string(key)] = encode(*value);
  }

  void long_number(std::string_view key, std::uint64_t value);

  template <typename T>
  void new_field(std::string_view key, const T& value) {
    if (value != T{}) (*this)(key, value);
  }

  nlohmann::json object = nlohmann::json::object();
};

template <Record T>
void decode(const At& at, T& out) {
  Reader reader(at);
  fields(reader, out);
}

template <Record T>
nlohmann::json encode(const T& value) {
  Writer writer;
  fields(writer, value);
  return std::move(writer.object);
}

/// Decodes a whole message; `name` begins the paths in its errors.
template <typename T>
Result<T> decode_message(const nlohmann::json& json, std::string name) {
  std::optional<Error> error;
  T value;
  decode(At{json, std::move(name), error}, value);
  if (error) return *error;
  return value;
}

}  // namespace hactl::wire
