// What the API answers, as JSON in Kubernetes' shapes: objects, lists, and Status for errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "codec/spec_problem.h"
#include "controller/store.h"
#include "io/http_server.h"
#include "model/ids.h"
#include "model/status.h"

namespace hactl {

/// Where a reader stands: the store's version, and the count of changes that were shown. On the
/// wire "12.1763890000000": opaque to clients, who hand it back to watch from it or to write.
struct ResourceVersion {
  std::uint64_t version = 0;
  std::uint64_t change = 0;  ///< 0: not said.
};

std::string to_string(const ResourceVersion& position);
/// nullopt for what to_string() would not write; the version alone is understood too.
std::optional<ResourceVersion> parse_resource_version(std::string_view text);

/// The formation with metadata; without status when there is none. Holds no secret.
nlohmann::json formation_object(const StoredFormation& stored, const FormationStatus* status,
                                std::uint64_t change);
/// A node's row of the status as an object of its own, with its region and its role as labels.
nlohmann::json node_object(const FormationName& formation, const NodeStatus& node,
                           const ResourceVersion& position);
nlohmann::json revision_object(const SpecRevision& revision);
nlohmann::json event_object(const FormationName& formation, const Event& event);
/// `kind` is "Formation", "Node", …; `items` an array.
nlohmann::json list_object(std::string_view kind, nlohmann::json items,
                           const ResourceVersion& position);

/// An error for clients: its HTTP code, its reason in CamelCase, and what fields are concerned.
struct Failure {
  int code = 500;
  std::string reason;
  std::string message;
  std::vector<SpecProblem> causes;
};

/// The failure that an Error is to a client.
Failure failure_of(const Error& error);
/// "formations "x" not found".
Failure not_found_failure(std::string_view resources, std::string_view name);
Failure bad_request(std::string message);
/// 422 with a cause a problem.
Failure invalid_failure(const FormationName& name, std::vector<SpecProblem> problems);

nlohmann::json status_object(const Failure& failure);
HttpResponse failure_response(const Failure& failure);
HttpResponse json_response(int status, const nlohmann::json& body);
HttpResponse text_response(int status, std::string text);

}  // namespace hactl
