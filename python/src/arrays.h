// How NumPy arrays become views of the library, and back. The one rule for all of Python:
//
//   samples, weights, soft bits, bits   exactly the dtype named, rows contiguous; anything else is a
//   TypeError
//                                       that names both. Rows may lie apart: x[:, a:b] needs no copy.
//   angles, positions, frequencies,     float64; lists and arrays of any real type convert
//   other parameters in double
//
// No input is kept beyond the call. Outputs are new arrays, or read-only views of an object's own buffers
// that keep the object alive.
#pragma once

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::python {

namespace py = pybind11;

/// Messages begin with what is wrong: the argument's name and what it must be.
[[noreturn]] void refuse_array(const char* name, const std::string& wanted, py::handle got);
std::string shape_text(const std::vector<std::size_t>& shape);
/// `object` as an array of this dtype, aligned, with contiguous rows (the last axis); TypeError otherwise.
py::array checked_array(py::handle object, const py::dtype& dtype, const char* name);
/// Real numbers of any kind as float64 in C order, copied if need be; TypeError for what are none.
py::array_t<double, py::array::c_style> real_array(py::handle object, const char* name);

/// An argument that must be an array of exactly T; vector() and grid() below look at it.
template <typename T>
struct In {
  py::object object;
};

/// An optional array to write to; None makes a new one.
template <typename T>
struct Out {
  py::object object;
};

/// Complex samples [channels x n]: complex64, or as devices count them int16 and int8 of shape
/// (channels, n, 2).
struct Samples {
  py::object object;
};

template <typename T>
std::span<const T> vector(const In<T>& in, const char* name) {
  const py::array array = checked_array(in.object, py::dtype::of<T>(), name);
  require(array.ndim() == 1, std::string(name) + ": must have one dimension");
  return {static_cast<const T*>(array.data()), static_cast<std::size_t>(array.shape(0))};
}

template <typename T>
std::span<const T> vector(const In<T>& in, std::size_t size, const char* name) {
  const std::span<const T> view = vector(in, name);
  require(view.size() == size, std::string(name) + ": must have shape " + shape_text({size}) + ", got " +
                                   shape_text({view.size()}));
  return view;
}

/// Rows and columns of a two-dimensional array of checked_array(); ConfigError for other dimensions,
/// TypeError for rows that overlap.
struct Rows {
  const void* data;
  std::size_t rows, columns, stride;
};
Rows rows_of(const py::array& array, std::size_t item_bytes, const char* name);
/// The same of integer samples (channels, n, 2).
Rows rows_of_pairs(const py::array& array, std::size_t pair_bytes, const char* name);

template <typename T>
Grid<const T> grid(const In<T>& in, const char* name) {
  const Rows r = rows_of(checked_array(in.object, py::dtype::of<T>(), name), sizeof(T), name);
  return {static_cast<const T*>(r.data), r.rows, r.columns, r.stride};
}

template <typename T>
Grid<const T> grid(const In<T>& in, std::size_t rows, const char* name) {
  const Grid<const T> view = grid(in, name);
  require(view.rows() == rows, std::string(name) + ": must have " + std::to_string(rows) + " rows, got " +
                                   std::to_string(view.rows()));
  return view;
}

template <typename T>
Grid<const T> grid(const In<T>& in, std::size_t rows, std::size_t columns, const char* name) {
  const Grid<const T> view = grid(in, name);
  require(view.rows() == rows && view.columns() == columns, std::string(name) + ": must have shape " +
                                                                shape_text({rows, columns}) + ", got " +
                                                                shape_text({view.rows(), view.columns()}));
  return view;
}

/// One dimension is one row.
template <typename T>
Grid<const T> row_or_rows(const In<T>& in, const char* name) {
  const bool flat =
      py::isinstance<py::array>(in.object) && py::reinterpret_borrow<py::array>(in.object).ndim() == 1;
  if (!flat) return grid(in, name);
  const std::span<const T> row = vector(in, name);
  return {row.data(), 1, row.size()};
}

/// Calls f with a Grid of cf32, cs16 or cs8, as the array is.
template <typename F>
auto visit(const Samples& samples, std::size_t channels, const char* name, F&& f) {
  const auto check = [&](std::size_t rows) {
    require(rows == channels, std::string(name) + ": must have " + std::to_string(channels) + " rows, got " +
                                  std::to_string(rows));
  };
  if (py::isinstance<py::array_t<std::int16_t>>(samples.object)) {
    const Rows r =
        rows_of_pairs(checked_array(samples.object, py::dtype::of<std::int16_t>(), name), sizeof(cs16), name);
    check(r.rows);
    return f(Grid<const cs16>(static_cast<const cs16*>(r.data), r.rows, r.columns, r.stride));
  }
  if (py::isinstance<py::array_t<std::int8_t>>(samples.object)) {
    const Rows r =
        rows_of_pairs(checked_array(samples.object, py::dtype::of<std::int8_t>(), name), sizeof(cs8), name);
    check(r.rows);
    return f(Grid<const cs8>(static_cast<const cs8*>(r.data), r.rows, r.columns, r.stride));
  }
  const Grid<const cf32> view = grid(In<cf32>{samples.object}, name);
  check(view.rows());
  return f(view);
}

template <typename T>
py::array_t<T> new_vector(std::size_t size) {
  return py::array_t<T>(static_cast<py::ssize_t>(size));
}

template <typename T>
py::array_t<T> new_grid(std::size_t rows, std::size_t columns) {
  return py::array_t<T>({static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(columns)});
}

template <typename T>
std::span<T> writable(py::array_t<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

template <typename T>
Grid<T> writable_grid(py::array_t<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.shape(0)),
          static_cast<std::size_t>(array.shape(1))};
}

