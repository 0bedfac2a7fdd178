#include "hactl/warnings.h"

namespace hactl {

void Warnings::add(const std::string& text) {
  if (!said_.insert(text).second || said_.size() > kWarningsPrintedMax) return;
  const char* warning = terminal_.notes_colour() ? "\033[33;1mWarning:\033[0m " : "Warning: ";
  terminal_.notes() << warning << text << std::endl;
}

}  // namespace hactl
