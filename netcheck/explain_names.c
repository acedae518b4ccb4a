/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"

static const struct explain items[] = {
	{"NC200", "provisioning name resolves",
	 "The name server gives the address that PCs are meant to find.", ""},
	{"NC201", "provisioning name does not exist",
	 "PCs of this suffix cannot find the provisioning server.",
	 "Create the record ProvisionServer.SUFFIX, or let amtnetd publish it "
	 "(provision-server.zones)."},
	{"NC202", "provisioning name has no address", "The name exists, but has no address record.",
	 "Add an A record to the name; firmware asks for A."},
	{"NC203", "provisioning name points elsewhere",
	 "PCs would announce themselves to another machine; that may be a stale or a rogue one.",
	 "Correct the record, or the expected address in the site file."},
	{"NC204", "name server refuses or fails", "The server answers, but not the question.",
	 "Allow recursion for the client subnets, or ask the zone's own servers."},
	{"NC205", "name server silent or unreachable",
	 "No answer came; PCs that get this server by DHCP option 6 cannot resolve names.",
	 "Allow udp/53 and tcp/53 to it, start it, or take it out of option 6."},
	{"NC206", "name servers disagree",
	 "Which server a PC asks decides where it announces itself.",
	 "Look at zone transfers and at caches between the servers."},
	{"NC207", "bare name answered",
	 "A PC asks for the name without suffix too; a prompt answer of any kind lets it go on.",
	 ""},
	{"NC208", "bare name answered late or not at all",
	 "A PC waits for this answer before it asks with the suffix.",
	 "Let the name server answer single-label names itself instead of forwarding them."},
	{"NC209", "unusual lifetime",
	 "The record lives so long in caches that a move of the server would go unnoticed for a "
	 "day.",
	 "Lower the record's TTL; 5 minutes is a good value."},
	{"NC210", "provisioning name is an alias",
	 "A resolver follows a CNAME; that every firmware does is not known, and the target may "
	 "lie where "
	 "PCs cannot resolve it.",
	 "Replace the CNAME by address records, or let amtnetd publish them."},
	{"NC211", "authoritative servers agree",
	 "Every name server of the zone gives the same addresses.", ""},
	{"NC212", "authoritative servers disagree",
	 "Which name server a resolver happens to ask decides where PCs announce themselves.",
	 "Look at zone transfers from the primary to the server that the text names (serial "
	 "numbers, "
	 "NOTIFY, allow-transfer)."},
	{"NC213", "authoritative server does not answer",
	 "A name server of the zone is down, filtered, or does not know the zone; resolvers lose "
	 "time on "
	 "it.",
	 "Start it, allow udp/53 and tcp/53 to it, or take it out of the zone's NS records."},
	{"NC214", "long negative cache",
	 "A PC that asked before the name existed is told \"does not exist\" for so long.",
	 "Lower the last number of the zone's SOA record; 5 minutes is a good value."},
	{"NC215", "zone of the suffix not found",
	 "No name server said which zone the suffix lies in, so its authoritative servers were not "
	 "asked.",
	 "Ask servers that know the zone (name-servers in the site file)."},
	{"NC216", "suffix inside the environment detection",
	 "With this suffix firmware believes to be at home: the tunnel for remote access (CIRA) "
	 "never "
	 "opens.",
	 "Hand out a suffix outside the list in this subnet, or take it out of the environment "
	 "detection "
	 "of the profile."},

	{"NC220", "name and address agree",
	 "The reverse name exists, and its own address is the one asked about.", ""},
	{"NC221", "no reverse name",
	 "Provisioning cores that verify a PC by its name will not find one.",
	 "Let amtnetd register the PTR, or create it."},
	{"NC222", "reverse name points elsewhere",
	 "The name at this address belongs to another address: a core would configure the wrong "
	 "PC.",
	 "Remove the stale record; amtnetd repairs the ones that it owns."},
	{"NC223", "reverse name not to be had",
	 "The name server did not answer the reverse question.",
	 "Delegate the reverse zone, and look at the findings about the name server."},
	{"NC224", "host name has another address",
	 "The name does not have the address that was expected.",
	 "Correct the record or the expectation."},

	{"NC230", "key may register names",
	 "The primary server of the zone takes updates signed with the key; nothing was changed.",
	 ""},
	{"NC231", "key may not register names",
	 "The server knows the key, but the zone's policy refuses it: names of PCs will not "
	 "appear.",
	 "Grant the key the types in this zone: update-policy or allow-update (BIND), an acl with "
	 "action "
	 "update (Knot)."},
	{"NC232", "key unknown to the server",
	 "The server knows no key of this name and algorithm; Knot says the same of a key that has "
	 "no "
	 "right to this zone.",
	 "Configure the key on the server and grant it the zone, or correct name and algorithm "
	 "here."},
	{"NC233", "wrong secret", "The server knows the key under another secret.",
	 "Copy the secret again, from the server's configuration into the secret file."},
	{"NC234", "clocks too far apart",
	 "Signed updates are taken only when both clocks agree within five minutes.",
	 "Set the clock of the machine that is wrong, and let NTP or chrony keep it."},
	{"NC235", "not a zone of this server",
	 "Updates go to the zone's primary server; this one does not have the zone as a primary.",
	 "Correct the zone's name or its primary server; a reverse zone may have to be created."},
	{"NC236", "primary server not reachable",
	 "Names are registered over tcp/53 at the zone's primary server, and it does not answer "
	 "here.",
	 "Allow tcp/53 to it, or name the primary that takes updates; a hidden one is not in the "
	 "SOA "
	 "record."},
	{"NC237", "key may register some types only",
	 "DHCID says which PC owns a name (or TXT, where DHCID is not to be had); TXT also says "
	 "which "
	 "server owns ProvisionServer, and AAAA is for IPv6.",
	 "Grant the key the other types as well, or set amtnetd to do without them."},
	{"NC238", "server does not take updates as it should",
	 "The answer to an update is none that a primary server with dynamic updates gives.",
	 "Ask the primary server itself, not a resolver or secondary, and enable dynamic updates "
	 "there."},
	{"NC239", "resolver's cache is behind",
	 "PCs that ask this server get an older answer than the authoritative servers give, until "
	 "its "
	 "time is over.",
	 "Wait, or flush the name in the resolver's cache."},

	{"NC300", "hello accepted",
	 "The provisioning server took a test hello and closed the connection as it should.", ""},
	{"NC301", "hello not taken to its end",
	 "Something accepts connections on the hello port, but does not close after a complete "
	 "hello.",
	 "Check that amtnetd listens there (amtnetctl status)."},
	{"NC302", "hello connection reset",
	 "The connection was reset after the hello was sent: an application filter, or another "
	 "service.",
	 "Check what listens on the hello port, and application filters on the way."},
	{"NC303", "hello port closed", "The path is clear, but nothing listens on the hello port.",
	 "Start amtnetd, and check hello.listen in amtnetd.yaml."},
	{"NC304", "hello port unreachable",
	 "PCs cannot announce themselves from where this check ran.",
	 "Allow tcp/9971 from the client subnets to the provisioning server, stateful answers "
	 "back."},
	{"NC305", "daemon could not be asked",
	 "Whether the hello was recorded is not known; that it was accepted stays true.",
	 "Run the check where amtnetd runs, as a member of its control group, and give its "
	 "socket."},
	{"NC306", "hello went to somebody else",
	 "Something took the hello and closed as a provisioning server does, but the daemon at the "
	 "socket "
	 "never saw it: the address leads to another machine.",
	 "Compare the address records of the provisioning name with the address of this daemon."},
	{"NC307", "hello recorded",
	 "The daemon has the hello on disk, from the address that it left from; a test hello goes "
	 "to no "
	 "core.",
	 ""},
	{"NC308", "hello arrives from another address",
	 "A device on the way translates addresses (NAT): the core would call back to the wrong "
	 "one.",
	 "Take the client subnet out of the translation towards the provisioning server."},
};

const struct explain_part explain_names = {items, sizeof(items) / sizeof(items[0])};
