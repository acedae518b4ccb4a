/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"

#include <strings.h>

#define RESPONDER_HELPS                                                                           \
	"Run `amtnet-check respond` on a machine in that subnet and check again: only an answer " \
	"from "                                                                                   \
	"the far end proves a path."

const struct explain explain_table[] = {
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
	 "Probes pass every router, and other ports of the host answer, but this one stays silent.",
	 "Look at outgoing filters of the last router and at the firewall of the host."},
	{"NC106", "silent host",
	 "The network passes the port up to the last known hop; the host answers on none of the "
	 "ports. "
	 "Windows drops silently by default, and AMT takes its ports before Windows does, so this "
	 "does not say that AMT would be unreachable.",
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

	{"NC400", "DHCP offers what PCs need",
	 "Suffix, name servers and a truthful option 81 are in the offer.", ""},
	{"NC401", "no DHCP offer",
	 "A PC here gets no lease, and without DHCP there is no provisioning. On a link the server "
	 "or its "
	 "relay is down, or has no subnet or no free address for this link.",
	 "Look at the server's log for a DISCOVER of this time, and at the relay (helper address) "
	 "of "
	 "the subnet."},
	{"NC402", "DNS suffix missing in the offer",
	 "Without option 15 the firmware has no trusted suffix and refuses every certificate; it "
	 "is the "
	 "most common reason for failed provisioning.",
	 "Add option 15 (domain-name) to the subnet on this server, without trailing spaces or "
	 "zero "
	 "bytes."},
	{"NC403", "name servers missing in the offer",
	 "Without option 6 PCs cannot resolve the provisioning name.",
	 "Add option 6 (domain-name-servers) to the subnet on this server."},
	{"NC404", "unexpected suffix in the offer",
	 "PCs look for the provisioning server, and compare the certificate, in another domain "
	 "than the "
	 "site has been prepared for.",
	 "Correct option 15, or add the suffix to the site, the certificate and the published "
	 "zones."},
	{"NC405", "server does not register names",
	 "The answer to option 81 says that nobody registers the PC's address.",
	 "Load the amtnet hook and put the PCs into its class, or enable dynamic DNS on this "
	 "server."},
	{"NC406", "offer for one encoding only",
	 "Firmware sends option 81 as text or in wire form; with the one that this server drops, a "
	 "PC "
	 "gets no address.",
	 "Look at the server's log; the amtnet hook repairs what Kea would drop."},
	{"NC407", "suffix twice in the name",
	 "The server appends the suffix to a name that has it already; the PC would be registered "
	 "under a wrong name.",
	 "Load the amtnet hook, or stop the server from qualifying full names "
	 "(ddns-qualifying-suffix)."},
	{"NC408", "DHCP servers disagree", "Which server is quicker decides what a PC learns.",
	 "Make the servers alike, or take the foreign one off the link."},
	{"NC409", "could not ask for an offer",
	 "This machine kept the check from asking; this says nothing about the network.",
	 "Run it as root or with the capability that the text names."},
	{"NC410", "broken DHCP packet", "A server's answer cannot be read to its end.",
	 "Look at the options of this server; a capture (tcpdump -vn port 67) shows the packet."},

	{"NC500", "certificate fit for provisioning",
	 "Purpose, keys, signatures, dates and chain are what firmware asks for.", ""},
	{"NC501", "certificate lacks the provisioning purpose",
	 "Firmware takes a certificate only with the extended key usages 2.16.840.1.113741.1.2.3 "
	 "and "
	 "server authentication, or with the unit \"Intel(R) Client Setup Certificate\".",
	 "Order it anew with that purpose; authorities sell it as a vPro or AMT certificate."},
	{"NC502", "key that firmware may refuse",
	 "Firmware takes RSA keys only, 2048 bits in every generation, 4096 from AMT 6.0 on, in "
	 "every "
	 "certificate of the chain.",
	 "Order it anew with an RSA key of 2048 bits, from an authority whose chain has the same."},
	{"NC503", "weak signature", "Firmware asks for SHA-2 in the whole chain.",
	 "Order it anew; every authority signs with SHA-256 by now."},
	{"NC504", "certificate not valid now", "Firmware compares the dates with its clock.",
	 "Renew it, put the new one into the provisioning core, and check the core's clock."},
	{"NC505", "certificate expires soon", "Provisioning stops on that day.",
	 "Order the renewal now, with the same name."},
	{"NC506", "chain incomplete or unusual",
	 "The core must send the leaf and every certificate up to the root, in at most four.",
	 "Add the missing certificates of the authority to the file, the root included."},
	{"NC507", "private key missing",
	 "A provisioning core needs the private key together with the certificate.",
	 "Export the certificate with its private key, or check the file that the core really "
	 "uses."},
	{"NC508", "certificate cannot be read", "Nothing is known about the certificate.",
	 "Give a PEM or PKCS #12 file, and its password with --password-file."},
	{"NC510", "certificate name fits the suffix",
	 "Every firmware generation and core that is known here accepts the name for this suffix.",
	 ""},
	{"NC511", "certificate name fits the suffix for some only",
	 "The rules of firmware generations and cores differ; the text says who refuses.",
	 "Look whether such firmware or such a core is in use; a name right below the suffix "
	 "pleases "
	 "all."},
	{"NC512", "certificate name does not fit the suffix",
	 "Firmware compares the name with the DNS suffix that DHCP gave it, and refuses.",
	 "Order a certificate for a name below this suffix, or hand out a suffix that fits (DHCP "
	 "option 15)."},
	{"NC513", "private suffix", "No public authority may issue a certificate for such a name.",
	 "Hand out a suffix below a domain of your own, or put the hash of a private root into the "
	 "firmware of each PC."},
	{"NC520", "root known to the device", "The device trusts the root of the certificate.", ""},
	{"NC521", "root unknown to the device",
	 "The device has no hash of this root: it will refuse the certificate.",
	 "Use a certificate of an authority whose root the device knows, or add the root's hash in "
	 "its firmware (MEBx)."},

	{"NC600", "AMT configured", "Intel AMT answers as a configured machine does.", ""},
	{"NC601", "AMT there, setup not done",
	 "The firmware answers the presence ping and waits for its setup: its hello should arrive.",
	 ""},
	{"NC602", "AMT in setup",
	 "The firmware waits for the provisioning core, which connects to tcp/16993.",
	 "Wait for the core, and look at the hellos of this address (amtnetctl devices)."},
	{"NC603", "not AMT",
	 "Something else listens on AMT's ports: a service of the host, a proxy, or another "
	 "maker's "
	 "controller.",
	 "Check the address; find out what listens there."},
	{"NC604", "no sign of AMT",
	 "The host answers, its firmware does not: AMT is disabled, absent, its time for setup is "
	 "over, "
	 "or it never saw a DHCP exchange.",
	 "Enable AMT in the firmware (MEBx), renew the DHCP lease, or start the setup from the "
	 "host."},
	{"NC605", "another maker's controller",
	 "A management controller answers the presence ping, but it is not Intel's.",
	 "Nothing to do here; it cannot be provisioned as AMT."},
	{"NC606", "nothing answers",
	 "Neither firmware nor host said anything; a filter on the way looks just like that.",
	 "See where it is cut: amtnet-check ports ADDRESS."},

	{"NC607", "AMT there, no hello from it",
	 "The firmware is on the network, so it has seen DHCP, but it does not ask for its setup: "
	 "its time "
	 "for hellos is over (6 to 24 hours after power came), or it knows another server.",
	 "Begin its setup anew: in the firmware (MEBx) or with an agent on the host; look at the "
	 "server's "
	 "name and port there."},
	{"NC608", "hellos came, AMT is silent now",
	 "The firmware was on the network and has seen DHCP; since then its time for setup is "
	 "over, it was "
	 "switched off, or the PC has no power.",
	 "Begin its setup anew: in the firmware (MEBx) or with an agent on the host."},
	{"NC609", "no lease of the firmware is known",
	 "AMT was enabled after the host took its lease, the host has a fixed address, or another "
	 "DHCP "
	 "server gave it: the firmware never saw a DHCP exchange that it could learn from.",
	 "Renew the lease on the PC (ipconfig /renew, dhclient -r and dhclient), let it take its "
	 "address by "
	 "DHCP, over the built-in wired card."},

	{"NC700", "subnet gives what PCs need",
	 "Kea hands out a DNS suffix and name servers in this subnet.", ""},
	{"NC701", "DNS suffix missing in Kea",
	 "Without option 15 the firmware has no trusted suffix and refuses every certificate; it "
	 "is the "
	 "most common reason for failed provisioning.",
	 "Add { \"name\": \"domain-name\", \"data\": \"SUFFIX\" } to option-data of the subnet, or "
	 "to the global one."},
	{"NC702", "name servers missing in Kea",
	 "Without option 6 PCs cannot resolve the provisioning name.",
	 "Add { \"name\": \"domain-name-servers\", \"data\": \"ADDRESS\" } to option-data of the "
	 "subnet, or to the global one."},
	{"NC703", "suffix in Kea is none of the site's",
	 "PCs of this subnet look for the provisioning server, and compare the certificate, in "
	 "another "
	 "domain than the site has been prepared for.",
	 "Correct option 15, or add the suffix to the site, the certificate and the published "
	 "zones."},
	{"NC704", "no addresses to give",
	 "PCs here get no lease, and without DHCP no provisioning.",
	 "Add a pool, or take the subnet out."},
	{"NC705", "Kea replaces the names of clients",
	 "Kea invents a name where the PC sends one: host and firmware lose their common name.",
	 "Set ddns-replace-client-name to \"never\" or \"when-not-present\" in this subnet."},
	{"NC706", "match-client-id differs between subnets",
	 "Firmware and operating system of a PC share its MAC address, but not the client id: one "
	 "value "
	 "gives them one lease, the other may give them two.",
	 "Use one value everywhere; false gives both one lease and one address."},
	{"NC709", "Kea configuration cannot be read", "Nothing is known about the DHCP server.",
	 "Check the file with kea-dhcp4 -t FILE."},
	{"NC710", "hook not loaded",
	 "Nobody registers the PCs' firmware in DNS, and nobody answers its option 81 truthfully.",
	 "Add libdhcp_amtnet.so to hooks-libraries; amtnet-kea-hook(7) shows how."},
	{"NC711", "class of the PCs not usable",
	 "The hook takes over the clients of a class; without it Kea's own settings apply to them.",
	 "Define the class with a test such as option[81].exists, without only-if-required."},
	{"NC712", "another hook changes names after ours",
	 "libdhcp_ddns_tuning may undo what the hook decided for the PCs.",
	 "Load libdhcp_amtnet after libdhcp_ddns_tuning, or exclude the class with SKIP_DDNS."},
	{"NC713", "leases cannot be compared",
	 "The daemon compares names with leases through Kea's control socket and the lease "
	 "commands; "
	 "without them a lease that was deleted by command keeps its name.",
	 "Add a Unix control-socket and libdhcp_lease_cmds.so."},
	{"NC714", "hook and class in place", "Kea hands the PCs' names over to amtnet.", ""},

	{"NC800", "paired with a responder",
	 "The responder at the client site works along, and no address is translated on the way.",
	 ""},
	{"NC801", "paired, addresses are translated",
	 "A device on the way translates addresses (NAT): a provisioning core sees another address "
	 "than "
	 "the PC has, and calls back to the wrong one.",
	 "Take the client subnet out of the translation towards the provisioning core."},
	{"NC802", "responder not reachable",
	 "The control connection to the responder did not come about; the ports are not judged.",
	 "Run amtnet-check respond --pair there, allow its control port (tcp/16999), and give the "
	 "code "
	 "that it prints."},
	{"NC810", "port passes both ways", "Both ends saw the connection and its data.", ""},
	{"NC811", "port lost on the way there",
	 "Nothing arrives at the responder: the port is cut towards the PCs.",
	 "Allow the port towards the client subnet; the finding NC104 or NC107 of this port names "
	 "the "
	 "place."},
	{"NC812", "port lost on the way back",
	 "Connections arrive at the responder, its answers are lost: the return path is cut, or "
	 "goes "
	 "another way past a stateful firewall.",
	 "Allow answers from the client subnet, and look for asymmetric routes."},
	{"NC813", "answered by somebody else",
	 "The port looks open, but the responder saw nothing: a device on the way answers in its "
	 "name.",
	 "Look for a proxy or SYN-proxying firewall on the way, and take the port out of it."},
	{"NC814", "data lost after the handshake",
	 "The handshake passes, what follows does not: an application filter or a wrong MTU.",
	 "Look for application filters on the way, and for tunnels with a smaller MTU."},
	{"NC820", "hello passes from the PCs",
	 "A test hello from the client site was taken by the provisioning server.", ""},
	{"NC821", "hello fails from the PCs", "PCs of that site cannot announce themselves.",
	 "Allow tcp/9971 from the client subnet to the provisioning server, stateful answers "
	 "back."},
};

const size_t explain_count = sizeof(explain_table) / sizeof(explain_table[0]);

const struct explain *explain_find(const char *id)
{
	for (size_t i = 0; i < explain_count; i++)
		if (!strcasecmp(explain_table[i].id, id))
			return &explain_table[i];
	return NULL;
}
