/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"

static const struct explain items[] = {
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

	{"NC411", "INFORM is answered otherwise",
	 "A PC that has its address already asks by INFORM (a fixed address, Windows for its "
	 "proxy), and is told "
	 "another suffix or other name servers than one that takes a lease.",
	 "Give options 6 and 15 to all clients of the subnet alike, not by a class or a pool that "
	 "only new leases belong to."},
	{"NC412", "answers, but offers no address",
	 "The server knows the subnet, but has no address for a client that it does not know: its "
	 "pools are empty or used up, closed to unknown clients, or it is there for INFORM only.",
	 "Look at the pools of this subnet on that server; nothing to do where another server "
	 "gives the addresses."},

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

	{"NC522", "no device to compare the root with",
	 "The daemon has no hello with root hashes: whether devices know the root of the "
	 "certificate is seen once "
	 "the first one said hello.",
	 ""},
	{"NC523", "daemon could not be asked for roots",
	 "Whether the devices know the root of the certificate is not known.",
	 "Run the check where amtnetd runs, as a member of its control group, and give its "
	 "socket."},

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

	{"NC610", "a responder, not a PC",
	 "amtnet-check respond stands in for a PC at this address, and says so. That tells nothing "
	 "of "
	 "the PC: it never claims to be AMT.",
	 "Check again when the PC has its place."},

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

const struct explain_part explain_hosts = {items, sizeof(items) / sizeof(items[0])};
