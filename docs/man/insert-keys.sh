#!/bin/sh
# SPDX-License-Identifier: ISC
# insert-keys.sh PAGE AMTNETD: prints PAGE with the line @KEYS@ replaced by the daemon's key list.
set -eu
while IFS= read -r line; do
	if [ "$line" = "@KEYS@" ]; then
		# scdoc reads these characters as markup.
		"$2" --keys | sed 's/[_*\\]/\\&/g; s/^\([^ ]*\) /*\1* /; s/$/\n/'
	else
		printf '%s\n' "$line"
	fi
done <"$1"
