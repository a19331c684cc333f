#include "arrays.h"

namespace boresight::python {
namespace {

std::string type_text(py::handle object) {
  if (!py::isinstance<py::array>(object)) {
    return py::str(py::type::of(object).attr("__name__")).cast<std::string>();
  }
  return py::str(object.attr("dtype")).cast<std::string>();
}

constexpr int aligned_flag = 0x0100;  // NPY_ARRAY_ALIGNED

}  // namespace

void refuse_array(const char* name, const std::string& wanted, py::handle got) {
  throw py::type_error(std::string(name) + ": must be " + wanted + ", got " + type_text(got));
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

py::array checked_array(py::handle object, const py::dtype& dtype, const char* name) {
  const std::string wanted = py::str(static_cast<py::handle>(dtype)).cast<std::string>();
  if (!py::isinstance<py::array>(object)) refuse_array(name, "a NumPy array of " + wanted, object);
  const auto array = py::reinterpret_borrow<py::array>(object);
  if (!array.dtype().equal(dtype)) refuse_array(name, wanted, object);
  if ((array.flags() & aligned_flag) == 0) refuse_array(name, "aligned in memory", object);
  const py::ssize_t axes = array.ndim();
  const bool contiguous = axes == 0 || array.size() == 0 || array.shape(axes - 1) == 1 ||
                          array.strides(axes - 1) == array.itemsize();
  if (!contiguous) {
    throw py::type_error(std::string(name) + ": rows must be contiguous (C order), got strides " +
                         py::str(object.attr("strides")).cast<std::string>() +
                         " bytes; numpy.ascontiguousarray makes a copy that is");
  }
  return array;
}

Rows rows_of(const py::array& array, std::size_t item_bytes, const char* name) {
  require(array.ndim() == 2,
          std::string(name) + ": must have two dimensions, got " + std::to_string(array.ndim()));
  Rows r{array.data(), static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1)), 0};
  r.stride = r.columns;
  if (r.rows > 1 && r.columns > 0) {
    const auto bytes = static_cast<py::ssize_t>(item_bytes);
    const py::ssize_t stride = array.strides(0);
    if (stride < static_cast<py::ssize_t>(r.columns) * bytes || stride % bytes != 0) {
      throw py::type_error(std::string(name) +
                           ": rows must follow each other in memory (C order), got a row "
                           "stride of " +
                           std::to_string(stride) + " bytes; numpy.ascontiguousarray makes a copy that does");
    }
    r.stride = static_cast<std::size_t>(stride / bytes);
  }
  return r;
}

Rows rows_of_pairs(const py::array& array, std::size_t pair_bytes, const char* name) {
  require(array.ndim() == 3 && array.shape(2) == 2,
          std::string(name) + ": integer samples must have shape (channels, n, 2)");
  const auto bytes = static_cast<py::ssize_t>(pair_bytes);
  if (array.shape(1) > 1 && array.strides(1) != bytes) {
    throw py::type_error(std::string(name) + ": rows must be contiguous (C order)");
  }
  Rows r{array.data(), static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1)), 0};
  r.stride = r.columns;
  if (r.rows > 1 && r.columns > 0) {
    const py::ssize_t stride = array.strides(0);
    if (stride < static_cast<py::ssize_t>(r.columns) * bytes || stride % bytes != 0) {
      throw py::type_error(std::string(name) + ": rows must follow each other in memory (C order)");
    }
    r.stride = static_cast<std::size_t>(stride / bytes);
  }
  return r;
}

py::array_t<double, py::array::c_style> real_array(py::handle object, const char* name) {
  const auto any = py::array::ensure(object);
  if (!any) {
    PyErr_Clear();
    refuse_array(name, "real numbers", object);
  }
  const char kind = any.dtype().kind();
  if (any.size() > 0 && kind != 'f' && kind != 'i' && kind != 'u') refuse_array(name, "real numbers", any);
  return py::array_t<double, py::array::c_style | py::array::forcecast>(any);
}

