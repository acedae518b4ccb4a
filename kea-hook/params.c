/* SPDX-License-Identifier: ISC */
#include "kea-hook/params.h"

#include "common/text.h"
#include "kea-hook/params_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct param {
	const char *name;
	const char *initial;
	const char *right; /* completes "... is not " */
	params_set_value *set;
	params_show_value *show;
	size_t offset;
};

#define BOOLEAN "true or false"

/* Of struct params. */
static const struct param server_table[] = {
	{"socket", "/run/amtnet/lease.sock", "an absolute path of at most 107 characters",
	 params_set_socket, params_show_text, offsetof(struct params, socket)},
	{"take-over", "class", "one or several of class, mac-prefixes, learned, option-81 and all",
	 params_set_ways, params_show_ways, offsetof(struct params, take_over)},
	{"client-class", "intel-me", "the name of a Kea client class, 1 to 63 characters",
	 params_set_class_name, params_show_text, offsetof(struct params, client_class)},
	{"mac-prefixes", "",
	 "a list of at most 256 beginnings of hardware addresses, such as 00:d8:61 or "
	 "70:b3:d5:7a:c0/36",
	 params_set_prefixes, params_show_prefixes, offsetof(struct params, prefixes)},
	{"learned-max", "65536", "a number from 0 to 1048576", params_set_learned_max,
	 params_show_number, offsetof(struct params, learned_max)},
	{"repair-option-81", "true", BOOLEAN, params_set_bool, params_show_bool,
	 offsetof(struct params, repair)},
	{"tag-leases", "true", BOOLEAN, params_set_bool, params_show_bool,
	 offsetof(struct params, tag_leases)},
};

/* Of struct naming_policy: the server's own, and each class' of the list. */
static const struct param policy_table[] = {
	{"forward", "true", BOOLEAN, params_set_bool, params_show_bool,
	 offsetof(struct naming_policy, forward)},
	{"reverse", "true", BOOLEAN, params_set_bool, params_show_bool,
	 offsetof(struct naming_policy, reverse)},
	{"honour-client-no-update", "false", BOOLEAN, params_set_bool, params_show_bool,
	 offsetof(struct naming_policy, honour_client_no_update)},
	{"name-from", "option-81,option-12,template",
	 "one or several of option-81, option-12 and template, each once", params_set_sources,
	 params_show_sources, offsetof(struct naming_policy, from)},
	{"name-template", "me-{mac}",
	 "a name with {mac} in it, such as me-{mac}, of at most 63 characters", params_set_template,
	 params_show_text, offsetof(struct naming_policy, name_template)},
	{"qualifying-suffix", "", "a domain name, or \"\" for the domain of the answer",
	 params_set_suffix, params_show_text, offsetof(struct naming_policy, suffix)},
};

static const struct param class_name_param = {
	"name",
	"",
	"the name of a Kea client class, 1 to 63 characters",
	params_set_class_name,
	params_show_text,
	offsetof(struct params_class, name),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void set_defaults(const struct param *table, size_t count, void *object)
{
	for (size_t i = 0; i < count; i++)
		(void)table[i].set(object, table[i].offset, table[i].initial);
}

void params_init(struct params *ret)
{
	*ret = (struct params){0};
	set_defaults(server_table, COUNT(server_table), ret);
	set_defaults(policy_table, COUNT(policy_table), &ret->policy);
}

static const struct param *find(const struct param *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, table[i].name) == 0)
			return &table[i];
	}
	return NULL;
}

static int set(const struct param *param, void *object, const char *value, struct err *err)
{
	char clean[128];

	if (param->set(object, param->offset, value) == 0)
		return 0;
	return err_set(err, -EINVAL, "%s: \"%s\" is not %s", param->name,
		       text_clean(clean, sizeof(clean), value, strlen(value)), param->right);
}

static int refuse_name(const char *name, const char *const *names, struct err *err)
{
	char clean[64];
	const char *nearest = text_nearest(name, names);

	text_clean(clean, sizeof(clean), name, strlen(name));
	if (nearest != NULL)
		return err_set(err, -EINVAL, "%s: there is no such parameter; do you mean %s?",
			       clean, nearest);
	return err_set(err, -EINVAL, "%s: there is no such parameter (amtnet-kea-hook(7) has them)",
		       clean);
}

