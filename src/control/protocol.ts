/**
 * What the supervisor and a thread say to each other; no message between actors is among it.
 *
 * They have a port of their own for it. `parentPort` belongs to whatever a thread imports: nothing that is posted there,
 * and nothing that becomes of it, means anything to heddle.
 */
import * as Schema from "effect/Schema"
import * as ExitCause from "../ExitCause.ts"
import type { MailboxOptions } from "../link/mailboxOptions.ts"
import type { LinkPort } from "../link/peer.ts"
import type { Remains } from "../shared/remains.ts"
import type { Region } from "../shared/segment.ts"
import type { Fault } from "../Status.ts"
import { SystemEvent } from "../SystemEvent.ts"
import { ThreadMetric } from "../ThreadMetric.ts"
import { Letter } from "./deadLetters.ts"
import { Inspection } from "./inspection.ts"
import { type Logging, LogRecord } from "./logRecord.ts"
import type { Permissions } from "./permissions.ts"
import type { RecycleSpec } from "./recycling.ts"
import type { Group } from "./topology.ts"

/** What a thread is started with. It loads everything it needs, and waits for `Begin`. */
export interface ThreadInit {
  readonly heddle: "thread"
  /** The URL of the config module. */
  readonly module: string
  /** The config modules of the systems around this one: an actor on another thread started it. */
  readonly around: ReadonlyArray<string>
  readonly thread: string
  readonly block: SharedArrayBuffer
  /** Where it notes its child processes; none when they are to outlive it. */
  readonly children: ReadonlyArray<SharedArrayBuffer>
  readonly remains: Remains
  /** Where its last log records are kept. */
  readonly recorder: SharedArrayBuffer
  /** What the threads of this process share about its output. */
  readonly output: Int32Array<SharedArrayBuffer>
  /** How long the finalizers of a failed actor may take. */
  readonly closeMillis: number
  /** All threads of the system and their actors, main's own among them, in the order of main's declaration. */
  readonly names: ReadonlyArray<{
    readonly thread: string
    readonly group: string | undefined
    readonly actors: ReadonlyArray<string>
    /** Those of its actors that are reached through the cluster. */
    readonly remote?: ReadonlyArray<string> | undefined
  }>
  /** Which of the instances of its declaration this thread is. */
  readonly instance: Group
  /** The limits at which it asks to be replaced. */
  readonly recycle: Pick<RecycleSpec, "after" | "heapBytes"> | undefined
  /** What it may do once it has started. */
  readonly permissions: Permissions
  /** What this thread is to host. */
  readonly hosts: ReadonlyArray<Hosted>
  /** For the storage's own thread, its file as main has resolved it, or that it is a database, whose address does not cross. */
  readonly storage?: { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "postgres" } | undefined
  /** When main had imported the declaration, by the clock that dates files. */
  readonly sinceMillis: number
  /** It says which files it imports. */
  readonly isWatched: boolean
}

/** An actor that a thread hosts, and the digest of its protocol. */
const Hosted = Schema.Struct({ actor: Schema.String, protocol: Schema.String })
export type Hosted = typeof Hosted.Type

/** What a real thread finds in `workerData`, and takes out of it before it imports anything of the user. */
export interface WorkerInit extends ThreadInit {
  /** The thread's end of the control plane. */
  readonly control: Control
  /** Where a process of its own notes how its loop is. */
  readonly vitals?: SharedArrayBuffer
  /** Prepares a process to go without node:ffi. */
  readonly giveUpFfi?: () => void
}

/** A thread's end of the control plane: a port, or the channel of a child process. */
export interface Control {
  readonly postMessage: (message: unknown) => void
  readonly on: (event: "message", receive: (message: unknown) => void) => void
}

/** Memory of a child process, as it finds it: regions of the file that it has inherited. */
type Mapped<Init> = {
  readonly [Field in keyof Init]: Init[Field] extends SharedArrayBuffer ? Region
    : Init[Field] extends ReadonlyArray<SharedArrayBuffer> ? ReadonlyArray<Region>
    : Init[Field]
}

