#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/data_directory.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

class DeleteData : public testing::Test {
 protected:
  DeleteData() {
    for (const char* file :
         {"data/PG_VERSION", "data/global/pg_control", "data/global/1262", "data/base/5/2619",
          "data/postgresql.conf", "data.new/PG_VERSION", "data.old/PG_VERSION",
          "state/diverged/e3/00000003", "state/state.json", "elsewhere/PG_15/1"}) {
      write(file);
    }
    fs::create_directories(path("data/pg_tblspc"));
    fs::create_directory_symlink(path("elsewhere"), path("data/pg_tblspc/16384"));
  }

  std::string path(const std::string& name) const { return temporary_.file(name); }
  void write(const std::string& name) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name)) << "content";
  }
  Result<Done> delete_all() const {
    AgentPaths paths;
    paths.state_directory = path("state");
    return delete_data(paths, path("data"));
  }

  TemporaryDirectory temporary_;
};

TEST_F(DeleteData, RemovesTheDirectoryAndWhatWasKeptBesideItAndNothingElse) {
  const Result<Done> done = delete_all();
  ASSERT_TRUE(done.ok()) << done.error().message;
  for (const char* gone : {"data", "data.new", "data.old", "state/diverged"})
    EXPECT_FALSE(fs::exists(path(gone))) << gone;
  for (const char* stays : {"state/state.json", "elsewhere/PG_15/1"})
    EXPECT_TRUE(fs::exists(path(stays))) << stays;
  EXPECT_TRUE(delete_all().ok()) << "nothing is left to do";
}

TEST_F(DeleteData, GoesOnWhereItWasCutShort) {
  const Result<std::vector<std::string>> order = deletion_order(path("data"));
  ASSERT_TRUE(order.ok());
  for (const std::string& entry : *order) {
    if (fs::path(entry).filename() == "pg_control") break;
    fs::remove_all(entry);
  }
  // Nothing else is left, and it can be told what it was.
  EXPECT_EQ(data_kind(path("data")), DataKind::cluster);
  EXPECT_EQ(deletion_order(path("data"))->size(), 3U);
  ASSERT_TRUE(delete_all().ok());
  EXPECT_FALSE(fs::exists(path("data")));
}

}  // namespace
}  // namespace hactl
