#include "process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace boresight::receive {
namespace {

constexpr auto longest_run = std::chrono::seconds(60);

// Reads what is there; false: the other end has closed.
bool drain(int& descriptor, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  ::close(descriptor);  // 0, or EIO from a terminal whose other end is gone
  descriptor = -1;
  return false;
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const Around& around) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
  if (around.error_on_terminal) {
    winsize size{.ws_row = 25, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::openpty(&err[0], &err[1], nullptr, nullptr, &size) != 0) {
      throw std::runtime_error("no pseudo-terminal for the test: is /dev/pts mounted?");
    }
  } else if (::pipe2(err.data(), O_CLOEXEC) != 0) {
    std::abort();
  }
  const std::string program = around.program.empty() ? BORESIGHT_RECEIVE : around.program;
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  child_ = ::fork();
  if (child_ < 0) std::abort();
  if (child_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    ::unsetenv("SOAPY_SDR_PLUGIN_PATH");
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
    for (const std::string& variable : around.environment) ::putenv(::strdup(variable.c_str()));
    if (around.largest_file_bytes) {
      const rlimit limit{*around.largest_file_bytes, *around.largest_file_bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Process::~Process() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void Process::signal(int number) {
  ::kill(child_, number);
}

void Process::collect(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> open = {{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if (::poll(open.data(), open.size(), static_cast<int>(timeout.count())) <= 0) return;
  if (open[0].revents != 0) drain(out_, ended_.out);
  if (open[1].revents != 0) drain(err_, ended_.err);
}

Ended Process::wait() {
  const auto deadline = std::chrono::steady_clock::now() + longest_run;
  while (out_ >= 0 || err_ >= 0) {
    collect(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > deadline) ::kill(child_, SIGKILL);
  }
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  ended_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

void expect_refusal(const Arguments& arguments, const std::string& named, const Around& around) {
  std::string command;
  for (const std::string& argument : arguments) command += " " + argument;
  SCOPED_TRACE(command);
  const Ended run = receive(arguments, around);
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, testing::StartsWith("boresight-receive: "));
  EXPECT_THAT(run.err, testing::HasSubstr(named));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

std::string to_json(const SmallScene& scene) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "waveform": "ku20", "seed": 3,
    "array": {"type": "rectangle", "spacing_wavelengths": 0.5},
    "payload": {"mcs": "qpsk_1_2"},
    "satellites": [{"motion": {"type": "track", "azimuth_deg": 140, "elevation_deg": 55,
                               "doppler_hz": 230000, "reference_carrier_hz": 11325000000}}],
    "receiver": {"adc": {"noise_floor_dbfs": -45}}})");
  json["array"]["columns"] = scene.columns;
  json["array"]["rows"] = scene.rows;
  json["payload"]["file_bytes"] = scene.file_bytes;
  json["satellites"][0]["snr_db"] = scene.snr_db;
  if (scene.jammer_db) {
    json["jammers"] = {{{"type", "noise"},
                        {"azimuth_deg", 250},
                        {"elevation_deg", 20},
                        {"above_noise_db", *scene.jammer_db}}};
  }
  return json.dump();
}

std::string device_of(const TemporaryFolder& folder, const SmallScene& scene) {
  const std::string path = (folder / "scene.json").string();
  put(path, to_json(scene));
  return "driver=boresight,scenario=" + path;
}

}  // namespace boresight::receive
