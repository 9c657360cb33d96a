/* The part of the UEFI specification (2.10) that the stub uses. Names and order of members are the
 * specification's; members that are not used stand as `void *` so that the others lie where they must.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* UEFI calls follow Microsoft's convention on x86-64, and the platform's own elsewhere. */
#ifdef __x86_64__
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

typedef uint64_t efi_status;
typedef void *efi_handle;
typedef uint16_t efi_char;

#define EFI_ERROR_BIT (1ULL << 63)
#define EFI_SUCCESS 0ULL
#define EFI_LOAD_ERROR (EFI_ERROR_BIT | 1)
#define EFI_INVALID_PARAMETER (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)

typedef struct {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
} efi_guid;

/* Section 10.2: a node's type, subtype and its length in bytes. */
typedef struct {
	uint8_t type, subtype, length[2];
} efi_device_path;

#define HARDWARE_DEVICE_PATH 1
#define HW_MEMMAP 3
#define MEDIA_DEVICE_PATH 4
#define MEDIA_VENDOR 3
#define END_DEVICE_PATH 0x7f
#define END_ENTIRE 0xff

typedef struct {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
} efi_table_header;

typedef struct efi_text_output {
	void *reset;
	efi_status(EFIAPI *output_string)(struct efi_text_output *self, const efi_char *text);
} efi_text_output;

#define EFI_LOADER_DATA 2

/* Section 4.4. */
typedef struct {
	efi_table_header header;
	void *raise_tpl, *restore_tpl;
	void *allocate_pages, *free_pages, *get_memory_map;
	efi_status(EFIAPI *allocate_pool)(uint32_t type, uint64_t size, void **buffer);
	efi_status(EFIAPI *free_pool)(void *buffer);
	void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
	void *install_protocol_interface, *reinstall_protocol_interface, *uninstall_protocol_interface;
	efi_status(EFIAPI *handle_protocol)(efi_handle handle, const efi_guid *protocol, void **interface);
	void *reserved, *register_protocol_notify, *locate_handle, *locate_device_path;
	void *install_configuration_table;
	efi_status(EFIAPI *load_image)(uint8_t boot_policy, efi_handle parent, const efi_device_path *path,
				       void *source, uint64_t size, efi_handle *image);
	efi_status(EFIAPI *start_image)(efi_handle image, uint64_t *exit_data_size, efi_char **exit_data);
	void *exit;
	efi_status(EFIAPI *unload_image)(efi_handle image);
	void *exit_boot_services, *get_next_monotonic_count;
	efi_status(EFIAPI *stall)(uint64_t microseconds);
	void *set_watchdog_timer, *connect_controller, *disconnect_controller;
	void *open_protocol, *close_protocol, *open_protocol_information, *protocols_per_handle;
	void *locate_handle_buffer, *locate_protocol;
	efi_status(EFIAPI *install_multiple_protocol_interfaces)(efi_handle *handle, ...);
	efi_status(EFIAPI *uninstall_multiple_protocol_interfaces)(efi_handle handle, ...);
} efi_boot_services;

/* Section 4.3. */
typedef struct {
	efi_table_header header;
	efi_char *firmware_vendor;
	uint32_t firmware_revision;
	efi_handle console_in_handle;
	void *console_in;
	efi_handle console_out_handle;
	efi_text_output *console_out;
	efi_handle console_error_handle;
	efi_text_output *console_error;
	void *runtime_services;
	efi_boot_services *boot_services;
} efi_system_table;

/* Section 9.1. */
typedef struct {
	uint32_t revision;
	efi_handle parent;
	efi_system_table *system_table;
	efi_handle device;
	efi_device_path *file_path;
	void *reserved;
	uint32_t load_options_size; /* bytes */
	void *load_options;
	void *image_base;
	uint64_t image_size;
} efi_loaded_image;

#define EFI_LOADED_IMAGE_GUID \
	{ 0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
#define EFI_DEVICE_PATH_GUID \
	{ 0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }

/* Section 13.2. */
typedef struct efi_load_file {
	efi_status(EFIAPI *load_file)(struct efi_load_file *self, const efi_device_path *path,
				      uint8_t boot_policy, uint64_t *size, void *buffer);
} efi_load_file;

#define EFI_LOAD_FILE2_GUID \
	{ 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } }

/* Where Linux looks for its initrd: Documentation/arch/x86/boot.rst and drivers/firmware/efi/libstub. */
#define LINUX_INITRD_MEDIA_GUID \
	{ 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } }

/* The headers of a portable executable, as far as a list of its sections needs them. */
typedef struct {
	uint8_t dos[60];
	uint32_t pe_offset;
} pe_dos_header;

typedef struct {
	uint32_t signature;
	uint16_t machine, sections;
	uint32_t timestamp, symbols, symbol_count;
	uint16_t optional_size, characteristics;
} pe_header;

typedef struct {
	char name[8];
	uint32_t virtual_size, virtual_address, raw_size, raw_offset;
	uint32_t relocations, lines, counts, characteristics;
} pe_section;
