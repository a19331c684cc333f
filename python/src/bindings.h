// Shared by all binding files: how NumPy arrays become views, and back.
#pragma once

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <span>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::python {

namespace py = pybind11;

/// An argument of this type, marked noconvert, takes exactly this dtype in C order: anything else is a
/// TypeError.
template <typename T>
using Array = py::array_t<T, py::array::c_style>;

void bind_array(py::module_& module);
void bind_beam(py::module_& module);
void bind_doa(py::module_& module);

/// A one-dimensional array as a span of `size` items; ConfigError for any other shape.
template <typename T>
std::span<const T> vector(const Array<T>& array, std::size_t size, const char* name) {
  require(array.ndim() == 1 && static_cast<std::size_t>(array.shape(0)) == size,
          std::string(name) + ": must have shape (" + std::to_string(size) + ",)");
  return {array.data(), size};
}

/// The same, of any length.
template <typename T>
std::span<const T> vector(const Array<T>& array, const char* name) {
  require(array.ndim() == 1, std::string(name) + ": must have one dimension");
  return {array.data(), static_cast<std::size_t>(array.shape(0))};
}

/// A two-dimensional array; ConfigError for any other number of dimensions.
template <typename T>
Grid<const T> grid(const Array<T>& array, const char* name) {
  require(array.ndim() == 2, std::string(name) + ": must have two dimensions");
  return {array.data(), static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1))};
}

/// The same with `rows` rows.
template <typename T>
Grid<const T> grid(const Array<T>& array, std::size_t rows, const char* name) {
  const Grid<const T> view = grid(array, name);
  require(view.rows() == rows, std::string(name) + ": must have " + std::to_string(rows) + " rows");
  return view;
}

/// The same with `rows` rows and `columns` columns.
template <typename T>
Grid<const T> grid(const Array<T>& array, std::size_t rows, std::size_t columns, const char* name) {
  const Grid<const T> view = grid(array, name);
  require(view.rows() == rows && view.columns() == columns, std::string(name) + ": must have shape (" +
                                                                std::to_string(rows) + ", " +
                                                                std::to_string(columns) + ")");
  return view;
}

template <typename T>
Array<T> new_vector(std::size_t size) {
  return Array<T>(static_cast<py::ssize_t>(size));
}

template <typename T>
Array<T> new_grid(std::size_t rows, std::size_t columns) {
  return Array<T>({static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(columns)});
}

template <typename T>
std::span<T> writable(Array<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

template <typename T>
Grid<T> writable_grid(Array<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.shape(0)),
          static_cast<std::size_t>(array.shape(1))};
}

/// A copy that Python owns.
template <typename T>
Array<T> copied(std::span<const T> values) {
  return Array<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

/// Directions and positions are (3,) float64; lists convert.
using VectorArgument = py::array_t<double, py::array::c_style | py::array::forcecast>;

inline Vec3 vec3(const VectorArgument& array, const char* name) {
  require(array.ndim() == 1 && array.shape(0) == 3, std::string(name) + ": must have shape (3,)");
  return {array.data()[0], array.data()[1], array.data()[2]};
}

inline py::array_t<double> from_vec3(Vec3 v) {
  const double values[3] = {v.x, v.y, v.z};
  return py::array_t<double>(3, values);
}

}  // namespace boresight::python
