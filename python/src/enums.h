// Enumerations of C++ as classes of Python.
#pragma once

#include <algorithm>
#include <string>

#include "structs.h"

namespace boresight::python {

/// ConfigError naming the value and the members of `type`, unless `value` is one of them.
void require_member(py::handle type, std::int64_t value);

/// py::enum_ takes any integer, and C++ would look it up in tables; this one takes its members' alone.
template <typename E>
class Enum : public py::enum_<E> {
 public:
  Enum(py::handle scope, const char* name, const char* doc) : py::enum_<E>(scope, name, doc) {
    py::delattr(*this, "__init__");
    py::delattr(*this, "__setstate__");
    const py::handle made_type = *this;
    const auto made = [made_type](std::int64_t value) {
      require_member(made_type, value);
      return static_cast<E>(value);
    };
    this->def(py::init(made), py::arg("value"), "The member of that value; ConfigError for another.");
    this->def(py::pickle([](E member) { return static_cast<std::int64_t>(member); }, made));
    this->def("__reduce_ex__", &reduce_ex);
  }
};

}  // namespace boresight::python
