/* SPDX-License-Identifier: ISC */
/*
 * output: the end of a program whose result is what it printed. A report that did not fit on the disk
 * must not end with the status of a good one. Touches stdout and stderr.
 */
#pragma once

/* Writes out what is left in stdout; to be called once, last. Gives `status` back, or `lost` where
 * `status` is 0 and not everything could be written: stderr says so then, except where nobody reads
 * any more (`| head`). */
int output_end(const char *program, int status, int lost);
