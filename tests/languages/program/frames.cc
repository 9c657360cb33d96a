#include "frames.h"

#include <format>

thread_local int destroyed = 0;

namespace {
struct Frame {
  ~Frame() { ++destroyed; }
};
}  // namespace

void descend(int frames) {
  Frame frame;
  if (frames == 1) throw TooDeep(std::format("{:>3} left", frames - 1));
  descend(frames - 1);
}
