/* SPDX-License-Identifier: ISC */
/*
 * config_read: a tree of nodes into a struct, as its table says. Private to config. Reads secret
 * files.
 */
#pragma once

#include "common/config_tree.h"

/* Fills *object, which is zeroed, and reports every fault; what it holds is to be freed either way.
 */
void config_read(struct config_report *report, const struct config_table *table,
		 const struct config_node *root, void *object);
