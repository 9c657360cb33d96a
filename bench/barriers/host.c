/* The host's part: host FILE, which is the machine's memory. Prints how often the two missed each other. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared.h"

enum { MOST = 1 << 24 };

static struct page *find(char *memory, size_t size)
{
    for (;; usleep(200000))
        for (size_t at = 0; at < size; at += 4096) {
            struct page *page = (struct page *)(memory + at);
            int marks = 0;
            while (marks < 4 && page->mark[marks] == MARK + marks)
                marks++;
            if (marks == 4)
                return page;
        }
}

int main(int count, char **arguments)
{
    struct stat status;
    int file = count == 2 ? open(arguments[1], O_RDWR) : -1;
    if (file < 0 || fstat(file, &status) != 0)
        return 1;
    char *memory = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        return 1;
    struct page *page = find(memory, status.st_size);
    uint64_t *saw = malloc(MOST * sizeof *saw), missed = 0, met = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t last = 0;
        while (page->told[0] != STEPS)
            ;
        while (last < MOST - 1 && page->machine[0] < STEPS - 1) {
            page->host[0] = ++last;
            __asm__ volatile("mfence" ::: "memory");
            saw[last] = page->machine[0];
        }
        for (uint64_t step = 1; step < STEPS; step++) {
            while (page->told[0] != step)
                ;
            /* The machine did not see the next number; did the host, after writing it, see the step? */
            uint64_t next = page->told[1] + 1;
            if (next <= last) {
                met++;
                missed += saw[next] < step;
            }
            page->heard[0] = step;
        }
        while (page->machine[0] != 0)
            ;
        page->heard[0] = 0;
        page->host[0] = 0;
    }
    printf("missed %lu times of %lu\n", missed, met);
    return 0;
}
