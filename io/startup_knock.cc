#include "io/startup_knock.h"

#include <array>
#include <memory>
#include <utility>

#include "io/asio.h"
#include "io/asio_scheduler.h"

namespace hactl {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// An SSLRequest: its length and the code 80877103, both in network order.
constexpr std::array<unsigned char, 8> kSslRequest{0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F};

/// Kept alive by the operations under way.
class Knock : public std::enable_shared_from_this<Knock> {
 public:
  Knock(AsioScheduler& scheduler, std::function<void(StartupAnswer)> answered)
      : scheduler_(scheduler),
        resolver_(scheduler.context()),
        socket_(scheduler.context()),
        answered_(std::move(answered)) {}

  void begin(const std::string& host, std::uint16_t port, Duration limit) {
    deadline_ = scheduler_.at(scheduler_.now() + limit,
                              [self = shared_from_this()] { self->end(StartupAnswer::silent); });
    resolver_.async_resolve(
        host, std::to_string(port),
        [self = shared_from_this()](const error_code& error, const auto& places) {
          if (error) return self->end(StartupAnswer::silent);
          self->connect(places);
        });
  }

 private:
  void connect(const tcp::resolver::results_type& places) {
    boost::asio::async_connect(
        socket_, places,
        [self = shared_from_this()](const error_code& error, const auto& /*place*/) {
          if (error == boost::asio::error::connection_refused) {
            return self->end(StartupAnswer::refused);
          }
          if (error) return self->end(StartupAnswer::silent);
          self->ask();
        });
  }

  void ask() {
    boost::asio::async_write(socket_, boost::asio::buffer(kSslRequest),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               if (error) return self->end(StartupAnswer::silent);
                               self->listen();
                             });
  }

  void listen() {
    boost::asio::async_read(socket_, boost::asio::buffer(answer_),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              self->end(error ? StartupAnswer::silent : StartupAnswer::answered);
                            });
  }

  void end(StartupAnswer answer) {
    if (!answered_) return;
    const auto answered = std::exchange(answered_, nullptr);
    scheduler_.cancel(deadline_);
    resolver_.cancel();
    error_code ignored;  // It is over either way.
    socket_.close(ignored);
    answered(answer);
  }

  AsioScheduler& scheduler_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::function<void(StartupAnswer)> answered_;
  TimerId deadline_;
  std::array<unsigned char, 1> answer_{};
};

}  // namespace

void knock_at_postgres(AsioScheduler& scheduler, const std::string& host, std::uint16_t port,
                       Duration limit, std::function<void(StartupAnswer)> answered) {
  // Shared because each operation under way holds it, and the last one lets it go.
  std::make_shared<Knock>(scheduler, std::move(answered))->begin(host, port, limit);
}

}  // namespace hactl
