/* SPDX-License-Identifier: ISC */
/* What amtnetd acknowledged arrives, whole, on days on which it is killed over and over, its disk fills,
 * or one network floods it. */
#include "days.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#define ROUNDS 24
#define PER_ROUND 300

/* Conditions. */

static bool acknowledged_enough(struct days *days)
{
	return days->acknowledged >= days->threshold;
}

static bool all_answered(struct days *days)
{
	return days->begun == days->wanted && days->open == 0;
}

static bool all_arrived(struct days *days)
{
	for (unsigned i = 0; i < days->begun; i++)
		if (days->fates[i] == DAYS_ACKNOWLEDGED && days->arrivals[i] == 0)
			return false;
	return true;
}

static bool says_that_the_disk_is_full(struct days *days)
{
	return days_log_has(days,
			    "cannot be written to the database, tried again every second for a "
			    "minute, its connection is kept, held=0: No space left on device");
}

/* Days. */

static void killed_at_any_point_loses_nothing_acknowledged(void **state)
{
	struct days *days = *state;
	unsigned twice = 0, unsure = 0;
	long most = 0;

	srand(1);
	days_configure(days, "  rate-per-prefix: 0\n");
	for (unsigned round = 0; round < ROUNDS; round++) {
		days_set_core(days, round % 3 != 0);
		if (round % 4 == 3) { /* in the middle of its start */
			days_start(days);
			world_pass(days->base, (unsigned)rand() % 40);
		} else {
			days_run(days);
			days->wanted += PER_ROUND;
			days->threshold = days->acknowledged + 1 + (unsigned)rand() % 200;
			days_expect(days, acknowledged_enough);
		}
		if (days_resident_most(days) > most)
			most = days_resident_most(days);
		days_kill(days);
		days->wanted = days->begun;
	}
	days_set_core(days, true);
	days_run(days);
	days_expect(days, all_arrived);
	for (unsigned i = 0; i < days->begun; i++) {
		twice += days->arrivals[i] > 1;
		unsure += days->fates[i] == DAYS_UNSURE;
	}
	print_message(
		"# %u sent, %u acknowledged, all arrived, %u of them twice, %u unsure, %ld KiB\n",
		days->begun, days->acknowledged, twice, unsure, most);
	assert_true(days->acknowledged >= ROUNDS * 3 / 4);
	assert_int_equal(days->mangled, 0);
	assert_true(most < DAYS_RESIDENT_MAX_KIB);
}

/* Fills what is left of the disk. */
static void fill(const struct days *days, char ret_path[128])
{
	static const uint8_t block[4096];
	int fd;

	snprintf(ret_path, 128, "%s/filler", days->directory);
	fd = open(ret_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static void full_disk_takes_nothing_and_loses_nothing(void **state)
{
	struct days *days = *state;
	char filler[128];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", days->directory, "tmpfs", 0, "size=8m") < 0) {
		print_message("# no file system of its own without root\n");
		skip();
	}
	days_configure(days, "");
	days_run(days);
	days->wanted = days->threshold = 100;
	days_expect(days, acknowledged_enough);
	fill(days, filler);
	days->wanted =
		DAYS_HELLOS_MAX; /* how many still fit into the pages of the log is not known */
	days_expect(days, says_that_the_disk_is_full);
	days->wanted = days->begun;
	assert_true(days->open > 0);
	assert_true(days->acknowledged < days->wanted);
	assert_int_equal(unlink(filler), 0);
	days_expect(days, all_answered);
	assert_int_equal(days->acknowledged, days->wanted);
	days_kill(days);
	days_set_core(days, true);
	days_run(days);
	days_expect(days, all_arrived);
	assert_int_equal(days->mangled, 0);
	assert_true(days_resident_most(days) < DAYS_RESIDENT_MAX_KIB);
}

/* Every 30th is of a network of its own, all others are of one. */
static unsigned mostly_one_network(unsigned number)
{
	return number % 30 == 0 ? 0x7f0900u + number / 30 : 0x7f0303u;
}

static bool others_arrived(struct days *days)
{
	for (unsigned i = 0; i < days->begun; i += 30)
		if (days->arrivals[i] == 0)
			return false;
	return all_answered(days);
}

static void flood_from_one_network_keeps_nobody_else_out(void **state)
{
	struct days *days = *state;
	unsigned of_the_flood = 0;

	days_configure(days, "  rate-per-prefix: 10\n  burst-per-prefix: 300\n");
	days_set_core(days, true);
	days_run(days);
	days->network = mostly_one_network;
	days->wanted = 6000;
	days_expect(days, others_arrived);
	for (unsigned i = 0; i < days->begun; i++)
		of_the_flood += i % 30 != 0 && days->arrivals[i] > 0;
	print_message("# %u of the flood, all of the others\n", of_the_flood);
	assert_in_range(of_the_flood, 300, 1000);
	assert_int_equal(days->mangled, 0);
	assert_true(days_resident_most(days) < DAYS_RESIDENT_MAX_KIB);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, days_begin, days_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(killed_at_any_point_loses_nothing_acknowledged),
		CASE(full_disk_takes_nothing_and_loses_nothing),
		CASE(flood_from_one_network_keeps_nobody_else_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
