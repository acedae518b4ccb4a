/* SPDX-License-Identifier: ISC */
#include "netcheck/kea_config.h"

#include "common/text.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a level of the configuration hands down to the next. */
struct level {
	struct kea_options options;
	bool match_client_id;
	bool ddns;
	char replace_name[32];
};

/* NULL where `object` has no such member, or of another kind. */
static struct json_object *member(struct json_object *object, const char *name, json_type type)
{
	struct json_object *found;

	if (!object || !json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, name, &found) || !json_object_is_type(found, type))
		return NULL;
	return found;
}

static const char *string_of(struct json_object *object, const char *name)
{
	struct json_object *found = member(object, name, json_type_string);

	return found ? json_object_get_string(found) : NULL;
}

static int64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *found = member(object, name, json_type_int);

	return found ? json_object_get_int64(found) : 0;
}

static bool truth_of(struct json_object *object, const char *name, bool otherwise)
{
	struct json_object *found = member(object, name, json_type_boolean);

	return found ? json_object_get_boolean(found) : otherwise;
}

static size_t length_of(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

static void copy(char *ret, size_t size, const char *from)
{
	text_clean(ret, size, from, strlen(from));
}

/* Option 15 in hex digits, where csv-format is false. */
static void set_domain(const char *data, bool plain, struct kea_options *ret)
{
	uint8_t bytes[KEA_NAME];
	size_t length = 0;

	ret->has_domain = true;
	if (!plain && !text_unhex(data, strlen(data), bytes, sizeof(bytes), &length))
		text_clean(ret->domain, sizeof(ret->domain), bytes, length);
	else
		copy(ret->domain, sizeof(ret->domain), data);
}

static void add_server(struct addr addr, struct kea_options *ret)
{
	if (ret->server_count < KEA_SERVERS_MAX)
		ret->servers[ret->server_count++] = addr;
}

static void set_servers(const char *data, bool plain, struct kea_options *ret)
{
	char text[1024], *rest = NULL, *end;
	uint8_t bytes[4 * KEA_SERVERS_MAX];
	struct addr addr;
	size_t length = 0;

	ret->has_servers = true;
	ret->server_count = 0;
	ret->bad_servers = false;
	if (!plain && !text_unhex(data, strlen(data), bytes, sizeof(bytes), &length)) {
		for (size_t i = 0; i + 4 <= length; i += 4)
			add_server(
				(struct addr){ADDR_IP4,
					      {bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]}},
				ret);
		return;
	}
	snprintf(text, sizeof(text), "%s", data);
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		word += strspn(word, " ");
		end = word + strcspn(word, " ");
		*end = '\0';
		if (addr_parse(word, &addr) < 0)
			ret->bad_servers = true;
		else
			add_server(addr, ret);
	}
}

static bool is_option(struct json_object *item, int code, const char *name)
{
	const char *space = string_of(item, "space"), *called = string_of(item, "name");

	if (space && strcmp(space, "dhcp4"))
		return false;
	return number_of(item, "code") == code || (called && !strcmp(called, name));
}

