#include "enums.h"

namespace boresight::python {

void require_member(py::handle type, std::int64_t value) {
  std::string members;
  for (const auto& [name, member] : py::dict(type.attr("__members__"))) {
    const auto number = member.attr("value").cast<std::int64_t>();
    if (number == value) return;
    members +=
        (members.empty() ? "" : ", ") + py::str(name).cast<std::string>() + " = " + std::to_string(number);
  }
  throw ConfigError(py::str(type.attr("__qualname__")).cast<std::string>() + ": " + std::to_string(value) +
                    " is none of " + members);
}

}  // namespace boresight::python
