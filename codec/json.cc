#include "codec/json.h"

#include <exception>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace hactl {
namespace {

using nlohmann::json;

/// Leaves nlohmann's parser, which has no limits of its own; never leaves this file.
class Refused : public std::exception {
 public:
  explicit Refused(std::string message) : message_(std::move(message)) {}
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// Sees every event of a parse and ends it when a limit is passed.
class Guard {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= static_cast<int>(kDocumentDepthMax)) {
        throw Refused("nested deeper than " + std::to_string(kDocumentDepthMax));
      }
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      throw Refused("the key \"" + parsed.get<std::string>() + "\" occurs twice in one object");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;  ///< Of the objects that are open.
};

/// nlohmann's message without its own name and number in brackets.
std::string reason_of(const json::exception& thrown) {
  const std::string_view text = thrown.what();
  const auto end = text.find("] ");
  return std::string(end == std::string_view::npos ? text : text.substr(end + 2));
}

}  // namespace

Result<json> parse_json(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return Error{ErrorCode::invalid, "the JSON text is " + std::to_string(text.size()) +
                                         " bytes long; at most " + std::to_string(bytes_max) +
                                         " are accepted"};
  }
  try {
    return json::parse(text, Guard());
  } catch (const json::exception& thrown) {
    return Error{ErrorCode::invalid, "not valid JSON: " + reason_of(thrown)};
  } catch (const Refused& refused) {
    return Error{ErrorCode::invalid, std::string("JSON refused: ") + refused.what()};
  }
}

std::string dump_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pretty_json(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string pretty_json(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace hactl
