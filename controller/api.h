// ControllerApi: the controller's HTTPS API. It decodes, checks who asks, and hands on to the
// formations.
//
// Used from tasks of the scheduler, which outlives it. Does not own the server that feeds it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/scheduler.h"
#include "controller/access.h"
#include "controller/answers.h"
#include "controller/formation_set.h"
#include "controller/goal_polls.h"
#include "controller/store.h"
#include "controller/watches.h"
#include "io/http_server.h"

namespace hactl {

class ControllerApi {
 public:
  ControllerApi(Scheduler& scheduler, Store& store, Knocker& knocker);
  ControllerApi(const ControllerApi&) = delete;
  ControllerApi& operator=(const ControllerApi&) = delete;
  ~ControllerApi();

  /// Loads the store; requests are answered 503 until `started` was called with success.
  void start(StoreIs store_is, std::function<void(Result<Done>)> started);

  /// Answers a request, now or later. For HttpServer::listen().
  void answer(std::shared_ptr<HttpExchange> exchange);

 private:
  // An exchange is held by whoever answers it later; the connection holds it too.
  using Exchange = std::shared_ptr<HttpExchange>;
  enum class Creation { allowed, only };

  void dispatch(const Route& route, const Exchange& exchange);
  void dispatch_probe(const Route& route, const Exchange& exchange);

  // Formations: api_formations.cc.
  void list_formations(const Exchange& exchange);
  void get_formation(const Route& route, const Exchange& exchange);
  void apply(const FormationName& name, const Exchange& exchange, Creation creation);
  /// As apply(), by a patch of what is stored; again when the controller itself was faster.
  void patch_formation(const Route& route, const Exchange& exchange, int tries);
  void applied(const Exchange& exchange, const Result<Changed>& changed,
               const std::vector<std::string>& warnings);
  void remove_formation(const Route& route, const Exchange& exchange);
  void switch_over(const Route& route, const Exchange& exchange);
  void fail_over(const Route& route, const Exchange& exchange);
  /// 202 with the formation as it is now, or what was wrong with the request.
  FormationLoop::ChangeCallback accept(const Exchange& exchange);
  void get_plan(const Route& route, const Exchange& exchange);
  [[nodiscard]] nlohmann::json plan_object(const Formation& wanted, const FormationLoop* loop);
  void get_credentials(const Route& route, const Exchange& exchange);

  // What was applied before, and how what is applied is carried out: api_rollout.cc.
  void list_revisions(const Route& route, const Exchange& exchange);
  void roll_out(const Route& route, const Exchange& exchange);

  // An event with what it came of, and the decision of now: api_events.cc.
  void get_event(const Route& route, const Exchange& exchange);
  void get_decision(const Route& route, const Exchange& exchange);

  // Nodes, agents and events: api_nodes.cc.
  void list_nodes(const Route& route, const Exchange& exchange);
  void get_node(const Route& route, const Exchange& exchange);
  void take_report(const Route& route, const Exchange& exchange);
  void wait_for_goal(const Route& route, const Exchange& exchange);
  void list_events(const Route& route, const Exchange& exchange);
  void list_agents(const Exchange& exchange);
  void list_controllers(const Exchange& exchange);

  /// Begins a stream when the request asks for one.
  bool watched(WatchSubject subject, const Exchange& exchange);
  /// The formation's loop; nullptr when there is none, which is then answered.
  FormationLoop* loop_of(const Route& route, const Exchange& exchange);
  [[nodiscard]] std::string metrics_text();

  void respond(const Exchange& exchange, HttpResponse response);
  void refuse(const Exchange& exchange, const Failure& failure);

  Scheduler& scheduler_;
  Store& store_;
  FormationSet formations_;
  GoalPolls polls_;
  Watches watches_;
  bool started_ = false;
  UtcTime started_at_;
  std::optional<Error> store_error_;         ///< The last one, until a write succeeds.
  std::uint64_t store_error_at_writes_ = 0;  ///< FormationSet::writes() when it came.
  std::map<int, std::uint64_t> answers_;     ///< By status code, for metrics.
};

}  // namespace hactl
