/**
 * What the handling of messages has to do with: the actor, and the one incarnation of it, or of one of its keys.
 */
import type * as Cause from "effect/Cause"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { HandlerContexts } from "./handlerContext.ts"
import type { InFlight } from "./inFlight.ts"
import type { Journal } from "./journal.ts"
import type { Mailbox } from "./mailbox.ts"
import type { Plan } from "./plan.ts"

/** How the messages of an actor are handled: the same for all of its incarnations and keys on a thread. */
export interface Handling {
  /** The actor's name, and its position on its thread. */
  readonly name: string
  readonly index: number
  /** How each message is handled, by its position in the protocol. */
  readonly plans: ReadonlyArray<Plan>
  readonly block: StatusBlock
  readonly inFlight: InFlight
  /** What is noted of its messages. */
  readonly journal: Journal
  /** The contexts of handlers that can't tell in which one they run, and each message is no span: the same for all keys. */
  readonly ofFunctions?: HandlerContexts | undefined
}

/** Handlers by the tags of their messages. */
export type Handlers = Readonly<Record<string, Plan["handler"]>>

/** Whether a key was built as handlers: what each of them is, its message finds out. */
export const isHandlers = (value: unknown): value is Handlers => typeof value === "object" && value !== null

/** What belongs to one incarnation of an actor, or of a key. */
export interface Own {
  /** Where messages give back their places. */
  readonly mailbox: Pick<Mailbox, "pause" | "release">
  readonly contexts: HandlerContexts
  /** The handlers of a key, which take the place of those in the plans. */
  readonly handlers: Handlers | undefined
  readonly key: string | undefined
  readonly watcher: Watcher
}

/** Learns how messages end. */
export interface Watcher {
  /** A handler has died; what it belongs to can't be trusted any more. */
  onDefect(cause: Cause.Cause<unknown>): void
  /** A message has ended, however it did. */
  onSettled?(): void
}
