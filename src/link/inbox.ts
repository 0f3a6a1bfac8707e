/**
 * The receiving side of a link: requests come in, are checked, and wait in their actor's mailbox.
 *
 * ```text
 *   ask, tell, open ---> is the message known? does its payload decode? ---> the actor's mailbox ---> one answer
 *                                          | no                                   ^
 *                                          +---> NotSendable                      | cancel, pull: by the slot
 * ```
 *
 * **Details**
 * - A message that is answered at once, by a refusal or a handler without a wait, is never listed.
 * - If the message waits for an actor that waits for its sender, its sender gets the circle, for the error of its time-out.
 * - When the other thread is dead, its asks are taken back or interrupted. Its tells are still handled.
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

/** Takes in the requests of one link. */
export class Inbox {
  private readonly hosts: ReadonlyArray<Host>
  private readonly arrival: Arrival
  /** A key has one place, so an instance takes its messages as an actor does that has no other instances. */
  private readonly keyed: Arrival

  constructor(hosts: ReadonlyArray<Host>, arrival: Arrival) {
    this.hosts = hosts
    this.arrival = arrival
    this.keyed = { ...arrival, isInstance: false }
  }

  /** Takes in a request, or what its sender has to say about one. */
  receive(frame: Exclude<Frame, Answer>): void {
    switch (frame[0]) {
      case "ask":
      case "tell":
      case "open":
        return this.accept(frame)
      case "cancel": {
        const delivery = this.arrival.pending[frame[1]]
        return delivery && this.cancel(delivery)
      }
      case "pull":
        return this.arrival.pending[frame[1]]?.window?.grant(frame[2], frame[3])
    }
  }

  /** What an actor asked, for callers whose chain it is, waits in a circle: they are told. */
  tellCircle(asked: Chain, circle: Chain): void {
    for (const delivery of this.arrival.pending) {
      if (delivery === undefined || delivery.isWaiting() || delivery.request[0] === "tell") continue
      const [, slot, actor, , , chain = []] = delivery.request
      const callers = [...chain, this.hosts[actor]?.name]
      if (callers.length === asked.length && callers.every((name, at) => name === asked[at])) {
        this.arrival.wire.post(["circle", slot, circle])
      }
    }
  }

  /** A reply could not be cloned, so it was never sent. */
  unsendable(frame: Frame, detail: string): void {
    if (frame[0] !== "done" && frame[0] !== "chunk") return
    const { pending, wire } = this.arrival
    const reason = new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply ${detail}.` })
    if (frame[0] === "done") {
      const { format, value } = encodeReason(wire.local, reason)
      return wire.post(["done", frame[1], "failed", value], [], format)
    }
    // A stream that has ended already has its `done` in the same batch, which is not sent either.
    const delivery = pending[frame[1]]
    delivery?.end({ _tag: "Failed", reason })
    delivery?.onCancel()
  }

  /** The other thread is dead: nobody waits for its asks any more. What it told is still handled. */
  lost(): void {
    const { arrival } = this
    arrival.isLost = this.keyed.isLost = true
    this.reportLost()
    const asked = arrival.pending.filter((delivery) => delivery !== undefined)
      .filter(({ request }) => request[0] !== "tell")
    // What waits must not start because what runs has just been interrupted.
    for (const delivery of asked) if (delivery.isWaiting()) this.cancel(delivery)
    for (const delivery of asked) this.cancel(delivery)
  }

  /** What a dead thread has told last and never arrives is reported, and gives back its place. */
  reportLost(): void {
    const { arrival } = this
    const left = arrival.ledger.unfinished().filter(({ slot }) => arrival.pending[slot] === undefined)
    // Before they are finished: until they are reported, who finds this thread dead as well knows by the ledger that they are not.
    arrival.onLost(left.filter(({ isTell }) => isTell))
    for (const { actor, slot, started } of left) {
      arrival.ledger.finish(slot)
      // What was cut off, and is on its way back, has given back its place.
      if (!started) arrival.onLeft(actor)
    }
  }

  private accept(request: Request): void {
    const { arrival, hosts } = this
    const [kind, slot, actor, tag, wirePayload] = request
    const host = hosts[actor]
    const message = host?.protocol.get(tag)
    if (host === undefined || message === undefined || (kind === "open") !== message.stream) {
      return this.refuse(request, `the actor has no such message.${messagesOf(host)}`)
    }
    if (isForNoKey(host, request)) return this.refuse(request, "the actor has no keys, and the message is for one.")
    const isLocal = arrival.wire.local && !message.payload.changes()
    const payload = isLocal ? wirePayload : message.payload.decode(wirePayload)
    if (payload instanceof CodecIssue) {
      return this.refuse(request, `the payload does not decode where the actor runs (${payload.text}).`)
    }
    const delivery = new Delivery(host.isKeyed ? this.keyed : arrival, request, message, payload)
    host.mailbox.offer(delivery)
    // Most are answered by now.
    if (delivery.isEnded()) return
    arrival.pending[slot] = delivery
    this.findCircle(delivery, host)
  }

  /** If a message waits for an actor that waits for its sender, it is told. */
  private findCircle(delivery: Delivery, { isKeyed, name: actor }: Host): void {
    const { request } = delivery
    const chain = callersOf(request)
    // Another instance may handle what the actor asks for.
    if (chain.length === 0 || !delivery.isWaiting() || (this.arrival.isInstance && !isKeyed)) return
    const name = named(actor, request[8])
    const from = chain.indexOf(name)
    if (from >= 0) this.arrival.wire.post(["circle", request[1], [...chain.slice(from), name]])
  }

  private refuse(request: Request, problem: string): void {
    const detail = `${problem} ${codec.versionsDiffer}`
    new Delivery(this.arrival, request, codec.unknownMessage, undefined).reject(
      new ActorError.NotSendable({ handled: "no", detail })
    )
  }

  private cancel(delivery: Delivery): void {
    if (delivery.cancel()) this.hosts[delivery.request[2]]?.mailbox.remove(delivery)
  }
}

const messagesOf = (host: Host | undefined): string =>
  host === undefined ? "" : ` Its messages are ${Array.from(host.protocol.keys()).join(", ")}.`

const isForNoKey = ({ isKeyed }: Host, request: Request): boolean => !isKeyed && request[8] !== undefined
