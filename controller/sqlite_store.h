// SqliteStore: the Store in one SQLite file, for a single controller. A thread of its own writes;
// what arrives while it waits for the disk shares the next commit.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/scheduler.h"
#include "controller/store.h"

namespace hactl {

/// Writes that one commit carries at most: it bounds how long an answer waits.
inline constexpr std::size_t kStoreBatchMax = 64;

/// Answers come as tasks of the scheduler, which outlives the store.
class SqliteStore final : public Store {
 public:
  /// Opens `path` or makes it (mode 0600), and holds it alone until destroyed. Errors: corrupt when
  /// the file is damaged or is not a hactl store, unavailable when it can't be used or is in use.
  static Result<std::unique_ptr<SqliteStore>> open(Scheduler& scheduler, const std::string& path);

  /// Carries out what is queued; its answers are still posted.
  ~SqliteStore() override;

  void load(std::function<void(Result<StoredWorld>)> loaded) override;
  void write(const Write& write, std::function<void(Result<std::uint64_t>)> written) override;
  void decided(const FormationName& formation, std::uint64_t version,
               std::function<void(Result<std::string>)> found) override;
  void revisions(const FormationName& formation,
                 std::function<void(Result<std::vector<SpecRevision>>)> found) override;

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hactl
