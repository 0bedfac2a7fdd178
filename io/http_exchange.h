// ServerExchange: the HttpExchange of io/http_server.cc, over whatever carries the answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/scheduler.h"
#include "io/http_server.h"

namespace hactl {

/// An answer without content but the reason, as `{"code":…,"message":…}`. The texts are ours: they
/// are not escaped.
HttpResponse problem_response(int status, std::string_view code, std::string_view message);

/// Where an exchange's answer goes: the connection.
class AnswerSink {
 public:
  AnswerSink() = default;
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;
  virtual ~AnswerSink() = default;

  virtual void respond(const HttpResponse& response) = 0;
  virtual void begin_stream(const HttpResponse& head) = 0;
  virtual bool write(std::string chunk) = 0;
  virtual void end_stream() = 0;
  virtual void drop() = 0;
};

class ServerExchange final : public HttpExchange {
 public:
  ServerExchange(Scheduler& scheduler, std::weak_ptr<AnswerSink> sink, HttpRequest request);
  ~ServerExchange() override;

  [[nodiscard]] const HttpRequest& request() const override { return request_; }
  void respond(HttpResponse response) override;
  void begin_stream(HttpResponse head) override;
  bool write(std::string chunk) override;
  void end_stream() override;
  void on_closed(std::function<void()> callback) override;
  [[nodiscard]] bool closed() const override;

  /// The client has gone, or gets its answer from elsewhere.
  void lose();

  /// Nobody will answer: tells the client why, or cuts off a stream that has begun.
  void abandon(std::string_view why);

 private:
  enum class State { open, streaming, complete, lost };

  /// The sink, while there is one. Requires state `needed`, unless the client is gone.
  std::shared_ptr<AnswerSink> sink_in(State needed) const;
  void complete();

  Scheduler& scheduler_;
  // The connection refers to its exchange in the same way; either may go first.
  std::weak_ptr<AnswerSink> sink_;
  HttpRequest request_;
  State state_ = State::open;
  std::function<void()> on_closed_;
};

}  // namespace hactl
