/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"

#define RESPONDER_HELPS                                                                           \
	"Run `amtnet-check respond` on a machine in that subnet and check again: only an answer " \
	"from "                                                                                   \
	"the far end proves a path."

static const struct explain items[] = {
	{"NC001", "check did not finish",
	 "The run was ended before every answer was in; the report holds what was known until "
	 "then.",
	 "Run it again and let it finish."},
	{"NC002", "this machine could not send",
	 "A local limit or error kept the check from sending; this says nothing about the network.",
	 "Raise the limit that the text names (descriptors: ulimit -n), or lower --rate."},
	{"NC003", "not looked at",
	 "The site file does not ask for these checks; the verdict says nothing about them.",
	 "Add the keys that the text names, or run the check where they can be seen."},

	{"NC100", "port open, proven end to end",
	 "The responder at the far end sent our token back: packets and data pass both ways.", ""},
	{"NC101", "port open",
	 "Something accepts connections. Some firewalls answer on behalf of absent hosts, so this "
	 "is "
	 "not proof of the whole path.",
	 RESPONDER_HELPS},
	{"NC102", "port closed, path clear",
	 "The host refused the connection itself (TCP RST): the network passes the port, nothing "
	 "listens. Usual before AMT is enabled in the firmware.",
	 "Nothing to do in the network. On the PC: enable AMT, or run `amtnet-check respond`."},
	{"NC103", "connection refused by a device on the way",
	 "The refusal (TCP RST) came from closer than the host: a firewall answers in its name.",
	 "Allow the port on the device that the text names."},
	{"NC104", "port dropped on the way",
	 "Probes of this port pass one hop and are never seen by the next, while other probes are.",
	 "Allow the port on one of the two hops that the text names, with stateful answers back."},
	{"NC105", "port dropped at the last router or by the host",
	 "Probes pass every router, and other ports of the host answer, but this one stays silent. "
	 "From one side, a port that is dropped looks like one whose answer is lost on the way "
	 "back; a "
	 "paired run tells (amtnet-check pair).",
	 "Look at outgoing filters of the last router and at the firewall of the host."},
	{"NC106", "silent host",
	 "The network passes the port up to the last known hop; the host answers on none of the "
	 "ports. "
	 "Windows drops silently by default, and AMT takes its ports before Windows does, so this "
	 "does not say that AMT would be unreachable. From one side no more can be told; a paired "
	 "run "
	 "(amtnet-check pair) tells each direction.",
	 RESPONDER_HELPS},
	{"NC107", "port rejected by a firewall",
	 "A device on the way refuses the port and says so by ICMP.",
	 "Allow the port on the device that the text names."},
	{"NC108", "no host at the address",
	 "The last router (or this machine) found nobody at the address; the path up to there is "
	 "clear.",
	 "Check the address, switch the PC on, or let a responder stand in for it."},
	{"NC109", "a router has no route",
	 "A router on the way does not know the network of the target, or packets go in a circle.",
	 "Add the missing route on the router that the text names."},
	{"NC110", "this machine has no route",
	 "The probe could not leave this machine: no route, or a route or rule that forbids it.",
	 "Run the check from a machine that has a route to the target, or add it (ip route get "
	 "ADDR)."},
	{"NC111", "this machine's own firewall rejects",
	 "The rejection came from this machine itself; it says nothing about the network.",
	 "Allow outgoing connections in the local firewall."},

	{"NC112", "path clear to the host",
	 "The port is answered at the host's own distance: nothing on the way keeps it.", ""},
	{"NC113", "full-size packets are lost",
	 "Connections and short messages pass, packets of full size do not: a hop has a smaller "
	 "MTU "
	 "(a tunnel, often), and the ICMP message by which it would say so is lost. TLS with AMT "
	 "hangs.",
	 "Let ICMP \"fragmentation needed\" (IPv6: \"packet too big\") pass back to the sender, or "
	 "clamp the MSS of TCP at the tunnel."},
	{"NC114", "open at a SYN proxy",
	 "A firewall on the way completes handshakes itself, so that every port looks open. The PC "
	 "behind "
	 "it answers otherwise, or not at all: the open port is no proof of anything there. A "
	 "paired run (amtnet-check pair) tells what arrives.",
	 RESPONDER_HELPS},
};

const struct explain_part explain_ports = {items, sizeof(items) / sizeof(items[0])};
