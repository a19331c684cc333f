// Two-dimensional views and buffers: rows are the slow axis (element, beam, OFDM symbol), columns are
// contiguous (sample, subcarrier). The same shape as a C-ordered NumPy array.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"

namespace boresight {

/// Non-owning view [rows x columns] with a row stride in elements. Copying it copies the view.
template <typename T>
class Grid {
 public:
  Grid() = default;
  Grid(T* data, std::size_t rows, std::size_t columns, std::size_t row_stride)
      : data_(data), rows_(rows), columns_(columns), row_stride_(row_stride) {
    BORESIGHT_ASSERT(row_stride >= columns);
  }
  Grid(T* data, std::size_t rows, std::size_t columns) : Grid(data, rows, columns, columns) {}

  /// A view of T is also a view of const T.
  template <typename U>
  requires(std::is_same_v<const U, T> && !std::is_const_v<U>)
      Grid(const Grid<U>& other)  // NOLINT(google-explicit-constructor)
      : Grid(other.data(), other.rows(), other.columns(), other.row_stride()) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t row_stride() const { return row_stride_; }
  bool empty() const { return rows_ == 0 || columns_ == 0; }
  T* data() const { return data_; }

  std::span<T> row(std::size_t r) const {
    BORESIGHT_ASSERT(r < rows_);
    return {data_ + r * row_stride_, columns_};
  }
  T& operator()(std::size_t r, std::size_t c) const {
    BORESIGHT_ASSERT(r < rows_ && c < columns_);
    return data_[r * row_stride_ + c];
  }

  /// The same rows, columns [first, first + count).
  Grid columns(std::size_t first, std::size_t count) const {
    BORESIGHT_ASSERT(first + count <= columns_);
    return {data_ + first, rows_, count, row_stride_};
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t row_stride_ = 0;
};

/// Owning, zero-initialised [rows x columns] buffer; every row starts on a 64-byte boundary.
template <typename T>
class GridBuffer {
 public:
  GridBuffer() = default;
  GridBuffer(std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), row_stride_(padded(columns)), storage_(rows * row_stride_) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  Grid<T> view() { return {storage_.data(), rows_, columns_, row_stride_}; }
  Grid<const T> view() const { return {storage_.data(), rows_, columns_, row_stride_}; }
  std::span<T> row(std::size_t r) { return view().row(r); }
  std::span<const T> row(std::size_t r) const { return view().row(r); }
  T& operator()(std::size_t r, std::size_t c) { return view()(r, c); }
  const T& operator()(std::size_t r, std::size_t c) const { return view()(r, c); }

 private:
  static constexpr std::size_t padded(std::size_t columns) {
    constexpr std::size_t per_line = sizeof(T) < 64 ? 64 / sizeof(T) : 1;
    return (columns + per_line - 1) / per_line * per_line;
  }

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t row_stride_ = 0;
  aligned_vector<T> storage_;
};

}  // namespace boresight
