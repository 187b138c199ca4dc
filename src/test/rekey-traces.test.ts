import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { outcomesOf } from "../judge/expectations.ts";
import { noFindings } from "../replay/findings.ts";
import { Timeline } from "../replay/timeline.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { failuresOf } from "./simulator/check.ts";

/**
 * Rekeys derived by hand from net/tls/tls_device.c of the rekey series (2026) and its chapter in tls-offload.rst: what the
 * functions named do in this order. A record of 1000 bytes is 1022 in the stream, one of 50 is 72, an empty one 22.
 */
const next = "kernel=next";
const traces: [says: string, kernel: string, events: string][] = [
  [
    "loss on both sides of the boundary: each side is sent again as what it is (tls_validate_xmit_skb_rekey())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022) lost
     +0 a rekey
     +0 a send 1000
     +0 a > 1022:2044(1022) lost
     +.2 a > 1022:2044(1022)
       expect no encrypted
       expect wire=match
     +0 a > 0:1022(1022)
       expect resync record=0 replayed=0
       expect encrypted
       expect wire=match`,
  ],
  [
    "an acknowledgement within the last record of the old key makes nothing ready, one of its end does (tls_tcp_clean_acked())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a < ack 1021
       expect no rekey-ready
     +0 a send 50
       expect no rekey-done
     +0 a < ack 1022
       expect rekey-ready seq=1022 epoch=1
     +0 a send 1000
       expect rekey-done seq=1094 epoch=1
       expect record-pushed record=1`,
  ],
  [
    "the device goes down while a rekey is pending: the rekey's hook stays, and nobody gives the socket a device again (tls_device_down())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022) lost
     +0 a rekey
     +0 a send 1000
     +0 nic down
     +.2 a > 0:1022(1022)
       expect software-fallback reason=device-down
       expect wire=match
     +0 a > 1022:2044(1022)
       expect no software-fallback
       expect no dropped
       expect wire=match
     +0 a < ack 2044
     +0 a send 1000
       expect rekey-failed reason=device-down epoch=1
     +0 nic up
     +0 a rekey
       expect rekey-started seq=2044 epoch=2
     +0 a > 2044:3066(1022)
     +0 a < ack 3066
       expect rekey-ready epoch=2
     +0 a send 1000
       expect rekey-failed reason=device-down epoch=2
     +0 a > 3066:4088(1022)
       expect no encrypted
       expect wire=match`,
  ],
  [
    "a driver that refuses at once: setsockopt() succeeds, the socket is in software (tls_device_complete_rekey(), rekey_fallback)",
    next,
    `+0 nic refuse
     +0 a rekey
       expect rekey-started seq=0 epoch=1
       expect rekey-failed reason=driver epoch=1
     +0 a send 1000
       expect record-pushed record=0
     +0 a > 0:1022(1022)
       expect no encrypted
       expect wire=match`,
  ],
  [
    "close while a rekey is pending: what is open in software goes out, then the rekey is given up (tls_device_free_resources_tx())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022) lost
     +0 a rekey
     +0 a send 50 more
     +0 a close
       expect record-pushed record=0 length=72
       expect rekey-aborted epoch=1
     +0 a > 1022:1094(72)
       expect no encrypted
       expect wire=match
     +.2 a > 0:1022(1022)
       expect encrypted
       expect wire=match
     +0 a < ack 1094
       expect no rekey-ready`,
  ],
  [
    "a record that is open at setsockopt() is the old key's, and what defers the rekey (tls_device_start_rekey())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a < ack 1022
     +0 a send 50 more
     +0 a rekey
       expect record-pushed record=1 length=72
       expect rekey-started seq=1094 epoch=1
       expect no rekey-done
     +0 a > 1022:1094(72)
       expect encrypted
       expect wire=match
     +0 a < ack 1094
       expect rekey-ready
     +0 a send 1000
       expect rekey-done seq=1094 epoch=1
       expect record-pushed record=0`,
  ],
  [
    "a record that is open in software as the rekey is completed is pushed first (tls_sw_drain_tx())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 50 more
     +0 a < ack 1022
     +0 a send 1000
       expect record-pushed record=0 length=72
       expect rekey-done seq=1094 epoch=1
       expect record-pushed record=1 length=1022
     +0 a > 1022:1094(72)
       expect no encrypted
       expect wire=match
     +0 a > 1094:2116(1022)
       expect encrypted
       expect wire=match`,
  ],
  [
    "a write of no bytes is no record in software, completes what is ready, and is an empty record on the device (tls_push_data())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 0
       expect no record-pushed
     +0 a < ack 1022
     +0 a send 0
       expect rekey-done seq=1022 epoch=1
       expect record-pushed record=0 length=22
     +0 a > 1022:1044(22)
       expect encrypted
       expect wire=match`,
  ],
  [
    "clear text of the old key that was still queued when all of it was acknowledged finds no record (tls_get_record())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 1000
     +0 a > 1022:2044(1022)
     +0 a < ack 2044
     +0 a > 0:1022(1022)
       expect lookup-failed seq=0
       expect dropped
     +0 a > 1022:2044(1022)
       expect no encrypted
       expect wire=match
     +0 a send 1000
       expect rekey-done seq=2044 epoch=1
     +0 a > 0:1022(1022)
       expect dropped reason=acknowledged
     +0 a > 1022:2044(1022)
       expect dropped reason=acknowledged
     +0 a > 2044:3066(1022)
       expect encrypted
       expect wire=match
     +0 a < ack 3066
     +0 a > 2044:3066(1022)
       expect dropped reason=acknowledged`,
  ],
  [
    "three keys in one round trip: the two in between never reach the device (tls_set_device_offload_rekey())",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 50
     +0 a rekey
       expect rekey-superseded epoch=1
     +0 a send 50
     +0 a rekey
       expect rekey-superseded epoch=2
       expect rekey-started seq=1022 epoch=3
     +0 a send 50
       expect record-pushed record=0
     +0 a > 1022:1238(216)
       expect wire=match
     +0 a < ack 1238
       expect rekey-ready seq=1022 epoch=3
     +0 a send 1000
       expect rekey-done seq=1238 epoch=3
       expect record-pushed record=1
     +0 a > 1238:2260(1022)
       expect encrypted
       expect wire=match
     expect counter a tx_tls_ctx=2`,
  ],
  [
    "a key that comes when the last one is ready but not handed over: the next sendmsg() hands over the newest, without a further acknowledgement",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 50
     +0 a < ack 1022
       expect rekey-ready epoch=1
     +0 a rekey
       expect rekey-superseded epoch=1
       expect rekey-started seq=1022 epoch=2
       expect no rekey-done
     +0 a send 1000
       expect rekey-done seq=1094 epoch=2
       expect record-pushed record=0
     +0 a > 1022:2116(1094)
       expect no placeholder`,
  ],
  [
    "nothing but sendmsg() completes a rekey that is ready (tls-offload.rst)",
    next,
    `+0 a send 1000
     +0 a > 0:1022(1022)
     +0 a rekey
     +0 a send 50 more
     +0 a < ack 1022
       expect rekey-ready
     +0 a splice-eof
       expect record-pushed length=72
       expect no rekey-done
     +0 a > 1022:1094(72)
       expect no rekey-done
     +0 a < ack 1094
       expect no rekey-done
     +0 a send 1 type=handshake
       expect rekey-done seq=1094 epoch=1`,
  ],
  [
    "in software alone a record that is open at setsockopt() is of the new key (tls_set_sw_offload())",
    "kernel=v6.18",
    `+0 a send 1000
     +0 a send 50 more
     +0 a rekey
       expect no record-pushed
       expect rekey-done seq=1022 epoch=1
     +0 a send 50
       expect record-pushed record=0 length=122
     +0 a > 0:1144(1144)
       expect no encrypted
       expect wire=match
     +0 a rekey
       expect rekey-done seq=1144 epoch=2`,
  ],
  [
    "a kernel that cannot change keys refuses (do_tls_setsockopt_conf(), EBUSY)",
    "kernel=v5.8",
    `+0 a send 1000
     +0 a rekey
       expect rekey-failed reason=busy epoch=1
     +0 a send 1000
       expect record-pushed record=1
     +0 a > 0:2044(2044)
       expect wire=match`,
  ],
];

for (const [says, kernel, events] of traces)
  test(says, () => {
    const declared = [
      `device nic profile=connectx ${kernel}`,
      "connection a device=nic version=1.3 cipher=aes-128-gcm seq=4294966000",
    ];
    const lines = [...declared, ...events.split("\n").map((line) => line.trimStart())];
    const text = lines.map((line) => (/^expect (?!counter)/.test(line) ? `  ${line}` : line)).join("\n");
    const trace = parseTrace("rekey", `${text}\n`, profileById);
    const errors = trace.diagnostics.filter(({ severity }) => severity !== "note");
    assert.deepEqual(errors, []);
    const timeline = new Timeline(trace).runAll();
    const wrong = outcomesOf({ timeline, findings: noFindings }).filter(({ actual }) => actual !== null);
    assert.deepEqual(wrong, []);
    assert.deepEqual(failuresOf(trace), []);
  });
