/**
 * What a thread does at each message of its supervisor. The messages about other threads go to its links.
 */
import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import type { Inspection } from "../control/inspection.ts"
import type { Beginning, ToSupervisor, ToThread } from "../control/protocol.ts"
import type { Endpoint } from "../host/endpoint.ts"
import type { Stop } from "../host/hostContext.ts"
import * as hostWaits from "../host/waits.ts"
import type { Surroundings } from "./surroundings.ts"

/** What the messages act on. */
export interface Receiver {
  readonly surroundings: Surroundings
  readonly links: Endpoint
  readonly begun: Deferred.Deferred<Beginning>
  readonly stopAsked: Deferred.Deferred<Stop>
  /** Which handlers wait for which asks; undefined until the thread has begun. */
  readonly waits: () => hostWaits.HostWaits | undefined
  /** What is known of the messages of an actor. */
  readonly inspect: (actor: string) => Inspection
}

/**
 * Listens to the supervisor. What it sends while the config module is still being imported is held back until `deliver` is
 * called, and then taken in order.
 */
export const listen = (
  { listen }: Pick<Surroundings, "listen">
): { readonly deliver: (receive: (message: ToThread) => void) => void } => {
  const early: Array<ToThread> = []
  let receive = (message: ToThread): void => void early.push(message)
  listen((message) => receive(message))
  return {
    deliver(next) {
      receive = next
      for (const message of early) next(message)
    }
  }
}

/** Makes the function that acts on each message of the supervisor. */
export const receiver = (
  { begun, inspect, links, stopAsked, surroundings, waits }: Receiver
): (message: ToThread) => void => {
  const { beat, connect, inject, post, warmUp } = surroundings
  const deadlocks = deadlockBreaker(post, waits)
  return (message) => {
    switch (message._tag) {
      case "Begin":
        return void Deferred.doneUnsafe(begun, Exit.succeed(message.beginning))
      case "WarmUp":
        return warmUp()
      case "Link": {
        const { port, ...link } = message.link
        return links.connect({ ...link, connect: connect(port) })
      }
      case "Retire":
      case "Stop":
        return end(links, stopAsked, message)
      case "Inject":
        return inject(message.fault)
      case "Inspect":
        return post({ _tag: "Inspected", id: message.id, inspection: inspect(message.actor) })
      case "Beat":
        return beat(message.tell, message.sentMillis)
      case "Waits":
      case "Withdraw":
      case "Break":
        return deadlocks(message)
      default:
        return links.heed(message)
    }
  }
}

/** Starts no further messages, or stops with what was accepted so far. */
const end = (
  links: Endpoint,
  stopAsked: Deferred.Deferred<Stop>,
  message: Extract<ToThread, { readonly _tag: "Retire" | "Stop" }>
): void => {
  if (message._tag === "Retire") return links.retirement?.retire()
  if (!message.comesBack) links.retirement?.reprieve()
  links.drain()
  Deferred.doneUnsafe(stopAsked, Exit.succeed(message))
}

type DeadlockMessage = Extract<ToThread, { readonly _tag: "Waits" | "Withdraw" | "Break" }>

/**
 * The thread's part in finding and ending deadlocks: it reports its waits, takes asks back, and fails those once all threads of
 * the circle have taken theirs back.
 */
const deadlockBreaker = (post: (message: ToSupervisor) => void, waits: Receiver["waits"]) => {
  let failTaken: (() => void) | undefined
  return (message: DeadlockMessage): void => {
    switch (message._tag) {
      case "Waits":
        return post({ _tag: "Waiting", round: message.round, waits: waits()?.report() ?? hostWaits.none })
      case "Withdraw":
        failTaken = waits()?.takeBack(message.asks)
        return post({ _tag: "Withdrawn", round: message.round })
      case "Break":
        failTaken?.()
        failTaken = undefined
    }
  }
}
