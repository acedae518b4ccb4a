/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"
#include "common/output.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct command command_table[] = {
	{"site", "[OPTION...] FILE", "check all that a site file describes", COMMAND_REPORT_HELP,
	 command_site},
	{"ports", "[OPTION...] TARGET...", "check TCP ports of PCs",
	 COMMAND_REPORT_HELP
	 "  --ports LIST       ports, 16992-16995 by default (16992,16993 or 16992-16995)\n"
	 "  --quick            states only: two tries, no walk along the path\n"
	 "  --rate N           attempts per second, 200 to 500 by default; lifts the limits below\n"
	 "  --subnet-rate N    new hosts per second in one /24 or /64; 50, in an own network 6\n"
	 "  --in-flight N      attempts at a time, 4096 by default\n"
	 "  --tries N          for silent ports, 3 by default; more where answers get lost\n"
	 "  --wait MS          of the last try, 3300 by default; 0 = as the round trip suggests\n"
	 "  --raw              by raw SYN (needs CAP_NET_RAW)\n"
	 "  --states FILE      append a line per endpoint: address, port, state\n"
	 "  --resume FILE      go on where an interrupted run of the same targets stopped\n"
	 "  --yes-really       for more than 65536 addresses\n"
	 "TARGET is an address, a name, a prefix (10.0.0.0/24), a range (10.0.0.5-9), a file of\n"
	 "targets (@FILE, @- for standard input), or `leases` for what amtnetd knows.\n",
	 command_ports},
	{"path", "[OPTION...] [--with PORT] ADDRESS PORT", "find the hop where a port is lost",
	 COMMAND_REPORT_HELP
	 "  --with PORT        the port to compare with, best one that passes; 443 by default\n",
	 command_path},
	{"dns", "[OPTION...] --server ADDR[,ADDR] --suffix SUFFIX [...]",
	 "check what name servers say about the provisioning server",
	 COMMAND_REPORT_HELP
	 "  --server ADDR,...  name servers, as PCs get them by DHCP option 6\n"
	 "  --suffix NAME      DNS suffix, as PCs get it by DHCP option 15; may be repeated\n"
	 "  --name LABEL       first label, ProvisionServer by default\n"
	 "  --expect ADDR,...  what the name must resolve to\n"
	 "  --host FQDN=ADDR   a name that must have the address, and back; may be repeated\n"
	 "  --key NAME         ask whether this TSIG key may register names, and change nothing\n"
	 "  --secret-file FILE its secret in base64\n"
	 "  --algorithm NAME   hmac-sha256 by default\n"
	 "  --zone NAME        where, forward or reverse; the zones of the suffixes by default\n"
	 "  --primary ADDR     the server that takes updates, where SOA does not name it\n",
	 command_dns},
	{"hello", "[OPTION...] [--daemon[=SOCKET]] SERVER[:PORT]",
	 "send one test hello to a provisioning server",
	 COMMAND_REPORT_HELP
	 "  --daemon           ask the amtnetd of this machine whether it recorded the hello\n"
	 "The port is 9971 by default. amtnetd records the test hello and relays it to no core.\n",
	 command_hello},
	{"pair", "[OPTION...] --with ADDR[:PORT] --code-file FILE [--hello SERVER[:PORT]]...",
	 "check together with a responder: each direction by itself",
	 COMMAND_REPORT_HELP
	 "  --with ADDR        the responder (amtnet-check respond --pair); port 16999 by default\n"
	 "  --code-file FILE   its first line is the code that the responder prints\n"
	 "  --ports LIST       ports, 16992-16995 by default\n"
	 "  --hello SERVER     let the responder send a test hello to this address; may be "
	 "repeated\n",
	 command_pair},
	{"respond", "[--bind ADDR] [--ports LIST] [--once SECONDS] [--hello SERVER[:PORT]] [...]",
	 "stand in for a PC at the client site",
	 "  --bind ADDR        listen on this address, all by default\n"
	 "  --ports LIST       ports to listen on, 16992-16995 by default\n"
	 "  --once SECONDS     end after so many seconds: status 0 when every port was reached, "
	 "else 2\n"
	 "  --hello SERVER     send one test hello first\n"
	 "  --ping             answer presence pings on UDP 623 too, as a responder and not as "
	 "AMT\n"
	 "  --pair             let a check work along (amtnet-check pair), with a code that is "
	 "printed\n"
	 "  --code-file FILE   its first line is the code instead\n"
	 "  --control-port N   where the check connects, 16999 by default\n",
	 command_respond},
	{"dhcp", "[OPTION...] --interface NAME | --server ADDR --relay ADDR [...]",
	 "check what DHCP servers offer, without taking a lease",
	 COMMAND_REPORT_HELP
	 "  --interface NAME   ask on this link, as a PC does (needs root)\n"
	 "  --server ADDR      ask this server as a relay (needs root) ...\n"
	 "  --relay ADDR       ... from this address of this machine\n"
	 "  --subnet ADDR      ... for the subnet of this address, by default the relay's\n"
	 "  --suffix NAME      a DNS suffix that may be offered; may be repeated\n"
	 "  --mac MAC          the client's address, by default a random one\n"
	 "  --name NAME        name in option 81, by default amtnet-check and the first suffix\n",
	 command_dhcp},
	{"amt", "[OPTION...] TARGET...", "find out whether Intel AMT answers, and in which state",
	 COMMAND_REPORT_HELP
	 "  --daemon[=SOCKET]  ask the amtnetd of this machine what it knows of the silent ones\n"
	 "TARGET is an address, a name, a prefix (10.0.0.0/24) or a range (10.0.0.5-9).\n",
	 command_amt},
	{"cert",
	 "[OPTION...] [--suffix NAME] [--hello FILE] [--daemon] [--password-file FILE] FILE",
	 "check the provisioning certificate",
	 COMMAND_REPORT_HELP
	 "  --suffix NAME      DNS suffix, as PCs get it by DHCP option 15; may be repeated\n"
	 "  --hello FILE       a hello of a device, whose list must hold the root; may be "
	 "repeated\n"
	 "  --daemon[=SOCKET]  ask the amtnetd of this machine for the roots in the hellos it has\n"
	 "  --password-file F  its first line opens the key or the PKCS #12 file\n"
	 "FILE is PEM or PKCS #12 with the certificate, its key and its chain.\n",
	 command_cert},
	{"kea", "[OPTION...] [--suffix NAME] FILE...", "check configurations of kea-dhcp4",
	 COMMAND_REPORT_HELP
	 "  --suffix NAME      a DNS suffix that a subnet may hand out; may be repeated\n",
	 command_kea},
	{"explain", "[ID...]", "say what a finding means and what helps", "", command_explain},
	{0},
};

