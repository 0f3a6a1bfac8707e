/**
 * What the supervisor and a thread say to each other; no message between actors is among it.
 */
import type { MessagePort } from "node:worker_threads"
import type * as ExitCause from "../ExitCause.ts"
import type { Fault } from "../System.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"
import type { MailboxOptions } from "./outbox.ts"

/** What a thread is started with. It loads everything it needs, and waits for `Begin`. */
export interface ThreadInit {
  readonly heddle: "thread"
  /** The URL of the config module. */
  readonly module: string
  readonly thread: string
  readonly board: SharedArrayBuffer
  /** How long the finalizers of a failed actor may take. */
  readonly closeMillis: number
}

/** What makes a thread that has loaded an incarnation. */
export interface Beginning {
  readonly incarnation: number
  /** What the last incarnations of its actors have kept, by actor. */
  readonly kept: ReadonlyMap<string, unknown>
}

/** A thread's end of a new link. */
export interface LinkInit {
  readonly peer: string
  readonly incarnation: number
  readonly port: MessagePort
  readonly sends: SharedArrayBuffer
  readonly receives: SharedArrayBuffer
  readonly board: SharedArrayBuffer
}

/** The mailboxes of a thread's actors, in the order of their declaration. */
export type Mailboxes = ReadonlyArray<MailboxOptions>

export type ToThread =
  /** Build the actors: the incarnation before is dead. */
  | { readonly _tag: "Begin"; readonly beginning: Beginning }
  /** There is time until `Begin`. */
  | { readonly _tag: "Rehearse" }
  | { readonly _tag: "Link"; readonly link: LinkInit }
  | { readonly _tag: "PeerReady"; readonly peer: string; readonly incarnation: number; readonly mailboxes: Mailboxes }
  | { readonly _tag: "PeerStopping"; readonly peer: string; readonly comesBack: boolean }
  | {
    readonly _tag: "PeerLost"
    readonly peer: string
    readonly incarnation: number
    readonly cause: ExitCause.ExitCause
  }
  | { readonly _tag: "PeerGone"; readonly peer: string; readonly why: string }
  | { readonly _tag: "PeerExpected"; readonly peer: string }
  /** Run finalizers and acknowledge; `drainMillis` may go into what was accepted, unless a successor takes it. */
  | { readonly _tag: "Stop"; readonly drainMillis: number; readonly comesBack: boolean }
  | { readonly _tag: "Inject"; readonly fault: Fault }
  /** Show that the loop turns; `tell`: and tell what was counted since that was last asked. */
  | { readonly _tag: "Beat"; readonly tell: boolean }

export type ToSupervisor =
  /** Everything is imported that `Begin` needs. */
  | { readonly _tag: "Loaded" }
  | { readonly _tag: "Ready"; readonly mailboxes: Mailboxes }
  | { readonly _tag: "Failing"; readonly cause: ExitCause.ExitCause; readonly fatal: boolean }
  | { readonly _tag: "Stopped" }
  | { readonly _tag: "Event"; readonly event: SystemEvent }
  | { readonly _tag: "Kept"; readonly actor: string; readonly value: unknown }
  /** All that this incarnation has counted; each takes the place of the one before. */
  | { readonly _tag: "Metrics"; readonly metrics: ReadonlyArray<ThreadMetric> }
