#include <dlfcn.h>

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Logger.hpp>
#include <SoapySDR/Modules.hpp>
#include <SoapySDR/Registry.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "boresight/core/error.h"
#include "soapy_setup.h"

namespace boresight::sdr {

namespace fs = std::filesystem;

namespace {

void drop_message(SoapySDR::LogLevel, const char*) {}

bool driver_is_registered() {
  return SoapySDR::Registry::listFindFunctions().contains("boresight");
}

// The folders of the running program and of the library this function is in (a Python module, say).
std::vector<fs::path> own_folders() {
  std::vector<fs::path> folders;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path());
  Dl_info found{};
  if (::dladdr(reinterpret_cast<const void*>(&load_bundled_driver), &found) != 0 &&
      found.dli_fname != nullptr) {
    const fs::path library = fs::weakly_canonical(found.dli_fname, error);
    if (!error) folders.push_back(library.parent_path());
  }
  return folders;
}

void load_modules_beside_us() {
  const std::array<fs::path, 4> places = {fs::path("../lib") / BORESIGHT_MODULE_FOLDER,
                                          fs::path("..") / BORESIGHT_LIBDIR / BORESIGHT_MODULE_FOLDER,
                                          fs::path(BORESIGHT_MODULE_FOLDER),
                                          fs::path("..") / BORESIGHT_MODULE_FOLDER};
  for (const fs::path& folder : own_folders()) {
    for (const fs::path& place : places) {
      std::error_code error;
      const fs::path module = fs::weakly_canonical(folder / place / BORESIGHT_MODULE_FILE, error);
      if (error || !fs::is_regular_file(module, error)) continue;
      SoapySDR::loadModule(module.string());
      if (driver_is_registered()) return;
    }
  }
}

// A driver that SoapySDR has no module of is the likeliest reason: say which there are and where others come
// from.
std::string nobody_matches(const std::string& args) {
  std::string text = "no SoapySDR device matches '" + args + "'";
  const auto drivers = SoapySDR::Registry::listFindFunctions();
  const auto wanted = SoapySDR::KwargsFromString(args);
  const auto driver = wanted.find("driver");
  if (driver == wanted.end() || drivers.contains(driver->second)) return text;
  text += ": there is no module for '" + driver->second + "' (there are:";
  for (const auto& [name, find] : drivers) text += " " + name;
  return text + "); install it, on Debian soapysdr-module-NAME, or name its folder in SOAPY_SDR_PLUGIN_PATH";
}

}  // namespace

void quiet_soapy_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (std::getenv("SOAPY_SDR_LOG_LEVEL") == nullptr) SoapySDR::registerLogHandler(&drop_message);
  });
}

bool load_bundled_driver() {
  static std::mutex mutex;  // modules register themselves while they load
  const std::lock_guard lock(mutex);
  quiet_soapy_log();
  if (driver_is_registered()) return true;
  // A path the user set is the user's choice of driver; otherwise the module that was built with this
  // program goes before one that happens to be installed.
  if (std::getenv("SOAPY_SDR_PLUGIN_PATH") != nullptr) SoapySDR::loadModules();
  if (!driver_is_registered()) load_modules_beside_us();
  if (!driver_is_registered()) SoapySDR::loadModules();
  return driver_is_registered();
}

std::vector<std::string> list_devices(std::string_view args) {
  load_bundled_driver();
  std::vector<std::string> lines;
  try {
    for (const SoapySDR::Kwargs& device : SoapySDR::Device::enumerate(std::string(args))) {
      lines.push_back(SoapySDR::KwargsToString(device));
    }
  } catch (const std::exception& error) {
    throw IoError("cannot list SoapySDR devices matching '" + std::string(args) + "': " + error.what());
  }
  return lines;
}

void Unmake::operator()(SoapySDR::Device* device) const noexcept {
  try {
    SoapySDR::Device::unmake(device);
  } catch (...) {  // a device that vanished may fail to close; there is nobody to tell
  }
}

DevicePtr open_device(const std::string& args) {
  require(!SoapySDR::KwargsFromString(args).empty(),
          "no device arguments: give at least driver=NAME (got '" + args + "')");
  load_bundled_driver();
  try {
    if (SoapySDR::Device::enumerate(args).empty()) throw IoError(nobody_matches(args));
    DevicePtr device(SoapySDR::Device::make(args));
    if (!device) throw IoError(nobody_matches(args));
    return device;
  } catch (const IoError&) {
    throw;
  } catch (const std::exception& error) {
    throw IoError("cannot open '" + args + "': " + error.what());
  }
}

}  // namespace boresight::sdr
