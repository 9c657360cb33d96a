/* The unwinder in the seed's libgcc_eh.a asks the C library which object holds a code address
   through _dl_find_object, which glibc has and musl has not. This answers from the program
   headers that musl reports. */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* Layout fixed by glibc's <dlfcn.h>. */
struct found_object {
	unsigned long long flags;
	void *map_start;
	void *map_end;
	void *link_map;
	void *eh_frame_hdr;
	unsigned long long reserved[7];
};

struct query {
	uintptr_t address;
	struct found_object *result;
};

static int inspect(struct dl_phdr_info *info, size_t size, void *data)
{
	struct query *query = data;
	uintptr_t start = UINTPTR_MAX, end = 0, frames = 0;
	int inside = 0;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t low = info->dlpi_addr + segment->p_vaddr;
		uintptr_t high = low + segment->p_memsz;

		if (segment->p_type == PT_GNU_EH_FRAME)
			frames = low;
		if (segment->p_type != PT_LOAD)
			continue;
		if (low < start)
			start = low;
		if (high > end)
			end = high;
		inside |= query->address >= low && query->address < high;
	}
	if (!inside || !frames)
		return 0;
	*query->result = (struct found_object){
		.map_start = (void *)start,
		.map_end = (void *)end,
		.eh_frame_hdr = (void *)frames,
	};
	return 1;
}

/* 0 when `address` lies in an object whose unwind table is known, otherwise -1. */
int _dl_find_object(void *address, struct found_object *result)
{
	struct query query = { (uintptr_t)address, result };

	return dl_iterate_phdr(inspect, &query) ? 0 : -1;
}
