#include "agent/https_transport.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/messages.h"

namespace hactl {
namespace {

constexpr int kNoContent = 204;
constexpr std::size_t kErrorBytesMax = 300;

bool succeeded(int status) {
  return status >= 200 && status < 300;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
    case 422: return ErrorCode::invalid;
    case 401:
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 504: return ErrorCode::timed_out;
    case 502:
    case 503: return ErrorCode::unavailable;
    default: return ErrorCode::internal;
  }
}

Error answer_error(const HttpAnswer& answer) {
  std::string message = answer.body.substr(0, kErrorBytesMax);
  const Result<nlohmann::json> json = parse_json(answer.body);
  if (json.ok() && json->is_object() && json->contains("message") &&
      (*json)["message"].is_string()) {
    message = (*json)["message"].get<std::string>();
  }
  return {code_of(answer.status),
          "the controller answered " + std::to_string(answer.status) + ": " + message};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    char digits[4];
    std::snprintf(digits, sizeof digits, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    encoded += digits;
  }
  return encoded;
}

Result<std::optional<Transport::Order>> order_of(const HttpAnswer& answer) {
  if (answer.status == kNoContent) return std::optional<Transport::Order>();
  if (!succeeded(answer.status)) return answer_error(answer);
  const Result<nlohmann::json> json = parse_json(answer.body);
  if (!json.ok()) return json.error().within("read the goal");
  const bool whole = json->is_object() && json->contains("goal") && json->contains("tag") &&
                     (*json)["tag"].is_string();
  if (!whole) return Error{ErrorCode::invalid, "read the goal: no goal and tag in the answer"};
  Result<Goal> goal = goal_from_json((*json)["goal"]);
  if (!goal.ok()) return goal.error().within("read the goal");
  return std::optional(
      Transport::Order{.goal = std::move(goal).value(), .tag = (*json)["tag"].get<std::string>()});
}

}  // namespace

HttpsTransport::HttpsTransport(Scheduler& scheduler, HttpClientOptions controller, const Node& node)
    : base_path_("/apis/hactl/v1/formations/" + node.formation.value + "/nodes/" + node.name.value),
      client_(scheduler, std::move(controller)) {}

void HttpsTransport::send(const NodeReport& report, std::function<void(Result<Done>)> done) {
  HttpCall call{.method = "POST", .path_and_query = base_path_ + "/report"};
  call.body = dump_json(to_json(report));
  call.timeout = kReportTime;
  client_.send(std::move(call), [done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer.ok()) {
      done(answer.error());
    } else if (!succeeded(answer->status)) {
      done(answer_error(*answer));
    } else {
      done(Done{});
    }
  });
}

void HttpsTransport::receive(const std::string& known,
                             std::function<void(Result<std::optional<Order>>)> received) {
  HttpCall call{.method = "GET",
                .path_and_query = base_path_ + "/goal?known=" + percent_encoded(known)};
  call.timeout = kGoalPollTime + kGoalPollGrace;
  waiting_ = client_.send(std::move(call),
                          [received = std::move(received)](const Result<HttpAnswer>& answer) {
                            if (answer.ok()) {
                              received(order_of(*answer));
                            } else {
                              received(answer.error());
                            }
                          });
}

}  // namespace hactl
