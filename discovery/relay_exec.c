/* SPDX-License-Identifier: ISC */
#include "discovery/relay_exec.h"

#include "common/clock.h"
#include "discovery/discovery.h"
#include "discovery/parcel.h"

#include <event2/event.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST_MAX 96 /* arguments, or variables */
#define LIST_BYTES_MAX 65536
#define LAST_WORD_S 2 /* from SIGTERM to SIGKILL */

struct line {
	struct event_base *base;
	const struct discovery_core_config *config;
};

struct job {
	struct line *line;
	pid_t pid;
	int pid_fd;
	struct event *event;
	bool late; /* SIGTERM was sent */
	carrier_done *done;
	void *user;
};

/* Strings one behind the other, and the array of them that execve(2) wants. */
struct list {
	struct text text;
	size_t at[LIST_MAX];
	size_t count;
	char *items[LIST_MAX + 1];
};

static void begin_item(struct list *list)
{
	if (list->count == LIST_MAX)
		list->text.bad = true;
	else
		list->at[list->count++] = list->text.length;
}

static char *const *end_list(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = list->text.bytes + list->at[i];
	return list->items;
}

/* The value of "{word}" at `from`, NULL when it is none. */
static const char *placeholder(const struct carrier_parcel *parcel, const char *from,
			       size_t *ret_length, char value[PARCEL_WORD_TEXT])
{
	size_t length = strcspn(from, "}");

	for (size_t i = 0; *from == '{' && from[length] && parcel_words[i]; i++)
		if (strlen(parcel_words[i]) == length - 1 &&
		    strncmp(parcel_words[i], from + 1, length - 1) == 0) {
			*ret_length = length + 1;
			return parcel_word(parcel, i, value);
		}
	return NULL;
}

static void add_argument(struct list *list, const char *template,
			 const struct carrier_parcel *parcel)
{
	char value[PARCEL_WORD_TEXT];

	begin_item(list);
	while (*template) {
		size_t length = 1;
		const char *word = placeholder(parcel, template, &length, value);

		if (word)
			text_add(&list->text, "%s", word);
		else
			text_add_bytes(&list->text, template, 1);
		template += length;
	}
	text_add_bytes(&list->text, "", 1);
}

/* "call-back" is AMTNET_CALL_BACK. */
static void add_variable(struct list *list, size_t which, const struct carrier_parcel *parcel)
{
	char value[PARCEL_WORD_TEXT], name[32] = "";

	for (size_t i = 0; parcel_words[which][i] && i + 1 < sizeof(name); i++) {
		int letter = toupper((unsigned char)parcel_words[which][i]);

		name[i] = (char)(letter == '-' ? '_' : letter);
	}
	begin_item(list);
	text_add(&list->text, "AMTNET_%s=%s", name, parcel_word(parcel, which, value));
	text_add_bytes(&list->text, "", 1);
}

static void fill_lists(const struct discovery_core_config *config,
		       const struct carrier_parcel *parcel, struct list *arguments,
		       struct list *variables)
{
	char *const *command = config->command.items;