py::array output_array(py::handle out, const py::dtype& dtype, const std::vector<std::size_t>& shape,
                       const void* input, std::size_t size) {
  const std::vector<py::ssize_t> wanted(shape.begin(), shape.end());
  if (!out || out.is_none()) return py::array(dtype, wanted);
  const py::array array = checked_array(out, dtype, "out");
  require(array.ndim() == static_cast<py::ssize_t>(shape.size()) &&
              std::equal(wanted.begin(), wanted.end(), array.shape()),
          "out: must have shape " + shape_text(shape));
  if (!array.writeable()) throw py::type_error("out: must be writable");
  if (array.size() > 0 && (array.flags() & py::array::c_style) == 0) {
    throw py::type_error("out: must be in C order");
  }
  const auto* first = static_cast<const char*>(array.data());
  const auto* in = static_cast<const char*>(input);
  require(array.size() == 0 || size == 0 || first + array.nbytes() <= in || in + size <= first,
          "out: must not overlap the input");
  return array;
}

void make_read_only(const py::array& array) {
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
}

}  // namespace boresight::python

namespace pybind11::detail {

using boresight::Vec3;
namespace ours = boresight::python;

bool type_caster<ours::Bytes>::load(handle source, bool) {
  if (!PyObject_CheckBuffer(source.ptr())) ours::refuse_array("bytes", "bytes", source);
  value.info = reinterpret_borrow<buffer>(source).request();
  const auto& info = value.info;
  ssize_t expected = 1;
  bool contiguous = info.itemsize == 1;
  for (ssize_t axis = info.ndim - 1; axis >= 0; --axis) {
    contiguous = contiguous && (info.shape[axis] <= 1 || info.strides[axis] == expected);
    expected *= info.shape[axis];
  }
  if (!contiguous) ours::refuse_array("bytes", "bytes in one piece", source);
  return true;
}

template <typename Array>
static std::string got(const Array& a) {
  return ", got " + ours::shape_text({a.shape(), a.shape() + a.ndim()});
}

bool type_caster<Vec3>::load(handle source, bool) {
  const auto a = ours::real_array(source, "vector");
  boresight::require(a.ndim() == 1 && a.shape(0) == 3, "vector: must have shape (3,)" + got(a));
  value = {a.data()[0], a.data()[1], a.data()[2]};
  return true;
}

handle type_caster<Vec3>::cast(const Vec3& v, return_value_policy, handle) {
  const double values[3] = {v.x, v.y, v.z};
  return array_t<double>(3, values).release();
}

bool type_caster<std::vector<Vec3>>::load(handle source, bool) {
  const auto a = ours::real_array(source, "vectors");
  value.clear();
  if (a.size() == 0) return true;
  boresight::require(a.ndim() == 2 && a.shape(1) == 3, "vectors: must have shape (n, 3)" + got(a));
  for (ssize_t i = 0; i < a.shape(0); ++i) {
    const double* r = a.data(i, 0);
    value.push_back({r[0], r[1], r[2]});
  }
  return true;
}

handle type_caster<std::vector<Vec3>>::cast(const std::vector<Vec3>& list, return_value_policy, handle) {
  array_t<double> out({static_cast<ssize_t>(list.size()), ssize_t{3}});
  double* to = out.mutable_data();
  for (const Vec3& v : list) {
    *to++ = v.x;
    *to++ = v.y;
    *to++ = v.z;
  }
  return out.release();
}

bool type_caster<std::vector<double>>::load(handle source, bool) {
  const auto a = ours::real_array(source, "numbers");
  boresight::require(a.ndim() == 1 || a.size() == 0, "numbers: must have one dimension");
  value.assign(a.data(), a.data() + a.size());
  return true;
}

handle type_caster<std::vector<double>>::cast(const std::vector<double>& values, return_value_policy,
                                              handle) {
  return array_t<double>(static_cast<ssize_t>(values.size()), values.data()).release();
}

}  // namespace pybind11::detail
