// A file that appears whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace boresight::sdr {

/// Writes to a temporary file in the folder of `path`; commit() moves it there in one step, replacing what
/// was there. Without commit() the temporary is removed and `path` is as it was.
///
/// A symbolic link is followed. A path that is there and is not a regular file (/dev/stdout, a pipe) is
/// written to directly. Every failure is an IoError that names the path, the bytes and the reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  void write(std::span<const std::uint8_t> bytes);
  void write(std::string_view text);
  /// Flushes to the disk and puts the file in place. Once; nothing can be written after it.
  void commit();

  std::uint64_t bytes_written() const;
  const std::filesystem::path& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::sdr