/** What a thread is started with that is a child process. */
export interface ProcessInit extends Mapped<Omit<ThreadInit, "output" | "remains">> {
  readonly remains: Mapped<Remains>
  /** Where it notes how its loop and its processor time are. */
  readonly vitals: Region
  /** The supervisor's messages have it, and nothing else that `process` emits. */
  readonly channelKey: string
}

/** A message of the supervisor on its way to a child process. */
export interface ToProcess {
  readonly channelKey: string
  readonly message: unknown
}

/** A link, as the supervisor sends it to a child process: its socket goes with the message. */
export interface ProcessLink extends Mapped<Omit<LinkInit, "port">> {
  /** Where its large values lie in the file. */
  readonly bulk: { readonly sends: number; readonly receives: number }
}

/** What makes a thread that has loaded an incarnation. */
export interface Beginning {
  readonly incarnation: number
  /** What the last incarnations of its actors have kept, by actor. */
  readonly kept: ReadonlyMap<string, unknown>
  /** How it logs, unless its layers say otherwise. */
  readonly logging: Logging
  /** The threads that start only once this one is up. */
  readonly holds: ReadonlyArray<string>
}

/** A thread's end of a new link. */
export interface LinkInit {
  readonly peer: string
  readonly incarnation: number
  readonly port: LinkPort
  readonly sends: SharedArrayBuffer
  readonly receives: SharedArrayBuffer
  readonly block: SharedArrayBuffer
}

/** The mailboxes of a thread's actors, in the order of their declaration. */
export type Mailboxes = ReadonlyArray<MailboxOptions>

/** What becomes of another thread, and so of the link with it. */
export type PeerMessage =
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

/** What the supervisor sends to a thread. */
export type ToThread =
  | PeerMessage
  /** Build the actors: the incarnation before is dead. */
  | { readonly _tag: "Begin"; readonly beginning: Beginning }
  /** There is time until `Begin`. */
  | { readonly _tag: "WarmUp" }
  | { readonly _tag: "Link"; readonly link: LinkInit }
  /** Run finalizers and acknowledge; `drainMillis` may go into accepted messages, unless a successor takes them. */
  | {
    readonly _tag: "Stop"
    readonly drainMillis: number
    readonly comesBack: boolean
    /** Why, for those whose streams end with it. */
    readonly cause: ExitCause.ExitCause
  }
  /** Start no further message, and say when none runs any more: a successor waits. */
  | { readonly _tag: "Retire" }
  | { readonly _tag: "Inject"; readonly fault: Fault }
  /** Report what is known of an actor's messages, under this number. */
  | { readonly _tag: "Inspect"; readonly id: number; readonly actor: string }
  /** Report which handlers wait for which asks. */
  | { readonly _tag: "Waits"; readonly round: number }
  /** Take back asks that are in a deadlock, by their numbers, and acknowledge. */
  | {
    readonly _tag: "Withdraw"
    readonly round: number
    readonly asks: ReadonlyArray<{ readonly id: number; readonly cycle: ReadonlyArray<string> }>
  }
  /** Fail the asks that were taken back: all threads of the circle have done so. */
  | { readonly _tag: "Break" }
  /** Show that the loop turns; `tell`: and report what was counted since the last report. */
  /** `sentMillis`: by the clock that all threads share. */
  | { readonly _tag: "Beat"; readonly tell: boolean; readonly sentMillis: number }

const toThread: Readonly<Record<ToThread["_tag"], true>> = {
  Begin: true,
  WarmUp: true,
  Link: true,
  PeerReady: true,
  PeerStopping: true,
  PeerLost: true,
  PeerGone: true,
  PeerExpected: true,
  Stop: true,
  Retire: true,
  Inject: true,
  Inspect: true,
  Waits: true,
  Withdraw: true,
  Break: true,
  Beat: true
}

/** Only the supervisor posts to a thread, so its word is taken for it, unless it says what this version does not know. */
export const isToThread = (message: unknown): message is ToThread =>
  typeof message === "object" && message !== null && "_tag" in message && typeof message._tag === "string" &&
  message._tag in toThread

