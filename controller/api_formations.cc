#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/fingerprint.h"
#include "codec/json.h"
#include "codec/messages.h"
#include "codec/patch.h"
#include "codec/spec_json.h"
#include "codec/warning_header.h"
#include "controller/api.h"
#include "controller/random_text.h"
#include "controller/warnings.h"
#include "model/limits.h"
#include "model/validate.h"
#include "planner/plan.h"
#include "planner/preview.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// The application's password goes into a connection string and a line of SQL.
constexpr std::size_t kPasswordBytesMax = 256;

/// What a client sent to be applied.
struct Wanted {
  Formation formation;
  std::optional<std::uint64_t> expected_version;
  std::optional<std::string> password;
  std::vector<std::string> warnings;  ///< What the writer is to be told.
};

/// The text at `key`; nullptr when there is none.
const std::string* text_at(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() ? nullptr : found->get_ptr<const std::string*>();
}

Failure invalid_password(const FormationName& name) {
  SpecProblem problem;
  problem.field = "credentials.password";
  problem.message =
      fmt::format("is not a text of 1 to {} bytes without control characters", kPasswordBytesMax);
  return invalid_failure(name, {problem});
}

bool is_password(const std::string& text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= kPasswordBytesMax && std::ranges::none_of(text, control);
}

/// Reads credentials and the expected version, and takes out what is not part of a formation.
std::optional<Failure> read_extras(Json& json, Wanted& wanted) {
  const auto credentials = json.find("credentials");
  if (credentials != json.end()) {
    const std::string* password = text_at(*credentials, "password");
    if (password == nullptr || !is_password(*password)) return invalid_password({});
    wanted.password = *password;
    json.erase(credentials);
  }
  const auto metadata = json.find("metadata");
  if (metadata == json.end()) return std::nullopt;
  const std::string* text = text_at(*metadata, "resource-version");
  if (text == nullptr || text->empty()) return std::nullopt;
  const std::optional<ResourceVersion> position = parse_resource_version(*text);
  if (!position) return bad_request("metadata.resource-version: \"" + *text + "\" is not one");
  wanted.expected_version = position->version;
  return std::nullopt;
}

/// What is done about fields that nobody knows: "field-validation", as kubectl's --validate.
enum class FieldValidation { strict, warn, ignore };

std::optional<FieldValidation> field_validation(const std::map<std::string, std::string>& query) {
  const auto given = query.find("field-validation");
  if (given == query.end() || given->second == "Strict") return FieldValidation::strict;
  if (given->second == "Warn") return FieldValidation::warn;
  if (given->second == "Ignore") return FieldValidation::ignore;
  return std::nullopt;
}

/// Decodes and validates. `name` empty: whatever the formation is called.
std::optional<Failure> decode_wanted(Json json, const FormationName& name, FieldValidation fields,
                                     Wanted& wanted) {
  if (!json.is_object()) return bad_request("body: is not an object");
  if (std::optional<Failure> failure = read_extras(json, wanted)) return failure;
  ParsedFormation parsed = formation_from_json(
      json, fields == FieldValidation::strict ? Strictness::strict : Strictness::lenient);
  if (!parsed.ok()) {
    const std::string* called =
        json.contains("metadata") ? text_at(json["metadata"], "name") : nullptr;
    return invalid_failure(FormationName(called == nullptr ? name.value : *called),
                           std::move(parsed.problems));
  }
  if (!name.value.empty() && parsed.formation.name != name) {
    return bad_request(fmt::format("metadata.name: \"{}\" is not the name in the path, \"{}\"",
                                   parsed.formation.name.value, name.value));
  }
  wanted.formation = std::move(parsed.formation);
  for (const SpecProblem& ignored : parsed.ignored) {
    if (fields == FieldValidation::warn) wanted.warnings.push_back(to_string(ignored));
  }
  return std::nullopt;
}

std::optional<Failure> read_wanted(const HttpRequest& request, const FormationName& name,
                                   Wanted& wanted) {
  const std::optional<FieldValidation> fields = field_validation(request.query);
  if (!fields) return bad_request("field-validation: is not Strict, Warn or Ignore");
  Result<Json> json = parse_json(request.body, kSpecBytesMax);
  if (!json.ok()) return bad_request("body: " + json.error().message);
  return decode_wanted(std::move(*json), name, *fields, wanted);
}

