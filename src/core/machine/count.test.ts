import assert from "node:assert/strict";
import { test } from "node:test";
import { Play, setupOf } from "../../test/scenario.ts";
import { profiles } from "../profiles/all.ts";
import { countersOf, vendorCountersOf } from "./count.ts";
import { counterNames } from "./counters.ts";
import { ConnectionState } from "./state.ts";

test("the standard counters' names (kernel.md section 6.1)", () => {
  const text =
    "tx_tls_encrypted_packets tx_tls_encrypted_bytes tx_tls_ctx tx_tls_ooo tx_tls_skip_no_sync_data " +
    "tx_tls_drop_no_sync_data tx_tls_drop_bypass_req rx_tls_decrypted_packets rx_tls_decrypted_bytes rx_tls_ctx " +
    "rx_tls_del rx_tls_resync_req_pkt rx_tls_resync_req_start rx_tls_resync_req_end rx_tls_resync_req_skip " +
    "rx_tls_resync_res_ok rx_tls_resync_res_skip rx_tls_err";
  assert.deepEqual([...counterNames], text.split(" "));
  assert.deepEqual(Object.keys(countersOf(new ConnectionState())), text.split(" "));
});

/** What each family calls its transmit counters: sections 5.1 to 5.7. */
const vendorNames: Record<string, string> = {
  innova:
    "tx_tls_ooo tx_tls_drop_no_sync_data tx_tls_drop_bypass_required tx_tls_drop_metadata tx_tls_drop_resync_alloc tx_tls_resync_bytes",
  connectx:
    "tx_tls_encrypted_packets tx_tls_encrypted_bytes tx_tls_ooo tx_tls_dump_packets tx_tls_dump_bytes " +
    "tx_tls_resync_bytes tx_tls_skip_no_sync_data tx_tls_drop_no_sync_data tx_tls_drop_bypass_req tx_tls_ctx tx_tls_del",
  "chelsio-t6":
    "tx_tls_encrypted_packets tx_tls_encrypted_bytes tx_tls_ctx tx_tls_ooo tx_tls_skip_no_sync_data " +
    "tx_tls_drop_no_sync_data ktls_tx_connection_close ktls_tx_fallback ktls_tx_complete_pkts ktls_tx_start_pkts " +
    "ktls_tx_middle_pkts ktls_tx_end_pkts ktls_tx_trimmed_pkts",
  netronome: "tx_tls_encrypted_packets tx_tls_ooo tx_tls_drop_no_sync_data",
  fungible:
    "tx_tls_encrypted_packets tx_tls_encrypted_bytes tx_tls_ooo tx_tls_drop_no_sync_data tx_tls_ctx tx_tls_del tx_tls_resync",
  "freebsd-connectx": "tx_packets tx_bytes tx_packets_ooo tx_bytes_ooo tx_error",
  netdevsim: "tx_packets tx_bytes",
};

test("the vendors' names (kernel.md sections 5.1 to 5.7)", () => {
  for (const [id, names] of Object.entries(vendorNames)) {
    const { counters } = profiles.find((profile) => profile.id === id)!;
    assert.deepEqual(Object.values(counters).sort(), names.split(" ").sort(), id);
  }
});

test("packets are counted as what they become on the wire, by Chelsio and FreeBSD as skbs (kernel.md sections 5.3, 5.7 and 12)", () => {
  const packets = (id: string) => {
    const play = new Play({ ...setupOf(id), mss: 1000 }, "send 16384; > 0:2500; > 2500:3500");
    play.rest();
    return [play.state.encryptedPackets, play.state.encryptedBytes];
  };
  // ceil(2500 / 1000) + 1; bytes are payload of TCP, framing included, some with 54 bytes of headers a packet: mbufs under
  // FreeBSD, skb->len in nsim_tls_tx().
  for (const { id, countsPackets } of profiles)
    assert.deepEqual(
      packets(id),
      [countsPackets === "skbs" ? 2 : 4, ["freebsd-connectx", "netdevsim"].includes(id) ? 3608 : 3500],
      id,
    );
  assert.deepEqual(packets("chelsio-t6"), [2, 3500]);
  assert.deepEqual(packets("netronome/segments-counted-once"), [2, 3500]);
});

test("mlx5 has tx_tls_drop_bypass_req and tx_tls_resync_bytes and moves neither (kernel.md section 5.2)", () => {
  const connectx = setupOf("connectx@v6.18");
  const play = new Play(connectx, "send 100; > 0:50; > 20:30; > -5:5; > -5:0");
  play.rest();
  const counters = vendorCountersOf(play.state, connectx.profile!);
  assert.deepEqual([counters.tx_tls_drop_bypass_req, counters.tx_tls_resync_bytes], [0, 0]);
});

test("chelsio counts by form of the piece (kernel.md section 5.3)", () => {
  const t6 = setupOf("chelsio-t6@v6.18");
  // Complete; start and end; start, middle and trimmed; before the marker; a tag's part in software.
  const story =
    "send 100; send 100; send 100; > 0:129; > 129:200; > 200:258; > 258:300; > 300:375; > -5:0; > 380:382";
  const play = new Play(t6, story);
  play.rest();
  const { ktls_tx_complete_pkts, ktls_tx_start_pkts, ktls_tx_middle_pkts, ktls_tx_end_pkts } = play.counters;
  assert.deepEqual(
    [ktls_tx_complete_pkts, ktls_tx_start_pkts, ktls_tx_middle_pkts, ktls_tx_end_pkts],
    [1, 2, 1, 1],
  );
  const { ktls_tx_trimmed_pkts, tx_tls_skip_no_sync_data, ktls_tx_fallback } = play.counters;
  assert.deepEqual([ktls_tx_trimmed_pkts, tx_tls_skip_no_sync_data, ktls_tx_fallback], [1, 1, 1]);
});
