#include "boresight/sdr/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

#include "boresight/core/error.h"
#include "posix_file.h"

namespace boresight::sdr {

namespace fs = std::filesystem;

struct AtomicFile::Impl {
  fs::path wanted;     // as the caller named it
  fs::path target;     // with symbolic links followed
  fs::path temporary;  // empty: written directly
  PosixFile file;
  bool finished = false;  // committed, or a write failed

  ~Impl() {
    if (!temporary.empty()) {
      std::error_code ignored;
      fs::remove(temporary, ignored);
    }
  }
};

namespace {

// Names only have to differ from those of other writers of the same file; O_EXCL settles the rest.
fs::path temporary_beside(const fs::path& target) {
  static thread_local std::random_device entropy;
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, ".%08x%08x.part", entropy(), entropy());
  std::string name = ".";
  name += target.filename().string();
  name += suffix;
  return target.parent_path() / name;
}

// A rename reaches the disk only when the folder does.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  impl.wanted = path;
  if (path.filename().empty()) throw IoError("cannot write \"" + path.string() + "\": it names no file");
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(path, error);
  impl.target = error ? path : resolved;

  struct stat status {};
  const bool exists = ::stat(impl.target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw IoError("cannot write " + path.string() + ": it is a folder");
  if (exists && !S_ISREG(status.st_mode)) {
    impl.file = PosixFile::open_for_writing(impl.target, path);
    return;
  }
  const fs::path temporary = temporary_beside(impl.target);
  impl.file = PosixFile::open_for_writing(temporary, path, true);
  impl.temporary = temporary;
  if (exists) ::fchmod(impl.file.descriptor(), status.st_mode & 07777);
}

AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::span<const std::uint8_t> bytes) {
  if (impl_->finished)
    throw IoError("cannot write " + impl_->wanted.string() + ": it is finished or failed already");
  impl_->finished = true;  // stays so when the write throws: half a file must not be committed
  impl_->file.write_all(bytes.data(), bytes.size());
  impl_->finished = false;
}

void AtomicFile::write(std::string_view text) {
  write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void AtomicFile::commit() {
  Impl& impl = *impl_;
  if (impl.finished)
    throw IoError("cannot write " + impl.wanted.string() + ": it is finished or failed already");
  if (impl.temporary.empty()) {
    impl.file.close();
    impl.finished = true;
    return;
  }
  impl.file.sync();
  impl.file.close();
  if (std::rename(impl.temporary.c_str(), impl.target.c_str()) != 0) {
    throw IoError("cannot put " + impl.wanted.string() + " in place with its " +
                  std::to_string(impl.file.bytes_written()) + " bytes: " + errno_text(errno));
  }
  impl.temporary.clear();
  impl.finished = true;
  sync_folder(impl.target.parent_path());
}

std::uint64_t AtomicFile::bytes_written() const {
  return impl_->file.bytes_written();
}
const fs::path& AtomicFile::path() const {
  return impl_->wanted;
}

}  // namespace boresight::sdr
