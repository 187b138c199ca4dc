import type { KernelRules } from "../machine/rules.ts";
import type { Socket } from "../machine/socket.ts";
import { Hook } from "../machine/state.ts";
import { deleteContext } from "./lifecycle.ts";
import { wayOnBond } from "./skb.ts";

/** net/tls and net/core as they are now: what no generation of them, as data, does otherwise. */
export const rightKernel: KernelRules<Socket> = {
  eatenByTag: () => 0,
  lengthTold: (length) => length,
  overfillsFragments: (before) => before,
  pendingOpen: (_pending, _more, open) => (open ? 1 : 0),
  pushesEmpty: () => false,
  pushesAtEof: true,
  boundsLookup: ({ kernel }) => kernel.boundsLookups,
  releasedBy: (ack) => ack,
  resyncStaysPending: true,
  fencesStart: true,
  hookWhenDown: Hook.software,
  deletesContext: deleteContext,
  slaveOf: (index) => index,
  wayOnBond,
};
