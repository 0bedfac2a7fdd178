#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/json.h"
#include "codec/messages.h"
#include "controller/api.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr int kNoContent = 204;

}  // namespace

void ControllerApi::list_nodes(const Route& route, const Exchange& exchange) {
  WatchSubject subject;
  subject.kind = WatchSubject::Kind::nodes;
  subject.formation = FormationName(route.formation);
  if (watched(subject, exchange)) return;
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  Json items = Json::array();
  for (Json& node : watches_.nodes_now(*loop)) {
    items.push_back(std::move(node));
  }
  respond(exchange, json_response(200, list_object("Node", std::move(items), watches_.position())));
}

void ControllerApi::get_node(const Route& route, const Exchange& exchange) {
  WatchSubject subject;
  subject.kind = WatchSubject::Kind::nodes;
  subject.formation = FormationName(route.formation);
  subject.node = NodeName(route.node);
  if (watched(subject, exchange)) return;
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  std::optional<Json> object = watches_.node_now(*loop, NodeName(route.node));
  if (!object) return refuse(exchange, not_found_failure("nodes", route.node));
  const auto heard = loop->observed().nodes.find(NodeName(route.node));
  if (heard != loop->observed().nodes.end()) (*object)["report"] = to_json(heard->second.report);
  respond(exchange, json_response(200, *object));
}

void ControllerApi::take_report(const Route& route, const Exchange& exchange) {
  const Result<Json> json = parse_json(exchange->request().body);
  if (!json.ok()) return refuse(exchange, bad_request("body: " + json.error().message));
  Result<NodeReport> report = report_from_json(*json);
  if (!report.ok()) return refuse(exchange, bad_request("body: " + report.error().message));
  const bool own = report->formation.value == route.formation && report->node.value == route.node;
  if (!own) {
    return refuse(exchange,
                  bad_request(fmt::format("the report is of node \"{}\" of formation \"{}\"",
                                          report->node.value, report->formation.value)));
  }
  const Result<Done> taken = formations_.report_received(std::move(*report));
  if (!taken.ok()) return refuse(exchange, failure_of(taken.error()));
  HttpResponse response;
  response.status = kNoContent;
  respond(exchange, std::move(response));
}

void ControllerApi::wait_for_goal(const Route& route, const Exchange& exchange) {
  const auto& query = exchange->request().query;
  const auto known = query.find("known");
  polls_.wait(AgentName(FormationName(route.formation), NodeName(route.node)),
              known == query.end() ? std::string() : known->second, exchange);
}

void ControllerApi::list_events(const Route& route, const Exchange& exchange) {
  WatchSubject subject;
  subject.kind = WatchSubject::Kind::events;
  subject.formation = FormationName(route.formation);
  if (watched(subject, exchange)) return;
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  Json items = Json::array();
  for (const Event& event : loop->events()) {
    items.push_back(event_object(loop->name(), event));
  }
  respond(exchange,
          json_response(200, list_object("Event", std::move(items), watches_.position())));
}

void ControllerApi::list_agents(const Exchange& exchange) {
  Json items = Json::array();
  for (const auto& [name, agent] : formations_.agents()) {
    items.push_back(Json{{"formation", name.first.value},
                         {"node", name.second.value},
                         {"heard-ms-ago", (scheduler_.now() - agent.received_at).count()},
                         {"state", to_string(agent.report.state)}});
  }
  respond(exchange,
          json_response(200, list_object("Agent", std::move(items), watches_.position())));
}

void ControllerApi::list_controllers(const Exchange& exchange) {
  // It is called what it was asked as: a controller need not know under which names it is reached.
  const auto& headers = exchange->request().headers;
  const auto host = headers.find("host");
  const Json controller{
      {"apiVersion", "hactl/v1"},
      {"kind", "Controller"},
      {"metadata", Json{{"name", host == headers.end() ? std::string("-") : host->second}}},
      {"status", Json{{"state", "deciding"},
                      {"version", HACTL_VERSION},
                      {"started", to_string(started_at_)},
                      {"formations", formations_.all().size()},
                      {"agents", formations_.agents().size()},
                      {"watches", watches_.streams()},
                      {"writes", formations_.writes()}}}};
  respond(exchange, json_response(200, list_object("Controller", Json::array({controller}),
                                                   watches_.position())));
}

}  // namespace hactl
