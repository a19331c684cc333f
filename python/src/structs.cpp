#include "structs.h"

#include <algorithm>
#include <map>

namespace boresight::python {
namespace {

constexpr const char* in_call = "another thread is in a call on this object";
constexpr const char* lost_in_fork =
    "this process was forked while another thread was in a call on this object, which stays half done: make "
    "a new one";

// The objects that calls have to keep away from, and why. Guarded by the GIL.
std::map<const void*, const char*>& marks() {
  static auto* const objects = new std::map<const void*, const char*>;  // outlives every thread
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

// Every struct's class, and the class of its frozen copies, made when there is one. Guarded by the GIL.
py::dict& struct_types() {
  static auto* const types = new py::dict;  // outlives the interpreter
  return *types;
}

// A subclass that cannot be told from `type` but by what it refuses. Copies and pickles of its instances are
// plain ones.
py::object frozen_type(const py::object& type) {
  const auto refuse = [](const py::object& self, const py::object& name, const py::args&) {
    const auto title = py::str(py::type::of(self).attr("__qualname__")).cast<std::string>();
    const std::string text = title + "." + py::str(name).cast<std::string>() +
                             ": this is a copy, to which a change would be lost: change a copy.copy() of it "
                             "and assign that to the "
                             "field, in a list with its neighbors where it is one of several";
    PyErr_SetString(PyExc_AttributeError, text.c_str());
    throw py::error_already_set();
  };
  const auto get = [](const py::object& self, const py::object& name) {
    PyObject* value = PyObject_GenericGetAttr(self.ptr(), name.ptr());
    if (value == nullptr) throw py::error_already_set();
    return frozen(py::reinterpret_steal<py::object>(value));
  };
  const auto reduce = [](const py::object& self, int) {
    return py::make_tuple(py::module_::import("copy").attr("copy"), py::make_tuple(self.attr("__copy__")()));
  };
  const auto method = [&](const char* name, auto f) {
    return py::cpp_function(std::move(f), py::name(name), py::is_method(type));
  };
  py::dict contents;
  contents["__slots__"] = py::tuple();
  for (const char* name : {"__module__", "__qualname__", "__doc__"}) contents[name] = type.attr(name);
  contents["__setattr__"] = method("__setattr__", refuse);
  contents["__delattr__"] = method("__delattr__", refuse);
  contents["__getattribute__"] = method("__getattribute__", get);
  contents["__reduce_ex__"] = method("__reduce_ex__", reduce);
  return py::type::of(type)(type.attr("__name__"), py::make_tuple(type), contents);
}

// The class that a frozen copy is of.
py::object plain_type(const py::object& value) {
  const py::object type = py::type::of(value);
  if (struct_types().contains(type)) return type;
  const py::object base = type.attr("__base__");
  return struct_types().contains(base) && type.is(struct_types()[base]) ? base : type;
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

void note_struct(py::handle type) {
  struct_types()[type] = py::none();
}

py::object frozen(py::object copy) {
  if (py::isinstance<py::array>(copy)) {
    make_read_only(py::reinterpret_borrow<py::array>(copy));
    return copy;
  }
  if (py::isinstance<py::list>(copy)) {
    const auto list = py::reinterpret_borrow<py::list>(copy);
    py::tuple items(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) items[i] = frozen(py::object(list[i]));
    return items;
  }
  const py::object type = py::type::of(copy);
  if (!struct_types().contains(type)) return copy;
  py::object twin = struct_types()[type];
  if (twin.is_none()) {
    twin = frozen_type(type);
    struct_types()[type] = twin;
  }
  return twin(copy);
}

void compare_by_state(py::handle type) {
  type.attr("__eq__") = py::cpp_function(
      [](const py::object& self, const py::object& other) {
        if (!plain_type(self).is(plain_type(other))) return false;
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

std::string fields_text(py::handle type) {
  return " Fields: " + py::str(", ").attr("join")(type.attr("__match_args__")).cast<std::string>() + ".";
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
  if (const auto mark = marks().find(object); mark != marks().end()) throw std::runtime_error(mark->second);
}

void claim(const void* object, const char* why) {
  require_idle(object);
  marks().emplace(object, why);
}

bool is_marked(const void* object) {
  return marks().contains(object);
}

void release(const void* object) {
  marks().erase(object);
}

void lose_objects_in_calls() {
  // The frames of the threads that are gone still hold these objects: nothing else gets their addresses.
  for (auto& [object, why] : marks()) {
    if (why == in_call) why = lost_in_fork;
  }
}

LongCall::LongCall(std::initializer_list<const void*> objects) {
  for (const void* object : objects) require_idle(object);
  auto kept = objects_.begin();
  for (const void* object : objects) {
    if (object == nullptr) continue;
    marks().emplace(object, in_call);
    *kept++ = object;
  }
  thread_ = PyEval_SaveThread();
}

LongCall::~LongCall() {
  if (thread_ != nullptr) PyEval_RestoreThread(thread_);
  for (const void* object : objects_) marks().erase(object);
}

void LongCall::check_signals() {
  PyEval_RestoreThread(std::exchange(thread_, nullptr));
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  thread_ = PyEval_SaveThread();
}

}  // namespace boresight::python
