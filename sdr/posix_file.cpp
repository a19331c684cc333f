#include "posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "boresight/core/error.h"

namespace boresight::sdr {

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

PosixFile::PosixFile(PosixFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_written_(other.bytes_written_),
      path_(std::move(other.path_)) {}

PosixFile& PosixFile::operator=(PosixFile&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    bytes_written_ = other.bytes_written_;
    path_ = std::move(other.path_);
  }
  return *this;
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

PosixFile PosixFile::open_for_reading(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw IoError("cannot open " + path.string() + ": " + errno_text(errno));
  PosixFile file(descriptor, path);
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    throw IoError("cannot open " + path.string() + ": it is a folder");
  }
  return file;
}

PosixFile PosixFile::open_for_writing(const std::filesystem::path& path,
                                      const std::filesystem::path& reported, bool exclusive) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (exclusive ? O_EXCL : O_TRUNC);
  const int descriptor = ::open(path.c_str(), flags, 0666);
  if (descriptor < 0) throw IoError("cannot write " + reported.string() + ": " + errno_text(errno));
  return PosixFile(descriptor, reported);
}

PosixFile PosixFile::open_for_writing_alone(const std::filesystem::path& path,
                                            const std::filesystem::path& reported) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (descriptor < 0) throw IoError("cannot write " + reported.string() + ": " + errno_text(errno));
  PosixFile file(descriptor, reported);
  if (!file.is_regular()) {
    throw IoError("cannot write " + reported.string() + ": " + path.string() + " is not a regular file");
  }
  // File systems without locks go without.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw IoError("cannot write " + reported.string() + ": another writer is at it");
  }
  // The other writer may have renamed the file between open() and the lock: this one is not of that name now.
  struct stat opened {};
  struct stat named {};
  if (::fstat(descriptor, &opened) != 0 || ::stat(path.c_str(), &named) != 0 ||
      opened.st_ino != named.st_ino) {
    throw IoError("cannot write " + reported.string() + ": another writer is at it");
  }
  if (::ftruncate(descriptor, 0) != 0) {
    throw IoError("cannot write " + reported.string() + ": " + errno_text(errno));
  }
  return file;
}

bool PosixFile::is_regular() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

std::uint64_t PosixFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    throw IoError("cannot tell the size of " + path_.string() + ": " + errno_text(errno));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

void PosixFile::write_all(const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  std::size_t left = bytes;
  while (left > 0) {
    const ssize_t written = ::write(descriptor_, from, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      throw IoError("cannot write " + path_.string() + ": " + std::to_string(bytes - left) + " of " +
                    std::to_string(bytes) + " bytes written after the first " +
                    std::to_string(bytes_written_) + ": " + errno_text(error));
    }
    from += written;
    left -= static_cast<std::size_t>(written);
  }
  bytes_written_ += bytes;
}

void PosixFile::read_all(void* data, std::size_t bytes, std::uint64_t offset) const {
  char* to = static_cast<char*>(data);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(descriptor_, to + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw IoError("cannot read " + path_.string() + ": " + std::to_string(done) + " of " +
                    std::to_string(bytes) + " bytes at byte " + std::to_string(offset) + ": " +
                    (got < 0 ? errno_text(errno) : "the file ends there"));
    }
    done += static_cast<std::size_t>(got);
  }
}

std::string PosixFile::read_text(std::size_t limit) const {
  std::string text;
  std::string piece(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t got = ::read(descriptor_, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read " + path_.string() + ": " + errno_text(errno));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      throw IoError("cannot read " + path_.string() + ": more than the limit of " + std::to_string(limit) +
                    " bytes");
    }
  }
}

void PosixFile::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) {
    throw IoError("cannot write " + path_.string() + ": " + std::to_string(bytes_written_) +
                  " bytes did not reach the disk: " + errno_text(errno));
  }
}

void PosixFile::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) {
    throw IoError("cannot write " + path_.string() + ": closing it after " + std::to_string(bytes_written_) +
                  " bytes: " + errno_text(errno));
  }
}

}  // namespace boresight::sdr
