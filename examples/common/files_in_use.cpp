#include "common/files_in_use.h"

#include <system_error>

#include "boresight/core/error.h"
#include "boresight/sdr/atomic_file.h"
#include "common/arguments.h"

namespace boresight::program {

namespace fs = std::filesystem;

namespace {

// weakly_canonical leaves a relative name relative when no part of it is there.
fs::path settled(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  if (error) return path.lexically_normal();
  const fs::path real = fs::weakly_canonical(whole, error);
  return error ? whole.lexically_normal() : real;
}

}  // namespace

bool same_file(const fs::path& a, const fs::path& b) {
  if (settled(a) == settled(b)) return true;
  std::error_code not_there;
  return fs::equivalent(a, b, not_there) && !not_there;
}

std::vector<fs::path> recording_files(const fs::path& recording) {
  const fs::path extension = recording.extension();
  const bool named = extension == ".sigmf-meta" || extension == ".sigmf-data";
  const fs::path base = named ? fs::path(recording).replace_extension() : recording;
  return {fs::path(base) += ".sigmf-meta", fs::path(base) += ".sigmf-data"};
}

void check_writable(const fs::path& path, const std::string& option) {
  if (path.empty()) return;
  with_option(option, [&] { sdr::AtomicFile probe(path); });
}

void FilesInUse::reads(const std::string& option, const fs::path& path) {
  if (!path.empty()) files_.push_back({option, path});
}

void FilesInUse::writes(const std::string& option, const fs::path& path) {
  if (path.empty()) return;
  require(path != "-", option + ": -: only --json - is standard output; a file of that name is ./-");
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) return;
  for (const File& other : files_) {
    require(!same_file(path, other.path),
            option + ": " + path.string() + ": is the file of " + other.option + " too");
  }
  files_.push_back({option, path});
}

}  // namespace boresight::program
