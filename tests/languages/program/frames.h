// Throws through a number of frames, each of which has something to destroy.
#pragma once

#include <stdexcept>

struct TooDeep : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How many destructors of this thread's frames have run.
extern thread_local int destroyed;

void descend(int frames);
