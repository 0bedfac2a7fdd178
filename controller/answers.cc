#include "controller/answers.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_json.h"
#include "controller/event_number.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kVersion = "hactl/v1";
// What a deletion waits for: that every node has been let go.
constexpr const char* kNodesFinalizer = "hactl.io/nodes";
constexpr std::string_view kSpecPrefix = "spec.";

bool read_number(std::string_view text, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stopped == end;
}

Failure failure(int code, std::string_view reason, std::string message) {
  Failure result;
  result.code = code;
  result.reason = reason;
  result.message = std::move(message);
  return result;
}

}  // namespace

std::string to_string(const ResourceVersion& position) {
  return fmt::format("{}.{}", position.version, position.change);
}

std::optional<ResourceVersion> parse_resource_version(std::string_view text) {
  ResourceVersion position;
  const std::size_t dot = text.find('.');
  if (!read_number(text.substr(0, dot), position.version)) return std::nullopt;
  if (dot == std::string_view::npos) return position;
  if (!read_number(text.substr(dot + 1), position.change)) return std::nullopt;
  return position;
}

Json formation_object(const StoredFormation& stored, const FormationStatus* status,
                      std::uint64_t change) {
  Json object = formation_json(stored.formation);
  Json& metadata = object["metadata"];
  metadata["uid"] = stored.uid;
  metadata["generation"] = stored.generation.value;
  metadata["resource-version"] = to_string(ResourceVersion{stored.version, change});
  metadata["creation-timestamp"] = to_string(stored.created);
  if (stored.deleting_since) {
    metadata["deletion-timestamp"] = to_string(*stored.deleting_since);
    metadata["finalizers"] = Json::array({kNodesFinalizer});
  }
  if (status != nullptr) object["status"] = to_json(*status);
  return object;
}

Json node_object(const FormationName& formation, const NodeStatus& node,
                 const ResourceVersion& position) {
  Json object = to_json(node);
  object["apiVersion"] = kVersion;
  object["kind"] = "Node";
  object["metadata"] = Json{{"name", node.name.value},
                            {"formation", formation.value},
                            {"labels", Json{{"region", node.region.value}}},
                            {"resource-version", to_string(position)}};
  const bool has_role = node.role != "-";
  if (has_role) object["metadata"]["labels"]["role"] = node.role;
  return object;
}

Json revision_object(const SpecRevision& revision) {
  Json object = formation_json(revision.formation);
  object["kind"] = "Revision";
  Json& metadata = object["metadata"];
  metadata["name"] = fmt::format("{}.{}", revision.formation.name.value, revision.generation.value);
  metadata["formation"] = revision.formation.name.value;
  if (revision.time) metadata["creation-timestamp"] = to_string(*revision.time);
  object["revision"] = revision.generation.value;
  return object;
}

Json event_object(const FormationName& formation, const Event& event) {
  Json object = to_json(event);
  object["apiVersion"] = kVersion;
  object["kind"] = "Event";
  object["type"] = event.warning ? "Warning" : "Normal";
  object["metadata"] =
      Json{{"name", fmt::format("{}.{}", formation.value, event.number)},
           {"formation", formation.value},
           {"resource-version", to_string(ResourceVersion{event_version(event.number), 0})}};
  return object;
}

Json list_object(std::string_view kind, Json items, const ResourceVersion& position) {
  return Json{{"apiVersion", kVersion},
              {"kind", std::string(kind) + "List"},
              {"metadata", Json{{"resource-version", to_string(position)}}},
              {"items", std::move(items)}};
}

Failure failure_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid: {
      Failure result = failure(422, "Invalid", error.message);
      const std::size_t colon = error.message.find(": ");
      if (error.message.starts_with(kSpecPrefix) && colon != std::string::npos) {
        SpecProblem cause;
        cause.field = error.message.substr(0, colon);
        cause.message = error.message.substr(colon + 2);
        result.causes.push_back(std::move(cause));
      }
      return result;
    }
    case ErrorCode::forbidden: return failure(403, "Forbidden", error.message);
    case ErrorCode::not_found: return failure(404, "NotFound", error.message);
    case ErrorCode::conflict: return failure(409, "Conflict", error.message);
    case ErrorCode::unavailable: return failure(503, "ServiceUnavailable", error.message);
    case ErrorCode::timed_out: return failure(504, "Timeout", error.message);
    case ErrorCode::corrupt:
    case ErrorCode::internal: return failure(500, "InternalError", error.message);
  }
  return failure(500, "InternalError", error.message);
}

Failure not_found_failure(std::string_view resources, std::string_view name) {
  return failure(404, "NotFound", fmt::format("{} \"{}\" not found", resources, name));
}

Failure bad_request(std::string message) {
  return failure(400, "BadRequest", std::move(message));
}

Failure invalid_failure(const FormationName& name, std::vector<SpecProblem> problems) {
  std::string message = fmt::format("Formation \"{}\" is invalid: ", name.value);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i > 0) message += "; ";
    message += to_string(problems[i]);
  }
  Failure result = failure(422, "Invalid", std::move(message));
  result.causes = std::move(problems);
  return result;
}

Json status_object(const Failure& failure) {
  Json causes = Json::array();
  for (const SpecProblem& cause : failure.causes) {
    causes.push_back(
        Json{{"reason", "FieldValueInvalid"}, {"field", cause.field}, {"message", cause.message}});
  }
  return Json{{"apiVersion", "v1"},         {"kind", "Status"},
              {"status", "Failure"},        {"reason", failure.reason},
              {"message", failure.message}, {"details", Json{{"causes", std::move(causes)}}},
              {"code", failure.code}};
}

HttpResponse failure_response(const Failure& failure) {
  return json_response(failure.code, status_object(failure));
}

HttpResponse json_response(int status, const Json& body) {
  HttpResponse response;
  response.status = status;
  response.body = dump_json(body) + "\n";
  return response;
}

HttpResponse text_response(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace hactl
