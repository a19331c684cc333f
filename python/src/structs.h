// Plain structs of C++ (Config, Result, Stats) as classes of Python, and the objects made from a Config.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"

namespace boresight::python {

/// A struct's member as it is read: an array or a list of it cannot be changed in place, which would be lost.
template <typename M>
struct Frozen {
  const M& value;
};

/// Sets the fields of `object` from positional arguments in their order and from keywords; TypeError names
/// the field that is not there or does not fit.
void set_fields(py::handle object, const py::args& arguments, const py::kwargs& keywords);
std::string repr_of_fields(py::handle object);
/// Names every field in `type.__match_args__`.
void note_field(py::handle type, const char* name);
py::dict fields_of(py::handle object);
/// Gives a class whose __getstate__ holds all of it __eq__: the same class and equal states, arrays by their
/// elements. What is compared that way is not hashed.
void compare_by_state(py::handle type);

template <typename T>
T from_arguments(const py::args& arguments, const py::kwargs& keywords) {
  if (arguments.size() == 1 && keywords.empty() && py::isinstance<T>(arguments[0])) {
    return arguments[0].template cast<const T&>();
  }
  T value{};
  set_fields(py::cast(&value, py::return_value_policy::reference), arguments, keywords);
  return value;
}

/// A struct of C++ as a class of Python: made from its fields by position or name; read, written, printed,
/// copied, compared, pickled.
template <typename T>
class Struct : public py::class_<T> {
 public:
  Struct(py::handle scope, const char* name, const char* doc) : py::class_<T>(scope, name, doc) {
    this->attr("__match_args__") = py::tuple();
    this->def(py::init([](const py::args& arguments, const py::kwargs& keywords) {
                return from_arguments<T>(arguments, keywords);
              }),
              "From its fields, by name or in their order.");
    this->def("__repr__", [](const py::object& self) { return repr_of_fields(self); });
    this->def("__copy__", [](const T& self) { return T(self); });
    this->def("__deepcopy__", [](const T& self, const py::dict&) { return T(self); });
    this->def(py::pickle([](const py::object& self) { return fields_of(self); },
                         [](const py::dict& fields) {
                           return from_arguments<T>(py::args(), py::reinterpret_borrow<py::kwargs>(fields));
                         }));
    compare_by_state(*this);
  }

  template <typename M>
  Struct& field(const char* name, M T::*member, const char* doc) {
    note_field(*this, name);
    if constexpr (std::is_base_of_v<py::detail::type_caster_generic, py::detail::make_caster<M>>) {
      this->def_readwrite(name, member, doc);
    } else {
      this->def_property(
          name, [member](const T& self) { return Frozen<M>{self.*member}; },
          [member](T& self, const M& value) { self.*member = value; }, doc);
    }
    return *this;
  }
};

/// A struct that only the library makes: read, printed, copied, compared, pickled.
template <typename T>
class Result : public py::class_<T> {
 public:
  Result(py::handle scope, const char* name, const char* doc) : py::class_<T>(scope, name, doc) {
    this->attr("__match_args__") = py::tuple();
    this->def("__repr__", [](const py::object& self) { return repr_of_fields(self); });
    this->def("__copy__", [](const T& self) { return T(self); });
    this->def("__deepcopy__", [](const T& self, const py::dict&) { return T(self); });
    this->def(py::pickle([](const py::object& self) { return fields_of(self); },
                         [setters = setters_](const py::dict& fields) {
                           T value{};
                           for (const auto& [key, set] : *setters) set(value, fields[key]);
                           return value;
                         }));
    compare_by_state(*this);
  }

  /// `Base`: T or what it is derived from.
  template <typename M, typename Base>
  Result& field(const char* name, M Base::*member, const char* doc) {
    note_field(*this, name);
    if constexpr (std::is_base_of_v<py::detail::type_caster_generic, py::detail::make_caster<M>>) {
      this->def_readonly(name, member, doc);
    } else {
      this->def_property_readonly(
          name, [member](const T& self) { return Frozen<M>{self.*member}; }, doc);
    }
    restored_by(name, [member](T& self, py::handle value) { self.*member = value.cast<M>(); });
    return *this;
  }

  /// What is no member as it stands; `setter`(T&, handle) takes from a pickle what the getter gave.
  template <typename F, typename G>
  Result& property(const char* name, F getter, G setter, const char* doc) {
    restored_by(name, setter);
    return property(name, getter, doc);
  }
  /// What follows from other fields.
  template <typename F>
  Result& property(const char* name, F getter, const char* doc) {
    note_field(*this, name);
    this->def_property_readonly(name, getter, doc);
    return *this;
  }

 private:
  using Setters = std::vector<std::pair<const char*, std::function<void(T&, py::handle)>>>;

  template <typename G>
  void restored_by(const char* name, G setter) {
    setters_->emplace_back(name, setter);
  }

  std::shared_ptr<Setters> setters_ = std::make_shared<Setters>();
};

/// An object that remembers its Config, for shapes that it does not tell by itself.
template <typename X>
struct Configured : X {
  explicit Configured(const typename X::Config& settings) : X(settings), config(settings) {}
  typename X::Config config;
};

/// X(config) and X(fields of its Config...). The GIL is released while it is made: filters are designed and
/// FFTs planned there.
template <typename X, typename Config = typename X::Config, typename... Options>
void init_from_config(py::class_<X, Options...>& type, const char* doc) {
  type.def(py::init([](const py::args& arguments, const py::kwargs& keywords) {
             const auto config = from_arguments<Config>(arguments, keywords);
             const py::gil_scoped_release release;
             return std::make_unique<X>(config);
           }),
           doc);
}

/// A property that is a read-only view of the object's own buffer.
template <typename X, typename F, typename... Options>
void view_property(py::class_<X, Options...>& type, const char* name, F getter, const char* doc) {
  using Views = decltype(std::invoke(getter, std::declval<const X&>()));
  using T = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<Views>().data())>>;
  type.def_property_readonly(
      name,
      [getter](const py::object& self) -> py::array_t<T> {
        return view(std::invoke(getter, self.cast<const X&>()), self);
      },
      doc);
}

/// Lets other threads of Python run during a call on `object`. An object belongs to one call at a time:
/// RuntimeError for a second one from another thread.
class LongCall {
 public:
  explicit LongCall(const void* object);
  ~LongCall();
  LongCall(const LongCall&) = delete;
  LongCall& operator=(const LongCall&) = delete;

 private:
  const void* object_;
  PyThreadState* thread_;
};

/// The same for calls that are too short to let others run: RuntimeError while one is under way.
void require_idle(const void* object);

}  // namespace boresight::python

namespace pybind11::detail {

template <typename M>
struct type_caster<boresight::python::Frozen<M>> {
  static constexpr auto name = make_caster<M>::name;
  static handle cast(const boresight::python::Frozen<M>& frozen, return_value_policy, handle parent) {
    auto out =
        reinterpret_steal<object>(make_caster<M>::cast(frozen.value, return_value_policy::copy, parent));
    if (isinstance<array>(out)) {
      boresight::python::make_read_only(reinterpret_borrow<array>(out));
    } else if (isinstance<list>(out)) {
      return tuple(out).release();
    }
    return out.release();
  }
};

}  // namespace pybind11::detail