/* What stands in the option-data of `object` replaces what was inherited. True when anything did. */
static bool overlay_options(struct json_object *object, struct kea_options *ret)
{
	struct json_object *list = member(object, "option-data", json_type_array);
	bool changed = false;

	for (size_t i = 0; i < length_of(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *data = string_of(item, "data");
		bool plain = truth_of(item, "csv-format", true);

		if (is_option(item, 15, "domain-name"))
			set_domain(data ? data : "", plain, ret);
		else if (is_option(item, 6, "domain-name-servers"))
			set_servers(data ? data : "", plain, ret);
		else
			continue;
		changed = true;
	}
	return changed;
}

static void overlay_settings(struct json_object *object, struct level *ret)
{
	struct json_object *replace;
	const char *text = string_of(object, "ddns-replace-client-name");

	ret->match_client_id = truth_of(object, "match-client-id", ret->match_client_id);
	ret->ddns = truth_of(object, "ddns-send-updates", ret->ddns);
	replace = member(object, "ddns-replace-client-name", json_type_boolean);
	if (replace) /* as Kea before 1.3 wrote it */
		text = json_object_get_boolean(replace) ? "when-present" : "never";
	if (text)
		copy(ret->replace_name, sizeof(ret->replace_name), text);
}

/* A row for the subnet, or for one of its pools. */
static int add_row(struct kea_config *config, struct json_object *subnet, const char *network,
		   const struct level *level, const char *pool)
{
	struct json_object *pools = member(subnet, "pools", json_type_array);
	const char *prefix = string_of(subnet, "subnet");
	struct kea_subnet *rows, *row;

	if (config->subnet_count == KEA_SUBNETS_MAX)
		return -EFBIG;
	rows = reallocarray(config->subnets, config->subnet_count + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	config->subnets = rows;
	row = &rows[config->subnet_count++];
	*row = (struct kea_subnet){
		.id = (uint32_t)number_of(subnet, "id"),
		.prefix = strdup(prefix ? prefix : "?"),
		.network = network ? strdup(network) : NULL,
		.pool = pool ? strdup(pool) : NULL,
		.has_pool = length_of(pools) > 0,
		.options = level->options,
		.match_client_id = level->match_client_id,
		.ddns = level->ddns,
	};
	memcpy(row->replace_name, level->replace_name, sizeof(row->replace_name));
	return row->prefix && (row->network || !network) && (row->pool || !pool) ? 0 : -ENOMEM;
}

static int add_subnet(struct kea_config *config, struct json_object *subnet, const char *network,
		      struct level level)
{
	struct json_object *pools = member(subnet, "pools", json_type_array);
	int r;

	overlay_options(subnet, &level.options);
	overlay_settings(subnet, &level);
	r = add_row(config, subnet, network, &level, NULL);
	for (size_t i = 0; !r && i < length_of(pools); i++) {
		struct json_object *pool = json_object_array_get_idx(pools, i);
		const char *range = string_of(pool, "pool");
		struct level own = level;

		if (overlay_options(pool, &own.options))
			r = add_row(config, subnet, network, &own, range ? range : "?");
	}
	return r;
}

static int add_subnets(struct kea_config *config, struct json_object *object, const char *network,
		       const struct level *level)
{
	struct json_object *list = member(object, "subnet4", json_type_array);
	int r = 0;

	for (size_t i = 0; !r && i < length_of(list); i++)
		r = add_subnet(config, json_object_array_get_idx(list, i), network, *level);
	return r;
}

static int add_networks(struct kea_config *config, struct json_object *dhcp4,
			const struct level *level)
{
	struct json_object *list = member(dhcp4, "shared-networks", json_type_array);
	int r = 0;

	for (size_t i = 0; !r && i < length_of(list); i++) {
		struct json_object *network = json_object_array_get_idx(list, i);
		const char *name = string_of(network, "name");
		struct level own = *level;

		overlay_options(network, &own.options);
		overlay_settings(network, &own);
		r = add_subnets(config, network, name ? name : "?", &own);
	}
	return r;
}

/* "class", or "class, learned" for a list. */
static void read_take_over(struct json_object *parameters, struct kea_config *ret)
{
	struct json_object *list = member(parameters, "take-over", json_type_array);
	const char *text = string_of(parameters, "take-over");
	size_t used = 0;

	copy(ret->take_over, sizeof(ret->take_over), text ? text : "class");
	for (size_t i = 0; i < length_of(list) && used < sizeof(ret->take_over); i++)
		used += (size_t)snprintf(
			ret->take_over + used, sizeof(ret->take_over) - used, "%s%s", i ? ", " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));
}

static void read_hooks(struct json_object *dhcp4, struct kea_config *ret)
{
	struct json_object *list = member(dhcp4, "hooks-libraries", json_type_array);
	struct json_object *parameters;
	const char *text;

	copy(ret->client_class, sizeof(ret->client_class), "intel-me");
	for (size_t i = 0; i < length_of(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *library = string_of(item, "library");

		if (library && strstr(library, "libdhcp_lease_cmds"))
			ret->lease_cmds = true;
		else if (library && strstr(library, "libdhcp_ddns_tuning"))
			ret->tuning_after = ret->hook;
		if (!library || !strstr(library, "libdhcp_amtnet"))
			continue;
		ret->hook = true;
		parameters = member(item, "parameters", json_type_object);
		read_take_over(parameters, ret);
		text = string_of(parameters, "client-class");
		if (text)
			copy(ret->client_class, sizeof(ret->client_class), text);
	}
}

/* The class whose members are ME clients; NULL where it is not defined. */
static struct json_object *read_class(struct json_object *dhcp4, struct kea_config *ret)
{
	struct json_object *list = member(dhcp4, "client-classes", json_type_array);

	for (size_t i = 0; i < length_of(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *name = string_of(item, "name");

		if (!name || strcmp(name, ret->client_class))
			continue;
		ret->class_defined = true;
		ret->class_tested = string_of(item, "test") || string_of(item, "template-test");
		ret->class_late = truth_of(item, "only-if-required", false) ||
				  truth_of(item, "only-in-additional-list", false);
		return item;
	}
	return NULL;
}

/* Kea 2.7 and later also has a list of sockets. */
static void read_sockets(struct json_object *dhcp4, struct kea_config *ret)
{
	struct json_object *list = member(dhcp4, "control-sockets", json_type_array);
	struct json_object *one = member(dhcp4, "control-socket", json_type_object);
	const char *type = string_of(one, "socket-type");

	ret->control_socket = type && !strcmp(type, "unix");
	for (size_t i = 0; i < length_of(list); i++) {
		type = string_of(json_object_array_get_idx(list, i), "socket-type");
		ret->control_socket |= type && !strcmp(type, "unix");
	}
}

static int read_all(struct json_object *dhcp4, struct kea_config *ret)
{
	struct level level = {.match_client_id = true, .ddns = true, .replace_name = "never"};
	struct json_object *class;
	int r;

	read_hooks(dhcp4, ret);
	read_sockets(dhcp4, ret);
	ret->d2 = truth_of(member(dhcp4, "dhcp-ddns", json_type_object), "enable-updates", false);
	class = read_class(dhcp4, ret);
	overlay_settings(dhcp4, &level);
	overlay_options(dhcp4, &level.options);
	overlay_options(class, &level.options);
	r = add_networks(ret, dhcp4, &level);
	return r ? r : add_subnets(ret, dhcp4, NULL, &level);
}

/* Kea takes nothing behind the closing brace. */
static bool has_more(const char *text, size_t at, size_t length)
{
	return at + strspn(text + at, " \t\r\n") < length;
}

static struct json_object *parse(const char *text, size_t length, size_t *ret_at, struct err *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *object;

	if (!tokener) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	object = json_tokener_parse_ex(tokener, text, (int)length);
	*ret_at = json_tokener_get_parse_end(tokener);
	if (!object && json_tokener_get_error(tokener) == json_tokener_continue) {
		*ret_at = length ? length - 1 : 0;
		err_set(err, -EINVAL, "no JSON, it ends too early");
	} else if (!object) {
		err_set(err, -EINVAL, "no JSON, %s",
			json_tokener_error_desc(json_tokener_get_error(tokener)));
	} else if (has_more(text, *ret_at, length)) {
		*ret_at += strspn(text + *ret_at, " \t\r\n");
		err_set(err, -EINVAL, "no JSON, there is more behind its end");
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

int kea_config_parse(const char *text, size_t length, struct kea_config *ret, size_t *ret_at,
		     struct err *err)
{
	struct json_object *whole, *dhcp4;
	int r;

	*ret = (struct kea_config){0};
	*ret_at = length;
	whole = parse(text, length, ret_at, err);
	if (!whole)
		return -EINVAL;
	*ret_at = length;
	dhcp4 = member(whole, "Dhcp4", json_type_object);
	if (dhcp4)
		r = read_all(dhcp4, ret);
	else
		r = err_set(err, -EINVAL,
			    "there is no \"Dhcp4\" in it: no configuration of kea-dhcp4");
	json_object_put(whole);
	if (r == -ENOMEM)
		err_set(err, r, "out of memory");
	else if (r == -EFBIG)
		err_set(err, r, "more than %d subnets and pools", KEA_SUBNETS_MAX);
	if (r)
		kea_config_done(ret);
	return r;
}

void kea_config_done(struct kea_config *config)
{
	for (size_t i = 0; i < config->subnet_count; i++) {
		free(config->subnets[i].prefix);
		free(config->subnets[i].network);
		free(config->subnets[i].pool);
	}
	free(config->subnets);
	*config = (struct kea_config){0};
}
