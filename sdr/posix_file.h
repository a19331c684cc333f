// Reading and writing with every short transfer and errno turned into an IoError. Private to boresight::sdr.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace boresight::sdr {

/// "No space left on device (ENOSPC)"-like text of an errno, safe in any thread.
std::string errno_text(int error);

/// A file descriptor that closes itself.
class PosixFile {
 public:
  PosixFile() = default;
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&& other) noexcept;
  ~PosixFile();

  /// Throws IoError naming the path when it cannot be opened.
  static PosixFile open_for_reading(const std::filesystem::path& path);
  /// Creates or empties the file; with `exclusive` it must not exist. Errors speak of `reported`: the user
  /// knows the file, not its temporary.
  static PosixFile open_for_writing(const std::filesystem::path& path, const std::filesystem::path& reported,
                                    bool exclusive = false);

  /// Creates or empties a file that stays locked until it is closed; IoError when another writer holds it.
  static PosixFile open_for_writing_alone(const std::filesystem::path& path,
                                          const std::filesystem::path& reported);

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  bool is_regular() const;
  std::uint64_t size() const;

  /// Writes everything or throws IoError naming path, bytes and reason.
  void write_all(const void* data, std::size_t bytes);
  /// Fills the buffer from the offset or throws IoError.
  void read_all(void* data, std::size_t bytes, std::uint64_t offset) const;
  /// Everything in the file, which must not exceed `limit` bytes.
  std::string read_text(std::size_t limit) const;

  void sync();
  /// Closes and reports what close() reports: a network file system may find the disk full only here.
  void close();

  std::uint64_t bytes_written() const { return bytes_written_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  PosixFile(int descriptor, const std::filesystem::path& path) : descriptor_(descriptor), path_(path) {}

  int descriptor_ = -1;
  std::uint64_t bytes_written_ = 0;
  std::filesystem::path path_;
};

}  // namespace boresight::sdr
