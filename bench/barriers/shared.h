/* A page that the machine and the host share, and what the machine tells of a round. */
#include <stdint.h>

enum { STEPS = 1 << 18, ROUNDS = 40 };

#define MARK 0x6261727269657273u

struct page {
    uint64_t mark[4];             /* by which the host finds the page: MARK, MARK + 1, ... */
    volatile uint64_t machine[8]; /* the machine's word, in a cache line of its own */
    volatile uint64_t host[8];    /* the host's word */
    volatile uint64_t told[8];    /* the number of a step (STEPS: a round may begin), what was seen in it */
    volatile uint64_t heard[8];   /* the number of the last step that the host has noted */
};
