// Plain structs of C++ (Config, Result, Stats) as classes of Python, and the objects made from a Config.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"

namespace boresight::python {

/// A struct's member as it is read, a copy: it cannot be changed in place, which would be lost.
template <typename M>
struct Frozen {
  const M& value;
};

/// Makes such a copy refuse changes: arrays are read-only, lists become tuples, structs raise AttributeError.
py::object frozen(py::object copy);
/// A class whose instances frozen() knows: made from another instance by a call of the class.
void note_struct(py::handle type);

/// Sets the fields of `object` from positional arguments in their order and from keywords; TypeError names
/// the field that is not there or does not fit.
void set_fields(py::handle object, const py::args& arguments, const py::kwargs& keywords);
std::string repr_of_fields(py::handle object);
/// Names every field in `type.__match_args__`.
void note_field(py::handle type, const char* name);
py::dict fields_of(py::handle object);
/// " Fields: a, b."
std::string fields_text(py::handle type);
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
    note_struct(*this);
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

  /// A matrix kept row by row: may be given with two dimensions.
  template <typename M>
  Struct& matrix_field(const char* name, M T::*member, const char* doc) {
    note_field(*this, name);
    this->def_property(
        name, [member](const T& self) { return Frozen<M>{self.*member}; },
        [member](T& self, const py::object& value) {
          const bool flat = !py::isinstance<py::array>(value) || value.attr("ndim").cast<int>() != 2 ||
                            !value.attr("flags").attr("c_contiguous").cast<bool>();
          self.*member = (flat ? value : value.attr("reshape")(-1)).template cast<M>();
        },
        doc);
    return *this;
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
           (doc + fields_text(py::type::of<Config>())).c_str());
}

/// RuntimeError while a call on the object is under way: for calls that are too short to let others run.
void require_idle(const void* object);

/// A property that is a read-only view of the object's own buffer.
template <typename X, typename F, typename... Options>
void view_property(py::class_<X, Options...>& type, const char* name, F getter, const char* doc) {
  using Views = decltype(std::invoke(getter, std::declval<const X&>()));
  using T = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<Views>().data())>>;
  type.def_property_readonly(
      name,
      [getter](const py::object& self) -> py::array_t<T> {
        const auto& object = self.cast<const X&>();
        require_idle(&object);
        return view(std::invoke(getter, object), self);
      },
      doc);
}

/// Lets other threads of Python run during a call on objects. An object belongs to one call at a time:
/// RuntimeError for a second one from another thread. Name all that the call reads or writes and that
/// Python could change meanwhile; a Struct is taken by value instead.
class LongCall {
 public:
  explicit LongCall(const void* object) : LongCall(std::initializer_list<const void*>{object}) {}
  /// Several at once; null ones do not count.
  LongCall(std::initializer_list<const void*> objects);
  ~LongCall();
  LongCall(const LongCall&) = delete;
  LongCall& operator=(const LongCall&) = delete;

  /// Raises what Python's signal handlers raise (KeyboardInterrupt): for calls that wait.
  void check_signals();

 private:
  std::array<const void*, 4> objects_{};
  PyThreadState* thread_ = nullptr;
};

/// Marks an object until release(): `why` is what a call on it is told. RuntimeError if it is marked already.
void claim(const void* object, const char* why);
void release(const void* object);
bool is_marked(const void* object);
/// In the child of a fork() the threads of the calls that were under way are gone: those objects are lost.
void lose_objects_in_calls();

/// A bound function during which other threads of Python run: of numbers and objects that cannot be changed.
using Unlocked = py::call_guard<py::gil_scoped_release>;

/// Lets other threads of Python run during f(), which writes to nothing that they see.
template <typename F>
decltype(auto) unlocked(F&& f) {
  const py::gil_scoped_release release;
  return std::forward<F>(f)();
}

/// A receiver that keeps the probe which it has now alive, and no other.
template <typename R, typename Probe>
struct Probed : R {
  using R::R;
  Probe* probe = nullptr;
  py::object owner;
};

template <typename R, typename Probe, typename... Options>
void bind_set_probe(py::class_<Probed<R, Probe>, Options...>& receiver, const char* doc) {
  receiver.def(
      "set_probe",
      [](Probed<R, Probe>& self, std::optional<Probe*> probe) {
        require_idle(&self);
        Probe* given = probe.value_or(nullptr);
        require_idle(given);
        self.set_probe(given);
        self.probe = given;
        self.owner = given != nullptr ? py::cast(*given, py::return_value_policy::reference) : py::none();
      },
      py::arg("probe"), doc);
}

}  // namespace boresight::python

namespace pybind11::detail {

template <typename M>
struct type_caster<boresight::python::Frozen<M>> {
  static constexpr auto name = make_caster<M>::name;
  static handle cast(const boresight::python::Frozen<M>& frozen, return_value_policy, handle parent) {
    return boresight::python::frozen(reinterpret_steal<object>(make_caster<M>::cast(
                                         frozen.value, return_value_policy::copy, parent)))
        .release();
  }
};

}  // namespace pybind11::detail
