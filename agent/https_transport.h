// HttpsTransport: the agent's way to the controller. One client for both directions: it keeps one
// connection for reports and one for the long poll, and the TLS set-up in memory once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/transport.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "io/http_client.h"
#include "model/ids.h"
#include "model/report.h"

namespace hactl {

/// The controller answers a wait for a goal after this long without news.
inline constexpr Duration kGoalPollTime = 25s;
/// How much longer an answer may take to arrive.
inline constexpr Duration kGoalPollGrace = 5s;
/// A report that takes longer than this has been overtaken by the next.
inline constexpr Duration kReportTime = 3s;

/// Used from tasks of `scheduler`, which outlives it.
class HttpsTransport final : public Transport {
 public:
  struct Node {
    FormationName formation{};
    NodeName name{};
  };

  HttpsTransport(Scheduler& scheduler, HttpClientOptions controller, const Node& node);

  void send(const NodeReport& report, std::function<void(Result<Done>)> done) override;
  void receive(const std::string& known,
               std::function<void(Result<std::optional<Order>>)> received) override;
  void stop_receiving() override { client_.cancel(waiting_); }

 private:
  const std::string base_path_;
  CallId waiting_{};  // The long poll under way.
  HttpClient client_;
};

}  // namespace hactl
