#include "io/startup_knock.h"

#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "io/asio.h"
#include "io/asio_scheduler.h"

namespace hactl {
namespace {

using boost::asio::ip::tcp;

/// A server on a port of its own that says `answer` to the first client, or nothing.
class Server {
 public:
  explicit Server(std::optional<char> answer)
      : acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    // The kernel takes connections before anybody accepts them: that is what a frozen server does.
    if (answer) thread_ = std::thread([this, said = *answer] { serve(said); });
  }
  ~Server() {
    if (thread_.joinable()) thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void serve(char said) {
    tcp::socket client = acceptor_.accept();
    std::array<char, 8> asked{};
    boost::asio::read(client, boost::asio::buffer(asked));
    EXPECT_EQ(asked[3], 8) << "the request's length";
    boost::asio::write(client, boost::asio::buffer(&said, 1));
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

StartupAnswer knock(std::uint16_t port, Duration limit) {
  AsioScheduler scheduler;
  std::optional<StartupAnswer> answer;
  knock_at_postgres(scheduler, "127.0.0.1", port, limit, [&](StartupAnswer said) {
    answer = said;
    scheduler.stop();
  });
  scheduler.run();
  return *answer;
}

TEST(StartupKnock, IsAnsweredByAServerThatSpeaks) {
  const Server server('S');
  EXPECT_EQ(knock(server.port(), 5s), StartupAnswer::answered);
}

TEST(StartupKnock, IsRefusedWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    const Server gone(std::nullopt);
    port = gone.port();
  }
  EXPECT_EQ(knock(port, 5s), StartupAnswer::refused);
}

TEST(StartupKnock, MeetsSilenceWhereAFrozenServerTakesTheConnection) {
  const Server server(std::nullopt);
  EXPECT_EQ(knock(server.port(), 50ms), StartupAnswer::silent);
}

}  // namespace
}  // namespace hactl
