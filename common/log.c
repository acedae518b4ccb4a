/* SPDX-License-Identifier: ISC */
#include "common/log.h"

#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 1024 /* with the line feed */

const char *const log_level_names[] = {"error", "warning", "info", "debug", NULL};

static _Atomic int max_level = LOG_LEVEL_INFO;
static _Atomic bool for_journal = false;

void log_setup(enum log_level level, bool journal)
{
	atomic_store(&max_level, (int)level);
	atomic_store(&for_journal, journal);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&max_level);
}

/* What stands before the area: sd-daemon(3)'s "<N>", or time and level for a person. */
static int print_head(char *ret, size_t size, enum log_level level)
{
	static const int syslog_levels[] = {3, 4, 6, 7};
	char now[CLOCK_TEXT];

	if (atomic_load(&for_journal))
		return snprintf(ret, size, "<%d>", syslog_levels[level]);
	return snprintf(ret, size, "%s %s ", clock_print(clock_wall_ms(), now),
			log_level_names[level]);
}

/* The last resort behind the callers' text_clean(): no control byte reaches a terminal. */
static void drop_controls(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool c1 = byte == 0xc2 && i + 1 < length && (text[i + 1] & 0xe0) == 0x80;

		if (byte < 0x20 || byte == 0x7f || c1)
			text[i] = '?';
		if (c1)
			text[++i] = '?';
	}
}

/* Puts "..." at the end of a full line, not inside a UTF-8 sequence. Returns the new length. */
static size_t cut_line(char *line, size_t length)
{
	length -= 3;
	while (length > 0 && ((unsigned char)line[length] & 0xc0) == 0x80)
		length--;
	memset(line + length, '.', 3);
	return length + 3;
}

/* One write, so that lines of several threads never mix. A line that cannot be written is lost. */
static void write_line(const char *line, size_t length)
{
	ssize_t written;

	do {
		written = write(STDERR_FILENO, line, length);
	} while (written < 0 && errno == EINTR);
}

void log_line(enum log_level level, const char *area, const char *format, ...)
{
	char line[LINE_BYTES];
	int saved_errno = errno;
	size_t length;
	va_list arguments;
	int more;

	if (!log_wants(level))
		return;
	length = (size_t)print_head(line, sizeof(line), level);
	more = snprintf(line + length, sizeof(line) - length, "%s: ", area);
	if ((size_t)more < sizeof(line) - length) {
		length += (size_t)more;
		va_start(arguments, format);
		more = vsnprintf(line + length, sizeof(line) - length, format, arguments);
		va_end(arguments);
	}
	if (more < 0)
		more = 0;
	if ((size_t)more < sizeof(line) - length)
		length += (size_t)more;
	else
		length = cut_line(line, sizeof(line) - 1);
	drop_controls(line, length);
	line[length++] = '\n';
	write_line(line, length);
	errno = saved_errno;
}

bool log_gate_pass(struct log_gate *gate, uint64_t now_ms, uint32_t interval_ms, uint64_t *ret_held)
{
	if (now_ms < gate->open_at_ms) {
		gate->held++;
		return false;
	}
	*ret_held = gate->held;
	gate->held = 0;
	gate->open_at_ms = now_ms + interval_ms;
	return true;
}
