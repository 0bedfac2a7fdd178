// `hactl get formation -w` on a real terminal: the program itself against a controller with canned
// answers.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/utc.h"
#include "hactl/screen_line.h"
#include "tests/hactl/command_line_world.h"
#include "tests/hactl/program_on_terminal.h"

namespace hactl {
namespace {

constexpr const char* kEnter = "\033[?1049h";
constexpr const char* kHideCursor = "\033[?25l";
constexpr const char* kShowCursor = "\033[?25h";
constexpr const char* kLeave = "\033[?1049l";

// Takes connections and says nothing.
class SilentServer {
 public:
  explicit SilentServer(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int yes = 1;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr int kWaiting = 64;
    HACTL_CHECK(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                listen(socket_, kWaiting) == 0);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }

 private:
  int socket_;
};

class WatchScreen : public ::testing::Test {
 protected:
  WatchScreen() { EXPECT_TRUE(save_config(config_, controller_->config()).ok()); }

  static FakeController::Answers answers(const std::string& phase) {
    nlohmann::json formation = object();
    formation["status"]["phase"] = phase;
    return {{kOne, json_answer(formation)},
            {kList, list_answer(nlohmann::json::array({formation}))},
            {std::string(kOne) + "/events", list_answer(nlohmann::json::array())}};
  }
  std::unique_ptr<ProgramOnTerminal> open(std::vector<std::string> arguments,
                                          ScreenSize size = {80, 24}) {
    return std::make_unique<ProgramOnTerminal>(config_, std::move(arguments), size);
  }
  /// The screen of the only formation there is, once it is drawn.
  std::unique_ptr<ProgramOnTerminal> open_screen(ScreenSize size = {80, 24}) {
    auto program = open({"get", "formation", "-w"}, size);
    EXPECT_TRUE(program->until_shown("paris-c")) << program->output();
    return program;
  }
  static void expect_restored(const ProgramOnTerminal& program) {
    EXPECT_TRUE(program.output().ends_with(std::string(kShowCursor) + kLeave)) << program.output();
    EXPECT_EQ(program.count(kEnter), program.count(kLeave));
  }
  static ScreenSize size_of(const std::string& shown) {
    ScreenSize size{0, 0};
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line); ++size.rows)
      size.columns = std::max(size.columns, columns_of(line));
    return size;
  }

  /// The seconds of the day that the first line ends with.
  static std::int64_t clock_of(const std::string& shown) {
    constexpr std::string_view kLike = "18:00:05Z";
    const std::size_t end = shown.find('\n');
    const std::string text = "2026-11-25T" + shown.substr(end - kLike.size(), kLike.size());
    return parse_utc(text).value().milliseconds / 1'000;
  }

  TemporaryDirectory directory_;
  std::string config_ = directory_.file("config");
  std::unique_ptr<FakeController> controller_ = std::make_unique<FakeController>(answers("stable"));
};

TEST_F(WatchScreen, IsDrawnOnTheOtherBufferAndTakenAwayByCtrlC) {
  const auto program = open_screen();
  EXPECT_EQ(program->count(kEnter), 1);
  EXPECT_EQ(program->count(kHideCursor), 1);
  EXPECT_EQ(program->count(kLeave), 0);
  EXPECT_FALSE(program->echoes());
  EXPECT_TRUE(program->shown().starts_with("default: available, durable, converged"))
      << program->shown();
  program->type("\003");
  EXPECT_TRUE(program->until([&] { return program->count(kLeave) == 1; }));
  EXPECT_TRUE(program->until([&] { return program->echoes(); }));
  EXPECT_EQ(program->exit_code(), 130);
  expect_restored(*program);
}

TEST_F(WatchScreen, IsTakenAwayByOtherEndsToo) {
  const auto terminated = open_screen();
  terminated->send(SIGTERM);
  EXPECT_EQ(terminated->exit_code(), 143);
  expect_restored(*terminated);
  const auto hung_up = open_screen();
  hung_up->send(SIGHUP);
  EXPECT_EQ(hung_up->exit_code(), 129);
  expect_restored(*hung_up);
  const auto quit = open_screen();
  quit->type("q");
  EXPECT_EQ(quit->exit_code(), 0);
  expect_restored(*quit);
}

TEST_F(WatchScreen, FitsTheTerminalWheneverItIsResized) {
  const auto program = open_screen({100, 30});
  EXPECT_GT(size_of(program->shown()).columns, 60U);
  const std::size_t full = size_of(program->shown()).rows;
  for (const ScreenSize size : {ScreenSize{40, 6}, ScreenSize{100, 30}}) {
    program->resize(size);
    EXPECT_TRUE(program->until([&] {
      const ScreenSize now = size_of(program->shown());
      const bool wide = now.columns > 60;
      return now.columns <= size.columns && now.rows <= size.rows && wide == (size.columns > 60);
    })) << program->shown();
    EXPECT_EQ(size_of(program->shown()).rows, std::min(full, size.rows));
  }
  EXPECT_EQ(program->count(kEnter), 1);
}

