import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, setupOf } from "../../test/scenario.ts";

const t6 = setupOf("chelsio-t6");

/** What the last event of a story says without the packet's own `encrypted`, and what the driver posted in it. */
function check(story: string, effects: string, posted: string): void {
  const [said, queue] = lastOf(t6, story);
  assert.deepEqual([said.replace(/(, )?encrypted seq=.*$/, ""), queue], [effects, posted], story);
}

function counted(story: string): Record<string, number> {
  const play = new Play(t6, story);
  play.rest();
  const { tx_tls_ctx: _, ...others } = play.counters;
  return others;
}

const expectedAfter = (story: string): number => {
  const play = new Play(t6, story);
  play.rest();
  return play.expected[0];
};

// Rows 1 [0, 129) and 2 [129, 258): header and nonce 13, payload 100, tag [113, 129) and [242, 258).
const two = "send 100; send 100";
const sent = `${two}; > 0:258`;

test("chelsio-t6 (kernel.md section 5.3, step 1): FIN goes behind its data in a packet of headers alone", () => {
  check(`${two}; > 0:129; > 129:258 fin`, "piece form=complete length=129", "PKT#2@129+129+piece TX_OPT");
});

test("chelsio-t6 (section 5.3, step 3): no record → tx_tls_drop_no_sync_data, nothing compared", () => {
  const story = `${sent}; ack 129; > 10:20`;
  check(story, "lookup-failed seq=10, dropped reason=no-sync-data length=10", "");
  const { tx_tls_ooo, tx_tls_drop_no_sync_data } = counted(story);
  assert.deepEqual([tx_tls_ooo, tx_tls_drop_no_sync_data], [undefined, 1]);
});

test("chelsio-t6 (section 5.3, step 4): TX_MAX with the first packet and a jump, SND_UNA with a jump and inside a record", () => {
  check(`${two}; > 0:129`, "piece form=complete length=129", "SET_TCB@TX_MAX=0 PKT#1@0+129+piece");
  check(`${two}; > 0:129; > 129:258`, "piece form=complete length=129", "PKT#2@129+129+piece");
  check(`${two}; > 0:29; > 29:45`, "piece form=middle length=16", "SET_TCB@SND_UNA PKT#1@29+16+piece");
  check(
    `${sent}; > 0:129`,
    "out-of-order expected=258 seq=0, piece form=complete length=129",
    "SET_TCB@TX_MAX=0 SET_TCB@SND_UNA PKT#1@0+129+piece",
  );
});

test("chelsio-t6 (section 5.3, step 4): the first packet of the offload is the first also after a handshake", () => {
  check(
    `> -51:0; install; send 100; > 0:129`,
    "piece form=complete length=129",
    "SET_TCB@TX_MAX=0 PKT#1@0+129+piece",
  );
});

test("chelsio-t6 (section 5.3, step 4): in a record's last 16 bytes, less than the tag to go, TX_MAX is where the tag begins", () => {
  for (const at of [114, 120, 128])
    check(
      `${sent}; > ${at}:129`,
      `out-of-order expected=258 seq=113, piece form=end length=${129 - at}`,
      `SET_TCB@TX_MAX=113 SET_TCB@SND_UNA PRIOR#1@0+${at} PKT#1@${at}+${129 - at}+piece`,
    );
  check(
    `${sent}; > 113:129`,
    "out-of-order expected=258 seq=113, piece form=end length=16",
    "SET_TCB@TX_MAX=113 SET_TCB@SND_UNA PRIOR#1@0+113 PKT#1@113+16+piece",
  );
  check(
    `${sent}; > 112:129`,
    "out-of-order expected=258 seq=112, piece form=end length=17",
    "SET_TCB@TX_MAX=112 SET_TCB@SND_UNA PRIOR#1@0+112 PKT#1@112+17+piece",
  );
});

test("chelsio-t6 (section 5.3, step 5): before the marker in clear, across it the clear part and then the record", () => {
  const tcb = (at: number) => `SET_TCB@TX_MAX=${at} SET_TCB@SND_UNA`;
  check(
    `${two}; > 0:129; > -9:0`,
    "out-of-order expected=129 seq=-9, piece form=plain length=9",
    `${tcb(-9)} PKT#0@-9+9+clear`,
  );
  const across = `${two}; > 0:129; > -9:129`;
  check(
    across,
    "out-of-order expected=129 seq=-9, piece form=plain length=9, piece form=complete length=129",
    `${tcb(-9)} PKT#0@-9+9+clear PKT#1@0+129+piece`,
  );
  assert.equal(counted(across).tx_tls_skip_no_sync_data, 1);
  assert.equal(expectedAfter(across), 129);
});

test("chelsio-t6 (section 5.3, step 6): a whole record from the packet, a record's end with the record sent again", () => {
  check(
    `${two}; > 0:258`,
    "piece form=complete length=129, piece form=complete length=129",
    "SET_TCB@TX_MAX=0 PKT#1@0+129+piece PKT#2@129+129+piece",
  );
  const story = `${two}; > 0:29; > 29:258`;
  check(
    story,
    "piece form=end length=100, piece form=complete length=129",
    "SET_TCB@SND_UNA PRIOR#1@0+29 PKT#1@29+100+piece PKT#2@129+129+piece",
  );
  assert.equal(expectedAfter(story), 258);
});