/** A message whose handler waits for an ask. Numbers are given by the thread, slots are those of its links. */
const Wait = Schema.Struct({
  message: Schema.Number,
  actor: Schema.String,
  /** The key that handles it, of a keyed actor. */
  key: Schema.optionalKey(Schema.String),
  /** It is one of those that the actor's concurrency counts. */
  holdsPlace: Schema.Boolean,
  /** The thread that sent it, and its slot there. */
  sender: Schema.String,
  slot: Schema.Number,
  ask: Schema.Struct({
    id: Schema.Number,
    actor: Schema.String,
    key: Schema.optionalKey(Schema.String),
    thread: Schema.String,
    slot: Schema.Number,
    /** The threads that may handle it: several for an actor with instances. */
    candidates: Schema.Array(Schema.String),
    /** Its handler runs. */
    started: Schema.Boolean,
    /** How many actors wait for it. */
    depth: Schema.Number
  })
})
export type Wait = typeof Wait.Type

/** The handlers of a thread that wait for asks, and those of its actors and keys that have no place left. */
const Waits = Schema.Struct({
  waiting: Schema.Array(Wait),
  full: Schema.Array(
    Schema.Struct({ actor: Schema.String, key: Schema.optionalKey(Schema.String), places: Schema.Number })
  )
})
export type Waits = typeof Waits.Type

/** What a thread says to its supervisor. A schema, because what comes over a port is whatever was posted there. */
export const ToSupervisor = Schema.Union([
  /** Everything is imported that `Begin` needs. */
  Schema.TaggedStruct("Loaded", { hosts: Schema.Array(Hosted) }),
  /** All actors of the thread are built, with these mailboxes. */
  Schema.TaggedStruct("Ready", {
    mailboxes: Schema.Array(Schema.Struct({
      capacity: Schema.Number,
      overflow: Schema.Literals(["suspend", "fail", "drop-oldest"])
    }))
  }),
  /** `unwellMillis`: how long ago the thread was last known to be well. */
  Schema.TaggedStruct("Failing", {
    cause: ExitCause.ExitCause,
    fatal: Schema.Boolean,
    unwellMillis: Schema.Finite
  }),
  /** The thread has stopped its actors, and may be terminated. */
  Schema.TaggedStruct("Stopped", {}),
  /** It will have reached a limit of its `recycle` soon. */
  Schema.TaggedStruct("Wearing", {}),
  /** It has reached a limit. At the one of messages it starts no further one. */
  Schema.TaggedStruct("Worn", { why: Schema.Literals(["after", "heap"]), amount: Schema.Finite }),
  /** It was to retire, and handles no message any more. */
  Schema.TaggedStruct("Retired", {}),
  Schema.TaggedStruct("Event", { event: SystemEvent }),
  Schema.TaggedStruct("Letter", Letter.fields),
  /** The answer to `Inspect`. */
  Schema.TaggedStruct("Inspected", { id: Schema.Number, inspection: Inspection }),
  /** An actor has died of a message: these are its last. */
  Schema.TaggedStruct("Died", { actor: Schema.String, last: Inspection.fields.last }),
  /** What an actor keeps for its next incarnation. */
  Schema.TaggedStruct("Kept", { actor: Schema.String, value: Schema.Unknown }),
  /** An actor has been blocked for a while: it may be in a deadlock. With it comes what a first `Waits` would ask for. */
  Schema.TaggedStruct("Blocked", { waits: Waits }),
  Schema.TaggedStruct("Waiting", { round: Schema.Number, waits: Waits }),
  Schema.TaggedStruct("Withdrawn", { round: Schema.Number }),
  /** For main's loggers. */
  Schema.TaggedStruct("Log", { record: LogRecord }),
  /** All that this incarnation has counted; each takes the place of the one before. */
  Schema.TaggedStruct("Metrics", { metrics: Schema.Array(ThreadMetric) })
])
export type ToSupervisor = typeof ToSupervisor.Type

/** Files that a thread has imported, if it was asked to say so: paths, those of packages aside. */
export const Imported = Schema.TaggedStruct("Imported", { files: Schema.Array(Schema.String) })
export type Imported = typeof Imported.Type

/** What a thread says last, for who finds out how it ended: the error that nobody caught, if that is what ends it. */
export const LastWords = Schema.TaggedStruct("LastWords", {
  name: Schema.String,
  message: Schema.String,
  stack: Schema.String
})
export type LastWords = typeof LastWords.Type