	text_init(&arguments->text, LIST_BYTES_MAX);
	text_init(&variables->text, LIST_BYTES_MAX);
	begin_item(arguments);
	text_add_bytes(&arguments->text, command[0], strlen(command[0]) + 1);
	for (size_t i = 1; i < config->command.count; i++)
		add_argument(arguments, command[i], parcel);
	begin_item(variables);
	text_add_bytes(&variables->text, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", 35);
	for (size_t i = 0; parcel_words[i]; i++)
		add_variable(variables, i, parcel);
}

/* The hello as a file without a name. */
static int open_input(const struct carrier_parcel *parcel)
{
	int fd = memfd_create("hello", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, parcel->bytes, parcel->length) != (ssize_t)parcel->length ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int spawn(pid_t *ret, int input, char *const *arguments, char *const *variables)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int code;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&files, input, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	code = posix_spawn(ret, arguments[0], &files, &attributes, arguments, variables);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -code;
}

/* The program. */

static void job_free(struct job *job)
{
	if (job->event)
		event_free(job->event);
	if (job->pid_fd >= 0)
		close(job->pid_fd);
	free(job);
}

static void job_cancel(void *user)
{
	struct job *job = user;

	kill(-job->pid, SIGKILL);
	waitpid(job->pid, NULL, 0);
	job_free(job);
}

static void finish(struct job *job, int status)
{
	carrier_done *done = job->done;
	void *user = job->user;
	struct delivery_outcome outcome = {.result = DELIVERY_DONE};

	if (job->late)
		outcome.result = DELIVERY_NO_ANSWER;
	else if (WIFSIGNALED(status))
		outcome = (struct delivery_outcome){.result = DELIVERY_SIGNAL,
						    .error = WTERMSIG(status)};
	else if (WEXITSTATUS(status) != 0)
		outcome = (struct delivery_outcome){.result = DELIVERY_EXIT,
						    .error = WEXITSTATUS(status)};
	job_free(job);
	done(outcome, user);
}

/* The program has ended, or its time is over. */
static void on_event(evutil_socket_t fd, short what, void *user)
{
	const struct timeval last_word = {.tv_sec = LAST_WORD_S};
	struct job *job = user;
	siginfo_t ended = {0};
	int status = 0;

	(void)fd;
	if (waitid(P_PID, (id_t)job->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    ended.si_pid == job->pid) {
		kill(-job->pid, SIGKILL); /* what it left running */
		waitpid(job->pid, &status, 0);
		finish(job, status);
		return;
	}
	if (what & EV_TIMEOUT) {
		kill(-job->pid, job->late ? SIGKILL : SIGTERM);
		job->late = true;
	}
	event_add(job->event, &last_word);
}

static int watch(struct job *job)
{
	int64_t limit_ms = job->line->config->timeout_ms;
	const struct timeval limit = clock_timeval((uint64_t)limit_ms);

	job->pid_fd = pidfd_open(job->pid, 0);
	if (job->pid_fd < 0)
		return -errno;
	job->event = event_new(job->line->base, job->pid_fd, EV_READ, on_event, job);
	return job->event && event_add(job->event, &limit) == 0 ? 0 : -ENOMEM;
}

static int start(struct job *job, const struct carrier_parcel *parcel)
{
	struct list arguments = {0}, variables = {0};
	int input, result = -E2BIG;

	fill_lists(job->line->config, parcel, &arguments, &variables);
	input = open_input(parcel);
	if (input < 0)
		result = input;
	else if (!arguments.text.bad && !variables.text.bad)
		result = spawn(&job->pid, input, end_list(&arguments), end_list(&variables));
	if (input >= 0)
		close(input);
	text_done(&arguments.text);
	text_done(&variables.text);
	return result;
}

static int send_parcel(void *user, const struct carrier_parcel *parcel, carrier_done *done,
		       void *done_user, void **ret_job)
{
	struct job *job = calloc(1, sizeof(*job));
	int result;

	if (!job)
		return -ENOMEM;
	job->line = user;
	job->pid_fd = -1;
	job->done = done;
	job->user = done_user;
	result = start(job, parcel);
	if (result < 0) {
		job_free(job);
		return result;
	}
	result = watch(job);
	if (result < 0) {
		job_cancel(job);
		return result;
	}
	*ret_job = job;
	return 0;
}

static int line_open(void **ret_line, struct event_base *base,
		     const struct discovery_core_config *config, struct err *err)
{
	char *const *command = config->command.items;
	struct line *line;

	if (access(command[0], X_OK) < 0)
		return err_set(err, -errno, "%s: %s", command[0], strerror(errno));
	line = calloc(1, sizeof(*line));
	if (!line)
		return err_set(err, -ENOMEM, "out of memory");
	line->base = base;
	line->config = config;
	*ret_line = line;
	return 0;
}

static void line_close(void *line)
{
	free(line);
}

const struct carrier relay_exec_carrier = {
	.open = line_open,
	.close = line_close,
	.send = send_parcel,
	.cancel = job_cancel,
};