static const struct command *find(const char *name)
{
	for (const struct command *command = command_table; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

int command_fail(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "amtnet-check %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry `amtnet-check %s --help`.\n", name);
	return COMMAND_USAGE;
}

int command_help(const char *name)
{
	const struct command *command = find(name);

	printf("Usage: amtnet-check %s %s\n%s.\n\n%s", command->name, command->arguments,
	       command->help, command->options);
	return 0;
}

static int help(FILE *out)
{
	fprintf(out, "Usage: amtnet-check COMMAND [OPTIONS]\n"
		     "Checks whether a network is ready for the provisioning of Intel AMT.\n\n");
	for (const struct command *command = command_table; command->name; command++)
		fprintf(out, "  %-8s %s\n", command->name, command->help);
	fprintf(out,
		"\n`amtnet-check COMMAND --help` lists the options; amtnet-check(1) says it all.\n"
		"Exit status: 0 ready, 1 ready with warnings, 2 not ready, 3 could not tell.\n");
	return out == stdout ? 0 : COMMAND_USAGE;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("amtnet-check %s\n", AMTNET_VERSION);
		return 0;
	}
	command = find(argv[1]);
	if (!command) {
		fprintf(stderr, "amtnet-check: \"%s\" is no command\n", argv[1]);
		return help(stderr);
	}
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* a peer that is gone ends its probe, not the run */
	return output_end("amtnet-check", run(argc, argv), COMMAND_USAGE);
}