test("chelsio-t6 (section 5.3, step 7): a cut in the tag is trimmed to where the tag begins; TCP sends the rest again", () => {
  for (const end of [114, 120, 128]) {
    const story = `${two}; > 0:${end}`;
    check(
      story,
      `trimmed seq=113 bytes=${end - 113}, piece form=start length=113`,
      "SET_TCB@TX_MAX=0 PKT#1@0+113+piece",
    );
    assert.equal(expectedAfter(story), 113);
    // What follows in the tag is in order, for its TX_MAX is where the tag begins; the next record is not.
    check(
      `${story}; > ${end}:129`,
      `piece form=end length=${129 - end}`,
      `SET_TCB@SND_UNA PRIOR#1@0+${end} PKT#1@${end}+${129 - end}+piece`,
    );
    check(
      `${story}; > 129:258`,
      "out-of-order expected=113 seq=129, piece form=complete length=129",
      "SET_TCB@TX_MAX=129 SET_TCB@SND_UNA PKT#2@129+129+piece",
    );
  }
  check(`${two}; > 0:113`, "piece form=start length=113", "SET_TCB@TX_MAX=0 PKT#1@0+113+piece");
});

test("chelsio-t6 (section 5.3, step 7): a part of a tag alone goes to software", () => {
  const story = `${two}; > 0:113; > 113:120`;
  check(story, "software-fallback reason=tag length=7", "SET_TCB@SND_UNA PKT#1@113+7+software");
  assert.equal(counted(story).ktls_tx_fallback, 1);
  assert.equal(expectedAfter(story), 120, "prev_seq moves");
  check(
    `${two}; > 0:129; > 120:125`,
    "out-of-order expected=129 seq=113, software-fallback reason=tag length=5",
    "SET_TCB@TX_MAX=113 SET_TCB@SND_UNA PKT#1@120+5+software",
  );
});

test("chelsio-t6 (section 5.3, step 7): a cut in header and nonce leaves in clear", () => {
  for (const end of [1, 5, 12, 13])
    check(`${two}; > 0:${end}`, `piece form=header length=${end}`, `SET_TCB@TX_MAX=0 PKT#1@0+${end}+clear`);
  check(`${two}; > 0:14`, "piece form=start length=14", "SET_TCB@TX_MAX=0 PKT#1@0+14+piece");
  assert.equal(expectedAfter(`${two}; > 0:5`), 5);
});

test("chelsio-t6 (section 5.3, step 7): a middle piece brings what precedes it in its cipher block, from the header all of it", () => {
  const prior = (at: number, size: number) => {
    const before = size > 0 ? `PRIOR#1@${at - size}+${size} ` : "";
    check(
      `${two}; > 0:${at}; > ${at}:100`,
      `piece form=middle length=${100 - at}`,
      `SET_TCB@SND_UNA ${before}PKT#1@${at}+${100 - at}+piece`,
    );
  };
  // Payload byte k lies at 13 + k; blocks begin at 13, 29, 45, …
  prior(1, 1);
  prior(12, 12);
  prior(13, 0);
  prior(14, 1);
  prior(28, 15);
  prior(29, 0);
  prior(30, 1);
  prior(99, 6);
});

test("chelsio-t6 (section 5.3, step 8): packets are counted by skb, bytes by the whole payload, pieces by form", () => {
  assert.deepEqual(counted("send 16384; send 100; > 0:10000; > 10000:16542"), {
    tx_tls_encrypted_packets: 2,
    tx_tls_encrypted_bytes: 16542,
    ktls_tx_start_pkts: 1,
    ktls_tx_end_pkts: 1,
    ktls_tx_complete_pkts: 1,
  });
  assert.deepEqual(counted("send 100; > 0:50; > 50:99; > 99:120"), {
    tx_tls_encrypted_packets: 3,
    tx_tls_encrypted_bytes: 120,
    ktls_tx_start_pkts: 1,
    ktls_tx_middle_pkts: 2,
    ktls_tx_trimmed_pkts: 1,
  });
});

test("chelsio-t6 (section 5.0, commit): per piece; what a DMA error leaves behind is the end of the piece before", () => {
  const story = "send 100; send 100; > 0:258 dma=2";
  check(
    story,
    "piece form=complete length=129, piece form=complete length=129, dma-error mapping=2 posted=2, dropped reason=dma-error length=258",
    "SET_TCB@TX_MAX=0 PKT#1@0+129+piece",
  );
  assert.equal(expectedAfter(story), 129);
});

test("chelsio-t6 (section 5.8, device reset): connections are lost", () => {
  const play = new Play(t6, `${two}; > 0:129; reset; > 129:258`);
  const last = play.rest().at(-1)!;
  assert.equal(last.effects.at(-1), "dropped reason=no-context length=129");
  assert.equal(play.counters.ktls_tx_connection_close, 1);
});
