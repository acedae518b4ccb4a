/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_ports.h"

#include "netcheck/explain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TARGETS 3
#define PORTS 2

static const uint16_t ports[PORTS] = {16992, 16993};
static const char source[] = "10.81.3.2";
static char responder[] = "pc";

struct scene {
	struct judge_group group;
	struct addr targets[TARGETS];
	struct judge_cell cells[TARGETS * PORTS];
	struct results results;
};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* All ports of `targets` addresses are open and proven. */
static void scene_init(struct scene *scene, size_t targets)
{
	memset(scene, 0, sizeof(*scene));
	for (size_t i = 0; i < targets; i++)
		scene->targets[i] = addr_ip4(0x0a511464 + (uint32_t)i);
	for (size_t i = 0; i < targets * PORTS; i++)
		scene->cells[i] = (struct judge_cell){
			.known = true,
			.tcp = {.to = {scene->targets[i / PORTS], ports[i % PORTS]},
				.state = PROBE_TCP_OPEN,
				.source = addr_of(source),
				.rtt_us = 400,
				.tries = 1},
			.proven = true,
			.seen = addr_of(source),
			.responder = responder,
		};
	scene->group = (struct judge_group){.name = "branch",
					    .targets = scene->targets,
					    .target_count = targets,
					    .ports = ports,
					    .port_count = PORTS,
					    .cells = scene->cells};
	assert_int_equal(prefix_parse("10.81.20.0/24", &scene->group.prefix, NULL), 0);
}

static void take(struct result *result, void *user)
{
	results_take(user, result);
}

static const struct results *judge(struct scene *scene)
{
	results_done(&scene->results);
	judge_ports(&scene->group, take, &scene->results);
	return &scene->results;
}

static void set_icmp(struct judge_cell *cell, enum probe_tcp_state state, uint8_t type,
		     uint8_t code, const char *by)
{
	cell->tcp.state = state;
	cell->tcp.error = (struct dial_error){
		.icmp = true, .error = EHOSTUNREACH, .type = type, .code = code, .by = addr_of(by)};
}

static void set_silent(struct judge_cell *cell, enum hop_place place)
{
	cell->tcp.state = PROBE_TCP_FILTERED;
	cell->tcp.tries = 3;
	cell->tcp.error = (struct dial_error){.error = ETIMEDOUT};
	cell->walk = (struct judge_walk){.walked = true,
					 .finding = {.place = place,
						     .last = 1,
						     .last_addr = addr_of("10.81.3.1"),
						     .next_addr = addr_of("10.81.9.2")},
					 .control_port = 16992,
					 .target = cell->tcp.to.addr,
					 .sent = 12};
}

static void a_dropped_port_names_port_direction_and_hops(void **state)
{
	struct scene scene;
	const struct results *results;

	scene_init(&scene, 1);
	set_silent(&scene.cells[1], HOP_PLACE_BETWEEN);
	results = judge(&scene);
	assert_int_equal(results->count, 2);
	assert_string_equal(results->items[1]->kind->id, "NC104");
	assert_string_equal(results->items[1]->subject, "10.81.20.100 tcp/16993");
	assert_string_equal(results->items[1]->text,
			    "filtered: dropped between hop 1 (10.81.3.1) and hop 2 (10.81.9.2), "
			    "towards the PC; 16992 passes");
	assert_string_equal(
		results->items[1]->fix,
		"on 10.81.3.1 (or where 10.81.9.2 takes packets in) allow tcp from 10.81.3.2 "
		"to 10.81.20.0/24 port 16993, stateful answers back");
	results_done(&scene.results);
}