TEST_F(WatchScreen, ShowsWhatChangesAndNothingWhileNothingDoes) {
  const auto program = open_screen();
  ASSERT_TRUE(program->until_shown("phase stable"));
  for (const auto& [request, answer] : answers("switchover"))
    controller_->set(request, answer);
  EXPECT_TRUE(program->until_shown("phase switchover")) << program->shown();
  // The clock moves each second; in between nothing is drawn.
  const auto frames = [&] { return program->count("\033[?2026h"); };
  const int before = frames();
  const std::int64_t start = clock_of(program->shown());
  const auto passed = [&] { return (clock_of(program->shown()) - start + 86'400) % 86'400; };
  EXPECT_TRUE(program->until([&] { return passed() >= 3; }));
  EXPECT_LE(frames() - before, passed());
}

TEST_F(WatchScreen, StaysWhileTheControllerIsAwayAndGoesOnWhenItIsBack) {
  const auto program = open_screen();
  const std::uint16_t port = controller_->port();
  controller_.reset();
  EXPECT_TRUE(program->until_shown("CONTROLLER NOT REACHED since ")) << program->shown();
  EXPECT_NE(program->shown().find("paris-c"), std::string::npos) << program->shown();
  controller_ = std::make_unique<FakeController>(answers("collect"), port);
  EXPECT_TRUE(program->until([&] {
    const std::string shown = program->shown();
    return shown.find("NOT REACHED") == shown.npos && shown.find("phase collect") != shown.npos;
  })) << program->shown();
  program->type("\003");
  EXPECT_EQ(program->exit_code(), 130);
}

TEST_F(WatchScreen, EndsAtOnceWhileTheControllerIsAway) {
  const auto program = open_screen();
  controller_.reset();
  EXPECT_TRUE(program->until_shown("CONTROLLER NOT REACHED since ")) << program->shown();
  program->type("\003");
  EXPECT_EQ(program->exit_code(), 130);
  expect_restored(*program);
}

TEST_F(WatchScreen, EndsAtOnceWhileTheControllerDoesNotAnswer) {
  const auto program = open({"get", "formation", "-w", "--request-timeout", "1s"});
  ASSERT_TRUE(program->until_shown("paris-c"));
  const std::uint16_t port = controller_->port();
  controller_.reset();
  const SilentServer silent(port);
  EXPECT_TRUE(program->until_shown("CONTROLLER NOT REACHED since ")) << program->shown();
  EXPECT_TRUE(program->until([&] {
    const std::string shown = program->shown();
    return shown.find("refused") == shown.npos && shown.find("NOT REACHED") != shown.npos;
  })) << program->shown();
  program->type("\003");
  EXPECT_EQ(program->exit_code(), 130);
}

TEST_F(WatchScreen, GivesTheTerminalBackWhileItIsStopped) {
  const auto program = open_screen();
  program->type("\032");
  EXPECT_TRUE(program->until_stopped());
  EXPECT_TRUE(program->until([&] { return program->count(kLeave) == 1; }));
  EXPECT_TRUE(program->echoes());
  program->send(SIGCONT);
  EXPECT_TRUE(program->until([&] { return program->count(kEnter) == 2; }));
  const std::size_t resumed = program->output().rfind(kEnter);
  EXPECT_TRUE(program->until([&] { return program->output().rfind("\033[?2026l") > resumed; }));
  EXPECT_FALSE(program->echoes());
  program->type("q");
  EXPECT_EQ(program->exit_code(), 0);
}

TEST_F(WatchScreen, IsNotWhatOtherOutputsAreFor) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"get", "formation", "-w", "-o", "name"},
        {"get", "formation", "-w", "--no-headers"},
        {"get", "formation", "--watch-only"},
        {"get", "nodes", "-f", "default", "-w"}}) {
    const auto program = open(arguments);
    program->exit_code();  // This controller knows no watches.
    EXPECT_EQ(program->count(kEnter), 0) << program->output();
    EXPECT_NE(program->output(), "");
  }
}

TEST_F(WatchScreen, AFormationThatIsNotThereIsAnErrorAsBefore) {
  const auto program = open({"get", "formation", "other", "-w"});
  EXPECT_EQ(program->exit_code(), 1);
  EXPECT_EQ(program->count(kEnter), 0);
  EXPECT_NE(program->output().find("Error from server (NotFound)"), std::string::npos);
}

}  // namespace
}  // namespace hactl
