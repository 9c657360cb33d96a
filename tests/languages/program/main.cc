// Uses what a C++ library can have wrong: exceptions, threads, locales, files, time zones. It says the same each
// time, on every machine.
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <format>
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "frames.h"

namespace fs = std::filesystem;

// The inner exception lies in the outer one, and both have come through frames of another file.
static std::string nested() {
  try {
    try {
      descend(3);
    } catch (...) {
      std::throw_with_nested(std::logic_error("outer"));
    }
  } catch (const std::exception& outer) {
    try {
      std::rethrow_if_nested(outer);
    } catch (const TooDeep& inner) {
      return std::format("{} of{}", outer.what(), inner.what());
    }
  }
  return "lost";
}

// Each thread throws through as many frames as its number says, and counts on its own.
static std::string threads() {
  std::vector<int> counts(8);
  std::vector<std::thread> all;
  for (int number = 0; number < 8; ++number) {
    all.emplace_back([&counts, number] {
      try {
        descend(number + 1);
      } catch (const TooDeep&) {
        counts[number] = destroyed;
      }
    });
  }
  for (auto& thread : all) thread.join();
  std::ostringstream text;
  for (int count : counts) text << count << ' ';
  return text.str();
}

static std::string files() {
  fs::path root = fs::temp_directory_path() / "languages";
  fs::create_directories(root / "a" / "b");
  std::ofstream(root / "a" / "b" / "file") << "text";
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    names.push_back(fs::relative(entry.path(), root).string());
  std::sort(names.begin(), names.end());
  std::string all;
  for (const auto& name : names) all += name + ' ';
  return std::format("{}{}", all, fs::file_size(root / "a" / "b" / "file"));
}

int main() {
  std::cout << "nested: " << nested() << '\n';
  std::cout << "threads: " << threads() << '\n';
  auto later = std::async(std::launch::async, [] { return 6 * 7; });
  std::cout << "async: " << later.get() << '\n';
  std::cout << "files: " << files() << '\n';
  std::cout << "float: " << std::setprecision(21) << 1.0L / 3 << '\n';
  std::smatch match;
  std::string words = "built by Distill";
  std::regex_search(words, match, std::regex("b(y|e) ([A-Z][a-z]+)"));
  std::cout << "regex: " << match[2] << '\n';
  auto zone = std::chrono::locate_zone("Europe/Berlin");
  std::cout << "zone: " << std::format("{:%F %R %Z}", std::chrono::zoned_time(zone, std::chrono::sys_days())) << '\n';
  std::wcout << L"wide: " << 42 << std::endl;
  auto text = reinterpret_cast<const Bytef*>(words.data());
  std::cout << "zlib: " << std::hex << crc32(0, text, words.size()) << '\n';
}
