// Api: the controller's API as the verbs use it. Errors carry the line that users read, as kubectl
// words it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/time.h"
#include "codec/patch.h"
#include "hactl/config.h"
#include "hactl/formation_item.h"
#include "io/http_client.h"
#include "model/ids.h"
#include "model/status.h"

namespace hactl {

/// How often the state of a formation is asked for while waiting for it.
inline constexpr Duration kPollEvery{100};

/// For one thread, but for interrupt(). Errors: as the server's status says, unavailable,
/// timed_out, corrupt.
class Api {
 public:
  /// \param warned  Hears what the server warns of, as it comes; unset: nobody does.
  Api(const Context& context, Duration request_timeout,
      std::function<void(const std::string&)> warned = {});

  Result<nlohmann::json> get(const std::string& path);
  /// Sends `body` (none when it is null) and yields the answer.
  Result<nlohmann::json> send(const std::string& method, const std::string& path,
                              const nlohmann::json& body);

  /// Sends a patch and yields the answer.
  Result<nlohmann::json> patch(const std::string& path, PatchType type,
                               const nlohmann::json& patch);

  Result<std::vector<FormationItem>> formations();
  Result<FormationItem> formation(const std::string& name);
  /// Oldest first.
  Result<std::vector<Event>> events(const std::string& formation);

  /// Calls `changed` with the type and the object of each change of what is at `path` after
  /// `resource_version` (empty: of everything that there is), until it says false or the stream
  /// ends.
  Result<Done> watch(const std::string& path, const std::string& resource_version,
                     const std::function<bool(const std::string&, const nlohmann::json&)>& changed);

  /// Makes the call under way and every later one fail as unavailable. From any thread.
  void interrupt() { http_.interrupt(); }

 private:
  Result<nlohmann::json> call(HttpCall call);
  [[nodiscard]] Error unreachable(const Error& error) const;

  std::string server_;
  Duration request_timeout_;
  std::function<void(const std::string&)> warned_;
  BlockingHttpClient http_;
};

/// "/apis/hactl/v1/formations", with "/NAME" and `rest` when a name is given.
std::string formation_path(const std::string& name = {}, std::string_view rest = {});

/// The items of a list answer, whatever key they are under.
const nlohmann::json& items_of(const nlohmann::json& list, const char* key);

/// The line for an answer that is not 2xx: "Error from server (NotFound): formations "x" not
/// found".
Error server_error(int status, std::string_view body);

}  // namespace hactl
