#include "agent/local_state_file.h"

#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "io/asio_scheduler.h"
#include "io/file.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

class LocalStateFileTest : public testing::Test {
 protected:
  std::string directory() const { return temporary_.file("state"); }

  static AgentState state_numbered(std::uint64_t number) {
    AgentState state;
    state.formation = FormationName("default");
    state.node = NodeName("paris-a");
    state.sequence = AgentSeq(number);
    state.promised = Epoch(number);
    return state;
  }

  void save(const AgentState& state) {
    std::optional<Result<Done>> saved;
    file_.save(state, [&](const Result<Done>& done) {
      saved = done;
      scheduler_.stop();
    });
    scheduler_.run();
    ASSERT_TRUE(saved && saved->ok()) << (saved ? saved->error().message : "no answer");
  }

  Result<std::optional<AgentState>> load_anew() {
    return LocalStateFile(scheduler_, directory()).load();
  }

  void damage(const std::string& name) {
    const std::string path = directory() + "/" + name;
    std::string text = read_file(path, 1 << 20).value();
    text.resize(text.size() / 2);
    ASSERT_TRUE(write_file_atomically(path, text, 0600).ok());
  }

  TemporaryDirectory temporary_;
  AsioScheduler scheduler_;
  LocalStateFile file_{scheduler_, directory()};
};

TEST_F(LocalStateFileTest, ThereIsNoneAtFirst) {
  const auto loaded = file_.load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(LocalStateFileTest, TheNewestStateComesBack) {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    save(state_numbered(number));
    const auto loaded = load_anew();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(**loaded, state_numbered(number));
  }
}

TEST_F(LocalStateFileTest, AStateThatSaysMoreHardlyEverMakesItsFileLonger) {
  save(state_numbered(1));
  AgentState longer = state_numbered(2);
  longer.timelines[TimelineId(7)] = Epoch(1'000'000);
  save(longer);
  EXPECT_EQ(**load_anew(), longer);
  EXPECT_EQ(std::filesystem::file_size(directory() + "/state.0"),
            std::filesystem::file_size(directory() + "/state.1"));
}

TEST_F(LocalStateFileTest, ATornSlotLeavesTheStateBefore) {
  save(state_numbered(1));
  save(state_numbered(2));
  damage("state.1");
  const auto loaded = load_anew();
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(**loaded, state_numbered(1));
}

TEST_F(LocalStateFileTest, ANewProcessWritesOverTheTornSlotAndNotOverTheGoodOne) {
  save(state_numbered(1));
  save(state_numbered(2));
  save(state_numbered(3));
  damage("state.0");
  ASSERT_TRUE(file_.load().ok());
  save(state_numbered(4));
  EXPECT_EQ(**load_anew(), state_numbered(4));
  damage("state.0");
  EXPECT_EQ(**load_anew(), state_numbered(2));
}

TEST_F(LocalStateFileTest, WithoutAWholeSlotTheNodeHasForgotten) {
  save(state_numbered(1));
  damage("state.0");
  const auto loaded = load_anew();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace hactl
