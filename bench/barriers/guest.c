/* The machine's part, as its first process. The barrier is the one of Linux on x86 (smp_mb). */
#include <stdlib.h>
#include <sys/mman.h>

#include "shared.h"

int main(void)
{
    struct page *page = aligned_alloc(4096, 4096);
    uint64_t *saw = malloc(STEPS * sizeof *saw);

    page->machine[0] = page->host[0] = page->told[0] = page->heard[0] = 0;
    mlockall(MCL_CURRENT);
    for (int i = 0; i < 4; i++)
        page->mark[i] = MARK + i;
    for (;;) {
        page->told[0] = STEPS;
        while (page->host[0] == 0)
            ;
        page->told[0] = 0;
        for (uint64_t step = 1; step < STEPS; step++) {
            page->machine[0] = step;
            __asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc");
            saw[step] = page->host[0];
        }
        for (uint64_t step = 1; step < STEPS; step++) {
            page->told[1] = saw[step];
            page->told[0] = step;
            while (page->heard[0] != step)
                ;
        }
        page->machine[0] = page->told[0] = 0;
        while (page->host[0] != 0)
            ;
    }
}
