/* SPDX-License-Identifier: ISC */
/*
 * log: one line per event to standard error (the journal under systemd): "area: message,
 * key=value".
 *
 * Only doors and programs log; stages return. Levels: error = someone must act; warning = we cope;
 * info = a state change that an operator wants; debug = how we got there. Text from outside goes
 * through text_clean() first. Safe from any thread; a line is one write().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Names for config tables, NULL-terminated, in the order of enum log_level. */
extern const char *const log_level_names[];

/* Lines above `level` are not written. With `journal`, lines start with "<3>" as sd-daemon(3) says,
 * otherwise with the time and the level's name. Default: LOG_LEVEL_INFO, no journal. */
void log_setup(enum log_level level, bool journal);
bool log_wants(enum log_level level);

/* `area` is the door's word ("dns", "hello", "lease", "control", ...). */
void log_line(enum log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A gate for lines that may repeat: lets one through per interval and counts the others. */
struct log_gate {
	uint64_t open_at_ms; /* of the clock that the caller passes */
	uint64_t held;       /* lines held back since the last one */
};

/* True when the line may be written; *ret_held is then how many were held back before it. */
bool log_gate_pass(struct log_gate *gate, uint64_t now_ms, uint32_t interval_ms,
		   uint64_t *ret_held);