static void each_state_has_its_finding(void **state)
{
	static const struct {
		enum hop_place place;
		const char *id;
	} silent[] = {
		{HOP_PLACE_BETWEEN, "NC104"}, {HOP_PLACE_AFTER, "NC104"},
		{HOP_PLACE_UNKNOWN, "NC104"}, {HOP_PLACE_EDGE, "NC105"},
		{HOP_PLACE_HOST, "NC106"},
	};
	static const struct {
		enum probe_tcp_state state;
		uint8_t type, code;
		const char *by;
		const char *id;
	} icmp[] = {
		{PROBE_TCP_REJECTED, 3, 13, "10.81.3.1", "NC107"},
		{PROBE_TCP_REJECTED, 3, 3, "10.81.20.100", "NC102"}, /* the host's own firewall */
		{PROBE_TCP_REJECTED, 3, 3, "10.81.3.2", "NC111"},    /* this machine's */
		{PROBE_TCP_NO_HOST, 3, 1, "10.81.9.2", "NC108"},
		{PROBE_TCP_NO_HOST, 3, 1, "10.81.3.2", "NC108"},
		{PROBE_TCP_NO_ROUTE, 3, 0, "10.81.3.1", "NC109"},
	};
	struct scene scene;

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		scene_init(&scene, 1);
		set_silent(&scene.cells[1], silent[i].place);
		assert_string_equal(judge(&scene)->items[1]->kind->id, silent[i].id);
		results_done(&scene.results);
	}
	for (size_t i = 0; i < sizeof(icmp) / sizeof(icmp[0]); i++) {
		scene_init(&scene, 1);
		set_icmp(&scene.cells[1], icmp[i].state, icmp[i].type, icmp[i].code, icmp[i].by);
		assert_string_equal(judge(&scene)->items[1]->kind->id, icmp[i].id);
		results_done(&scene.results);
	}
}

static void what_one_side_cannot_tell_names_the_paired_run(void **state)
{
	struct scene scene;

	scene_init(&scene, 1);
	set_silent(&scene.cells[1], HOP_PLACE_EDGE);
	assert_string_equal(
		judge(&scene)->items[1]->fix,
		"on 10.81.3.1 towards its network, and on the host allow tcp from 10.81.3.2 to "
		"10.81.20.0/24 port 16993, stateful answers back; whether it is dropped or its "
		"answer lost, a paired run tells: amtnet-check respond --pair in its place, pair "
		"--with 10.81.20.100 here");
	results_done(&scene.results);
}

static void silence_on_all_ports_accuses_nobody(void **state)
{
	struct scene scene;
	const struct results *results;

	scene_init(&scene, 1);
	set_silent(&scene.cells[0], HOP_PLACE_AFTER);
	set_silent(&scene.cells[1], HOP_PLACE_AFTER);
	results = judge(&scene);
	assert_string_equal(results->items[0]->kind->id, "NC106");
	assert_int_equal(results->states[RESULT_UNKNOWN], 2);
	assert_null(results->items[0]->fix);
	results_done(&scene.results);
}

static void a_refusal_from_the_way_is_not_the_host(void **state)
{
	struct scene scene;
	const struct results *results;

	scene_init(&scene, 1);
	set_silent(&scene.cells[1], HOP_PLACE_FORGED);
	scene.cells[1].tcp.state = PROBE_TCP_CLOSED;
	scene.cells[1].walk.finding.last = 2;
	results = judge(&scene);
	assert_string_equal(results->items[1]->kind->id, "NC103");
	assert_string_equal(results->items[1]->text,
			    "closed: answered in the name of the PC by hop 1 (10.81.3.1) or hop 2 "
			    "(10.81.9.2)");
	scene.cells[1].walk.walked = false;
	assert_string_equal(judge(&scene)->items[1]->kind->id, "NC102");
	results_done(&scene.results);
}

static void a_subnet_has_one_result_per_port_and_outcome(void **state)
{
	struct scene scene;
	const struct results *results;

	scene_init(&scene, 3);
	set_silent(&scene.cells[1], HOP_PLACE_BETWEEN);
	set_silent(&scene.cells[3], HOP_PLACE_BETWEEN);
	results = judge(&scene);
	assert_int_equal(results->count, 3);
	assert_string_equal(results->items[0]->subject,
			    "10.81.20.0/24 tcp/16992, 3 of 3 addresses");
	assert_string_equal(
		results->items[1]->subject,
		"10.81.20.0/24 tcp/16993, 2 of 3 addresses (10.81.20.100, 10.81.20.101)");
	assert_string_equal(results->items[2]->subject, "10.81.20.102 tcp/16993");
	scene.group.each = true;
	assert_int_equal(judge(&scene)->count, 6);
	results_done(&scene.results);
}

