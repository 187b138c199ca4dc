import { seq, toU32 } from "../base/seq.ts";
import { addContext } from "../kernel/install.ts";
import { cleanAcked } from "../kernel/record-map.ts";
import { isMarked } from "../kernel/skb.ts";
import type { Rules } from "../machine/socket.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, PieceCode } from "../words/effect-words.ts";
import type { Bug } from "./bug.ts";
import { anyone, postsPieces, spoiling } from "./families.ts";

const blockSize = 16;

/** What the TCP engine never gets out, besides what it does not get out already. */
const stuck =
  (isStuck: (...of: Parameters<Rules["canSend"]>) => boolean) =>
  (before: Rules): Partial<Rules> => ({
    canSend: (socket, piece) => !isStuck(socket, piece) && before.canSend(socket, piece),
  });

/** Bugs of ch_ktls. */
export const chelsioBugs: readonly Bug[] = [
  {
    name: "trusts-mark",
    says: "A merged segment has the mark of its first byte: without one, what is to be encrypted leaves in clear.",
    mended: "9d2e5e9 ch_ktls: decrypted bit is not enough",
    isIn: postsPieces,
    shows: "plaintext",
    rules: () => ({ isForNic: (socket) => isMarked(socket, socket.packet.seq) }),
  },
  {
    name: "tag-only-stuck",
    says: "A packet that holds only a part of a tag can never be sent.",
    mended: "659bf0383d15, 555a2f0 ch_ktls: partial TAG-only packet stuck",
    isIn: postsPieces,
    shows: "dropped unsendable",
    rules: stuck((_socket, { form }) => form < 0),
  },
  {
    name: "header-only-stuck",
    says: "A packet that holds nothing but a part of a header can never be sent.",
    mended: "63ee4591fa97 ch_ktls: header-only packet",
    isIn: postsPieces,
    shows: "dropped unsendable",
    rules: stuck(({ packet }, { form, at }) => form === PieceCode.header && at === packet.seq),
  },
  {
    name: "unaligned-counter",
    says: "A piece that does not begin on a cipher block is encrypted from the wrong keystream byte.",
    mended: "ch_ktls: middle-of-record correction",
    isIn: (profile) => postsPieces(profile) || profile.recovery === "presync",
    shows: "wrong-ciphertext",
    // As if the piece began where its cipher block does.
    rules: (before) => ({
      pieceStart: (offset, prepend) =>
        offset > prepend ? offset - ((offset - prepend) % blockSize) : offset,
      spoils: spoiling(before, Engine.piece),
    }),
  },
  {
    name: "signed-tx-max",
    says: "TX_MAX beyond 2^31 is negative: what needs it moved there is never sent.",
    mended: "9f22ddf ch_ktls: tx_max kept as signed int",
    isIn: postsPieces,
    shows: "dropped unsendable",
    rules: stuck(
      ({ state }, { at, jumped }) => (jumped || state.encryptedPackets === 0) && toU32(at) >= 2 ** 31,
    ),
  },
  {
    name: "unlocked-records",
    says: "An acknowledgement releases the record that the driver has looked up and still reads.",
    mended: "1a73e427b824 ch_ktls: kernel panic, page refs dropped by ACK while the driver reads the record",
    isIn: postsPieces,
    shows: "use-after-release",
    rules: () => ({
      afterLookup: (socket, row, at, sink) => {
        const { state } = socket;
        if (state.ackWaits === 0) return;
        cleanAcked(socket, seq(state.sndUna), sink);
        if (row < state.head) sink.effect(Effect["use-after-release"], at, row);
      },
    }),
  },
  {
    name: "snd-una-mid-record",
    says: "SND_UNA moves in the middle of a record: the NIC takes the rest for acknowledged.",
    mended: "e8a4155567b3 ch_ktls: snd_una updated in mid stream gives wrong unacked seq",
    isIn: postsPieces,
    shows: "dropped unsendable",
    rules: stuck(({ state, packet, records }, { row, at, jumped }) => {
      const isFirstPiece = at === packet.seq && at !== records.start(row);
      return !jumped && state.sent === 1 && isFirstPiece;
    }),
  },
  {
    name: "old-record-number",
    says: "A retransmitted record's end is encrypted under the number before.",
    mended: "bc16efd24306, 21d8c25e3f4b ch_ktls: wrong record_no on retransmit",
    isIn: postsPieces,
    shows: "wrong-tag",
    rules: (before) => ({
      pieceRow: (row, isJumpedEnd) => (isJumpedEnd ? row - 1 : row),
      spoils: spoiling(before, Engine.piece),
    }),
  },
  {
    name: "refused-install",
    says: "The driver reports success though the hardware refused the context.",
    mended: "435c58a ch_ktls: returned success though the hardware refused the install",
    isIn: anyone,
    shows: "dropped no-context",
    kernel: "v6.18",
    rules: () => ({
      takeRefusal: (socket, at) => {
        addContext(socket, at);
        socket.state.nicDead = 1;
      },
      // A reset brings no context that was never there.
      afterReset: () => {},
      deadReason: () => DropCode["no-context"],
    }),
  },
];
