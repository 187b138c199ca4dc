import { Kind } from "../../core/words/event.ts";
import type { Reference } from "./reference.ts";

/** Plays an event of a device on the reference of a connection that can be on it. */
export function playDevice(reference: Reference, kind: number, device: number): void {
  switch (kind) {
    case Kind.down:
      return deviceDown(reference, device);
    case Kind.up:
      return deviceUp(reference, device);
    case Kind.reset:
      return reset(reference, device);
    case Kind.hold:
      return hold(reference, device);
    case Kind.resume:
      return resume(reference, device);
    case Kind.refuse:
      reference.refusing.add(device);
      return;
    case Kind.accept:
      reference.refusing.delete(device);
  }
}

/** NETDEV_DOWN: kernel.md section 2.9. */
function deviceDown(reference: Reference, device: number): void {
  reference.down.add(device);
  if (reference.netdev !== device || reference.hook === "none") return;
  reference.netdev = -1;
  // Not while a rekey is pending or has failed: its hook stays (kernel.md section 8, step 9).
  if (reference.hook !== "rekey") reference.hook = "software";
  reference.deleteContext();
  reference.say("device-down", device);
}

function deviceUp(reference: Reference, device: number): void {
  reference.down.delete(device);
  reference.say("device-up", device);
}

/** The transmit queue is reset: kernel.md section 5.8. */
function reset(reference: Reference, device: number): void {
  const lost = reference.waiting.filter((work) => work.device === device);
  reference.waiting = reference.waiting.filter((work) => work.device !== device);
  reference.say("queue-reset", device, lost.length);
  if (lost.length > 0) reference.mayDisagree = true;
  if (reference.netdev !== device) return;
  if (reference.profile.onReset === "loses-contexts" && !reference.nic.lost) {
    reference.nic.lost = true;
    reference.deleteContext();
  }
  if (reference.profile.onReset === "follows-nic" && reference.nic.ready)
    reference.expected = reference.nic.at;
}

function hold(reference: Reference, device: number): void {
  reference.held.add(device);
  reference.say("queue-held", device);
}

function resume(reference: Reference, device: number): void {
  reference.held.delete(device);
  const ready = reference.waiting.filter((work) => work.device === device);
  reference.say("queue-resumed", device, ready.length);
  reference.waiting = reference.waiting.filter((work) => work.device !== device);
  reference.takeAll(ready);
}