/// The unwanted fields' warnings, and those about what is wanted.
std::vector<std::string> warnings_about(const Wanted& wanted, const FormationLoop* loop) {
  std::vector<std::string> warnings = wanted.warnings;
  const StoredFormation* before = loop == nullptr ? nullptr : &loop->stored();
  const WriterSaw saw = wanted.expected_version ? WriterSaw::version : WriterSaw::nothing;
  for (std::string& warning : warnings_of(before, wanted.formation, saw)) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

/// How often a patch is made again of what the controller itself has written meanwhile.
constexpr int kPatchTriesMax = 5;

Failure unsupported_media_type() {
  Failure failure;
  failure.code = 415;
  failure.reason = "UnsupportedMediaType";
  failure.message = fmt::format(
      "the body of the request was in an unknown format - accepted media types include: {}, {}",
      media_type(PatchType::json), media_type(PatchType::merge));
  return failure;
}

/// Whether the patch itself says of which version it is to be.
bool names_version(const Json& patch) {
  if (patch.is_object()) {
    const auto metadata = patch.find("metadata");
    return metadata != patch.end() && metadata->is_object() &&
           metadata->contains("resource-version");
  }
  return std::ranges::any_of(patch, [](const Json& operation) {
    const std::string* path = text_at(operation, "path");
    return path != nullptr && *path == "/metadata/resource-version";
  });
}

Json names_json(const std::vector<NodeName>& names) {
  Json json = Json::array();
  for (const NodeName& name : names)
    json.push_back(name.value);
  return json;
}

Json pause_json(const PausePrediction& pause) {
  return Json{{"usual-ms", pause.usual.count()},
              {"worst-ms", pause.worst.count()},
              {"measured", pause.measured}};
}

Json step_json(const PreviewStep& step) {
  Json json{{"kind", to_string(step.kind)},
            {"title", step.title},
            {"details", step.details},
            {"reloads", names_json(step.reloads)},
            {"restarts", names_json(step.restarts)},
            {"disconnects", names_json(step.disconnects)},
            {"writes-pause", step.writes_pause},
            {"no-way-back", step.no_way_back},
            {"events", step.events}};
  if (!step.waits_for.empty()) json["waits-for"] = step.waits_for;
  if (!step.exposes.empty()) json["exposes"] = step.exposes;
  return json;
}

Json preview_json(const Preview& preview) {
  Json json{{"steps", Json::array()},
            {"converges", preview.converges},
            {"blocked", preview.blocked},
            {"predicted-pause", nullptr}};
  for (const PreviewStep& step : preview.steps) {
    if (step.writes_pause) json["predicted-pause"] = pause_json(preview.pause);
    json["steps"].push_back(step_json(step));
  }
  return json;
}

/// {"accept-data-loss": bytes or "any", "assume-lost": [names]}; each may be missing.
Result<FailoverRequest> failover_request(const Json& body) {
  const auto wrong = [](const std::string& why) { return Error{ErrorCode::invalid, why}; };
  if (!body.is_object()) return wrong("body: is not an object");
  FailoverRequest request;
  for (const auto& [key, value] : body.items()) {
    if (key == "accept-data-loss" && value == "any") {
      request.accept_any_loss = true;
    } else if (key == "accept-data-loss" && value.is_number_unsigned()) {
      request.accept_loss = WalBytes(value.get<std::uint64_t>());
    } else if (key == "assume-lost" && value.is_array() && value.size() <= kNodesMax) {
      for (const Json& name : value) {
        const std::string* text = name.get_ptr<const std::string*>();
        if (text == nullptr || !is_name(*text)) return wrong("assume-lost: holds no node names");
        request.assume_lost.insert(NodeName(*text));
      }
    } else {
      return wrong(key +
                   ": is not \"accept-data-loss\" with a number of bytes or \"any\", nor "
                   "\"assume-lost\" with names");
    }
  }
  return request;
}

ApplyRequest request_of(Wanted wanted, const std::map<std::string, std::string>& query) {
  ApplyRequest request;
  request.formation = std::move(wanted.formation);
  request.expected_version = wanted.expected_version;
  request.password = std::move(wanted.password);
  request.dry_run = query.contains("dry-run") && query.at("dry-run") == "All";
  request.first_uid = random_uuid();
  request.first_password = random_password();
  return request;
}

}  // namespace

void ControllerApi::list_formations(const Exchange& exchange) {
  if (watched({.kind = WatchSubject::Kind::formations, .formation = {}, .node = {}}, exchange)) {
    return;
  }
  Json items = Json::array();
  for (const FormationLoop* loop : formations_.all()) {
    items.push_back(watches_.formation_now(*loop));
  }
  respond(exchange,
          json_response(200, list_object("Formation", std::move(items), watches_.position())));
}

