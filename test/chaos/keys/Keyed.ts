/** The keyed actors that chaos is made with: all take the same messages, and differ in how their keys live. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** What a handler does with a message. `"hang"` ends when its sender leaves; those from `"die"` on end the key. */
export const How = Schema.Literals(["answer", "slow", "refuse", "hang", "die", "fatal"])
export type How = typeof How.Type

/** A declared error. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { id: Schema.String }) {}

const messages = [
  Rpc.make("Do", {
    payload: { id: Schema.String, how: How, millis: Schema.Int },
    success: Schema.String,
    error: Refused
  })
] as const

export class Evicting extends Actor.Keyed<Evicting>()("Evicting", { key: Schema.String }, messages) {}
export class Waiting extends Actor.Keyed<Waiting>()("Waiting", { key: Schema.String }, messages) {}
export class Strict extends Actor.Keyed<Strict>()("Strict", { key: Schema.String }, messages) {}
export class Alive extends Actor.Keyed<Alive>()("Alive", { key: Schema.String }, messages) {}

/** Their keys. The layer of a key whose name begins with `frail` can't be built now and then. */
export const keys = ["a", "b", "c", "d", "e", "frail1", "frail2"] as const

const restart = {
  backoff: { min: "2 millis", max: "10 millis" },
  limit: { failures: 3, resetAfter: "200 millis" }
} as const

/** How each takes its messages. */
export const options = {
  Evicting: {
    capacity: 3,
    onFull: "evict-idle",
    idle: "80 millis",
    restart,
    mailbox: { capacity: 16, perKey: 4, overflow: "suspend" }
  },
  Waiting: {
    capacity: 3,
    onFull: "suspend",
    idle: "40 millis",
    restart,
    mailbox: { capacity: 16, perKey: 4, overflow: "drop-oldest" }
  },
  Strict: {
    capacity: 4,
    onFull: "fail",
    idle: "40 millis",
    restart,
    mailbox: { capacity: 16, perKey: 4, overflow: "fail" }
  },
  Alive: {
    capacity: 100,
    keepAlive: true,
    restart,
    mailbox: { capacity: 16, perKey: 4, overflow: "suspend" }
  }
} as const

export const names = ["Evicting", "Waiting", "Strict", "Alive"] as const
export type Name = (typeof names)[number]
