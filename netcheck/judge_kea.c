/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_kea.h"

#include "netcheck/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct judge {
	const struct judge_kea *seen;
	check_sink *sink;
	void *user;
};

__attribute__((format(printf, 5, 6))) static void say(const struct judge *judge, const char *id,
						      enum result_state state, const char *subject,
						      const char *format, ...)
{
	struct result *result = result_about(id, state, subject);
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (result)
		result_set(&result->text, "%s", text);
	judge->sink(result, judge->user);
}

/* "subnet 10.81.1.0/24", "pool 10.81.1.10-10.81.1.20 of subnet 10.81.1.0/24" */
static const char *subject_of(const struct kea_subnet *subnet, char *ret, size_t size)
{
	snprintf(ret, size, "%s%s%ssubnet %s", subnet->pool ? "pool " : "",
		 subnet->pool ? subnet->pool : "", subnet->pool ? " of " : "", subnet->prefix);
	return ret;
}

static bool is_expected(const struct judge *judge, const struct hostname *suffix)
{
	for (size_t i = 0; i < judge->seen->suffix_count; i++)
		if (hostname_equal(&judge->seen->suffixes[i], suffix))
			return true;
	return judge->seen->suffix_count == 0;
}

static bool judge_domain(const struct judge *judge, const char *subject,
			 const struct kea_subnet *subnet)
{
	const struct kea_options *options = &subnet->options;
	struct hostname suffix;
	struct err err = {0};

	if (!options->has_domain || !options->domain[0])
		say(judge, "NC701", RESULT_FAILURE, subject, "option 15 (domain-name) is %s",
		    options->has_domain ? "empty" : "not configured");
	else if (hostname_parse(options->domain, &suffix, &err))
		say(judge, "NC701", RESULT_FAILURE, subject,
		    "option 15 \"%s\" is no DNS suffix: %s", options->domain, err.text);
	else if (!is_expected(judge, &suffix))
		say(judge, "NC703", RESULT_FAILURE, subject,
		    "option 15 is %s, which is none of the site's suffixes", suffix.text);
	else
		return true;
	return false;
}

static bool judge_servers(const struct judge *judge, const char *subject,
			  const struct kea_subnet *subnet)
{
	const struct kea_options *options = &subnet->options;

	if (!options->has_servers || !options->server_count)
		say(judge, "NC702", RESULT_FAILURE, subject, "option 6 (domain-name-servers) is %s",
		    options->has_servers ? "empty" : "not configured");
	else if (options->bad_servers)
		say(judge, "NC702", RESULT_FAILURE, subject,
		    "option 6 holds something that is no address");
	else
		return true;
	return false;
}

static void judge_subnet(const struct judge *judge, const struct kea_subnet *subnet)
{
	char subject[512], servers[WORDS_TEXT];
	bool good;

	subject_of(subnet, subject, sizeof(subject));
	good = judge_domain(judge, subject, subnet);
	good &= judge_servers(judge, subject, subnet);
	if (!subnet->pool && !subnet->has_pool)
		say(judge, "NC704", RESULT_WARNING, subject, "has no pool");
	if (strcmp(subnet->replace_name, "never") &&
	    strcmp(subnet->replace_name, "when-not-present"))
		say(judge, "NC705", RESULT_WARNING, subject, "ddns-replace-client-name is \"%s\"",
		    subnet->replace_name);
	if (good)
		say(judge, "NC700", RESULT_OK, subject, "suffix %s, name servers %s",
		    subnet->options.domain,
		    words_addrs(subnet->options.servers, subnet->options.server_count, servers));
}

/* Both clients of a PC, without a client id and with one, must meet in one lease or in two, not take
 * turns in one; `true` is Kea's default. */
static void judge_client_ids(const struct judge *judge)
{
	const struct kea_config *config = judge->seen->config;
	size_t with = 0, without = 0;

	for (size_t i = 0; i < config->subnet_count; i++)
		*(config->subnets[i].match_client_id ? &with
						     : &without) += !config->subnets[i].pool;
	if (with && without)
		say(judge, "NC706", RESULT_WARNING, judge->seen->path,
		    "match-client-id is true in %zu subnets and false in %zu", with, without);
}

static bool by_class(const struct kea_config *config)
{
	return strstr(config->take_over, "class") != NULL;
}

/* Kea's own D2 registers whom the hook does not take over. */
static bool has_d2(const struct kea_config *config)
{
	bool any = false;

	for (size_t i = 0; i < config->subnet_count; i++)
		any |= config->subnets[i].ddns;
	return config->d2 && any;
}

static bool judge_class(const struct judge *judge)
{
	const struct kea_config *config = judge->seen->config;
	const char *path = judge->seen->path;
	const char *otherwise = has_d2(config) ? "; Kea's own D2 registers the PCs' names" : "";

	if (!by_class(config))
		return true;
	if (!config->class_defined)
		say(judge, "NC711",
		    strcmp(config->take_over, "class") ? RESULT_WARNING : RESULT_FAILURE, path,
		    "the hook takes over the class \"%s\", which is not defined%s",
		    config->client_class, otherwise);
	else if (config->class_late)
		say(judge, "NC711", RESULT_FAILURE, path,
		    "the class \"%s\" is evaluated only after the lease was chosen "
		    "(only-if-required)%s",
		    config->client_class, otherwise);
	else if (!config->class_tested)
		say(judge, "NC711", RESULT_WARNING, path,
		    "the class \"%s\" has no test: only reservations or other hooks put clients "
		    "into it",
		    config->client_class);
	else
		return true;
	return false;
}

static void judge_hook(const struct judge *judge)
{
	const struct kea_config *config = judge->seen->config;
	const char *path = judge->seen->path;
	bool good;

	if (!config->hook) {
		say(judge, "NC710", RESULT_FAILURE, path, "libdhcp_amtnet.so is not loaded%s",
		    has_d2(config) ? "; Kea's own D2 answers for the PCs' names" : "");
		return;
	}
	good = judge_class(judge);
	if (config->tuning_after) {
		say(judge, "NC712", RESULT_WARNING, path,
		    "libdhcp_ddns_tuning is loaded after libdhcp_amtnet");
		good = false;
	}
	if (!config->control_socket || !config->lease_cmds) {
		say(judge, "NC713", RESULT_WARNING, path, "there is no %s%s%s",
		    config->control_socket ? "" : "Unix control socket",
		    config->control_socket || config->lease_cmds ? "" : " and no ",
		    config->lease_cmds ? "" : "libdhcp_lease_cmds.so");
		good = false;
	}
	if (good)
		say(judge, "NC714", RESULT_OK, path, "hook loaded, take-over by %s%s%s%s",
		    config->take_over, by_class(config) ? " \"" : "",
		    by_class(config) ? config->client_class : "", by_class(config) ? "\"" : "");
}

void judge_kea(const struct judge_kea *seen, check_sink *sink, void *user)
{
	struct judge judge = {.seen = seen, .sink = sink, .user = user};

	judge_hook(&judge);
	if (!seen->config->subnet_count)
		say(&judge, "NC704", RESULT_WARNING, seen->path, "there is no subnet in it");
	for (size_t i = 0; i < seen->config->subnet_count; i++)
		judge_subnet(&judge, &seen->config->subnets[i]);
	judge_client_ids(&judge);
}
