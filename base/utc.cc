#include "base/utc.h"

#include <cstdio>

namespace hactl {

std::string to_string(UtcTime time) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds{time.milliseconds}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  char text[40];
  const auto year = static_cast<int>(date.year());
  const auto ms = static_cast<int>(clock.subseconds().count());
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", year, static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string result(text, static_cast<std::size_t>(length));
  if (ms != 0) {
    std::snprintf(text, sizeof text, ".%03d", ms);
    result += text;
  }
  return result + "Z";
}

std::optional<UtcTime> parse_utc(std::string_view text) {
  using namespace std::chrono;
  const std::string copy(text);
  int y = 0;
  int mo = 0;
  int d = 0;
  int h = 0;
  int mi = 0;
  int s = 0;
  int ms = 0;
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &y, &mo, &d, &h, &mi, &s, &used) !=
          6 ||
      used == 0) {
    used = 0;
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &y, &mo, &d, &h, &mi, &s, &ms,
                    &used) != 7) {
      return std::nullopt;
    }
  }
  if (static_cast<std::size_t>(used) != copy.size()) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  const auto point = sys_days{date} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms};
  return UtcTime{duration_cast<milliseconds>(point.time_since_epoch()).count()};
}

std::string age_text(std::chrono::milliseconds age) {
  const auto total = age.count() < 0 ? 0 : age.count() / 1000;
  const auto two = [](long long big, char b, long long small, char s) {
    std::string text = std::to_string(big) + b;
    if (small != 0) text += std::to_string(small) + s;
    return text;
  };
  if (total < 120) return std::to_string(total) + "s";
  if (total < 10 * 60) return two(total / 60, 'm', total % 60, 's');
  if (total < 3 * 3600) return std::to_string(total / 60) + "m";
  if (total < 8 * 3600) return two(total / 3600, 'h', total % 3600 / 60, 'm');
  if (total < 48 * 3600) return std::to_string(total / 3600) + "h";
  if (total < 8 * 86400) return two(total / 86400, 'd', total % 86400 / 3600, 'h');
  return std::to_string(total / 86400) + "d";
}

}  // namespace hactl
