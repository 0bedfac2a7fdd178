#include "io/http_exchange.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hactl {

HttpResponse problem_response(int status, std::string_view code, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"code":"{}","message":"{}"}})", code, message);
  return response;
}

ServerExchange::ServerExchange(Scheduler& scheduler, std::weak_ptr<AnswerSink> sink,
                               HttpRequest request)
    : scheduler_(scheduler), sink_(std::move(sink)), request_(std::move(request)) {}

ServerExchange::~ServerExchange() {
  abandon("the request was dropped without an answer");
}

void ServerExchange::respond(HttpResponse response) {
  const auto sink = sink_in(State::open);
  if (!sink) return;
  complete();
  sink->respond(response);
}

void ServerExchange::begin_stream(HttpResponse head) {
  const auto sink = sink_in(State::open);
  if (!sink) return;
  state_ = State::streaming;
  sink->begin_stream(head);
}

bool ServerExchange::write(std::string chunk) {
  const auto sink = sink_in(State::streaming);
  return sink && sink->write(std::move(chunk));
}

void ServerExchange::end_stream() {
  const auto sink = sink_in(State::streaming);
  if (!sink) return;
  complete();
  sink->end_stream();
}

void ServerExchange::on_closed(std::function<void()> callback) {
  HACTL_CHECK(!on_closed_);
  if (state_ == State::lost) {
    scheduler_.post(std::move(callback));
  } else if (state_ != State::complete) {
    on_closed_ = std::move(callback);
  }
}

bool ServerExchange::closed() const {
  return state_ == State::complete || state_ == State::lost;
}

void ServerExchange::lose() {
  if (closed()) return;
  state_ = State::lost;
  if (on_closed_) scheduler_.post(std::exchange(on_closed_, nullptr));
}

void ServerExchange::abandon(std::string_view why) {
  const auto sink = sink_.lock();
  if (closed() || !sink) return;
  const bool streaming = state_ == State::streaming;
  complete();
  if (streaming) {
    sink->drop();
  } else {
    sink->respond(problem_response(500, "internal", why));
  }
}

std::shared_ptr<AnswerSink> ServerExchange::sink_in(State needed) const {
  if (state_ == State::lost) return nullptr;
  HACTL_CHECK(state_ == needed);
  return sink_.lock();
}

void ServerExchange::complete() {
  state_ = State::complete;
  on_closed_ = nullptr;
}

}  // namespace hactl
