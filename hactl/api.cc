#include "hactl/api.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/messages.h"
#include "codec/warning_header.h"
#include "hactl/connection_uri.h"

namespace hactl {
namespace {

constexpr std::string_view kFormations = "/apis/hactl/v1/formations";

// A watch that says nothing for this long is asked for anew, so that a dead connection is noticed.
constexpr Duration kWatchSilence{60'000};

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
    case 422: return ErrorCode::invalid;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 503: return ErrorCode::unavailable;
    case 504: return ErrorCode::timed_out;
    default: return ErrorCode::internal;
  }
}

template <typename T, typename Decode>
Result<std::vector<T>> decode_all(const nlohmann::json& items, const Decode& decode) {
  std::vector<T> result;
  for (const nlohmann::json& item : items) {
    Result<T> decoded = decode(item);
    if (!decoded.ok()) return decoded.error();
    result.push_back(std::move(*decoded));
  }
  return result;
}

}  // namespace

std::string formation_path(const std::string& name, std::string_view rest) {
  std::string path(kFormations);
  if (!name.empty()) path += "/" + percent_encoded(name);
  path += rest;
  return path;
}

const nlohmann::json& items_of(const nlohmann::json& list, const char* key) {
  static const nlohmann::json none = nlohmann::json::array();
  if (list.is_array()) return list;
  if (!list.is_object()) return none;
  for (const char* name : {"items", key}) {
    const auto found = list.find(name);
    if (found != list.end() && found->is_array()) return *found;
  }
  return none;
}

Error server_error(int status, std::string_view body) {
  const Result<nlohmann::json> parsed = parse_json(body);
  std::string reason = parsed.ok() ? text_at(*parsed, "reason") : std::string();
  std::string message = parsed.ok() ? text_at(*parsed, "message") : std::string(body);
  if (reason.empty()) reason = fmt::format("HTTP {}", status);
  if (message.empty()) message = "the server gave no reason";
  return Error{code_of(status), fmt::format("Error from server ({}): {}", reason, message)};
}

Api::Api(const Context& context, Duration request_timeout,
         std::function<void(const std::string&)> warned)
    : server_(context.controller),
      request_timeout_(request_timeout),
      warned_(std::move(warned)),
      http_(HttpClientOptions{.base_url = context.controller,
                              .ca_file = context.ca,
                              .certificate_file = context.certificate,
                              .key_file = context.key}) {}

Error Api::unreachable(const Error& error) const {
  if (error.message.find("refused") != std::string::npos) {
    return Error{error.code, fmt::format("The connection to the server {} was refused - did you "
                                         "specify the right host or port?",
                                         server_)};
  }
  return Error{error.code,
               fmt::format("Unable to connect to the server {}: {}", server_, error.message)};
}

Result<nlohmann::json> Api::get(const std::string& path) {
  return send("GET", path, nullptr);
}

Result<nlohmann::json> Api::send(const std::string& method, const std::string& path,
                                 const nlohmann::json& body) {
  HttpCall call;
  call.method = method;
  call.path_and_query = path;
  if (!body.is_null()) call.body = dump_json(body);
  return this->call(std::move(call));
}

Result<nlohmann::json> Api::patch(const std::string& path, PatchType type,
                                  const nlohmann::json& patch) {
  HttpCall call;
  call.method = "PATCH";
  call.path_and_query = path;
  call.body = dump_json(patch);
  call.content_type = media_type(type);
  return this->call(std::move(call));
}

Result<nlohmann::json> Api::call(HttpCall call) {
  call.timeout = request_timeout_;
  const Result<HttpAnswer> answer = http_.send(std::move(call));
  if (!answer.ok()) return unreachable(answer.error());
  for (const std::string& warning : warnings_in(answer->warning)) {
    if (warned_) warned_(warning);
  }
  if (answer->status < 200 || answer->status > 299) {
    return server_error(answer->status, answer->body);
  }
  if (answer->body.empty()) return nlohmann::json::object();
  Result<nlohmann::json> parsed = parse_json(answer->body, kAnswerBytesMax);
  if (!parsed.ok()) return parsed.error().within("error: the server's answer cannot be read");
  return parsed;
}

Result<std::vector<FormationItem>> Api::formations() {
  const Result<nlohmann::json> list = get(formation_path());
  if (!list.ok()) return list.error();
  return decode_all<FormationItem>(items_of(*list, "formations"), formation_item);
}

Result<FormationItem> Api::formation(const std::string& name) {
  const Result<nlohmann::json> object = get(formation_path(name));
  if (!object.ok()) return object.error();
  return formation_item(*object);
}

Result<std::vector<Event>> Api::events(const std::string& formation) {
  const Result<nlohmann::json> list = get(formation_path(formation, "/events"));
  if (!list.ok()) return list.error();
  return decode_all<Event>(items_of(*list, "events"), event_from_json);
}

Result<Done> Api::watch(
    const std::string& path, const std::string& resource_version,
    const std::function<bool(const std::string&, const nlohmann::json&)>& changed) {
  HttpCall call;
  call.path_and_query = path + "?watch=1";
  if (!resource_version.empty()) {
    call.path_and_query += "&resource-version=" + percent_encoded(resource_version);
  }
  call.timeout = kWatchSilence;
  const Result<Done> ended = http_.stream_lines(std::move(call), [&](std::string_view line) {
    const Result<nlohmann::json> change = parse_json(line, kStreamLineBytesMax);
    if (!change.ok() || !change->is_object()) return true;
    return changed(text_at(*change, "type"), change->value("object", nlohmann::json::object()));
  });
  if (ended.ok() || ended.error().code == ErrorCode::timed_out) return Done{};
  if (ended.error().code == ErrorCode::unavailable) return unreachable(ended.error());
  // A watch that is refused before it begins is refused as one that ends with an error.
  const std::string& said = ended.error().message;
  const Result<nlohmann::json> status =
      parse_json(said.substr(std::min(said.find('{'), said.size())));
  if (!status.ok() || !status->is_object()) return unreachable(ended.error());
  changed("ERROR", *status);
  return Done{};
}

}  // namespace hactl