/// What `out` names, or a new array: C order, writable, of this shape; ConfigError when it overlaps the
/// `size` bytes of input at `input`.
template <typename T>
py::array_t<T> output(const Out<T>& out, const std::vector<std::size_t>& shape, const void* input,
                      std::size_t size);
py::array output_array(py::handle out, const py::dtype& dtype, const std::vector<std::size_t>& shape,
                       const void* input, std::size_t size);
template <typename T>
py::array_t<T> output(const Out<T>& out, const std::vector<std::size_t>& shape, const void* input,
                      std::size_t size) {
  return py::array_t<T>(output_array(out.object, py::dtype::of<T>(), shape, input, size));
}

/// Copies that Python owns.
template <typename T>
py::array_t<T> copied(std::span<const T> values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}
template <typename T>
py::array_t<T> copied(Grid<const T> values) {
  py::array_t<T> out = new_grid<T>(values.rows(), values.columns());
  const Grid<T> to = writable_grid(out);
  for (std::size_t r = 0; r < values.rows(); ++r) {
    std::copy(values.row(r).begin(), values.row(r).end(), to.row(r).begin());
  }
  return out;
}

void make_read_only(const py::array& array);

/// Read-only views of what `owner` owns, which stays alive as long as they do.
template <typename T>
py::array_t<T> view(std::span<const T> values, py::handle owner) {
  py::array_t<T> out(static_cast<py::ssize_t>(values.size()), values.data(), owner);
  make_read_only(out);
  return out;
}
template <typename T>
py::array_t<T> view(Grid<const T> values, py::handle owner) {
  py::array_t<T> out({static_cast<py::ssize_t>(values.rows()), static_cast<py::ssize_t>(values.columns())},
                     {static_cast<py::ssize_t>(values.row_stride() * sizeof(T)), py::ssize_t{sizeof(T)}},
                     values.data(), owner);
  make_read_only(out);
  return out;
}

/// Bytes as Python has them (bytes, bytearray, memoryview, uint8 arrays), in one piece.
struct Bytes {
  py::buffer_info info;
  std::span<const std::uint8_t> span() const {
    return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
  }
};

inline py::bytes to_bytes(std::span<const std::uint8_t> bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

inline std::vector<std::uint8_t> from_bytes(py::handle bytes) {
  const auto text = bytes.cast<std::string>();
  return {text.begin(), text.end()};
}

}  // namespace boresight::python

