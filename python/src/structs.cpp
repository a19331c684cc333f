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

bool equal_values(py::handle a, py::handle b) {
  if (py::isinstance<py::array>(a) && py::isinstance<py::array>(b)) {
    if (!a.attr("dtype").equal(b.attr("dtype"))) return false;
    return py::module_::import("numpy").attr("array_equal")(a, b).cast<bool>();
  }
  const auto both = [&](PyTypeObject* type) { return Py_TYPE(a.ptr()) == type && Py_TYPE(b.ptr()) == type; };
  if (both(&PyDict_Type)) {
    const auto first = py::reinterpret_borrow<py::dict>(a);
    const auto second = py::reinterpret_borrow<py::dict>(b);
    return first.size() == second.size() && std::all_of(first.begin(), first.end(), [&](const auto& item) {
             return second.contains(item.first) && equal_values(item.second, second[item.first]);
           });
  }
  if (both(&PyTuple_Type) || both(&PyList_Type)) {
    const auto first = py::reinterpret_borrow<py::sequence>(a);
    const auto second = py::reinterpret_borrow<py::sequence>(b);
    if (first.size() != second.size()) return false;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!equal_values(py::object(first[i]), py::object(second[i]))) return false;
    }
    return true;
  }
  return a.equal(b);
}

}  // namespace

void compare_by_state(py::handle type) {
  type.attr("__eq__") = py::cpp_function(
      [](const py::object& self, const py::object& other) {
        if (!py::type::of(self).is(py::type::of(other))) return false;
        return equal_values(self.attr("__getstate__")(), other.attr("__getstate__")());
      },
      py::name("__eq__"), py::is_method(type), py::arg("other"));
  type.attr("__hash__") = py::none();
}

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