static void one_icmp_answer_speaks_for_the_silent(void **state)
{
	struct scene scene;

	scene_init(&scene, 3);
	set_icmp(&scene.cells[1], PROBE_TCP_REJECTED, 3, 13, "10.81.3.1");
	set_silent(&scene.cells[3], HOP_PLACE_UNKNOWN);
	set_silent(&scene.cells[2], HOP_PLACE_UNKNOWN);
	judge_infer(&scene.group);
	assert_int_equal(scene.cells[3].tcp.state, PROBE_TCP_REJECTED);
	assert_true(addr_equal(scene.cells[3].as, scene.targets[0]));
	assert_int_equal(scene.cells[2].tcp.state, PROBE_TCP_FILTERED); /* another port */

	scene_init(&scene, 2);
	set_icmp(&scene.cells[0], PROBE_TCP_NO_HOST, 3, 1, "10.81.9.2");
	set_silent(&scene.cells[1], HOP_PLACE_UNKNOWN);
	set_silent(&scene.cells[2], HOP_PLACE_UNKNOWN);
	judge_infer(&scene.group);
	assert_int_equal(scene.cells[1].tcp.state, PROBE_TCP_NO_HOST);
	assert_int_equal(scene.cells[2].tcp.state, PROBE_TCP_FILTERED); /* another host */
}

static void what_is_not_known_has_no_result(void **state)
{
	struct scene scene;

	scene_init(&scene, 3);
	scene.cells[3].known = false;
	assert_string_equal(
		judge(&scene)->items[1]->subject,
		"10.81.20.0/24 tcp/16993, 2 of 3 addresses (10.81.20.100, 10.81.20.102)");
	scene.group.each = true;
	assert_int_equal(judge(&scene)->count, 5);
	results_done(&scene.results);
}

static void nat_is_said(void **state)
{
	struct scene scene;

	scene_init(&scene, 1);
	scene.cells[0].seen = addr_of("192.0.2.1");
	assert_string_equal(judge(&scene)->items[0]->text,
			    "open, proven by responder pc, which sees us as 192.0.2.1 (NAT)");
	results_done(&scene.results);
}

