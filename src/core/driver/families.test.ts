import assert from "node:assert/strict";
import { test } from "node:test";
import { Reference } from "../../test/reference/reference.ts";
import { type Happening, Play, setupOf } from "../../test/scenario.ts";
import { wireBytes } from "../nic/wire-bytes.ts";

/** The families of kernel.md section 5.0, in its order; every one on the generation that it is described for. */
const families = [
  "innova@v4.19",
  "connectx@v6.18",
  "chelsio-t6@v6.18",
  "netronome@v6.18",
  "fungible@v6.18",
  "bnxt@next",
];

/** What became of the last packet: why it was dropped, or what was posted, a packet as who encrypts it. */
function fate(play: Play, { effects }: Happening): string {
  const drop = effects.find((effect) => effect.startsWith("dropped"))?.split(/[ =]/)[2];
  if (drop) return `drop ${drop}`;
  const words = play.posted().map((word) => /^PKT.*\+(\w+)$/.exec(word)?.[1] ?? word.replace(/[|#@].*/, ""));
  return words.join(" ") || "untouched";
}

/** Fate of a story's last packet, and where the driver stands behind it. */
function outcome(id: string, story: string): string {
  const play = new Play(setupOf(id), story);
  const last = play.rest().at(-1)!;
  return `${fate(play, last)}, expects ${play.expected[0]}`;
}

/** Three records of 129 bytes. */
const three = "send 100; send 100; send 100";

/** A row of section 5.0 (or a case of 5.8): a story, and what every family makes of its last packet, in the table's order. */
interface Row {
  title: string;
  story: string;
  outcomes: readonly [string, string, string, string, string, string];
}

const rows: Row[] = [
  {
    title: "section 5.0, what tells the NIC to encrypt",
    story: `${three}; > 0:9; > 9:19`,
    outcomes: [
      "stream, expects 19",
      "stream, expects 19",
      "SET_TCB PRIOR piece, expects 19",
      "stream, expects 19",
      "stream, expects 19",
      "stream, expects 19",
    ],
  },
  {
    title: "section 5.0, recovery: back to a retransmission",
    story: `${three}; > 0:258; > 20:30`,
    outcomes: [
      "SYNC stream, expects 30",
      "PROGRESS NOP DUMP stream, expects 30",
      "SET_TCB SET_TCB PRIOR piece, expects 30",
      "software, expects 258",
      "software, expects 258",
      "PRESYNC piece, expects 258",
    ],
  },
  {
    title: "section 5.0, recovery: forward over a local drop",
    story: `${three}; > 0:9; > 20:30`,
    outcomes: [
      "SYNC stream, expects 30",
      "PROGRESS NOP DUMP stream, expects 30",
      "SET_TCB SET_TCB PRIOR piece, expects 30",
      "software, expects 9",
      "software, expects 9",
      "PRESYNC piece, expects 30",
    ],
  },
  {
    title: "section 5.0, no record found; section 5.8, a fully acknowledged record",
    story: `${three}; > 0:258; ack 129; > 20:30`,
    outcomes: [
      "drop no-sync-data, expects 258",
      "drop no-sync-data, expects 258",
      "drop no-sync-data, expects 258",
      "drop no-sync-data, expects 258",
      "drop no-sync-data, expects 258",
      "drop no-sync-data, expects 258",
    ],
  },
  {
    title: "section 5.0, wholly before the marker",
    story: `${three}; > 0:9; > -51:0`,
    outcomes: [
      "clear, expects 9",
      "clear, expects 9",
      "SET_TCB SET_TCB clear, expects 9",
      "clear, expects 9",
      "clear, expects 9",
      "clear, expects 9",
    ],
  },
  {
    title: "section 5.0, wholly before the marker with the mark set: connectx drops it",
    story: `${three}; > 0:9; > -51:0 marked`,
    outcomes: [
      "clear, expects 9",
      "drop marked, expects 9",
      "SET_TCB SET_TCB clear, expects 9",
      "clear, expects 9",
      "clear, expects 9",
      "clear, expects 9",
    ],
  },
  {
    title: "section 5.0, straddles the marker",
    story: `${three}; > 0:9; > -51:129`,
    outcomes: [
      "drop bypass-required, expects 9",
      "drop no-sync-data, expects 9",
      "SET_TCB SET_TCB clear piece, expects 129",
      "drop no-sync-data, expects 9",
      "drop no-sync-data, expects 9",
      "drop no-sync-data, expects 9",
    ],
  },
  {
    title: "section 5.0, no payload, out of order",
    story: `${three}; > 0:9; > 20:20`,
    outcomes: [
      "untouched, expects 9",
      "untouched, expects 9",
      "untouched, expects 9",
      "untouched, expects 9",
      "untouched, expects 9",
      "untouched, expects 9",
    ],
  },
  {
    title: "section 5.0, spans many records, in order",
    story: `${three}; > 0:20; > 20:387`,
    outcomes: [
      "stream, expects 387",
      "stream, expects 387",
      "SET_TCB PRIOR piece piece piece, expects 387",
      "stream, expects 387",
      "stream, expects 387",
      "stream, expects 387",
    ],
  },
  {
    title: "section 5.8, many records out of order: recovery for the first of them",
    story: `${three}; > 0:387; > 20:387`,
    outcomes: [
      "SYNC stream, expects 387",
      "PROGRESS NOP DUMP stream, expects 387",
      "SET_TCB SET_TCB PRIOR piece piece piece, expects 387",
      "software, expects 387",
      "software, expects 387",
      "software, expects 387",
    ],
  },
  {
    title: "section 5.0, commit point: a DMA error on the packet in order",
    story: `${three}; > 0:9; > 9:19 dma=1`,
    outcomes: [
      "drop dma-error, expects 19",
      "drop dma-error, expects 19",
      "drop dma-error, expects 9",
      "drop dma-error, expects 9",
      "drop dma-error, expects 9",
      "drop dma-error, expects 9",
    ],
  },
  {
    title: "section 5.8, in the middle of the header",
    story: `${three}; > 0:258; > 135:140`,
    outcomes: [
      "SYNC stream, expects 140",
      "STATIC PROGRESS NOP DUMP stream, expects 140",
      "SET_TCB SET_TCB clear, expects 140",
      "software, expects 258",
      "software, expects 258",
      "PRESYNC piece, expects 258",
    ],
  },
  {
    title: "section 5.8, in the middle of the tag",
    story: `${three}; > 0:387; > 244:250`,
    outcomes: [
      "SYNC stream, expects 250",
      "STATIC PROGRESS NOP DUMP stream, expects 250",
      "SET_TCB SET_TCB software, expects 250",
      "software, expects 387",
      "software, expects 387",
      "software, expects 387",
    ],
  },
  {
    title: "section 5.8, from the middle of the tag to the record's end",
    story: `${three}; > 0:387; > 244:258`,
    outcomes: [
      "SYNC stream, expects 258",
      "STATIC PROGRESS NOP DUMP stream, expects 258",
      "SET_TCB SET_TCB PRIOR piece, expects 258",
      "software, expects 387",
      "software, expects 387",
      "software, expects 387",
    ],
  },
  {
    title: "section 5.8, device reset: what waited is gone, and the driver's number with it or not",
    story: `${three}; > 0:9; hold; > 9:19; reset; resume; > 19:29`,
    outcomes: [
      "stream, expects 29",
      "stream, expects 29",
      "drop no-context, expects 29",
      "software, expects 9",
      "software, expects 9",
      "stream, expects 29",
    ],
  },
];

for (const { title, story, outcomes } of rows)
  test(`kernel.md ${title}`, () => {
    for (const [i, id] of families.entries()) assert.equal(outcome(id, story), outcomes[i], id);
  });

test("kernel.md section 5.0, context install: a command, but on connectx params with the first data packet", () => {
  const expected = (id: string, story: string) => new Play(setupOf(id), story).expected;
  for (const id of families) {
    const isLazy = id.startsWith("connectx");
    assert.deepEqual(expected(id, three), [0, isLazy ? null : 0], id);
  }
});

test("kernel.md section 5.0, who checks the number: after a loss that the driver did not notice", () => {
  // The driver counts a packet that never was posted; what the NIC then makes of the next one.
  const verdict = (id: string) => {
    const [family, kernel] = id.split("@");
    const setup = setupOf(`${family}/no-undo+early-commit@${kernel}`);
    const last = new Play(setup, `${three}; > 0:9; > 9:60 dma=1; > 60:129`).rest().at(-1)!;
    return last.effects.map((effect) => effect.split(" ")[0]).find((name) => name !== "encrypted");
  };
  assert.deepEqual(families.map(verdict), [
    "out-of-step",
    "out-of-step",
    "out-of-order",
    "nic-dropped",
    "out-of-step",
    "out-of-step",
  ]);
});

test("kernel.md section 5.8, a TSO packet: one lookup, one resync, tracked by skb; chelsio looks up each record", () => {
  const lookups = (id: string) => {
    const last = new Play(setupOf(id), "send 60000; > 0:60000; > 100:50000").rest().at(-1)!;
    // Netronome's and Fungible's lookup is the fallback's, bnxt makes one for itself and leaves the rest to the fallback.
    return last.stages.filter((stage) => stage === "tls.getRecord" || stage === "tls.fallback").length;
  };
  assert.deepEqual(families.map(lookups), [1, 1, 4, 1, 1, 2]);
});

test("kernel.md section 5.8, queue change: params and packets are in order inside one queue only", () => {
  const story = `${three}; > 0:9; > 9:19 xmit-more queue=0; > 19:29 queue=1`;
  const says = (id: string) => new Play(setupOf(id), story).rest().at(-1)!.effects;
  assert.deepEqual(says("connectx@v6.18").slice(0, 3), [
    "queue-changed from=0 to=1",
    "encrypted seq=19 length=10",
    "out-of-step expected=9 seq=19",
  ]);
  assert.equal(says("netronome@v6.18").at(-1), "nic-dropped expected=9 seq=19");
});

/** Cuts of a stream of three records, one of them empty: every byte by itself, and every end from the places of interest. */
function* cuts(length: number, places: readonly number[]): Generator<[number, number]> {
  for (let at = 0; at < length; at++) yield [at, at + 1];
  for (const from of places) for (let to = from + 1; to <= length; to++) yield [from, to];
}

const versions = [
  // 13 of header and nonce, 40, 16; then 29 and 49.
  { version: 0x0303 as const, places: [0, 5, 13, 14, 30, 52, 53, 60, 69, 82, 98] },
  // 5 of header, 40, 1, 16; then 22 and 42.
  { version: 0x0304 as const, places: [0, 5, 6, 22, 45, 46, 50, 62, 67, 84] },
];

for (const id of ["connectx", "innova", "chelsio-t6", "netronome", "bnxt", "freebsd-connectx"])
  for (const { version, places } of versions)
    test(`${id}, ${version === 0x0303 ? "1.2" : "1.3"}: a cut at every byte of header, payload and tag leaves the right bytes (kernel.md fact 9)`, () => {
      const setup = { ...setupOf(id), version };
      const length = version === 0x0303 ? 147 : 126;
      const all = [...cuts(length, places)];
      const story = `send 40; send 0; send 20; > 0:${length}; ${all.map(([from, to]) => `> ${from}:${to}`).join("; ")}`;
      const play = new Play(setup, story);
      const reference = new Reference(play.machine.devices, play.machine.sockets[0]!.connection, 0);
      for (const size of [40, 0, 20]) reference.send(size, { more: false, pieceSize: 0 }, false, 23, false);
      for (let i = 0; i < 4; i++) play.next();
      for (const [from, to] of all) {
        play.next();
        for (const [at, bytes] of departures(play)) {
          const right = reference.map.wire.subarray(at, at + bytes.length);
          assert.equal(Buffer.compare(bytes, right), 0, `${from}:${to}, the part from ${at} on`);
        }
      }
    });

/** The bytes of every packet that the last event posted, by their place in the stream. */
function* departures(play: Play): Generator<[number, Uint8Array]> {
  const { queue } = play.machine;
  for (let i = 0; i < queue.count; i++) {
    const { kind, seq, length, engine, row } = queue.at(i);
    if (kind !== "packet") continue;
    const bytes = wireBytes(play.socket, { seq, length, engine, row });
    yield [play.relative(seq), bytes!];
  }
}
