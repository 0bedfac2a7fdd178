#include "controller/api.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controller/metrics.h"
#include "controller/openapi.h"
#include "io/log.h"

namespace hactl {
namespace {

Failure forbidden(const HttpRequest& request) {
  Failure failure;
  failure.code = 403;
  failure.reason = "Forbidden";
  failure.message = fmt::format("\"{}\" may not {} {}", request.peer, request.method, request.path);
  return failure;
}

Failure method_not_allowed(const HttpRequest& request) {
  Failure failure;
  failure.code = 405;
  failure.reason = "MethodNotAllowed";
  failure.message = fmt::format("{} is not a method of {}", request.method, request.path);
  return failure;
}

bool knows_method(Resource resource, std::string_view method) {
  const std::vector<std::string_view> methods = methods_of(resource);
  return std::ranges::find(methods, method) != methods.end();
}

}  // namespace

ControllerApi::ControllerApi(Scheduler& scheduler, Store& store, Knocker& knocker)
    : scheduler_(scheduler),
      store_(store),
      formations_(scheduler, store, knocker,
                  {.goal_changed =
                       [this](const FormationName& formation, const NodeName& node) {
                         polls_.goal_changed(AgentName(formation, node));
                       },
                   .looked_at = [this](const FormationName& name) { watches_.looked_at(name); },
                   .forgotten = [this](const FormationName& name) { watches_.forgotten(name); },
                   .store_failed =
                       [this](const FormationName& name, const Error& error) {
                         log_warning("formation {}: {}", name.value, error.message);
                         store_error_ = error;
                         store_error_at_writes_ = formations_.writes();
                       }}),
      polls_(scheduler, formations_),
      watches_(scheduler, formations_) {}

ControllerApi::~ControllerApi() = default;

void ControllerApi::start(StoreIs store_is, std::function<void(Result<Done>)> started) {
  store_.load([this, store_is, started = std::move(started)](Result<StoredWorld> world) {
    if (!world.ok()) return started(world.error());
    formations_.start(std::move(*world), store_is);
    watches_.start();
    started_ = true;
    started_at_ = scheduler_.utc();
    started(Done{});
  });
}

void ControllerApi::respond(const Exchange& exchange, HttpResponse response) {
  ++answers_[response.status];
  exchange->respond(std::move(response));
}

void ControllerApi::refuse(const Exchange& exchange, const Failure& failure) {
  respond(exchange, failure_response(failure));
}

void ControllerApi::answer(std::shared_ptr<HttpExchange> exchange) {
  const HttpRequest& request = exchange->request();
  const std::optional<Route> route = parse_route(request.path);
  // Who may nothing does not learn what there is.
  if (role_of(request.peer) == Role::none) return refuse(exchange, forbidden(request));
  if (!route) return refuse(exchange, not_found_failure("paths", request.path));
  if (!knows_method(route->resource, request.method)) {
    return refuse(exchange, method_not_allowed(request));
  }
  if (!allowed(request.peer, request.method, *route)) return refuse(exchange, forbidden(request));
  if (!started_ && route->resource != Resource::healthz && route->resource != Resource::readyz) {
    return refuse(exchange,
                  failure_of(Error{ErrorCode::unavailable, "the store is still being read"}));
  }
  dispatch(*route, exchange);
}

void ControllerApi::dispatch(const Route& route, const Exchange& exchange) {
  const std::string& method = exchange->request().method;
  switch (route.resource) {
    case Resource::formations:
      return method == "POST" ? apply({}, exchange, Creation::only) : list_formations(exchange);
    case Resource::formation:
      if (method == "PUT")
        return apply(FormationName(route.formation), exchange, Creation::allowed);
      if (method == "PATCH") return patch_formation(route, exchange, 1);
      if (method == "DELETE") return remove_formation(route, exchange);
      return get_formation(route, exchange);
    case Resource::status: return get_formation(route, exchange);
    case Resource::plan: return get_plan(route, exchange);
    case Resource::nodes: return list_nodes(route, exchange);
    case Resource::node: return get_node(route, exchange);
    case Resource::report: return take_report(route, exchange);
    case Resource::goal: return wait_for_goal(route, exchange);
    case Resource::events: return list_events(route, exchange);
    case Resource::event: return get_event(route, exchange);
    case Resource::decision: return get_decision(route, exchange);
    case Resource::switchover: return switch_over(route, exchange);
    case Resource::failover: return fail_over(route, exchange);
    case Resource::revisions: return list_revisions(route, exchange);
    case Resource::pause:
    case Resource::resume:
    case Resource::restart: return roll_out(route, exchange);
    case Resource::credentials: return get_credentials(route, exchange);
    case Resource::agents: return list_agents(exchange);
    case Resource::controllers: return list_controllers(exchange);
    case Resource::healthz:
    case Resource::readyz:
    case Resource::metrics:
    case Resource::openapi: return dispatch_probe(route, exchange);
  }
}

void ControllerApi::dispatch_probe(const Route& route, const Exchange& exchange) {
  if (route.resource == Resource::metrics) {
    HttpResponse response = text_response(200, metrics_text());
    response.content_type = kMetricsContentType;
    return respond(exchange, std::move(response));
  }
  if (route.resource == Resource::openapi) {
    HttpResponse response;
    response.body = openapi_document();
    return respond(exchange, std::move(response));
  }
  if (route.resource == Resource::healthz) return respond(exchange, text_response(200, "ok\n"));
  if (!started_) return respond(exchange, text_response(503, "the store is still being read\n"));
  const bool store_fails = store_error_ && store_error_->code != ErrorCode::conflict &&
                           store_error_at_writes_ == formations_.writes();
  if (store_fails) return respond(exchange, text_response(503, store_error_->message + "\n"));
  respond(exchange, text_response(200, "ok\n"));
}

bool ControllerApi::watched(WatchSubject subject, const Exchange& exchange) {
  const auto& query = exchange->request().query;
  const auto watch = query.find("watch");
  if (watch == query.end() || (watch->second != "1" && watch->second != "true")) return false;
  std::optional<ResourceVersion> position;
  const auto given = query.find("resource-version");
  // As in Kubernetes, none and "0" begin with everything that there is.
  if (given != query.end() && !given->second.empty() && given->second != "0") {
    position = parse_resource_version(given->second);
    if (!position) {
      refuse(exchange, bad_request("resource-version: \"" + given->second + "\" is not one"));
      return true;
    }
  }
  watches_.watch(subject, position, exchange);
  return true;
}

FormationLoop* ControllerApi::loop_of(const Route& route, const Exchange& exchange) {
  FormationLoop* loop = formations_.find(FormationName(route.formation));
  if (loop == nullptr) refuse(exchange, not_found_failure("formations", route.formation));
  return loop;
}

std::string ControllerApi::metrics_text() {
  MetricsInput input;
  input.now = scheduler_.now();
  input.loops = formations_.all();
  input.agents = formations_.agents().size();
  input.store_writes = formations_.writes();
  input.polls = polls_.waiting();
  input.streams = watches_.streams();
  input.answers = &answers_;
  return hactl::metrics_text(input);
}

}  // namespace hactl