int params_set(struct params *params, const char *name, const char *value, struct err *err)
{
	const char *names[COUNT(server_table) + COUNT(policy_table) + 2] = {"classes"};
	const struct param *param = find(server_table, COUNT(server_table), name);
	size_t n = 1;

	if (param != NULL)
		return set(param, params, value, err);
	param = find(policy_table, COUNT(policy_table), name);
	if (param != NULL)
		return set(param, &params->policy, value, err);
	for (size_t i = 0; i < COUNT(server_table); i++)
		names[n++] = server_table[i].name;
	for (size_t i = 0; i < COUNT(policy_table); i++)
		names[n++] = policy_table[i].name;
	return refuse_name(name, names, err);
}

int params_add_class(struct params *params, struct err *err)
{
	/* One place is for client-class. */
	if (params->class_count == PARAMS_CLASSES_MAX - 1)
		return err_set(err, -EINVAL, "classes: at most %d can be listed",
			       PARAMS_CLASSES_MAX - 1);
	params->classes[params->class_count++] = (struct params_class){.policy = params->policy};
	return 0;
}

int params_set_class(struct params *params, const char *name, const char *value, struct err *err)
{
	const char *names[COUNT(policy_table) + 2] = {class_name_param.name};
	struct params_class *last = &params->classes[params->class_count - 1];
	const struct param *param = find(policy_table, COUNT(policy_table), name);
	int r;

	if (strcmp(name, class_name_param.name) == 0) {
		r = set(&class_name_param, last, value, err);
	} else if (param != NULL) {
		r = set(param, &last->policy, value, err);
	} else {
		for (size_t i = 0; i < COUNT(policy_table); i++)
			names[i + 1] = policy_table[i].name;
		r = refuse_name(name, names, err);
	}
	if (r < 0)
		err_prefix(err, "classes[%zu]", params->class_count - 1);
	return r;
}

int params_done(struct params *params, struct err *err)
{
	struct params_class *own = &params->classes[params->class_count];

	for (size_t i = 0; i < params->class_count; i++) {
		if (params->classes[i].name[0] == '\0')
			return err_set(
				err, -EINVAL,
				"classes[%zu]: \"name\" is missing, the name of a Kea client "
				"class",
				i);
	}
	if (memchr(params->take_over, TAKE_OVER_MAC_PREFIXES, sizeof(params->take_over)) != NULL &&
	    params->prefix_count == 0)
		return err_set(err, -EINVAL,
			       "take-over: \"mac-prefixes\" needs a list in mac-prefixes");
	snprintf(own->name, sizeof(own->name), "%s", params->client_class);
	own->policy = params->policy;
	params->class_count++;
	return 0;
}

static bool show(const struct param *param, const void *object, const char **ret_name,
		 char ret_value[PARAMS_VALUE_MAX + 1])
{
	*ret_name = param->name;
	param->show(object, param->offset, ret_value);
	return true;
}

bool params_show(const struct params *params, size_t index, const char **ret_name,
		 char ret_value[PARAMS_VALUE_MAX + 1])
{
	if (index < COUNT(server_table))
		return show(&server_table[index], params, ret_name, ret_value);
	index -= COUNT(server_table);
	return index < COUNT(policy_table) &&
	       show(&policy_table[index], &params->policy, ret_name, ret_value);
}

bool params_show_class(const struct params_class *params_class, size_t index, const char **ret_name,
		       char ret_value[PARAMS_VALUE_MAX + 1])
{
	if (index == 0)
		return show(&class_name_param, params_class, ret_name, ret_value);
	return index - 1 < COUNT(policy_table) &&
	       show(&policy_table[index - 1], &params_class->policy, ret_name, ret_value);
}

const char *params_print(const struct params *params, char ret[LEASE_TEXT_MAX + 1])
{
	char value[PARAMS_VALUE_MAX + 1];
	const char *name;
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; params_show(params, i, &name, value) && at < LEASE_TEXT_MAX; i++) {
		int n = snprintf(ret + at, LEASE_TEXT_MAX + 1 - at, "%s%s=%s", at > 0 ? " " : "",
				 name, value[0] != '\0' ? value : "-");
		at += n > 0 ? (size_t)n : 0;
	}
	return ret;
}
