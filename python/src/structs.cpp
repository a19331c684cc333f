#include "structs.h"

#include <algorithm>
#include <set>

namespace boresight::python {
namespace {

// Guarded by the GIL.
std::set<const void*>& busy_objects() {
  static auto* const objects = new std::set<const void*>;  // outlives every thread
  return *objects;
}

void set_field(py::handle object, const std::string& name, py::handle value) {
  try {
    py::setattr(object, name.c_str(), value);
  } catch (py::error_already_set& error) {
    const auto text = py::str(error.value()).cast<std::string>();
    const bool generic =
        error.matches(PyExc_TypeError) && text.find("incompatible function arguments") != std::string::npos;
    if (!generic) {
      // What the converters say of "array: ..." or "vector: ..." is about this field.
      const bool converter = text.starts_with("array: ") || text.starts_with("numbers: ") ||
                             text.starts_with("vector: ") || text.starts_with("vectors: ");
      const std::string renamed = name + text.substr(std::min(text.find(": "), text.size()));
      if (converter && error.matches(PyExc_TypeError)) throw py::type_error(renamed);
      if (converter && error.matches(PyExc_ValueError)) throw ConfigError(renamed);
      throw;
    }
    throw py::type_error(name + ": cannot be " + py::repr(value).cast<std::string>());
  }
}

}  // namespace

void set_fields(py::handle object, const py::args& arguments, const py::kwargs& keywords) {
  const auto type = py::type::of(object);
  const auto title = py::str(type.attr("__qualname__")).cast<std::string>();
  const auto names = py::tuple(type.attr("__match_args__"));
  if (arguments.size() > names.size()) {
    throw py::type_error(title + ": takes " + std::to_string(names.size()) + " fields, got " +
                         std::to_string(arguments.size()));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto name = names[i].cast<std::string>();
    if (keywords.contains(name)) throw py::type_error(title + ": " + name + " is given twice");
    set_field(object, name, arguments[i]);
  }
  for (const auto& [key, value] : keywords) {
    const auto name = py::str(key).cast<std::string>();
    if (!names.contains(py::str(name))) {
      throw py::type_error(title + ": no field " + name + "; it has " +
                           py::str(", ").attr("join")(names).cast<std::string>());
    }
    set_field(object, name, value);
  }
}

py::dict fields_of(py::handle object) {
  py::dict fields;
  for (const py::handle name : py::tuple(py::type::of(object).attr("__match_args__"))) {
    fields[name] = py::getattr(object, name);
  }
  return fields;
}

std::string repr_of_fields(py::handle object) {
  std::string text = py::str(py::type::of(object).attr("__qualname__")).cast<std::string>() + "(";
  const char* between = "";
  for (const auto& [name, value] : fields_of(object)) {
    text += between + py::str(name).cast<std::string>() + "=" + py::repr(value).cast<std::string>();
    between = ", ";
  }
  return text + ")";
}

void note_field(py::handle type, const char* name) {
  type.attr("__match_args__") =
      py::tuple(type.attr("__match_args__").attr("__add__")(py::make_tuple(py::str(name))));
}

void require_idle(const void* object) {
  if (busy_objects().contains(object)) {
    throw std::runtime_error("another thread is in a call on this object");
  }
}

LongCall::LongCall(const void* object) : object_(object) {
  require_idle(object);
  busy_objects().insert(object);
  thread_ = PyEval_SaveThread();
}

LongCall::~LongCall() {
  PyEval_RestoreThread(thread_);
  busy_objects().erase(object_);
}

}  // namespace boresight::python