namespace pybind11::detail {

template <typename T>
constexpr auto dtype_text() {
  if constexpr (std::is_same_v<T, std::complex<float>>) {
    return const_name("numpy.complex64");
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    return const_name("numpy.complex128");
  } else if constexpr (std::is_same_v<T, float>) {
    return const_name("numpy.float32");
  } else if constexpr (std::is_same_v<T, double>) {
    return const_name("numpy.float64");
  } else if constexpr (std::is_same_v<T, std::int8_t>) {
    return const_name("numpy.int8");
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    return const_name("numpy.uint8");
  } else if constexpr (std::is_same_v<T, std::uint16_t>) {
    return const_name("numpy.uint16");
  } else {
    static_assert(std::is_same_v<T, std::uint32_t>);
    return const_name("numpy.uint32");
  }
}

template <typename T>
struct type_caster<boresight::python::In<T>> {
  PYBIND11_TYPE_CASTER(boresight::python::In<T>,
                       const_name("numpy.ndarray[") + dtype_text<T>() + const_name("]"));
  bool load(handle source, bool) {
    value.object = reinterpret_borrow<object>(source);
    return true;
  }
};

template <typename T>
struct type_caster<boresight::python::Out<T>> {
  PYBIND11_TYPE_CASTER(boresight::python::Out<T>,
                       const_name("Optional[numpy.ndarray[") + dtype_text<T>() + const_name("]]"));
  bool load(handle source, bool) {
    value.object = reinterpret_borrow<object>(source);
    return true;
  }
  static handle cast(const boresight::python::Out<T>& out, return_value_policy, handle) {
    return out.object ? handle(out.object).inc_ref() : none().release();  // a default argument
  }
};

template <>
struct type_caster<boresight::python::Samples> {
  PYBIND11_TYPE_CASTER(boresight::python::Samples, const_name("Samples"));
  bool load(handle source, bool) {
    value.object = reinterpret_borrow<object>(source);
    return true;
  }
};

template <>
struct type_caster<boresight::python::Bytes> {
  PYBIND11_TYPE_CASTER(boresight::python::Bytes, const_name("bytes"));
  bool load(handle source, bool);
};

/// A vector of three numbers is an array of shape (3,).
template <>
struct type_caster<boresight::Vec3> {
  PYBIND11_TYPE_CASTER(boresight::Vec3, const_name("numpy.ndarray[numpy.float64]"));
  bool load(handle source, bool);
  static handle cast(const boresight::Vec3& v, return_value_policy, handle);
};

/// A list of them is (n, 3).
template <>
struct type_caster<std::vector<boresight::Vec3>> {
  PYBIND11_TYPE_CASTER(std::vector<boresight::Vec3>, const_name("numpy.ndarray[numpy.float64]"));
  bool load(handle source, bool);
  static handle cast(const std::vector<boresight::Vec3>& list, return_value_policy, handle);
};

template <>
struct type_caster<std::vector<double>> {
  PYBIND11_TYPE_CASTER(std::vector<double>, const_name("numpy.ndarray[numpy.float64]"));
  bool load(handle source, bool);
  static handle cast(const std::vector<double>& values, return_value_policy, handle);
};

/// Vectors of samples and of small integers: arrays of exactly that dtype.
template <typename Vector>
struct exact_vector_caster {
  using T = typename Vector::value_type;
  PYBIND11_TYPE_CASTER(Vector, const_name("numpy.ndarray[") + dtype_text<T>() + const_name("]"));
  bool load(handle source, bool) {
    const array a = boresight::python::checked_array(source, dtype::of<T>(), "array");
    if (a.size() > 0 && (a.flags() & array::c_style) == 0) {
      boresight::python::refuse_array("array", "an array in C order", source);
    }
    boresight::require(a.ndim() == 1 || (a.size() == 0 && a.ndim() > 0),
                       "array: must have one dimension, got " + std::to_string(a.ndim()));
    const T* first = static_cast<const T*>(a.data());
    value.assign(first, first + a.size());
    return true;
  }
  static handle cast(const Vector& values, return_value_policy, handle) {
    return array_t<T>(static_cast<ssize_t>(values.size()), values.data()).release();
  }
};
template <>
struct type_caster<std::vector<std::complex<float>>> : exact_vector_caster<std::vector<std::complex<float>>> {
};
template <>
struct type_caster<boresight::aligned_vector<std::complex<float>>>
    : exact_vector_caster<boresight::aligned_vector<std::complex<float>>> {};
template <>
struct type_caster<std::vector<std::complex<double>>>
    : exact_vector_caster<std::vector<std::complex<double>>> {};
template <>
struct type_caster<std::vector<float>> : exact_vector_caster<std::vector<float>> {};
template <>
struct type_caster<std::vector<std::uint8_t>> : exact_vector_caster<std::vector<std::uint8_t>> {};
template <>
struct type_caster<std::vector<std::uint16_t>> : exact_vector_caster<std::vector<std::uint16_t>> {};

}  // namespace pybind11::detail
