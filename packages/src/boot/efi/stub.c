/* The stub of a unified kernel image: a UEFI program that carries a kernel, its command line and
 * perhaps an initrd in sections of its own file, and starts the one with the others.
 *
 * The layout is that of the UAPI group's specification 5, "Unified Kernel Image": `.linux`, `.cmdline`,
 * `.initrd`. The firmware has loaded (and, with Secure Boot, verified) the whole file when it calls
 * efi_main, so nothing is read here. The kernel is a UEFI program, too, and is started as one: what
 * it must know about the machine it asks the firmware for by itself.
 *
 * The command line is always the one in the image. What the firmware's boot entry holds is ignored:
 * the image is immutable, and so is how it boots.
 *
 * Everything is hidden and relative to the program counter: the file needs no relocation. The image
 * maker checks that. No floating point, no standard library, no stack protector.
 */
#include "uefi.h"

#pragma GCC visibility push(hidden)

static const efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;
static const efi_guid load_file2_guid = EFI_LOAD_FILE2_GUID;

/* The compiler may call these of its own accord. Volatile, or it finds them in their own bodies. */
void *memcpy(void *target, const void *source, size_t size)
{
	volatile char *to = target;
	const char *from = source;
	for (size_t i = 0; i < size; i++)
		to[i] = from[i];
	return target;
}

void *memset(void *target, int value, size_t size)
{
	volatile char *to = target;
	for (size_t i = 0; i < size; i++)
		to[i] = (char)value;
	return target;
}

/* A piece of our own image in memory. `data` is null where there is no such section. */
typedef struct {
	uint8_t *data;
	uint64_t size;
} slice;

static int same_name(const char section[8], const char *name)
{
	for (int i = 0; i < 8; i++) {
		if (section[i] != name[i])
			return 0;
		if (!name[i])
			return 1;
	}
	return 1;
}

static slice find_section(uint8_t *base, const char *name)
{
	const pe_dos_header *dos = (const pe_dos_header *)base;
	const pe_header *pe = (const pe_header *)(base + dos->pe_offset);
	const pe_section *section = (const pe_section *)((const uint8_t *)(pe + 1) + pe->optional_size);
	for (int i = 0; i < pe->sections; i++, section++)
		if (same_name(section->name, name))
			return (slice){ base + section->virtual_address, section->virtual_size };
	return (slice){ 0, 0 };
}

/* ---------------------------------------------------------------------------------------------------
 * The initrd: the kernel asks for it through the protocol LoadFile2 at a device path of its own.
 */

typedef struct {
	efi_device_path vendor;
	efi_guid guid;
	efi_device_path end;
} __attribute__((packed)) vendor_path;

static const vendor_path initrd_path = {
	{ MEDIA_DEVICE_PATH, MEDIA_VENDOR, { sizeof(efi_device_path) + sizeof(efi_guid), 0 } },
	LINUX_INITRD_MEDIA_GUID,
	{ END_DEVICE_PATH, END_ENTIRE, { sizeof(efi_device_path), 0 } },
};

typedef struct {
	efi_load_file protocol; /* the first member: the protocol's `self` is this object */
	slice initrd;
	efi_boot_services *boot;
} initrd_loader;