void ControllerApi::get_formation(const Route& route, const Exchange& exchange) {
  WatchSubject subject;
  subject.formation = FormationName(route.formation);
  if (route.resource == Resource::formation && watched(subject, exchange)) return;
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  respond(exchange, json_response(200, watches_.formation_now(*loop)));
}

void ControllerApi::apply(const FormationName& name, const Exchange& exchange, Creation creation) {
  Wanted wanted;
  if (const auto failure = read_wanted(exchange->request(), name, wanted)) {
    return refuse(exchange, *failure);
  }
  const auto& query = exchange->request().query;
  const auto plan_id = query.find("plan");
  if (plan_id != query.end()) {
    const Json now = plan_object(wanted.formation, formations_.find(wanted.formation.name));
    if (now["id"] != plan_id->second) {
      return refuse(exchange,
                    failure_of(Error{ErrorCode::conflict,
                                     "the plan is out of date: the formation has changed since; "
                                     "look at the plan again"}));
    }
  }
  std::vector<std::string> warnings =
      warnings_about(wanted, formations_.find(wanted.formation.name));
  ApplyRequest request = request_of(std::move(wanted), query);
  request.create_only = creation == Creation::only;
  formations_.apply(std::move(request),
                    [this, exchange, warnings = std::move(warnings)](
                        const Result<Changed>& changed) { applied(exchange, changed, warnings); });
}

void ControllerApi::patch_formation(const Route& route, const Exchange& exchange, int tries) {
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const HttpRequest& asked = exchange->request();
  const auto given = asked.headers.find("content-type");
  const std::optional<PatchType> type =
      patch_type(given == asked.headers.end() ? std::string() : given->second);
  if (!type) return refuse(exchange, unsupported_media_type());
  const Result<Json> patch = parse_json(asked.body, kSpecBytesMax);
  if (!patch.ok()) return refuse(exchange, bad_request("body: " + patch.error().message));
  Result<Json> document = patched(formation_object(loop->stored(), nullptr, 0), *type, *patch);
  if (!document.ok()) return refuse(exchange, failure_of(document.error()));
  Wanted wanted;
  if (const auto failure = decode_wanted(std::move(*document), FormationName(route.formation),
                                         FieldValidation::strict, wanted)) {
    return refuse(exchange, *failure);
  }
  const bool again = tries < kPatchTriesMax && !names_version(*patch);
  std::vector<std::string> warnings = warnings_about(wanted, loop);
  formations_.apply(request_of(std::move(wanted), asked.query),
                    [this, route, exchange, again, tries,
                     warnings = std::move(warnings)](const Result<Changed>& changed) {
                      const bool met = !changed.ok() && changed.error().code == ErrorCode::conflict;
                      if (met && again) return patch_formation(route, exchange, tries + 1);
                      applied(exchange, changed, warnings);
                    });
}

void ControllerApi::applied(const Exchange& exchange, const Result<Changed>& changed,
                            const std::vector<std::string>& warnings) {
  if (!changed.ok()) {
    Failure failure = failure_of(changed.error());
    const bool taken = exchange->request().method == "POST" && failure.code == 409;
    if (taken) failure.reason = "AlreadyExists";
    return refuse(exchange, failure);
  }
  const bool dry_run = exchange->request().query.contains("dry-run");
  const FormationLoop* loop = formations_.find(changed->formation.formation.name);
  const bool created = changed->outcome == ChangeOutcome::created;
  const bool stored = loop != nullptr && !dry_run;
  const Json object =
      stored ? watches_.formation_now(*loop) : formation_object(changed->formation, nullptr, 0);
  HttpResponse response = json_response(created ? 201 : 200, object);
  if (!warnings.empty()) response.headers["Warning"] = warning_header(warnings);
  respond(exchange, std::move(response));
}

void ControllerApi::remove_formation(const Route& route, const Exchange& exchange) {
  FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const auto asked = exchange->request().query.find("data");
  const bool given = asked != exchange->request().query.end();
  if (given && asked->second != "keep" && asked->second != "delete") {
    return refuse(exchange, bad_request("data: it is keep or delete"));
  }
  const DataOfDeleted data =
      given && asked->second == "delete" ? DataOfDeleted::goes : DataOfDeleted::stays;
  const std::vector<std::string> warnings =
      warnings_of_deletion(loop->stored().record, loop->status());
  loop->delete_requested(data, [this, exchange, warnings](const Result<Changed>& changed) {
    if (!changed.ok()) return refuse(exchange, failure_of(changed.error()));
    HttpResponse response = json_response(202, formation_object(changed->formation, nullptr, 0));
    if (!warnings.empty()) response.headers["Warning"] = warning_header(warnings);
    respond(exchange, std::move(response));
  });
}

