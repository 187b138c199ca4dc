import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { failuresOf, laws } from "./simulator/check.ts";
import { seekFailure } from "./simulator/seeks.ts";
import { isBroken } from "./simulator/simulation.ts";

/** Traces that the random simulation once failed on, made small: what was wrong, the devices, the connection, its events. */
const found: readonly [says: string, device: string, connection: string, events: string][] = [
  [
    "a NIC's tag of AES-CCM is that of the bytes as they were fed, though their page was written to since",
    "profile=freebsd-connectx",
    "cipher=aes-128-ccm",
    "a send 740 zerocopy pieces=2; a > 3:539(536); a page-write 360:769; a > 539:769(230)",
  ],
  [
    "Chelsio counts a jump once its record is found (kernel.md 5.3, steps 3 and 4)",
    "profile=chelsio-t6",
    "",
    "a send 100; a > 0:129(129); a < ack 129; a > 0:50(50)",
  ],
  [
    "Chelsio drops what get_record of v4.19 answers with a later record",
    "profile=chelsio-t6 kernel=v4.19",
    "",
    "a send 100; a send 100; a > 0:258(258); a < ack 129; a > -84:-28(56); a > 100:200(100)",
  ],
  [
    "mlx5 of v5.8 counts no jump before the start marker (kernel.md 5.2, step 5)",
    "profile=connectx kernel=v5.8",
    "",
    "a > -16:0(16)",
  ],
  [
    "no segment of v4.19 is marked, whatever the trace says of it (invariant I9)",
    "profile=connectx kernel=v4.19",
    "version=1.3",
    "a send 50; a > 0:72(72) marked",
  ],
  [
    "a queue that goes on takes what waits there, not elsewhere",
    "profile=connectx",
    "",
    "a send 100; nic hold; a > 0:50(50); second resume; nic resume; a reroute second",
  ],
  [
    "a reset of a device without the connection's context is not its business",
    "profile=chelsio-t6",
    "",
    "a send 100; a reroute second; second reset; a reroute nic; a > 0:50(50)",
  ],
  [
    "a reset costs a connection in software nothing",
    "profile=chelsio-t6 kernel=v5.8",
    "cipher=aes-256-gcm",
    "a send 100; nic reset; a > 0:129(129)",
  ],
  [
    "a driver that refuses does so on its own device alone",
    "profile=netronome",
    "",
    "a send 100; a reroute second; a reroute nic; second refuse; a > 20:129(109); a send 10",
  ],
  [
    "a device that is down takes no offload (kernel.md 2.1, step 3)",
    "profile=connectx",
    "",
    "nic down; a install; a send 100; a > 0:129(129)",
  ],
  [
    "no resync is told to a device that is down",
    "profile=fungible",
    "",
    "a send 100; a > 20:129(109); nic refuse; nic down; a send 10",
  ],
  [
    "a context is deleted once, by the device's end or by the rekey",
    "profile=connectx",
    "version=1.3",
    "a send 100; a > 0:122(122); nic down; a < ack 122; a rekey; a send 10",
  ],
  [
    "a rekey flushes the open record also when it is refused",
    "profile=netronome",
    "version=1.3",
    "a send 140; a rekey; a send 2 more; a rekey; a > 0:186(186)",
  ],
  [
    "below a rekey's marker nothing passes (kernel.md section 8)",
    "profile=chelsio-t6",
    "version=1.3",
    "a send 100; a > 0:122(122); a < ack 122; a rekey; a send 50; a > 10:100(90); a > -20:60(80)",
  ],
  [
    "ready ciphertext in a segment that the NIC encrypts is encrypted again, and that is said",
    "profile=freebsd-connectx",
    "version=1.3",
    "a send 350; a rekey; a send 71; a > 0:465(465); a < ack 372; a send 10",
  ],
  [
    "bytes around a rekey's marker are known",
    "profile=innova",
    "version=1.3",
    "a send 100; a rekey; a send 100; a < ack 122; a send 100; a > 122:366(244) captured; a destruct; a > 122:366(244)",
  ],
  [
    "new keys wait for params of their own, whatever the NIC stood at",
    "profile=connectx",
    "version=1.3",
    "a send 100; a > 0:122(122); a < ack 122; a rekey; a send 50; a > 122:140(18) xmit-more; a > 140:194(54) queue=1",
  ],
  [
    "progress params without static ones name the first record",
    "profile=freebsd-connectx",
    "",
    "a send 52; a send 339; a > 0:30(30) xmit-more; a > 31:32(1) queue=1; a > 0:449(449)",
  ],
  [
    "a tag is of the bytes that the NIC was fed, not of what their pages hold by then",
    "profile=connectx",
    "",
    "a send 2000 zerocopy; a > 0:1448(1448); a page-write 100:200; a > 1448:2029(581)",
  ],
  [
    "out of step, too, a NIC has seen its record's beginning as it was",
    "profile=connectx",
    "",
    "a send 2000 zerocopy; a send 1000; a > 0:500(500); a page-write 100:200; a > 500:600(100) dma-error; a > 600:2900(2300)",
  ],
  [
    "the inner type of a TLS 1.3 record does not lie in the user's page",
    "profile=connectx",
    "version=1.3",
    "a send 20 zerocopy; a page-write 0:42; a > 0:42(42)",
  ],
  [
    "what is copied behind a zero-copy piece takes a fragment of its own (kernel.md 2.2, step 5b)",
    "profile=connectx kernel=v4.19",
    "",
    "a send 1393 more zerocopy pieces=15; a send 1408; a > 0:2830(2830)",
  ],
  [
    "a bond steers to its slave that has the context, also where the connection was made below it",
    "profile=bnxt",
    "",
    "a send 100; a reroute bond; nic hold; a > 0:50(50); nic resume",
  ],
  [
    "a fence by MSG_EOR is seen by who looks at the event",
    "profile=connectx",
    "",
    "a send 100 eor; a > 0:129(129)",
  ],
  [
    "a rekey that a close aborted never becomes ready",
    "profile=connectx",
    "version=1.3",
    "a send 100; a > 0:122(122); a rekey; a close; a < ack 122",
  ],
  [
    "FreeBSD takes one key a socket: a second one is refused and changes nothing",
    "profile=freebsd-connectx",
    "version=1.3",
    "a send 100; a send 50 more; a rekey; a send 10; a > 0:204(204)",
  ],
  [
    "a captured packet across the record of a resync was two",
    "profile=netronome",
    "",
    "a send 100; a send 100; a send 100 eor; a > 129:200(71); a send 100; a > 258:516(258) captured",
  ],
  [
    "the events of a device that the connection never passes are none of its own",
    "profile=connectx",
    "",
    "a send 100; second hold; a > 0:129(129); second resume; a send 100; a > 129:258(129)",
  ],
  [
    "a NIC out of step while a rekey waits counts on with the keys and numbers that it has",
    "profile=connectx/unfenced-params mtu=9000",
    "version=1.3 cipher=chacha20-poly1305 seq=4294966957 rec_seq=0",
    [
      "a send 20; a send 48; a < ack 112; a send 28; a > 112:162(50); a send 4815 type=alert; a > 162:4961(4799)",
      "a > 4961:4999(38); a rekey; a send 0; a send 75; a send 59 more; a send 11; a send 50 type=application_data",
      "a > 3800:3814(14) lost",
    ].join("; "),
  ],
];

for (const [says, device, connection, events] of found) {
  test(says, () => {
    const lines = [
      `device nic ${device}`,
      `device second ${device}`,
      `device bond ${device} slaves=nic,second`,
      `connection a device=nic ${connection}`,
      ...events.split("; ").map((event) => `+0 ${event}`),
    ];
    const trace = parseTrace("found", lines.join("\n"), profileById);
    const wrong = trace.diagnostics.filter(({ severity }) => severity === "error");
    assert.deepEqual(wrong, []);
    const broken = isBroken(trace.devices[0]!.profile);
    const failures = failuresOf(trace, 100).filter(({ rule }) => !broken || laws.includes(rule));
    assert.deepEqual(failures, []);
    assert.equal(seekFailure(trace, 1), null);
  });
}
