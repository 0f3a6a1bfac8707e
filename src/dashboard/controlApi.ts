/**
 * The control API: definitions only, so that a client can be made from them. `/api/openapi.json` is its document.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { History } from "../control/history.ts"
import * as inspection from "../control/inspection.ts"
import { Settings } from "../control/settings.ts"
import { PostMortem } from "../PostMortem.ts"
import { Fault, ThreadStatus } from "../Status.ts"
import { NotContained, NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import { Unavailable } from "./asking.ts"
import { ActorView, Answers, CallFailed, KeyList } from "./directory.ts"
import { Letters, Selection } from "./letters.ts"
import { Machines } from "./machines.ts"

/**
 * What became of an order. `done` is false when the thread is the one that serves this API: the order was passed on,
 * and this server goes down with it.
 */
export const Outcome = Schema.Struct({ thread: Schema.String, done: Schema.Boolean })
export type Outcome = typeof Outcome.Type

const params = { name: Schema.String }
const error = [
  UnknownThread.pipe(HttpApiSchema.status(404)),
  NotUp.pipe(HttpApiSchema.status(409)),
  NotContained.pipe(HttpApiSchema.status(409)),
  Unkillable.pipe(HttpApiSchema.status(409)),
  Unavailable
] as const

const order = <const Name extends string>(name: Name, summary: string, description: string) =>
  HttpApiEndpoint.post(name, `/:name/${name}`, { params, success: Outcome, error })
    .annotateMerge(OpenApi.annotations({ summary, description }))

/** Threads: how they are, and orders to them. */
const threads = HttpApiGroup.make("threads").add(
  HttpApiEndpoint.get("list", "/", { success: Schema.Array(ThreadStatus), error: Unavailable })
    .annotateMerge(OpenApi.annotations({
      summary: "List the threads",
      description: "Every thread with its actors, as the supervisor sees them."
    })),
  order("restart", "Restart a thread", "Stops the thread in order and starts it again."),
  order("stop", "Stop a thread", "Stops the thread in order; it stays stopped."),
  order("start", "Start a thread", "Starts a stopped or quarantined thread."),
  HttpApiEndpoint.post("drill", "/:name/drill", {
    params,
    payload: Schema.Struct({ how: Fault }),
    success: Outcome,
    error
  })
    .annotateMerge(OpenApi.annotations({
      summary: "Make a thread fail",
      description: "Makes the thread fail on purpose: throw, exit, fill its heap (oom), or block its loop (spin)."
    }))
).prefix("/api/threads")

/** Actors: which there are, their messages, keys and calls. */
const actors = HttpApiGroup.make("actors").add(
  HttpApiEndpoint.get("list", "/actors", { success: Schema.Array(ActorView) }).annotateMerge(OpenApi.annotations({
    summary: "List the actors",
    description: "Every actor with its messages, and the JSON schemas of what they take."
  })),
  HttpApiEndpoint.post("call", "/actors/:name/call", {
    params,
    payload: Schema.Struct({
      message: Schema.String,
      key: Schema.optionalKey(Schema.String),
      payload: Schema.optionalKey(Schema.Unknown)
    }),
    success: Answers,
    error: CallFailed
  }).annotateMerge(OpenApi.annotations({
    summary: "Ask an actor",
    description:
      "Sends a message and waits for its answer; of a stream for its first 100 elements, 2 seconds at most. " +
      "`key` is for keyed actors."
  })),
  HttpApiEndpoint.get("keys", "/actors/:name/keys", {
    params,
    query: { search: Schema.optionalKey(Schema.String) },
    success: KeyList,
    error: CallFailed
  }).annotateMerge(OpenApi.annotations({
    summary: "List the keys of a keyed actor",
    description:
      "The keys whose text contains `search`, 100 at most: those that were given up, fail or are busy come first."
  })),
  HttpApiEndpoint.post("order", "/actors/:name/keys", {
    params,
    payload: Schema.Struct({ key: Schema.String, order: Schema.Literals(["wake", "stop"]) }),
    success: Schema.Struct({ done: Schema.Boolean }),
    error: CallFailed
  }).annotateMerge(OpenApi.annotations({
    summary: "Wake or stop a key",
    description: "`wake` opens a key and ends its quarantine; `stop` closes it, and what it kept is forgotten."
  })),
  HttpApiEndpoint.get("inspect", "/actors/:name/inspection", {
    params,
    success: Schema.Array(inspection.ActorView),
    error: Unavailable
  }).annotateMerge(OpenApi.annotations({
    summary: "Inspect an actor",
    description:
      "On each of its threads: the messages that it handles, the last that it has handled, failures with what " +
      "they said, and what it keeps."
  })),
  HttpApiEndpoint.get("settings", "/settings", { success: Settings, error: Unavailable }).annotateMerge(
    OpenApi.annotations({
      summary: "Read the settings in force",
      description: "What was declared with all defaults, and what the environment says; secrets are not shown."
    })
  ),
  HttpApiEndpoint.get("history", "/history", { success: History, error: Unavailable }).annotateMerge(
    OpenApi.annotations({
      summary: "Read the last hour",
      description:
        "Samples of each thread: how busy its event loop is, heap in bytes, messages that wait, messages handled."
    })
  ),
  HttpApiEndpoint.get("postMortems", "/post-mortems", { success: Schema.Array(PostMortem), error: Unavailable })
    .annotateMerge(OpenApi.annotations({
      summary: "List what threads died of",
      description: "The records of the last 20 threads that ended without being asked to, the newest last."
    }))
).prefix("/api")

const orderOfLetters = <const Name extends string>(name: Name, summary: string, description: string) =>
  HttpApiEndpoint.post(name, `/${name}`, {
    payload: Selection,
    success: Schema.Struct({ count: Schema.Int }),
    error: CallFailed
  }).annotateMerge(OpenApi.annotations({ summary, description }))

const letters = HttpApiGroup.make("letters").add(
  HttpApiEndpoint.get("list", "/", { success: Letters, error: CallFailed }).annotateMerge(OpenApi.annotations({
    summary: "List the dead letters",
    description: "The latest 100 durable messages whose retries are spent, the latest first."
  })),
  orderOfLetters("repeat", "Repeat dead letters", "Has them run again, with all their retries."),
  orderOfLetters("drop", "Drop dead letters", "Forgets them, and their ids.")
).prefix("/api/dead-letters")

const machines = HttpApiGroup.make("machines").add(
  HttpApiEndpoint.get("list", "/", { success: Machines }).annotateMerge(OpenApi.annotations({
    summary: "List the machines",
    description:
      "All machines of the cluster, this one first: how each is, what it runs, how old the newest sign of life of it is, and " +
      "what it says of itself. Each is asked, for a second at most. A system without cluster has none."
  }))
).prefix("/api/machines")

/** The API. */
export class ControlApi
  extends HttpApi.make("heddle").add(threads).add(actors).add(letters).add(machines).annotateMerge(OpenApi.annotations({
    title: "heddle control",
    version: "1",
    license: { name: "MIT", identifier: "MIT" },
    description: "Watches and steers the threads of a running system. When the server has a token, send it as " +
      "Authorization: Bearer."
  }))
{}
