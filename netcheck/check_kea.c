/* SPDX-License-Identifier: ISC */
#include "netcheck/check_kea.h"

#include "netcheck/judge_kea.h"
#include "netcheck/kea_text.h"

static void unreadable(const struct check_tools *tools, const char *path, const char *why)
{
	struct result *result = result_about("NC709", RESULT_UNKNOWN, path);

	if (result)
		result_set(&result->text, "%s", why);
	tools->sink(result, tools->user);
}

void check_kea(const struct check_tools *tools, const struct check_kea_wanted *wanted)
{
	struct kea_config config = {0};
	struct judge_kea seen = {
		.path = wanted->file,
		.config = &config,
		.suffixes = wanted->suffixes,
		.suffix_count = wanted->suffix_count,
	};
	char place[KEA_TEXT_PLACE];
	struct kea_text text;
	struct err err = {0};
	size_t at;
	int r = kea_text_read(&text, wanted->file, &err);

	if (!r) {
		r = kea_config_parse(text.text.bytes ? text.text.bytes : "", text.text.length,
				     &config, &at, &err);
		if (r && at < text.text.length)
			err_prefix(&err, "%s", kea_text_place(&text, at, place));
	}
	kea_text_done(&text);
	if (r)
		unreadable(tools, wanted->file, err.text);
	else
		judge_kea(&seen, tools->sink, tools->user);
	kea_config_done(&config);
}
