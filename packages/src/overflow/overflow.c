/* overflow: passes on the lines that it reads, to a logger that may stop taking any (its disk is full, or gone).
   Then whoever writes them would wait, too: a server that writes a line for each login lets nobody in any more.
   So if nothing is taken for a while, lines are dropped until something is taken again, and a line says how many.

   Nothing is kept here: what waits, waits in the pipes. While the logger is only slow, whoever writes waits for it,
   and nothing is lost. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long a logger may take nothing: a disk that is busy, or old lines being compressed. In milliseconds. */
#define PATIENCE 3000

/* A pipe with any room takes so many bytes at once, or none of them (pipe(7)). */
#define PART 4096

static char buffer[PART];
/* How long the logger is waited for: not at all, once it has been given up. */
static int patience = PATIENCE;
/* How many lines have been dropped since something was taken. */
static unsigned long dropped;
/* What was read last ended in the middle of a line that is being dropped. */
static int within_dropped;
/* What was passed on last ended in the middle of a line. */
static int within_passed;

static size_t after_newline(const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);
	return newline ? (size_t)(newline - text) + 1 : length;
}

static size_t through_last_newline(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] != '\n') length--;
	return length;
}

/* Whether the logger has taken all of it; it takes all or nothing. */
static int taken(const char *text, size_t length)
{
	struct pollfd out = { .fd = 1, .events = POLLOUT };
	if (poll(&out, 1, patience) > 0 && write(1, text, length) == (ssize_t)length) {
		patience = PATIENCE;
		return 1;
	}
	patience = 0;
	return 0;
}

static int told_what_was_dropped(void)
{
	char text[100];
	int length = snprintf(text, sizeof text, "%soverflow: the log was stuck, %lu lines were dropped\n",
		within_passed ? "\n" : "", dropped);
	if (!taken(text, (size_t)length)) return 0;
	dropped = 0;
	within_passed = 0;
	return 1;
}

/* Whole lines, or a part of a line that is longer than a buffer. */
static void pass(const char *text, size_t length)
{
	if (within_dropped) {
		size_t rest = after_newline(text, length);
		within_dropped = text[rest - 1] != '\n';
		text += rest;
		length -= rest;
	}
	if (length == 0) return;
	int cut = text[length - 1] != '\n';
	if ((dropped == 0 || told_what_was_dropped()) && taken(text, length)) {
		within_passed = cut;
		return;
	}
	for (size_t at = 0; at < length; at += after_newline(text + at, length - at)) dropped++;
	within_dropped = cut;
}

int main(void)
{
	size_t held = 0;
	if (fcntl(1, F_SETFL, O_WRONLY | O_NONBLOCK) < 0) return 1;
	for (;;) {
		/* Without events, what is heard of the logger is that it has ended. */
		struct pollfd both[] = { { .fd = 0, .events = POLLIN }, { .fd = 1 } };
		if (poll(both, 2, -1) < 0 && errno != EINTR) return 1;
		if (both[1].revents) return 0;
		if (!both[0].revents) continue;
		ssize_t count = read(0, buffer + held, sizeof buffer - held);
		if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
		if (count <= 0) break;
		held += (size_t)count;
		size_t whole = through_last_newline(buffer, held);
		if (whole == 0 && held == sizeof buffer) whole = held;
		if (whole == 0) continue;
		pass(buffer, whole);
		held -= whole;
		memmove(buffer, buffer + whole, held);
	}
	if (held > 0) pass(buffer, held);
	return 0;
}
