// Says every minute what time it is in the zones that it is given.
#include <chrono>
#include <format>
#include <iostream>
#include <thread>

int main(int argc, char** argv) try {
  namespace chrono = std::chrono;
  for (;;) {
    auto now = chrono::floor<chrono::minutes>(chrono::system_clock::now());
    for (int i = 1; i < argc; ++i)
      std::cout << std::format("{} {:%F %R}\n", argv[i], chrono::zoned_time(argv[i], now));
    std::cout.flush();
    std::this_thread::sleep_until(now + chrono::minutes(1));
  }
} catch (const std::exception& error) {
  std::cerr << "almanac: " << error.what() << '\n';
  return 1;
}