static void lost_full_size_packets_are_a_failure_of_their_direction(void **state)
{
	static const struct {
		enum probe_token_size size;
		const char *text;
	} cases[] = {
		{PROBE_TOKEN_SIZE_LOST_THERE, "lost on the way to responder pc: an MTU"},
		{PROBE_TOKEN_SIZE_LOST_BACK, "lost on the way back from responder pc: an MTU"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct result *result;
		struct scene scene;

		scene_init(&scene, 1);
		scene.cells[0].size = cases[i].size;
		result = judge(&scene)->items[0];
		assert_string_equal(result->kind->id, "NC113");
		assert_int_equal(result->state, RESULT_FAILURE);
		assert_non_null(strstr(result->text, cases[i].text));
		assert_non_null(strstr(result->fix, "clamp the MSS"));
		results_done(&scene.results);
	}
}

/* Three addresses, one port: each pair of outcomes that differ in one thing is told apart. */
static void outcomes_that_differ_have_results_of_their_own(void **state)
{
	struct scene scene;
	const struct results *results;

	scene_init(&scene, 3);
	scene.cells[0].size = PROBE_TOKEN_SIZE_LOST_THERE;
	scene.cells[2].size = PROBE_TOKEN_SIZE_LOST_BACK;
	scene.cells[4].size = PROBE_TOKEN_SIZE_LOST_THERE;
	results = judge(&scene);
	assert_int_equal(results->count, 3); /* and one for the other port */
	assert_string_equal(
		results->items[0]->subject,
		"10.81.20.0/24 tcp/16992, 2 of 3 addresses (10.81.20.100, 10.81.20.102)");
	assert_non_null(strstr(results->items[0]->text, "on the way to responder"));
	assert_string_equal(results->items[1]->subject, "10.81.20.101 tcp/16992");
	assert_non_null(strstr(results->items[1]->text, "on the way back from responder"));
	results_done(&scene.results);

	scene_init(&scene, 3);
	for (size_t i = 0; i < 3; i++)
		scene.cells[i * PORTS].proven = false;
	scene.cells[0].hollow = PROBE_TOKEN_SHUT;
	set_silent(&scene.cells[2], HOP_PLACE_FORGED);
	scene.cells[2].tcp.state = PROBE_TCP_OPEN;
	scene.cells[2].hollow = PROBE_TOKEN_RESET;
	set_silent(&scene.cells[4], HOP_PLACE_FORGED);
	scene.cells[4].tcp.state = PROBE_TCP_OPEN;
	scene.cells[4].hollow = PROBE_TOKEN_SHUT;
	assert_int_equal(judge(&scene)->count, 4);
	results_done(&scene.results);
}

static void a_syn_proxy_proves_nothing_of_the_pc(void **state)
{
	struct scene scene;
	const struct result *result;

	scene_init(&scene, 1);
	set_silent(&scene.cells[1], HOP_PLACE_UNKNOWN);
	scene.cells[0].proven = false;
	scene.cells[0].hollow = PROBE_TOKEN_SHUT;
	result = judge(&scene)->items[0];
	assert_string_equal(result->kind->id, "NC114");
	assert_int_equal(result->state, RESULT_UNKNOWN);
	assert_string_equal(
		result->text,
		"open only as a SYN proxy opens every port: answered in the name of the "
		"PC by a device on the way; nobody behind it takes a byte");
	/* Nor that packets reach the PC: its silent port is not blamed on the network. */
	assert_string_equal(scene.results.items[1]->kind->id, "NC106");

	scene.cells[0].hollow = PROBE_TOKEN_RESET; /* perhaps by the PC's own service */
	assert_string_equal(judge(&scene)->items[0]->kind->id, "NC101");
	scene.cells[0].walk = (struct judge_walk){.walked = true,
						  .finding = {.place = HOP_PLACE_FORGED,
							      .last = 2,
							      .last_addr = addr_of("10.81.3.1"),
							      .next_addr = addr_of("10.81.9.2")}};
	result = judge(&scene)->items[0];
	assert_string_equal(result->kind->id, "NC114");
	assert_int_equal(result->state, RESULT_WARNING);
	assert_string_equal(
		result->text,
		"open only as a SYN proxy opens every port: answered in the name of the "
		"PC by hop 1 (10.81.3.1) or hop 2 (10.81.9.2); the PC behind it "
		"refuses");
	scene.cells[0].proven = true;
	assert_string_equal(judge(&scene)->items[0]->kind->id, "NC100");
	results_done(&scene.results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dropped_port_names_port_direction_and_hops),
		cmocka_unit_test(each_state_has_its_finding),
		cmocka_unit_test(what_one_side_cannot_tell_names_the_paired_run),
		cmocka_unit_test(silence_on_all_ports_accuses_nobody),
		cmocka_unit_test(a_refusal_from_the_way_is_not_the_host),
		cmocka_unit_test(a_subnet_has_one_result_per_port_and_outcome),
		cmocka_unit_test(one_icmp_answer_speaks_for_the_silent),
		cmocka_unit_test(what_is_not_known_has_no_result),
		cmocka_unit_test(nat_is_said),
		cmocka_unit_test(outcomes_that_differ_have_results_of_their_own),
		cmocka_unit_test(a_syn_proxy_proves_nothing_of_the_pc),
		cmocka_unit_test(lost_full_size_packets_are_a_failure_of_their_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
