#include "boresight/sdr/atomic_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "boresight/core/error.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {
namespace {

using testing::HasSubstr;

// Writes beyond `bytes` fail with EFBIG while it lives: what a full disk does, without one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(AtomicFile, AppearsOnCommitAndLeavesNothingElse) {
  TemporaryFolder folder;
  const auto path = folder / "out.json";
  AtomicFile file(path);
  file.write("hello ");
  file.write("world");
  EXPECT_FALSE(std::filesystem::exists(path));
  file.commit();
  EXPECT_EQ(contents(path), "hello world");
  EXPECT_EQ(file.bytes_written(), 11U);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, WithoutCommitTheOldFileStays) {
  TemporaryFolder folder;
  const auto path = folder / "out.json";
  put(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, ReplacesAndKeepsTheMode) {
  TemporaryFolder folder;
  const auto path = folder / "out.json";
  put(path, "old");
  ::chmod(path.c_str(), 0640);
  AtomicFile file(path);
  file.write("new");
  file.commit();
  EXPECT_EQ(contents(path), "new");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST(AtomicFile, FollowsASymbolicLink) {
  TemporaryFolder folder;
  put(folder / "real", "old");
  std::filesystem::create_symlink("real", folder / "link");
  AtomicFile file(folder / "link");
  file.write("new");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(contents(folder / "real"), "new");
}

TEST(AtomicFile, ShortWriteNamesPathBytesAndReasonAndKeepsTheOldFile) {
  TemporaryFolder folder;
  const auto path = folder / "out.bin";
  put(path, "old");
  std::string message;
  {
    AtomicFile file(path);
    const FileSizeLimit limit(1000);
    file.write(std::string(600, 'a'));
    message = message_of<IoError>([&] { file.write(std::string(600, 'b')); });
    // Half a file must not be committed by a caller that swallowed the error.
    EXPECT_THROW(file.commit(), IoError);
    EXPECT_THROW(file.write("more"), IoError);
  }
  EXPECT_THAT(message, HasSubstr(path.string()));
  EXPECT_THAT(message, HasSubstr("400 of 600 bytes written after the first 600"));
  EXPECT_THAT(message, HasSubstr("File too large"));
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, FullDeviceIsAnErrorAndStaysADevice) {
  AtomicFile file("/dev/full");
  const std::string message = message_of<IoError>([&] { file.write("x"); });
  EXPECT_THAT(message, HasSubstr("/dev/full"));
  EXPECT_THAT(message, HasSubstr("No space left on device"));
  struct stat status {};
  ASSERT_EQ(::stat("/dev/full", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(AtomicFile, PathsThatCannotBeAreNamed) {
  TemporaryFolder folder;
  EXPECT_THAT(message_of<IoError>([&] { AtomicFile(folder / "absent/out"); }),
              HasSubstr("absent/out: No such file"));
  EXPECT_THAT(message_of<IoError>([&] { AtomicFile(folder.path()); }), HasSubstr("it is a folder"));
  EXPECT_THROW(AtomicFile(""), IoError);
}

}  // namespace
}  // namespace boresight::sdr
