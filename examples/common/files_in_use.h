// The files that a program reads and writes, which must not be one and the same.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace boresight::program {

/// Whether both names lead to one file, which need not be there yet: relative or absolute, through folders
/// and symbolic links, and, of files that are there, hard links.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// The .sigmf-meta and .sigmf-data of a recording that is named by either of them, or without extension.
std::vector<std::filesystem::path> recording_files(const std::filesystem::path& recording);

/// IoError that begins with the option for a place that cannot be written to: better found before a run than
/// after it. Nothing for an empty name.
void check_writable(const std::filesystem::path& path, const std::string& option);

/// Writing over what is read destroys it, and of two outputs of one name only the second would be left, while
/// the exit status speaks for both. Tell what is read first. Empty names are no files; what is no regular
/// file
/// (/dev/null) may be written as often as one likes.
class FilesInUse {
 public:
  void reads(const std::string& option, const std::filesystem::path& path);
  /// ConfigError that names the option and the other one if that file was told before; and for "-", which
  /// looks like standard output.
  void writes(const std::string& option, const std::filesystem::path& path);

 private:
  struct File {
    std::string option;
    std::filesystem::path path;
  };
  std::vector<File> files_;
};

}  // namespace boresight::program