void ControllerApi::switch_over(const Route& route, const Exchange& exchange) {
  FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const std::string& body = exchange->request().body;
  const Result<Json> json = body.empty() ? Result<Json>(Json::object()) : parse_json(body);
  if (!json.ok() || !json->is_object())
    return refuse(exchange, bad_request("body: is not an object"));
  MoveRequest request;
  for (const auto& [key, value] : json->items()) {
    const std::string* text = value.get_ptr<const std::string*>();
    if (text == nullptr || !is_name(*text) || (key != "to" && key != "to-region")) {
      return refuse(exchange, bad_request(fmt::format(
                                  "{}: is not \"to\" or \"to-region\" with a name", key)));
    }
    if (key == "to") request.to = NodeName(*text);
    if (key == "to-region") request.to_region = RegionName(*text);
  }
  loop->move_requested(request, accept(exchange));
}

FormationLoop::ChangeCallback ControllerApi::accept(const Exchange& exchange) {
  return [this, exchange](const Result<Changed>& changed) {
    if (!changed.ok()) return refuse(exchange, failure_of(changed.error()));
    const FormationLoop* now = formations_.find(changed->formation.formation.name);
    respond(exchange,
            json_response(202, now == nullptr ? formation_object(changed->formation, nullptr, 0)
                                              : watches_.formation_now(*now)));
  };
}

void ControllerApi::fail_over(const Route& route, const Exchange& exchange) {
  FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const std::string& body = exchange->request().body;
  const Result<Json> json = body.empty() ? Result<Json>(Json::object()) : parse_json(body);
  if (!json.ok()) return refuse(exchange, bad_request("body: " + json.error().message));
  Result<FailoverRequest> request = failover_request(*json);
  if (!request.ok()) return refuse(exchange, bad_request(request.error().message));
  request->by = exchange->request().peer;
  loop->failover_requested(*std::move(request), accept(exchange));
}

Json ControllerApi::plan_object(const Formation& wanted, const FormationLoop* loop) {
  FormationRecord record = first_record(wanted.name, Incarnation(1));
  Observed observed;
  observed.started_at = scheduler_.now();
  observed.phase_since = observed.started_at;
  Generation generation(1);
  if (loop != nullptr) {
    record = loop->stored().record;
    observed = loop->observed();
    const bool same = loop->stored().formation.spec == wanted.spec;
    generation = same ? loop->stored().generation : loop->stored().generation.next();
  }
  const FormationSpec* running = loop == nullptr ? nullptr : &loop->stored().spec_in_force();
  const PreviewStart start{running, record, observed, scheduler_.now()};
  Json object = preview_json(preview(wanted.spec, generation, start));
  // What was decided and what is wanted make the identity, not what nodes report meanwhile.
  const std::string identity =
      fmt::format("{}\n{}\n{}\n{}", record.incarnation.value, record.revision.value,
                  generation.value, dump_json(formation_json(wanted)));
  object["apiVersion"] = "hactl/v1";
  object["kind"] = "Plan";
  object["metadata"] = Json{{"name", wanted.name.value}};
  object["id"] = fmt::format("{:016x}", fingerprint(identity));
  object["generation"] = generation.value;
  return object;
}

void ControllerApi::get_plan(const Route& route, const Exchange& exchange) {
  const FormationLoop* loop = formations_.find(FormationName(route.formation));
  Wanted wanted;
  if (exchange->request().body.empty()) {
    if (loop == nullptr) return refuse(exchange, not_found_failure("formations", route.formation));
    wanted.formation = loop->stored().formation;
  } else if (const auto failure =
                 read_wanted(exchange->request(), FormationName(route.formation), wanted)) {
    return refuse(exchange, *failure);
  }
  respond(exchange, json_response(200, plan_object(wanted.formation, loop)));
}

void ControllerApi::get_credentials(const Route& route, const Exchange& exchange) {
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const PostgresSpec& postgres = loop->stored().formation.spec.postgres;
  respond(exchange, json_response(200, Json{{"username", postgres.username},
                                            {"password", loop->stored().password},
                                            {"database", postgres.database}}));
}

}  // namespace hactl