static efi_status EFIAPI load_initrd(efi_load_file *self, const efi_device_path *path, uint8_t boot_policy,
				     uint64_t *size, void *buffer)
{
	const initrd_loader *loader = (const initrd_loader *)self;
	if (!self || !size || !path)
		return EFI_INVALID_PARAMETER;
	if (boot_policy)
		return EFI_UNSUPPORTED;
	if (!buffer || *size < loader->initrd.size) {
		*size = loader->initrd.size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = loader->initrd.size;
#ifdef __x86_64__
	/* Hundreds of megabytes are possible, so not a byte at a time. */
	void *to = buffer;
	const void *from = loader->initrd.data;
	uint64_t left = loader->initrd.size;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(left) : : "memory");
#else
	memcpy(buffer, loader->initrd.data, loader->initrd.size);
#endif
	return EFI_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------
 * The kernel
 */

/* Some firmware wants to know where an image in memory "comes from": from that memory. */
typedef struct {
	efi_device_path memory;
	uint32_t type;
	uint64_t start, end;
	efi_device_path last;
} __attribute__((packed)) memory_path;

/* The command line in UTF-16 with a final zero. It is ASCII: the image maker has seen to that. */
static efi_status set_options(efi_boot_services *boot, efi_loaded_image *image, slice text)
{
	efi_char *options;
	uint64_t size = (text.size + 1) * sizeof(efi_char);
	efi_status status = boot->allocate_pool(EFI_LOADER_DATA, size, (void **)&options);
	if (status != EFI_SUCCESS)
		return status;
	for (uint64_t i = 0; i < text.size; i++)
		options[i] = text.data[i];
	options[text.size] = 0;
	image->load_options = options;
	image->load_options_size = (uint32_t)size;
	return EFI_SUCCESS;
}

static efi_status load_kernel(efi_boot_services *boot, efi_handle self, slice kernel, slice cmdline,
			      efi_handle *image)
{
	efi_loaded_image *loaded;
	memory_path path = {
		{ HARDWARE_DEVICE_PATH, HW_MEMMAP, { offsetof(memory_path, last), 0 } },
		EFI_LOADER_DATA,
		(uint64_t)kernel.data,
		(uint64_t)kernel.data + kernel.size - 1,
		{ END_DEVICE_PATH, END_ENTIRE, { sizeof(efi_device_path), 0 } },
	};
	efi_status status = boot->load_image(0, self, &path.memory, kernel.data, kernel.size, image);
	if (status != EFI_SUCCESS)
		return status;
	status = boot->handle_protocol(*image, &loaded_image_guid, (void **)&loaded);
	if (status != EFI_SUCCESS)
		return status;
	return set_options(boot, loaded, cmdline);
}

/* ---------------------------------------------------------------------------------------------------
 * Errors
 */

/* Says what failed with the firmware's code for it, waits so that somebody can read it, and returns:
 * the firmware tries the next boot entry.
 */
static efi_status fail(efi_system_table *system, const efi_char *what, efi_status status)
{
	efi_text_output *out = system->console_out;
	efi_char code[] = u" (status 0x0000000000000000)\r\n";
	for (int i = 0; i < 16; i++) {
		int digit = (int)(status >> (60 - 4 * i)) & 15;
		code[11 + i] = (efi_char)(digit < 10 ? '0' + digit : 'A' + digit - 10);
	}
	if (out) {
		out->output_string(out, u"\r\nDistill: ");
		out->output_string(out, what);
		out->output_string(out, code);
	}
	system->boot_services->stall(5000000);
	return status;
}

/* ---------------------------------------------------------------------------------------------------
 * The program
 */

static efi_status run(efi_handle self, efi_system_table *system, uint8_t *base)
{
	efi_boot_services *boot = system->boot_services;
	slice kernel = find_section(base, ".linux");
	slice cmdline = find_section(base, ".cmdline");
	initrd_loader loader = { { load_initrd }, find_section(base, ".initrd"), boot };
	efi_handle image = 0, initrd = 0;
	efi_status status;

	if (!kernel.data)
		return fail(system, u"this image has no .linux section", EFI_LOAD_ERROR);
	status = load_kernel(boot, self, kernel, cmdline, &image);
	if (status != EFI_SUCCESS)
		return fail(system, u"the firmware refuses the kernel", status);
	if (loader.initrd.size) {
		status = boot->install_multiple_protocol_interfaces(&initrd, &device_path_guid, &initrd_path,
								    &load_file2_guid, &loader.protocol, (void *)0);
		if (status != EFI_SUCCESS)
			return fail(system, u"the firmware refuses the initrd", status);
	}

	/* Does not return unless the kernel gives up before it has taken the machine over. */
	status = boot->start_image(image, 0, 0);
	if (initrd)
		boot->uninstall_multiple_protocol_interfaces(initrd, &device_path_guid, &initrd_path,
							     &load_file2_guid, &loader.protocol, (void *)0);
	return fail(system, u"the kernel has returned", status);
}

__attribute__((visibility("default"))) efi_status EFIAPI efi_main(efi_handle self, efi_system_table *system)
{
	efi_loaded_image *loaded;
	efi_status status = system->boot_services->handle_protocol(self, &loaded_image_guid, (void **)&loaded);
	if (status != EFI_SUCCESS)
		return fail(system, u"the firmware does not say where this image is", status);
	return run(self, system, loaded->image_base);
}
