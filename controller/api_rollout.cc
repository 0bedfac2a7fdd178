#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "controller/api.h"
#include "controller/formation_change.h"

namespace hactl {
namespace {

FormationLoop::Rollout rollout_of(Resource resource) {
  if (resource == Resource::pause) return pause_change;
  if (resource == Resource::resume) return resume_change;
  return restart_change;
}

}  // namespace

void ControllerApi::list_revisions(const Route& route, const Exchange& exchange) {
  if (loop_of(route, exchange) == nullptr) return;
  const auto answer = [this, exchange](const Result<std::vector<SpecRevision>>& revisions) {
    if (!revisions.ok()) return refuse(exchange, failure_of(revisions.error()));
    nlohmann::json items = nlohmann::json::array();
    for (const SpecRevision& revision : *revisions) {
      items.push_back(revision_object(revision));
    }
    respond(exchange,
            json_response(200, list_object("Revision", std::move(items), watches_.position())));
  };
  store_.revisions(FormationName(route.formation), answer);
}

void ControllerApi::roll_out(const Route& route, const Exchange& exchange) {
  FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  loop->rollout_requested(rollout_of(route.resource), accept(exchange));
}

}  // namespace hactl
