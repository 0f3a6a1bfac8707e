/**
 * The receiving side of a link: requests come in, are checked, and wait in their actor's mailbox.
 */
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import * as codec from "../wire/codec.ts"
import type { Answer, Chain, Frame, Request } from "../wire/frame.ts"
import { CodecIssue } from "../wire/translator.ts"
import type { Host } from "./acceptor.ts"
import { type Arrival, Delivery } from "./delivery.ts"
import { encodeReason } from "./reasons.ts"
import { callersOf } from "./sender.ts"

export type Inbox = ReturnType<typeof make>

export const make = (hosts: ReadonlyArray<Host>, arrival: Arrival) => {
  // A key has one place, so an instance takes its messages as an actor does that has no other instances.
  const keyed: Arrival = { ...arrival, isInstance: false }
  const { pending, wire } = arrival
  const accept = (request: Request): void => {
    const [kind, slot, actor, tag, wirePayload] = request
    const host = hosts[actor]
    const message = host?.protocol.get(tag)
    if (host === undefined || message === undefined || (kind === "open") !== message.stream) {
      const known = host === undefined ? "" : ` Its messages are ${Array.from(host.protocol.keys()).join(", ")}.`
      return refuse(request, `the actor has no such message.${known}`)
    }
    if (!host.isKeyed && request[8] !== undefined) {
      return refuse(request, "the actor has no keys, and the message is for one.")
    }
    const payload = wire.local && !message.payload.changes() ? wirePayload : message.payload.decode(wirePayload)
    if (payload instanceof CodecIssue) {
      return refuse(request, `the payload does not decode where the actor runs (${payload.text}).`)
    }
    const delivery = new Delivery(host.isKeyed ? keyed : arrival, request, message, payload)
    host.mailbox.offer(delivery)
    // Most are answered by now.
    if (delivery.isEnded()) return
    pending[slot] = delivery
    const chain = callersOf(request)
    // Another instance may handle what the actor asks for.
    if (chain.length > 0 && delivery.isWaiting() && (host.isKeyed || !arrival.isInstance)) {
      const name = named(host.name, request[8])
      const from = chain.indexOf(name)
      if (from >= 0) wire.post(["circle", slot, [...chain.slice(from), name]])
    }
  }

  const refuse = (request: Request, problem: string): void => {
    const detail = `${problem} ${codec.versionsDiffer}`
    new Delivery(arrival, request, codec.unknownMessage, undefined).reject(
      new ActorError.NotSendable({ handled: "no", detail })
    )
  }

  const cancel = (delivery: Delivery): void => {
    if (delivery.cancel()) hosts[delivery.request[2]]?.mailbox.remove(delivery)
  }

  return {
    receive(frame: Exclude<Frame, Answer>): void {
      switch (frame[0]) {
        case "ask":
        case "tell":
        case "open":
          return accept(frame)
        case "cancel": {
          const delivery = pending[frame[1]]
          return delivery && cancel(delivery)
        }
        case "pull": {
          const delivery = pending[frame[1]]
          if (delivery === undefined) return
          delivery.window?.grant(frame[2], frame[3])
          return delivery.onCredit()
        }
      }
    },
    /** What an actor asked, for callers whose chain it is, waits in a circle: they are told. */
    tellCircle(asked: Chain, circle: Chain): void {
      for (const delivery of pending) {
        if (delivery === undefined || delivery.isWaiting() || delivery.request[0] === "tell") continue
        const [, slot, actor, , , chain = []] = delivery.request
        const callers = [...chain, hosts[actor]?.name]
        if (callers.length === asked.length && callers.every((name, at) => name === asked[at])) {
          wire.post(["circle", slot, circle])
        }
      }
    },
    /** A reply could not be cloned, so it was never sent. */
    unsendable(frame: Frame, detail: string): void {
      if (frame[0] !== "done" && frame[0] !== "chunk") return
      const reason = new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply ${detail}.` })
      if (frame[0] === "done") {
        const { format, value } = encodeReason(wire.local, reason)
        return wire.post(["done", frame[1], "failed", value], [], format)
      }
      // A stream that has ended already has its `done` in the same batch, which is not sent either.
      const delivery = pending[frame[1]]
      delivery?.end({ _tag: "Failed", reason })
      delivery?.onCancel()
    },
    /** The other thread is dead: nobody waits for its asks any more. What it told is still handled. */
    lost(): void {
      arrival.isLost = keyed.isLost = true
      // What it posted last may never arrive, and has its place in a mailbox all the same.
      const lost: Array<{ readonly actor: number; readonly started: boolean }> = []
      for (const { actor, isTell, slot } of arrival.ledger.unstarted()) {
        if (pending[slot] !== undefined) continue
        arrival.ledger.start(slot)
        arrival.ledger.finish(slot)
        arrival.onLeft(actor)
        if (isTell) lost.push({ actor, started: false })
      }
      arrival.onLost(lost)
      const asked = pending.filter((delivery) => delivery !== undefined).filter(({ request }) => request[0] !== "tell")
      // What waits must not start because what runs has just been interrupted.
      for (const delivery of asked) if (delivery.isWaiting()) cancel(delivery)
      for (const delivery of asked) cancel(delivery)
    }
  }
}
