// FormationFollower: asks for a formation and its events time and again, on a thread of its own, so
// that a screen goes on while the controller does not answer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "hactl/api.h"
#include "hactl/screen.h"

namespace hactl {

/// Between an answer and the next question: LSNs and lags move all the time and are no change that
/// a watch would tell of.
inline constexpr Duration kFollowEvery{500};
/// How long a question waits for its answer, unless --request-timeout is shorter.
inline constexpr Duration kFollowTimeout{5'000};

class FormationFollower {
 public:
  FormationFollower(const Context& context, Duration request_timeout, std::string formation);
  FormationFollower(const FormationFollower&) = delete;
  FormationFollower& operator=(const FormationFollower&) = delete;
  /// Gives the question up that is under way.
  ~FormationFollower();

  /// Asks for the first time, and waits for the answer. Errors: as Api's.
  Result<Done> first();
  /// Begins to ask again and again. Requires that first() came to an answer.
  void start();

  /// Readable when there is news.
  [[nodiscard]] int descriptor() const { return news_; }
  /// What is known, but for the time now.
  ScreenState latest();

 private:
  void run();
  Result<Done> ask();

  Api api_;
  const std::string formation_;
  int news_ = -1;  ///< An eventfd.
  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool stopped_ = false;
  ScreenState state_;
  UtcTime answered_;
  std::thread thread_;
};

}  // namespace hactl
