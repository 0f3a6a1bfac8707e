/**
 * The receiving side of a link: requests come in, are checked, wait in their actor's mailbox, and are answered once.
 */
import * as Result from "effect/Result"
import type { Transferable } from "node:worker_threads"
import * as ActorError from "../ActorError.ts"
import type { Board } from "./board.ts"
import * as codec from "./codec.ts"
import type { Chain, Frame, Outcome, Request, SpanRef } from "./frame.ts"
import type { ReceiverLedger } from "./ledger.ts"
import type { Mailbox } from "./mailbox.ts"
import type { OnDeadLetter } from "./outbox.ts"
import type { Wire } from "./wire.ts"

/** An actor of this thread, as links see it. */
export interface Host {
  readonly name: string
  readonly protocol: codec.ProtocolCodec
  readonly mailbox: Mailbox
}

/** How a handler ended. */
export type Ended =
  | { readonly _tag: "Success"; readonly value: unknown }
  | { readonly _tag: "Error"; readonly error: unknown }
  | { readonly _tag: "Failed"; readonly reason: ActorError.Reason }

/** A request in this thread, from its arrival to its answer. */
export interface Delivery {
  readonly kind: Request[0]
  readonly message: codec.MessageCodec
  readonly payload: unknown
  readonly chain: Chain
  readonly span: SpanRef | null
  /** Marks it as started; false when the sender has taken it back. */
  readonly begin: () => boolean
  /** Answers it, the first time it is called. */
  readonly end: (ended: Ended) => void
  /** Ends it before it began. */
  readonly reject: (reason: ActorError.Reason) => void
  /** Sends elements of a stream; an empty array says that it is open. */
  readonly emit: (values: ReadonlyArray<unknown>) => void
  /** How many more elements the reader takes, and whom to tell when it takes more. */
  credit: number
  onCredit: () => void
  /** Called when the sender has left while the handler ran. */
  onCancel: () => void
}

export type Inbox = ReturnType<typeof make>

export const make = (options: {
  readonly hosts: ReadonlyArray<Host>
  readonly board: Board
  readonly ledger: ReceiverLedger
  readonly wire: () => Wire
  readonly onDeadLetter: OnDeadLetter
  /** A message left its queue, so others may have room. */
  readonly onRoom: (actor: number) => void
}) => {
  const { board, hosts, ledger, onRoom } = options
  const pending = new Map<number, { readonly delivery: Delivery; readonly withdraw: () => void }>()

  const accept = (frame: Request): void => {
    const [kind, slot, actor, tag, wirePayload, chain, span] = frame
    const host = hosts[actor]
    const message = host?.protocol.get(tag)
    const wire = options.wire()
    let phase: "waiting" | "running" | "ended" = "waiting"

    const post = (value: Outcome, transfer: ReadonlyArray<Transferable> = []): void => {
      if (phase === "ended") return
      phase = "ended"
      pending.delete(slot)
      ledger.finish(slot)
      if (kind !== "tell") wire.post(["done", slot, value], transfer)
      else if (value[0] === "failed") {
        options.onDeadLetter({ actor, tag, reason: codec.decodeReason(wire.local, value[1]) })
      }
    }
    const fail = (reason: ActorError.Reason): void => post(["failed", codec.encodeReason(wire.local, reason)])
    const leaveQueue = (): void => {
      board.addDepth(actor, -1)
      onRoom(actor)
    }
    const reject = (reason: ActorError.Reason): void => {
      if (phase !== "waiting") return
      ledger.start(slot)
      leaveQueue()
      fail(reason)
    }

    const payload = message === undefined || wire.local
      ? Result.succeed(wirePayload)
      : message.payload.decode(wirePayload)
    if (
      host === undefined || message === undefined || (kind === "open") !== message.stream
    ) {
      const known = host === undefined ? "" : ` Its messages are ${Array.from(host.protocol.keys()).join(", ")}.`
      return reject(
        new ActorError.NotSendable({
          handled: "no",
          detail: `the actor has no such message. Caller and actor run different versions of the protocol: ` +
            `restart the one that is older.${known}`
        })
      )
    }
    if (Result.isFailure(payload)) {
      return reject(
        new ActorError.NotSendable({
          handled: "no",
          detail: `the payload does not decode where the actor runs (${payload.failure}). ` +
            `Caller and actor run different versions of the protocol: restart the one that is older.`
        })
      )
    }

    const encode = (translate: codec.MessageCodec["success"], value: unknown) =>
      wire.local ? Result.succeed(codec.plain(value)) : translate.encode(value)
    const answer = (status: "success" | "error", translate: codec.MessageCodec["success"], value: unknown): void => {
      const encoded = kind === "tell" ? Result.succeed(codec.plain(undefined)) : encode(translate, value)
      if (Result.isSuccess(encoded)) return post([status, encoded.success.value], encoded.success.transfer)
      fail(
        new ActorError.NotSendable({
          handled: "maybe",
          detail: `the actor's reply does not match its schema (${encoded.failure}).`
        })
      )
    }

    const { mailbox } = host
    const delivery: Delivery = {
      kind,
      message,
      payload: payload.success,
      chain,
      span,
      begin() {
        if (phase !== "waiting") return false
        const mine = ledger.start(slot)
        leaveQueue()
        if (!mine) {
          post(["success", undefined])
          return false
        }
        phase = "running"
        return true
      },
      end(ended) {
        switch (ended._tag) {
          case "Success":
            return answer("success", kind === "open" ? codec.nothing : message.success, ended.value)
          case "Error":
            return answer("error", message.error, ended.error)
          case "Failed":
            return fail(ended.reason)
        }
      },
      reject,
      emit(values) {
        const encoded = []
        const transfer = []
        for (const value of values) {
          const one = encode(message.success, value)
          if (Result.isFailure(one)) {
            delivery.onCancel()
            return fail(
              new ActorError.NotSendable({
                handled: "maybe",
                detail: `an element of the stream does not match its schema (${one.failure}).`
              })
            )
          }
          encoded.push(one.success.value)
          transfer.push(...one.success.transfer)
        }
        if (phase === "running") wire.post(["chunk", slot, encoded], transfer)
      },
      credit: 0,
      onCredit: () => {},
      onCancel: () => {}
    }
    pending.set(slot, {
      delivery,
      withdraw() {
        if (phase === "running") return delivery.onCancel()
        if (phase === "ended") return
        ledger.start(slot)
        leaveQueue()
        post(["success", undefined])
        mailbox.remove(delivery)
      }
    })
    mailbox.offer(delivery)
  }

  return {
    receive(frame: Frame): void {
      switch (frame[0]) {
        case "ask":
        case "tell":
        case "open":
          return accept(frame)
        case "cancel":
          return pending.get(frame[1])?.withdraw()
        case "pull": {
          const delivery = pending.get(frame[1])?.delivery
          if (delivery === undefined) return
          delivery.credit += frame[2]
          return delivery.onCredit()
        }
      }
    },
    /** A reply could not be cloned, so it was never sent. */
    unsendable(frame: Frame, detail: string): void {
      const wire = options.wire()
      if (frame[0] !== "done" && frame[0] !== "chunk") return
      if (frame[0] === "chunk") pending.get(frame[1])?.delivery.onCancel()
      const reason = new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply ${detail}.` })
      wire.post(["done", frame[1], ["failed", codec.encodeReason(wire.local, reason)]], [])
    },
    /** The other thread is dead: nobody waits for its asks any more. What it told is still handled. */
    lost(): void {
      for (const { delivery, withdraw } of Array.from(pending.values())) {
        if (delivery.kind !== "tell") withdraw()
      }
    }
  }
}
