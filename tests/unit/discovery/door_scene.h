/* SPDX-License-Identifier: ISC */
/*
 * door_scene: discovery with a database, PCs on loopback and a scripted core: what the tests of the
 * door share.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hello.h"
#include "common/log.h"
#include "discovery/discovery.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scene {
	char directory[64], path[96];
	struct event_base *base;
	struct db *db;
	struct discovery *discovery;
	struct discovery_config config;
	struct discovery_core_config core_config;
	struct endpoint listen, endpoint;
	struct test_core core;
	discovery_check *check; /* NULL = none is lent */
	const char *expected;   /* by text_shows_up */
	unsigned cores_wanted;
};

static inline bool lookup(struct addr address, struct discovery_lease *ret, void *user)
{
	static const uint8_t mac[] = {0, 0x11, 0x22, 0x33, 0x44, 0x55};

	(void)user;
	if (!addr_equal(address, addr_ip4(0x7f000005)))
		return false;
	mac_from_bytes(1, mac, sizeof(mac), &ret->mac);
	hostname_parse("pc5.corp.example", &ret->name, NULL);
	ret->leased = true;
	return true;
}

static inline void start(struct scene *scene)
{
	struct err err = {0};

	if (db_open(&scene->db, scene->path, scene->base, &err) < 0 ||
	    discovery_new(&scene->discovery, scene->base, scene->db, &scene->config, NULL, 0,
			  lookup, scene, &err) < 0)
		fail_msg("%s", err.text);
	if (scene->check)
		discovery_lend_check(scene->discovery, scene->check, scene->base);
	if (discovery_start(scene->discovery, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(discovery_listening(scene->discovery, &scene->endpoint, 1), 1);
}

static inline void stop(struct scene *scene)
{
	discovery_stop(scene->discovery);
	discovery_free(scene->discovery);
	db_close(scene->db);
}

static inline int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	log_setup(LOG_LEVEL_ERROR, false);
	snprintf(scene->directory, sizeof(scene->directory), "%s", "/tmp/amtnet-door-XXXXXX");
	if (!mkdtemp(scene->directory))
		return -1;
	snprintf(scene->path, sizeof(scene->path), "%s/test.db", scene->directory);
	scene->base = event_base_new();
	scene->listen = world_loopback(0);
	scene->core_config = (struct discovery_core_config){
		.name = (char *)"core",
		.address = world_loopback(world_free_port()),
		.timeout_ms = 400,
		.give_up_ms = INT64_C(3600000),
	};
	scene->config = (struct discovery_config){
		.listen = {.items = &scene->listen, .count = 1},
		.cores = {.items = &scene->core_config, .count = 1},
		.max_connections = 100,
		.max_per_address = 8,
		.max_per_prefix = 1000,
		.time_limit_ms = 5000,
		.history = 4,
		.max_devices = 10,
	};
	start(scene);
	*state = scene;
	return 0;
}

static inline int tear_down(void **state)
{
	struct scene *scene = *state;
	const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[112];

	stop(scene);
	core_close(&scene->core);
	event_base_free(scene->base);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", scene->path, suffixes[i]);
		unlink(path);
	}
	rmdir(scene->directory);
	free(scene);
	return 0;
}

static inline void open_core(struct scene *scene, enum core_script script)
{
	core_open(&scene->core, scene->base, scene->core_config.address.port, script);
}

static inline void say_hello(struct scene *scene, const char *source, const uint8_t *bytes,
			     size_t length)
{
	int fd = world_connect(source, scene->endpoint);

	world_send(fd, bytes, length);
	world_hang_up(fd);
}

static inline void print_all(const struct scene *scene, struct text *out)
{
	static const char *const columns[] = {"name", "value", NULL};
	struct rows *rows;

	assert_int_equal(discovery_print_devices(scene->discovery, NULL, ROWS_TSV, out), 0);
	assert_int_equal(discovery_print_hellos(scene->discovery, 50, 0, ROWS_TSV, out), 0);
	assert_int_equal(rows_new(&rows, ROWS_TSV, columns, out), 0);
	discovery_print_status(scene->discovery, rows);
	rows_end(rows);
	rows_free(rows);
}

static inline bool text_shows_up(void *user)
{
	struct scene *scene = user;
	struct text text;
	bool found;

	text_init(&text, 1 << 20);
	print_all(scene, &text);
	found = strstr(text.bytes, scene->expected) != NULL;
	text_done(&text);
	return found;
}

static inline void expect_text(struct scene *scene, const char *expected)
{
	struct text text;

	scene->expected = expected;
	if (world_wait(scene->base, text_shows_up, scene))
		return;
	text_init(&text, 1 << 20);
	print_all(scene, &text);
	fprintf(stderr, "%s\n", text.bytes);
	text_done(&text);
	fail_msg("\"%s\" does not show up", expected);
}

static inline bool core_has_them(void *user)
{
	struct scene *scene = user;

	return scene->core.count >= scene->cores_wanted;
}

static inline void expect_at_core(struct scene *scene, unsigned count)
{
	scene->cores_wanted = count;
	assert_true(world_wait(scene->base, core_has_them, scene));
	assert_int_equal(scene->core.count, count);
	assert_int_equal(scene->core.resets, 0);
}
